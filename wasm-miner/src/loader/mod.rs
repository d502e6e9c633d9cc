//! Loading checkpoints: hostile bytes in, checked and packed rows out.

pub mod files;
pub mod manifest;
pub mod safetensors;
pub mod stream;
pub mod tensors;
