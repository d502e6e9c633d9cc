//! What the page knows: plain data and pure functions that take an event and change it.

pub mod chain;
pub mod loadable;
pub mod miner;
pub mod preferences;
pub mod rail;
pub mod ranking;
pub mod receipts;
pub mod speed;
pub mod trade;
pub mod transactions;
