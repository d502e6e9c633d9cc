//! Keeping downloaded models for the next visit.
//!
//! A kept file is a row of slots. Slot 0 tells what the file is; each further slot holds the SHA-256 of a chunk and
//! the chunk itself. So what is kept is known by what can be read back: a slot that was cut short, or whose bytes
//! changed, does not match its own hash, and a file counts as whole only once its last chunk is there.

pub mod download;
pub mod record;
pub mod shelf;

#[cfg(target_arch = "wasm32")]
pub mod browser;
#[cfg(target_arch = "wasm32")]
mod cache;
#[cfg(target_arch = "wasm32")]
mod opfs;
