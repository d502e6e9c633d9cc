//! Typed, proven chain state over a JSON-RPC transport: chainHead, metadata, storage, runtime calls, transactions.
//!
//! The crate knows neither sockets nor browsers. A transport implements [`rpc::RpcClient`] (or feeds a
//! [`rpc::PipeClient`]), the surroundings bring a [`Clock`] and a [`ProofMeter`], and [`Chain`] reads one block
//! at a time, decoding everything by the metadata of that block's own runtime.
#![deny(clippy::float_arithmetic)]

extern crate alloc;

mod ahead;
mod chain;
mod clock;
mod collect;
mod decode;
mod error;
mod follow;
#[cfg(feature = "fuzzing")]
pub mod fuzz;
mod head;
mod header;
mod limiter;
mod metadata;
mod queries;
mod reader;
pub mod rpc;
mod runtimes;
#[cfg(test)]
mod script;
mod storage;
mod tx;
mod watch;

pub use chain::{Chain, Surroundings, View};
pub use clock::{Clock, KeptMetadata, MetadataStore, NoProofs, ProofMeter};
pub use decode::DecodeError;
pub use error::ReadError;
pub use follow::{RuntimeVersion, StartRule};
pub use head::ChainHead;
pub use metadata::MetadataError;
pub use tx::Pending;
pub use watch::Watch;
