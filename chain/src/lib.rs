//! Typed, proven chain state over a JSON-RPC transport: chainHead, metadata, storage, runtime calls, transactions.
//!
//! The crate knows neither sockets nor browsers. A transport implements [`rpc::RpcClient`] (or feeds a
//! [`rpc::PipeClient`]), the surroundings bring a [`Clock`] and a [`ProofMeter`].
#![deny(clippy::float_arithmetic)]

extern crate alloc;

mod clock;
pub mod rpc;

pub use clock::{Clock, NoProofs, ProofMeter};
