//! Where kept files lie. Implementations move bytes; what they mean is told by the rest of this module.

use futures::future::LocalBoxFuture;
use thiserror::Error;

/// Why something could not be kept, read or removed.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ShelfError {
    /// This browser keeps nothing for this page.
    #[error("this browser keeps no files for this page ({reason})")]
    Unavailable {
        /// What the platform said.
        reason: String,
    },
    /// There is no room.
    #[error("there is no room left to keep it")]
    Full,
    /// Another tab reads or writes the file.
    #[error("another tab of this page is using the kept file")]
    Busy,
    /// The platform failed.
    #[error("the browser's storage failed: {reason}")]
    Failed {
        /// What the platform said.
        reason: String,
    },
}

/// How files are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// In the origin's private file system.
    Files,
    /// In the cache storage, where there is no file system.
    Cache,
}

/// A file on the shelf.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// Its key.
    pub key: String,
    /// The bytes of slot 0.
    pub record: Vec<u8>,
    /// Whole or started slots after slot 0.
    pub chunks: u64,
}

/// All kept files.
pub trait Shelf {
    /// How files are kept.
    fn kind(&self) -> Kind;

    /// Every file that is there.
    fn list(&self) -> LocalBoxFuture<'_, Result<Vec<Item>, ShelfError>>;

    /// Opens a file, for this tab alone. A file that is not there has no slots.
    fn open<'a>(&'a self, key: &'a str) -> LocalBoxFuture<'a, Result<Box<dyn Volume>, ShelfError>>;

    /// Removes a file. Nothing happens where there is none.
    fn remove<'a>(&'a self, key: &'a str) -> LocalBoxFuture<'a, Result<(), ShelfError>>;

    /// Bytes that the browser would still keep, where it tells.
    fn free_bytes(&self) -> LocalBoxFuture<'_, Option<u64>>;
}

/// An open file. Dropping it closes it.
pub trait Volume {
    /// Slots that are there, the last of them perhaps cut short.
    fn slots(&self) -> u64;

    /// The bytes of a slot; an empty answer where it is not there.
    fn read(&mut self, slot: u64) -> LocalBoxFuture<'_, Result<Vec<u8>, ShelfError>>;

    /// Writes a slot. Slots are written in their order.
    fn write(&mut self, slot: u64, bytes: Vec<u8>) -> LocalBoxFuture<'_, Result<(), ShelfError>>;

    /// Drops every slot from this one on.
    fn truncate(&mut self, slots: u64) -> LocalBoxFuture<'_, Result<(), ShelfError>>;
}
