//! Time, as the surroundings provide it.

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
