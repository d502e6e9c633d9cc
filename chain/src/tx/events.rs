//! What a transaction did, from the events of its block.

use crate::decode::{DecodeError, FromValue, Value};
use crate::metadata::Metadata;
use alloc::borrow::ToOwned as _;
use alloc::string::String;
use alloc::vec::Vec;
use lantern_types::{TransactionFact, TransactionOutcome};

/// Outcome and facts of one extrinsic.
pub(super) type Told = (TransactionOutcome, Vec<TransactionFact>);

/// Reads the block's events and keeps those of the extrinsic at `index`. Nothing if they do not say how it
/// ended.
pub(super) fn of_extrinsic(
    metadata: &Metadata,
    events: &Value<'_>,
    index: u32,
) -> Result<Option<Told>, DecodeError> {
    let (mut outcome, mut facts) = (None, Vec::new());
    for record in events.list()? {
        if !is_of(record.field("phase")?, index) {
            continue;
        }
        let Value::Variant(pallet, inner) = record.field("event")? else {
            return Err(DecodeError::Unexpected("event"));
        };
        let [(_, Value::Variant(name, fields))] = inner.as_slice() else {
            return Err(DecodeError::Unexpected("event"));
        };
        match (*pallet, *name) {
            ("System", "ExtrinsicSuccess") => outcome = Some(TransactionOutcome::Succeeded),
            ("System", "ExtrinsicFailed") => {
                let error = Fields(fields).get("dispatch_error", 0)?;
                outcome = Some(failure(metadata, error)?);
            }
            _ => facts.push(fact(pallet, name, &Fields(fields))),
        }
    }
    Ok(outcome.map(|outcome| (outcome, facts)))
}

fn is_of(phase: &Value<'_>, index: u32) -> bool {
    match phase {
        Value::Variant("ApplyExtrinsic", fields) => match fields.as_slice() {
            [(_, number)] => u32::from_value(number) == Ok(index),
            _ => false,
        },
        _ => false,
    }
}

