//! Typed, versioned messages between the page and its workers, and the ports that carry them.
//!
//! A worker speaks one [`Protocol`]: requests in, exactly one response for each, events at any time.
//! Messages cross as postcard bytes in a transferred `ArrayBuffer`, under a version that both sides
//! check. The page never decodes chain bytes and a worker never sees a key.

pub mod client;
pub mod light_client;
pub mod message;
pub mod miner;
pub mod port;
pub mod server;

pub use client::{CallError, Calls};
pub use message::{BridgeError, FromWorker, Protocol, ToWorker};
