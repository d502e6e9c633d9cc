//! Loading checkpoints: hostile bytes in, checked and packed rows out.

mod body;
pub mod files;
pub mod gguf;
pub mod manifest;
pub mod safetensors;
pub mod stored;
pub mod stream;
pub mod tensors;
