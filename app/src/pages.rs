//! One view for each address.

pub(crate) mod about;
pub(crate) mod miner;
pub(crate) mod network;
pub(crate) mod not_found;
pub(crate) mod portfolio;
pub(crate) mod subnet;
pub(crate) mod subnets;
pub(crate) mod trade;
pub(crate) mod transaction;
