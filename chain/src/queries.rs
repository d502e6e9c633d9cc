//! What the page asks for: whole records, each read at one block in as few round trips as possible.

mod account;
mod network;
mod prove;
mod quote;
mod subnet;

pub(crate) use network::{SubnetSlots, TABLE_CALLS, TOTALS, USUAL_NETUIDS};

use crate::chain::View;
use crate::error::ReadError;
use lantern_types::Available;

/// Turns "the runtime lacks it" into a fact about the field; other errors stay errors.
fn available<T>(outcome: Result<T, ReadError>) -> Result<Available<T>, ReadError> {
    match outcome {
        Ok(value) => Ok(Available::Value(value)),
        Err(ReadError::NotInRuntime { .. }) => Ok(Available::NotInRuntime),
        Err(error) => Err(error),
    }
}

/// Bytes of proof checked since `before`.
fn proof_bytes(view: &View, before: u64) -> u64 {
    view.checked_bytes().saturating_sub(before)
}
