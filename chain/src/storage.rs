//! Storage of one block, read by name in few batches.
//!
//! Entries are looked up in the block's own metadata: key, hasher, type and default all come from there.

mod batch;
mod hasher;
mod key;

pub(crate) use batch::{Answers, Batch, Slot};
pub(crate) use hasher::{entry_prefix, hash_to};
pub(crate) use key::{KeyPart, encode, key as storage_key, parts as key_parts};
