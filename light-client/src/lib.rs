//! The smoldot light client in a dedicated worker.
//!
//! The only crate that names smoldot. It embeds it behind a platform of its own, starts it from
//! a checkpoint, keeps its finalized database for the next visit, and answers the page's requests with
//! values that `lantern-chain` proved. It never sees a key and draws nothing.

mod budget;
pub mod database;
pub mod dial;
pub mod engine;
mod error;
mod kept_metadata;
mod observer;
pub mod platform;
pub mod service;
pub mod spec;
mod start_rule;
mod sync_status;
pub mod tabs;

#[cfg(target_arch = "wasm32")]
pub mod worker;
