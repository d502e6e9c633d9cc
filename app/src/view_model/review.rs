//! What is about to be signed, line by line: the meaning first, the raw value below.

use super::cell::Cell;
use lantern_types::{AlphaBalance, Hotkey, NetUid, Price, SwapSide, TaoBalance, format};
use lantern_wallet::{Era, Review, Value};

/// What the user chose, to compare the bytes with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chosen {
    /// What goes in.
    pub side: SwapSide,
    /// The subnet.
    pub netuid: NetUid,
    /// The validator.
    pub hotkey: Hotkey,
    /// The worst price that is accepted.
    pub limit: Price,
    /// Name of the subnet.
    pub subnet: String,
    /// Name of the validator.
    pub validator: String,
    /// Symbol of the subnet's alpha.
    pub symbol: String,
    /// Length of a block in milliseconds, where it is known.
    pub block_millis: Option<u64>,
}

/// One line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// What it is.
    pub label: String,
    /// What it means.
    pub meaning: String,
    /// The value as it is signed.
    pub raw: String,
    /// Whether it is what the user chose; nothing where there was no choice.
    pub matches: Option<bool>,
}

/// The lines of a review, all read from the bytes.
#[must_use]
pub fn lines(review: &Review, chosen: &Chosen) -> Vec<Line> {
    let line = |label: &str, meaning: String, raw: String, matches| Line {
        label: label.to_owned(),
        meaning,
        raw,
        matches,
    };
    let action = match (review.pallet.as_str(), review.call.as_str()) {
        ("SubtensorModule", "add_stake_limit") => "Add stake, with a price limit",
        ("SubtensorModule", "remove_stake_limit") => "Remove stake, with a price limit",
        _ => "Another call",
    };
    let expected = match chosen.side {
        SwapSide::Stake(_) => "add_stake_limit",
        SwapSide::Unstake(_) => "remove_stake_limit",
    };
    let mut lines = vec![line(
        "Action",
        action.to_owned(),
        format!("{}.{}", review.pallet, review.call),
        Some(review.call == expected),
    )];
    lines.extend(review.arguments.iter().map(|field| argument(&field.name, &field.value, chosen)));
    let blocks = review.era.map(|era| match era {
        Era::Immortal => ("for ever".to_owned(), "immortal".to_owned(), Some(false)),
        Era::Mortal { period, phase } => {
            let time = chosen
                .block_millis
                .and_then(|millis| period.checked_mul(millis))
                .map(|millis| format::duration(millis / 1_000));
            let time = time.map_or_else(String::new, |time| format!(", about {time}"));
            (format!("{period} blocks{time}"), format!("mortal, phase {phase}"), None)
        }
    });
    lines.extend(blocks.map(|(meaning, raw, matches)| line("Valid for", meaning, raw, matches)));
    lines.extend(
        review.nonce.map(|nonce| {
            line("Number of this transaction", nonce.to_string(), format!("nonce {nonce}"), None)
        }),
    );
    lines.extend(review.tip.map(|tip| {
        let meaning =
            if tip == 0 { "none".to_owned() } else { Cell::tao(TaoBalance::from_rao(tip), 9).text() };
        line("Tip", meaning, format!("{tip} rao"), Some(tip == 0))
    }));
    lines
}

/// Whether nothing in the bytes differs from what the user chose.
#[must_use]
pub fn may_be_signed(lines: &[Line]) -> bool {
    !lines.is_empty() && lines.iter().all(|line| line.matches != Some(false))
}

