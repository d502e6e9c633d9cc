//! Where a number comes from, as a list of facts and as a text to copy.

use lantern_types::{Field, Finality, ProofSource, Provenance, format};

/// One fact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fact {
    /// What it is.
    pub label: &'static str,
    /// Its value.
    pub value: String,
    /// Whether it is a key, a hash or another value that is read letter by letter.
    pub is_code: bool,
}

/// The sentence on what was checked.
#[must_use]
pub fn sentence(provenance: &Provenance) -> &'static str {
    let is_derived = provenance.formula.is_some();
    match (provenance.finality, is_derived) {
        (Finality::Finalized, false) => {
            "Read from the state and checked against the state root of a block that the chain has finalized."
        }
        (Finality::Finalized, true) => {
            "Computed here from values that were checked against the state root of a finalized block."
        }
        (Finality::Best, _) => {
            "Checked against the state root of the newest block. That block is not final and can still be replaced."
        }
    }
}

/// The facts, in the order in which they are shown.
#[must_use]
pub fn facts(provenance: &Provenance) -> Vec<Fact> {
    let plain = |label, value| Fact { label, value, is_code: false };
    let code = |label, value| Fact { label, value, is_code: true };
    let mut facts = vec![
        plain("Block", format!("#{}", format::integer(u64::from(provenance.block.number)))),
        plain("Finality", finality(provenance.finality).to_owned()),
        code("Block hash", provenance.block.hash.to_hex()),
        code("State root", format::hex(&provenance.state_root)),
    ];
    for source in &provenance.sources {
        match source {
            ProofSource::Storage { entry, key, value } => {
                facts.push(code("Storage", entry.clone()));
                facts.push(code("Key", format::hex(key)));
                facts.push(match value {
                    Some(value) => code("Raw value", format::hex(value)),
                    None => plain("Raw value", "proven absent".to_owned()),
                });
            }
            ProofSource::RuntimeCall { function, arguments, result } => {
                facts.push(code("Runtime call", function.clone()));
                facts.push(code("Arguments", format::hex(arguments)));
                facts.push(code("Result", format::hex(result)));
            }
        }
    }
    facts.extend(provenance.formula.clone().map(|formula| plain("Formula", formula)));
    facts.push(plain("Proof", format::bytes(provenance.proof_bytes)));
    facts
}

/// The facts as text, for the clipboard.
#[must_use]
pub fn as_text(provenance: &Provenance) -> String {
    let mut text = format!("{}\n", label(&provenance.field));
    for fact in facts(provenance) {
        text.push_str(&format!("{}: {}\n", fact.label, fact.value));
    }
    text
}

/// What a field is called.
#[must_use]
pub const fn label(field: &Field) -> &'static str {
    match field {
        Field::SubnetName(_) => "Name",
        Field::SubnetSymbol(_) => "Symbol",
        Field::SubnetPrice(_) => "Price",
        Field::SubnetTaoInPool(_) => "TAO in pool",
        Field::SubnetAlphaInPool(_) => "Alpha in pool",
        Field::SubnetAlphaOutstanding(_) => "Alpha outside the pool",
        Field::SubnetEmissionShare(_) => "Emission share",
        Field::SubnetTempo(_) => "Tempo",
        Field::SubnetBlocksToEpoch(_) => "Blocks to the next epoch",
        Field::SubnetRegisteredAt(_) => "Block of registration",
        Field::ValidatorStake(..) => "Stake on the hotkey",
        Field::ValidatorTake(_) => "Take",
        Field::ValidatorDividends(..) => "Dividends of the last epoch",
        Field::ValidatorStakeAfterEpoch(..) => "Stake after the last epoch",
        Field::FreeBalance(_) => "Free balance",
        Field::Position(..) => "Stake in this position",
        Field::TotalIssuance => "TAO issued",
    }
}

const fn finality(finality: Finality) -> &'static str {
    match finality {
        Finality::Finalized => "finalized",
        Finality::Best => "best block, not final",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use lantern_types::{BlockHash, BlockRef, NetUid};

    fn provenance(value: Option<Vec<u8>>, formula: Option<&str>, finality: Finality) -> Provenance {
        Provenance {
            field: Field::SubnetTaoInPool(NetUid(3)),
            block: BlockRef { number: 9_558_412, hash: BlockHash([0x7c; 32]) },
            state_root: [0x19; 32],
            finality,
            sources: vec![ProofSource::Storage {
                entry: "SubtensorModule.SubnetTAO".into(),
                key: vec![1, 2],
                value,
            }],
            formula: formula.map(str::to_owned),
            proof_bytes: 38_250,
        }
    }

    fn value_of(provenance: &Provenance, label: &str) -> Option<String> {
        facts(provenance).into_iter().find(|fact| fact.label == label).map(|fact| fact.value)
    }

    #[test]
    fn every_part_of_a_proof_is_told() {
        let found = provenance(Some(vec![5]), None, Finality::Finalized);
        assert_eq!(value_of(&found, "Block").as_deref(), Some("#9\u{2009}558\u{2009}412"));
        assert_eq!(value_of(&found, "Storage").as_deref(), Some("SubtensorModule.SubnetTAO"));
        assert_eq!(value_of(&found, "Key").as_deref(), Some("0x0102"));
        assert_eq!(value_of(&found, "Raw value").as_deref(), Some("0x05"));
        assert_eq!(value_of(&found, "Proof").as_deref(), Some("38.2 kB"));
        assert_eq!(value_of(&found, "Formula"), None);
        assert!(as_text(&found).starts_with("TAO in pool\nBlock: #"));
    }

    #[test]
    fn absence_and_doubt_are_said_aloud() {
        let absent = provenance(None, Some("a / b"), Finality::Best);
        assert_eq!(value_of(&absent, "Raw value").as_deref(), Some("proven absent"));
        assert_eq!(value_of(&absent, "Formula").as_deref(), Some("a / b"));
        assert!(sentence(&absent).contains("not final"));
        assert!(sentence(&provenance(None, Some("a"), Finality::Finalized)).contains("Computed here"));
    }
}
