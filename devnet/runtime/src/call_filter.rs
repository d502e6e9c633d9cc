//! Calls that no transaction may make.

use crate::RuntimeCall;
use frame_support::traits::Contains;
use pallet_utility::Call as UtilityCall;

/// Refuses batches inside batches.
pub struct NoNestedBatches;

impl Contains<RuntimeCall> for NoNestedBatches {
    fn contains(call: &RuntimeCall) -> bool {
        batched(call).is_none_or(|calls| calls.iter().all(|inner| batched(inner).is_none()))
    }
}

fn batched(call: &RuntimeCall) -> Option<&[RuntimeCall]> {
    match call {
        RuntimeCall::Utility(
            UtilityCall::batch { calls }
            | UtilityCall::batch_all { calls }
            | UtilityCall::force_batch { calls },
        ) => Some(calls),
        _ => None,
    }
}
