//! Models: what a checkpoint must hold, and the forward pass on the GPU and on the CPU.

pub mod bert;
pub mod config;
pub mod cpu;
pub mod exact;
pub mod gpu;
pub mod rope;
mod shards;
pub mod synthetic;
pub mod weights;
