//! Lantern's domain vocabulary: units, identifiers, chain records and how they are printed.
//!
//! Nothing here does IO and nothing here knows a runtime's layout: `lantern-chain` turns proven bytes
//! into these records, the page turns these records into words. Every crate speaks these types.
#![no_std]
#![deny(clippy::float_arithmetic)]

extern crate alloc;

mod account;
mod at_block;
mod available;
mod balance;
pub mod format;
mod id;
mod provenance;
mod shape;
mod staking;
mod subnet;
mod transaction;
mod validator;

pub use account::{AccountId, Coldkey, Hotkey, Ss58Error};
pub use at_block::{AtBlock, BlockRef, Finality};
pub use available::Available;
pub use balance::{AlphaBalance, AmountError, Price, TaoBalance};
pub use id::{BlockHash, BlockNumber, NetUid, Uid};
pub use provenance::{Field, ProofSource, Provenance};
pub use shape::{FieldShape, Shape, VariantShape};
pub use staking::{AccountState, StakePosition, SwapQuote, SwapSide};
pub use subnet::{NetworkState, Subnet};
pub use transaction::{
    CallShape, ExtensionShape, TransactionFact, TransactionOutcome, TransactionStatus, TxContext,
};
pub use validator::{SubnetDetail, Take, Validator};
