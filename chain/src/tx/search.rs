//! Looks for a transaction in the blocks of the chain, from the newest back to its birth.

use super::Pending;
use crate::chain::Inner;
use crate::error::ReadError;
use crate::head::ChainHead;
use crate::header::blake2_256;
use crate::rpc::{RpcError, params};
use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;
use lantern_types::{BlockHash, BlockRef, format};
use serde::Deserialize;

/// Blocks that are looked at. A mortal transaction of this client lives for far fewer.
const MAX_BLOCKS: usize = 512;

/// What a search found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Found {
    /// In this block, at this index.
    At(BlockRef, u32),
    /// In none of the blocks since its birth.
    Nowhere,
    /// In none of the newest blocks; older ones were not looked at.
    NotRecently,
}

/// A search that remembers the blocks it has seen.
#[derive(Default)]
pub(super) struct Search {
    /// Parents of blocks that do not hold the transaction.
    passed: BTreeMap<BlockHash, BlockHash>,
}

#[derive(Deserialize)]
struct Answer {
    block: RawBlock,
}

#[derive(Deserialize)]
struct RawBlock {
    header: RawHeader,
    extrinsics: Vec<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawHeader {
    parent_hash: String,
}

impl Search {
    /// Looks through the best chain of `head`.
    pub(super) async fn run(
        &mut self,
        chain: &Inner,
        pending: &Pending,
        head: &ChainHead,
    ) -> Result<Found, ReadError> {
        let mut block = head.best;
        for _step in 0..MAX_BLOCKS {
            if block.number <= pending.birth.number {
                return Ok(Found::Nowhere);
            }
            let parent = match self.passed.get(&block.hash) {
                Some(parent) => *parent,
                None => match look(chain, &block.hash, pending).await? {
                    Ok(index) => return Ok(Found::At(block, index)),
                    Err(parent) => {
                        self.passed.insert(block.hash, parent);
                        parent
                    }
                },
            };
            block = BlockRef { number: block.number.saturating_sub(1), hash: parent };
        }
        Ok(Found::NotRecently)
    }
}

/// The index of the transaction in a block, or the block's parent.
async fn look(
    chain: &Inner,
    hash: &BlockHash,
    pending: &Pending,
) -> Result<Result<u32, BlockHash>, ReadError> {
    const METHOD: &str = "chain_getBlock";
    let malformed = || ReadError::Rpc(RpcError::Malformed { method: METHOD });
    let json = chain.surroundings.rpc.request(METHOD, params(&(hash.to_hex(),))).await?;
    let answer: Answer = serde_json::from_str(json.get()).map_err(|_form| malformed())?;
    for (index, text) in answer.block.extrinsics.iter().enumerate() {
        let bytes = format::parse_hex(text).ok_or_else(malformed)?;
        if blake2_256(&bytes) == pending.hash {
            return u32::try_from(index).map(Ok).map_err(|_range| malformed());
        }
    }
    BlockHash::from_hex(&answer.block.header.parent_hash).map(Err).ok_or_else(malformed)
}
