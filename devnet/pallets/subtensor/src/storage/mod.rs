//! What the pallet stores, one file per subject. Names, hashers, keys, value types and defaults are
//! those of the chain.

pub(crate) mod accounts;
pub(crate) mod emission;
pub(crate) mod hyperparameters;
pub(crate) mod neurons;
pub(crate) mod pools;
pub(crate) mod stake;
pub(crate) mod subnets;
