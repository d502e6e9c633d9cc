//! What the surroundings provide: time, the count of proofs, and a memory that outlives the process.

use alloc::vec::Vec;
use core::time::Duration;
use futures::future::LocalBoxFuture;

/// A clock that can be waited on. Browsers, tests and servers each bring their own.
pub trait Clock {
    /// Time since some fixed moment. It never runs backwards.
    fn now(&self) -> Duration;

    /// Ends after `duration`.
    fn sleep(&self, duration: Duration) -> LocalBoxFuture<'static, ()>;
}

/// Counts the bytes of Merkle proof that were checked so far.
///
/// The light client below knows them; a trusted full node sends none, and then the count stays zero,
/// which is the truth: nothing was proven. What a record was carried by is the difference of two readings, so
/// records that are read at the same time count each other's proofs.
pub trait ProofMeter {
    /// Total since the start. It never decreases.
    fn checked_bytes(&self) -> u64;
}

/// The meter of a transport that proves nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoProofs;

impl ProofMeter for NoProofs {
    fn checked_bytes(&self) -> u64 {
        0
    }
}

/// Metadata and the code that it describes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptMetadata {
    /// Merkle value of the trie node of `:code`: it commits to the code.
    pub code: [u8; 32],
    /// What the code returned when it was asked for its metadata.
    pub bytes: Vec<u8>,
}

/// Keeps metadata from one visit to the next, so that it is neither fetched nor computed again.
///
/// What is read is a proposal only: it is used where the proven code of the block is the one it was kept for.
pub trait MetadataStore {
    /// What was kept for a version of the runtime.
    fn read(&self, spec_version: u32) -> LocalBoxFuture<'static, Option<KeptMetadata>>;

    /// Keeps metadata. It may fail silently, or take its time.
    fn write(&self, spec_version: u32, metadata: KeptMetadata);
}
