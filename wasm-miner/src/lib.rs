//! GPU inference and proof of work through wgpu, in a dedicated worker and natively.
//!
//! Bytes of models come from outside and are hostile; everything that leaves this crate was computed here. The
//! page speaks to [`service`] in the messages of `lantern_worker_bridge::miner`.

// The bench of the integration tests serves unit tests as well.
#[cfg(test)]
extern crate self as lantern_wasm_miner;

pub mod error;
pub mod generate;
pub mod keep;
pub mod kernels;
pub mod loader;
pub mod model;
pub mod pow;
pub mod runtime;
pub mod service;
pub mod tokenizer;

#[cfg(target_arch = "wasm32")]
pub mod worker;
