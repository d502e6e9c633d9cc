//! Keys, extrinsic building, signing and review of exactly the bytes that are signed.
//!
//! The way of a transaction: an intent ([`StakingCall`]) and the chain's [`TxContext`] become an
//! [`UnsignedExtrinsic`]; [`review`] reads its bytes back, independently of how they were written;
//! the user agrees to that; a [`Keypair`] signs the very same bytes. Nothing here talks to a network.
//!
//! [`TxContext`]: lantern_types::TxContext

mod call;
mod era;
mod extrinsic;
mod keypair;
mod review;
mod scale;
#[cfg(test)]
mod tests;

pub use call::{CallError, StakingCall};
pub use era::{Era, MORTAL_PERIOD};
pub use extrinsic::{BuildError, SignedExtrinsic, UnsignedExtrinsic, build};
pub use keypair::{Keypair, PracticeAccount};
pub use review::{Review, ReviewError, ReviewedExtension, ReviewedField, review};
pub use scale::{NamedValue, ScaleError, Value};
