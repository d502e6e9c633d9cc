//! Vocabulary of Subtensor's pallets: identifiers, balances, fixed-point numbers and the interface of
//! the pool that the staking pallet trades against.
//!
//! SCALE encodings and type names equal those of the chain, so that its clients decode ours unchanged.
#![cfg_attr(not(feature = "std"), no_std)]

extern crate alloc;

mod alpha_ledger;
mod balance;
mod fixed_point;
mod id;
mod ratio;
mod safe_float;
mod swap;

pub use alpha_ledger::AlphaLedger;
pub use balance::{AlphaBalance, ConstAlpha, ConstTao, TaoBalance};
pub use fixed_point::{ConstFixed, I32F32, I64F64, I96F32, U64F64, U96F32};
pub use id::{ConstMechId, MechId, NetUid, NetUidStorageIndex, MAX_MECHANISMS_STEP};
pub use ratio::{ratio_from_parts, ratio_parts, ConstRatio, Ratio};
pub use safe_float::SafeFloat;
pub use swap::{SubnetPools, SwapHandler, SwapQuote};
