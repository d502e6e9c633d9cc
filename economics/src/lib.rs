//! Yields and price limits on integers: every rounding is named, nothing is a float.
#![no_std]
#![cfg_attr(
    not(test),
    deny(clippy::arithmetic_side_effects, clippy::indexing_slicing, clippy::as_conversions)
)]
#![deny(clippy::float_arithmetic)]

pub mod apy;
mod fixed;
pub mod price_limit;

pub use apy::{DelegatorYield, YieldError, delegator_yield};
pub use price_limit::{Tolerance, at_least_alpha, at_least_tao, stake_limit, unstake_limit};
