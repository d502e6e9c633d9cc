//! Pure functions from domain records to exactly what a view prints.

pub mod cell;
pub mod embeddings;
pub mod exact;
pub mod miner;
pub mod now;
pub mod preview;
pub mod provenance;
pub mod receipts;
pub mod review;
pub mod speed;
pub mod subnet_row;
pub mod sync_panel;
pub mod validator_row;