fn argument(name: &str, value: &Value, chosen: &Chosen) -> Line {
    let (label, meaning, raw, matches) = match (name, value) {
        ("hotkey", Value::Account(account)) => {
            let is_chosen = *account == chosen.hotkey.0;
            let meaning = if is_chosen { chosen.validator.clone() } else { "Another key".to_owned() };
            ("Validator key", meaning, account.to_ss58(), Some(is_chosen))
        }
        ("netuid", Value::Unsigned(netuid)) => {
            let is_chosen = *netuid == u128::from(chosen.netuid.0);
            let meaning = if is_chosen {
                format!("{}, {netuid}", chosen.subnet)
            } else {
                format!("Another subnet, {netuid}")
            };
            ("Subnet", meaning, format!("netuid {netuid}"), Some(is_chosen))
        }
        ("amount_staked", Value::Unsigned(rao)) => {
            let is_chosen = matches!(chosen.side, SwapSide::Stake(tao) if u128::from(tao.rao()) == *rao);
            let meaning = u64::try_from(*rao).map(|rao| Cell::tao(TaoBalance::from_rao(rao), 9).text());
            (
                "You pay",
                meaning.unwrap_or_else(|_large| "more than there is".to_owned()),
                format!("{rao} rao"),
                Some(is_chosen),
            )
        }
        ("amount_unstaked", Value::Unsigned(rao)) => {
            let is_chosen =
                matches!(chosen.side, SwapSide::Unstake(alpha) if u128::from(alpha.rao()) == *rao);
            let meaning = u64::try_from(*rao)
                .map(|rao| Cell::alpha(AlphaBalance::from_rao(rao), 9, &chosen.symbol).text());
            (
                "You sell",
                meaning.unwrap_or_else(|_large| "more than there is".to_owned()),
                format!("{rao} alpha rao"),
                Some(is_chosen),
            )
        }
        ("limit_price", Value::Unsigned(rao)) => {
            let label =
                if matches!(chosen.side, SwapSide::Stake(_)) { "Highest price" } else { "Lowest price" };
            let meaning = u64::try_from(*rao)
                .map(|rao| format!("{} τ per {}", format::nano(rao, 9).text(), chosen.symbol))
                .unwrap_or_else(|_large| "no limit".to_owned());
            (label, meaning, rao.to_string(), Some(*rao == u128::from(chosen.limit.rao_per_alpha())))
        }
        ("allow_partial", Value::Bool(allows)) => {
            let meaning = if *allows { "Trade that part" } else { "Refuse everything" };
            ("If only part fits", meaning.to_owned(), format!("allow_partial {allows}"), Some(!allows))
        }
        // Whatever else the call carries was not chosen by anybody.
        (name, value) => {
            return Line {
                label: name.to_owned(),
                meaning: "Not known to Lantern".to_owned(),
                raw: format!("{value:?}"),
                matches: Some(false),
            };
        }
    };
    Line { label: label.to_owned(), meaning, raw, matches }
}

#[cfg(test)]
mod tests {
    use super::*;
    use lantern_types::AccountId;
    use lantern_wallet::ReviewedField;

    fn chosen() -> Chosen {
        Chosen {
            side: SwapSide::Stake(TaoBalance::from_rao(100_000_000_000)),
            netuid: NetUid(3),
            hotkey: Hotkey(AccountId([7; 32])),
            limit: Price::from_rao_per_alpha(91_877_100),
            subnet: "Tidemark".into(),
            validator: "Fenwick Stake".into(),
            symbol: "γ".into(),
            block_millis: Some(12_000),
        }
    }

    fn review(arguments: Vec<(&str, Value)>) -> Review {
        Review {
            pallet: "SubtensorModule".into(),
            call: "add_stake_limit".into(),
            arguments: arguments
                .into_iter()
                .map(|(name, value)| ReviewedField {
                    name: name.into(),
                    type_name: String::new(),
                    value,
                    raw: Vec::new(),
                })
                .collect(),
            extensions: Vec::new(),
            era: Some(Era::Mortal { period: 64, phase: 3 }),
            nonce: Some(41),
            tip: Some(0),
            spec_version: Some(475),
            genesis_hash: None,
        }
    }

    fn honest() -> Vec<(&'static str, Value)> {
        vec![
            ("hotkey", Value::Account(AccountId([7; 32]))),
            ("netuid", Value::Unsigned(3)),
            ("amount_staked", Value::Unsigned(100_000_000_000)),
            ("limit_price", Value::Unsigned(91_877_100)),
            ("allow_partial", Value::Bool(false)),
        ]
    }

    #[test]
    fn honest_bytes_may_be_signed_and_are_told_in_words() {
        let lines = lines(&review(honest()), &chosen());
        assert!(may_be_signed(&lines), "{lines:#?}");
        let meaning =
            |label: &str| lines.iter().find(|line| line.label == label).map(|line| line.meaning.clone());
        assert_eq!(meaning("You pay").as_deref(), Some("100.000000000 τ"));
        assert_eq!(meaning("Highest price").as_deref(), Some("0.091877100 τ per γ"));
        assert_eq!(meaning("Valid for").as_deref(), Some("64 blocks, about 12 min"));
        assert_eq!(meaning("Validator key").as_deref(), Some("Fenwick Stake"));
    }

    #[test]
    fn any_difference_from_the_choice_blocks_signing() {
        let check = |index: usize, value: Value| {
            let mut arguments = honest();
            if let Some(argument) = arguments.get_mut(index) {
                argument.1 = value;
            }
            assert!(!may_be_signed(&lines(&review(arguments), &chosen())), "argument {index}");
        };
        check(0, Value::Account(AccountId([8; 32])));
        check(1, Value::Unsigned(4));
        check(2, Value::Unsigned(100_000_000_001));
        check(3, Value::Unsigned(91_877_101));
        check(4, Value::Bool(true));
        let mut more = honest();
        more.push(("surprise", Value::Bool(true)));
        assert!(!may_be_signed(&lines(&review(more), &chosen())));
        let mut other = review(honest());
        other.call = "add_stake".into();
        assert!(!may_be_signed(&lines(&other, &chosen())));
        let mut tipped = review(honest());
        tipped.tip = Some(1);
        assert!(!may_be_signed(&lines(&tipped, &chosen())));
    }
}
