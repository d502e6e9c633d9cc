//! A value together with the block it was proven at.

use crate::{BlockHash, BlockNumber};
use serde::{Deserialize, Serialize};

/// A block by number and hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct BlockRef {
    /// Height of the block.
    pub number: BlockNumber,
    /// Hash of its header.
    pub hash: BlockHash,
}

/// How certain a block is to stay.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Finality {
    /// The head of the longest chain: it can still be replaced.
    Best,
    /// Two thirds of the GRANDPA voters signed for it.
    Finalized,
}

/// A value that was read, with proof, from the state of one block.
///
/// Values of different blocks are never joined: a record is read at one block as a whole.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AtBlock<T> {
    /// What was read.
    pub value: T,
    /// The block it was read at.
    pub block: BlockRef,
    /// Whether that block was final when it was read.
    pub finality: Finality,
}

impl<T> AtBlock<T> {
    /// Keeps the block and changes the value.
    pub fn map<U>(self, with: impl FnOnce(T) -> U) -> AtBlock<U> {
        AtBlock { value: with(self.value), block: self.block, finality: self.finality }
    }
}