/// Fields that have names in some runtimes and positions in others.
struct Fields<'a, 'm>(&'a [(&'m str, Value<'m>)]);

impl<'a, 'm> Fields<'a, 'm> {
    /// By name where the runtime gives names, else by position.
    fn get(&self, name: &str, position: usize) -> Result<&'a Value<'m>, DecodeError> {
        let is_named = self.0.iter().any(|(field, _)| !field.is_empty());
        let found =
            if is_named { self.0.iter().find(|(field, _)| *field == name) } else { self.0.get(position) };
        found.map(|(_, value)| value).ok_or_else(|| DecodeError::MissingField(name.to_owned()))
    }

    fn read<T: FromValue>(&self, name: &str, position: usize) -> Result<T, DecodeError> {
        T::from_value(self.get(name, position)?)
    }
}

/// What an event tells. One that has another form than is known here is told by its name only.
fn fact(pallet: &str, name: &str, fields: &Fields<'_, '_>) -> TransactionFact {
    let known = match (pallet, name) {
        ("SubtensorModule", "StakeAdded") if fields.0.len() == 6 => stake_added(fields),
        ("SubtensorModule", "StakeRemoved") if fields.0.len() == 6 => stake_removed(fields),
        ("TransactionPayment", "TransactionFeePaid") => {
            fields.read("actual_fee", 1).map(|fee| TransactionFact::FeePaid { fee })
        }
        _ => Err(DecodeError::Unexpected("known event")),
    };
    known.unwrap_or_else(|_form| TransactionFact::Other { pallet: pallet.to_owned(), name: name.to_owned() })
}

fn stake_added(fields: &Fields<'_, '_>) -> Result<TransactionFact, DecodeError> {
    Ok(TransactionFact::StakeAdded {
        coldkey: fields.read("coldkey", 0)?,
        hotkey: fields.read("hotkey", 1)?,
        tao: fields.read("tao", 2)?,
        alpha: fields.read("alpha", 3)?,
        netuid: fields.read("netuid", 4)?,
        fee: fields.read("fee", 5)?,
    })
}

fn stake_removed(fields: &Fields<'_, '_>) -> Result<TransactionFact, DecodeError> {
    Ok(TransactionFact::StakeRemoved {
        coldkey: fields.read("coldkey", 0)?,
        hotkey: fields.read("hotkey", 1)?,
        tao: fields.read("tao", 2)?,
        alpha: fields.read("alpha", 3)?,
        netuid: fields.read("netuid", 4)?,
        fee: fields.read("fee", 5)?,
    })
}

/// A `DispatchError` by the names that the runtime gives it.
fn failure(metadata: &Metadata, error: &Value<'_>) -> Result<TransactionOutcome, DecodeError> {
    let Value::Variant(kind, fields) = error else {
        return Err(DecodeError::Unexpected("dispatch error"));
    };
    if *kind == "Module" {
        let (_, module) = fields.first().ok_or(DecodeError::Unexpected("module error"))?;
        // Older runtimes put the two fields into the variant itself.
        let module = if matches!(module, Value::Struct(_)) { module } else { error };
        let pallet = u8::from_value(module.field("index")?)?;
        let index = match module.field("error")?.inner() {
            Value::Bytes(bytes) => bytes.first().copied().ok_or(DecodeError::Truncated)?,
            _ => return Err(DecodeError::Unexpected("module error")),
        };
        return Ok(match metadata.error(pallet, index) {
            Some((pallet, variant)) => TransactionOutcome::Failed {
                pallet: pallet.to_owned(),
                error: variant.name.clone(),
                docs: variant.docs.join(" ").trim().to_owned(),
            },
            // The runtime has no name for it; its numbers are all there is.
            None => TransactionOutcome::Failed {
                pallet: alloc::format!("{pallet}"),
                error: alloc::format!("{index}"),
                docs: String::new(),
            },
        });
    }
    // Such as `Token(FundsUnavailable)`.
    let detail = match fields.first() {
        Some((_, Value::Variant(detail, _))) => alloc::format!("{kind}: {detail}"),
        _ => (*kind).to_owned(),
    };
    Ok(TransactionOutcome::Failed { pallet: String::new(), error: detail, docs: String::new() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec;
    use lantern_types::{AccountId, AlphaBalance, Coldkey, Hotkey, NetUid, TaoBalance};

    fn account(n: u8) -> Value<'static> {
        Value::Struct(vec![("", Value::Bytes(vec![n; 32]))])
    }

    fn values() -> [Value<'static>; 6] {
        [account(1), account(2), Value::Uint(10), Value::Uint(20), Value::Uint(3), Value::Uint(4)]
    }

    fn expected() -> TransactionFact {
        TransactionFact::StakeAdded {
            coldkey: Coldkey(AccountId([1; 32])),
            hotkey: Hotkey(AccountId([2; 32])),
            netuid: NetUid(3),
            tao: TaoBalance::from_rao(10),
            alpha: AlphaBalance::from_rao(20),
            fee: 4,
        }
    }

    #[test]
    fn staking_is_read_by_position_where_fields_have_no_names() {
        let fields: Vec<_> = values().into_iter().map(|value| ("", value)).collect();
        assert_eq!(fact("SubtensorModule", "StakeAdded", &Fields(&fields)), expected());
    }

    #[test]
    fn staking_is_read_by_name_whatever_the_order() {
        let names = ["coldkey", "hotkey", "tao", "alpha", "netuid", "fee"];
        let mut fields: Vec<_> = names.into_iter().zip(values()).collect();
        fields.reverse();
        assert_eq!(fact("SubtensorModule", "StakeAdded", &Fields(&fields)), expected());
    }

    #[test]
    fn an_event_of_another_form_is_not_guessed() {
        let other =
            |name: &str| TransactionFact::Other { pallet: "SubtensorModule".into(), name: name.into() };
        let fields: Vec<_> = values().into_iter().map(|value| ("unknown", value)).collect();
        assert_eq!(fact("SubtensorModule", "StakeAdded", &Fields(&fields)), other("StakeAdded"));
        let short: Vec<_> = fields.into_iter().take(3).collect();
        assert_eq!(fact("SubtensorModule", "StakeRemoved", &Fields(&short)), other("StakeRemoved"));
    }
}
