//! Transactions: what is needed to build one, and what becomes of it.
//!
//! This crate never sees a key. It describes the call and the extensions by the live metadata, sends the bytes
//! that somebody signed, and reads the outcome from the finalized block.

mod context;
mod events;
mod fee;
mod refusal;
mod search;
mod status;
mod submit;
#[cfg(test)]
mod tests;

use alloc::vec::Vec;
use lantern_types::BlockRef;

/// A signed extrinsic on its way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pending {
    /// Blake2-256 of the extrinsic.
    pub hash: [u8; 32],
    /// The signed bytes, with their length in front.
    pub extrinsic: Vec<u8>,
    /// Finalized block that it was built on; it cannot be in an earlier one.
    pub birth: BlockRef,
    /// Last block that may include it, where it is mortal.
    pub last_valid: Option<u32>,
}

/// Whether a text is an event of a watched transaction, for fuzzing.
#[cfg(feature = "fuzzing")]
pub(crate) fn is_status(json: &str) -> bool {
    status::parse(json).is_some()
}
