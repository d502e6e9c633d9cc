//! Rows of a subnet's validators, with a delegator's yield.

use super::cell::Cell;
use super::subnet_row::symbol_of;
use lantern_economics::apy::{YieldError, delegator_yield};
use lantern_types::{Available, Hotkey, SubnetDetail, Validator, format};

/// One row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ValidatorRow {
    /// The key that stake is placed on.
    pub hotkey: Hotkey,
    /// Its slot, or words that it has none here.
    pub uid: Cell,
    /// Name of its owner, or the short key.
    pub name: String,
    /// Whether the chain knows a name.
    pub is_named: bool,
    /// The short key.
    pub short_key: String,
    /// Whether it holds a permit.
    pub permit: Cell,
    /// All alpha on it.
    pub stake: Cell,
    /// Share of dividends that it keeps.
    pub take: Cell,
    /// Yearly yield for a delegator: in alpha, simple, from one epoch.
    pub yearly: Cell,
    /// The yield in one sentence, with its method.
    pub explanation: String,
}

/// The rows of a subnet, in the order in which they come (by falling stake).
#[must_use]
pub fn rows(detail: &SubnetDetail) -> Vec<ValidatorRow> {
    let symbol = symbol_of(&detail.subnet);
    detail.validators.iter().map(|validator| row(validator, detail, &symbol)).collect()
}

fn row(validator: &Validator, detail: &SubnetDetail, symbol: &str) -> ValidatorRow {
    let short_key = format::shortened(&validator.hotkey.to_string(), 4, 4);
    let name = validator.name.value().map(|name| name.trim()).filter(|name| !name.is_empty());
    let (yearly, explanation) = yearly(validator, detail);
    ValidatorRow {
        hotkey: validator.hotkey,
        uid: validator.uid.map_or(Cell::Missing("no slot"), |uid| Cell::count(u64::from(uid.0), "")),
        name: name.map_or_else(|| short_key.clone(), str::to_owned),
        is_named: name.is_some(),
        short_key,
        permit: Cell::from_available(&validator.has_permit, |has| {
            Cell::Text(if *has { "Permit" } else { "No permit" }.to_owned())
        }),
        stake: Cell::from_available(&validator.stake, |stake| Cell::alpha(*stake, 2, symbol)),
        take: Cell::from_available(&validator.take, |take| Cell::percent(take.ppm(), 2)),
        yearly,
        explanation,
    }
}

fn yearly(validator: &Validator, detail: &SubnetDetail) -> (Cell, String) {
    let absent = |words, why: &str| (Cell::Missing(words), why.to_owned());
    let (d, t) = match (&validator.dividends, &validator.stake_after_epoch) {
        (Available::Value(d), Available::Value(t)) => (*d, *t),
        (Available::NotInRuntime, _) | (_, Available::NotInRuntime) => {
            return absent("not available in this runtime", "The runtime does not record dividends.");
        }
        _ => return absent("none yet", "No epoch has paid dividends on this hotkey yet."),
    };
    let (Some(tempo), Some(block_millis)) = (detail.subnet.tempo.value(), detail.block_millis.value()) else {
        return absent("not available in this runtime", "The length of an epoch is not known.");
    };
    match delegator_yield(d, t, *tempo, *block_millis) {
        Ok(found) => {
            let compound = found.compound_ppm.map_or_else(
                || "off the scale if every epoch is left staked".to_owned(),
                |ppm| format!("{} % if every epoch is left staked", format::percent(ppm, 1).text()),
            );
            let explanation = format!(
                "Yearly, in alpha, simple, after take. From 1 epoch: growth of {} % in {tempo} blocks, {} epochs a year, compounding {compound}.",
                growth_percent(found.epoch_ppb),
                format::integer(found.epochs_per_year),
            );
            (Cell::percent(found.simple_ppm, 1), explanation)
        }
        Err(YieldError::NoStake) => {
            absent("none yet", "There was no stake on this hotkey in the last epoch.")
        }
        Err(error) => absent("not to be computed", &format!("{error}.")),
    }
}

/// Thousand-millionths as per cent with seven places.
fn growth_percent(ppb: u64) -> String {
    format!("{}.{:07}", ppb / 10_000_000, ppb % 10_000_000)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view_model::subnet_row::tests::subnet;
    use lantern_types::{AccountId, AlphaBalance, Coldkey, Take, Uid};

    fn validator(d: Available<AlphaBalance>, t: Available<AlphaBalance>) -> Validator {
        Validator {
            uid: Some(Uid(3)),
            hotkey: Hotkey(AccountId([7; 32])),
            coldkey: Available::Value(Coldkey(AccountId([8; 32]))),
            name: Available::NoRecord,
            take: Available::Value(Take(11_796)),
            has_permit: Available::Value(true),
            stake: t,
            dividends: d,
            stake_after_epoch: t,
        }
    }

    fn detail(validator: Validator) -> SubnetDetail {
        SubnetDetail {
            subnet: subnet(3, "Tidemark", Some(1)),
            validators: vec![validator],
            neurons: Available::Value(12),
            last_epoch: Available::Value(40),
            description: Available::NoRecord,
            url: Available::NoRecord,
            block_millis: Available::Value(12_000),
            proof_bytes: 0,
        }
    }

    fn alpha(whole: u64) -> Available<AlphaBalance> {
        Available::Value(AlphaBalance::from_rao(whole * 1_000_000_000))
    }

    fn only(detail: &SubnetDetail) -> ValidatorRow {
        rows(detail).pop().expect("one validator")
    }

    #[test]
    fn a_yield_states_its_unit_method_and_sample() {
        let row = only(&detail(validator(alpha(120), alpha(1_000_000))));
        assert_eq!(row.yearly.text(), "87.6 %");
        assert_eq!(row.take.text(), "17.99 %");
        for part in ["in alpha", "simple", "1 epoch", "360 blocks", "compounding 140.2 %"] {
            assert!(row.explanation.contains(part), "{part}: {}", row.explanation);
        }
    }

    #[test]
    fn a_yield_that_cannot_be_computed_is_words() {
        let check = |d, t, expected: &str| {
            assert_eq!(only(&detail(validator(d, t))).yearly.text(), expected);
        };
        check(Available::NoRecord, alpha(1), "none yet");
        check(Available::NotInRuntime, alpha(1), "not available in this runtime");
        check(alpha(0), alpha(0), "none yet");
        check(alpha(2), alpha(1), "not to be computed");
        check(alpha(0), alpha(5), "0.0 %");
    }

    #[test]
    fn a_nameless_validator_shows_its_key() {
        let row = only(&detail(validator(alpha(1), alpha(5))));
        assert_eq!(row.name, row.short_key);
        assert!(!row.is_named);
    }
}
