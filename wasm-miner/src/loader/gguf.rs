//! GGUF files, versions 2 and 3, little-endian: one file with the configuration, the vocabulary and the weights.
//!
//! Layout: the magic `GGUF`, a version, the number of tensors and of metadata entries, the entries, a description
//! of each tensor, padding, then the tensors' blocks at offsets that are multiples of `general.alignment`. The
//! header is read as it arrives; the weights are streamed by [`crate::loader::stream`].

pub mod header;
pub mod metadata;
pub mod model;
pub mod strings;

pub use header::{Header, HeaderReader};

/// The first four bytes.
pub const MAGIC: [u8; 4] = *b"GGUF";
