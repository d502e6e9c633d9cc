//! Looks for a transaction in the blocks of the chain, from the newest that may hold it back to its birth.
//!
//! Once its last valid block is final, the search begins there: the state of the head proves the hashes of the
//! last blocks (`System.BlockHash`, 2,400 of them on Subtensor). Nothing is asked about the blocks between.

use super::Pending;
use crate::chain::Inner;
use crate::error::ReadError;
use crate::head::ChainHead;
use crate::header::blake2_256;
use crate::rpc::{RpcError, params};
use crate::storage::{KeyPart, storage_key};
use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;
use lantern_types::{BlockHash, BlockRef, format};
use serde::Deserialize;

/// Blocks that are looked at. A mortal transaction of this client lives for far fewer.
const MAX_BLOCKS: usize = if cfg!(test) { 32 } else { 512 };

/// What a search found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Found {
    /// In this block, at this index.
    At(BlockRef, u32),
    /// In none of the blocks since its birth.
    Nowhere,
    /// It was not looked for in all blocks that may hold it: they are too old.
    NotRecently,
}

/// A search that remembers the blocks it has seen.
#[derive(Default)]
pub(super) struct Search {
    /// Parents of blocks that do not hold the transaction.
    passed: BTreeMap<BlockHash, BlockHash>,
    /// The last block that may hold it, once its hash is proven.
    last: Option<BlockRef>,
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
    /// Looks through the best chain of `head`, as far as it may hold the transaction.
    pub(super) async fn run(
        &mut self,
        chain: &Inner,
        pending: &Pending,
        head: &ChainHead,
    ) -> Result<Found, ReadError> {
        let mut block = self.newest(chain, pending, head).await;
        let reach = u32::try_from(MAX_BLOCKS).unwrap_or(u32::MAX);
        if pending.last_valid.is_some_and(|last| block.number.saturating_sub(reach) > last) {
            // No block that may hold it would be looked at.
            return Ok(Found::NotRecently);
        }
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

    /// The newest block that may hold the transaction, where its hash can be proven; else the best block.
    async fn newest(&mut self, chain: &Inner, pending: &Pending, head: &ChainHead) -> BlockRef {
        let Some(number) = pending.last_valid.filter(|last| head.finalized.number > *last) else {
            return head.best;
        };
        if self.last.is_none() {
            // What fails here is found by the longer way, or not at all, which is told.
            let hash = hash_of(chain, &head.finalized.hash, number).await.ok().flatten();
            self.last = hash.map(|hash| BlockRef { number, hash });
        }
        self.last.unwrap_or(head.best)
    }
}

/// The hash of an earlier block, proven by the state of a finalized one; nothing if that is too long ago.
async fn hash_of(chain: &Inner, at: &BlockHash, number: u32) -> Result<Option<BlockHash>, ReadError> {
    const ITEM: &str = "System.BlockHash";
    let undecodable = |source| ReadError::Undecodable { item: String::from(ITEM), source };
    let (runtime, _version) = chain.executing_runtime(at).await?;
    let metadata = &runtime.metadata;
    let absent = || ReadError::NotInRuntime { item: String::from(ITEM) };
    let entry = metadata.entry("System", "BlockHash").ok_or_else(absent)?;
    let key = storage_key(metadata, entry, &[KeyPart::Uint(number.into())]).map_err(undecodable)?;
    let values = chain.reader.values_of_past(&at.to_hex(), core::slice::from_ref(&key)).await?;
    let bytes = values.get(&key).and_then(Option::as_deref);
    let hash = bytes.and_then(|bytes| <[u8; 32]>::try_from(bytes).ok());
    // A hash of zeros is what the runtime has for blocks that it does not know.
    Ok(hash.filter(|hash| *hash != [0; 32]).map(BlockHash))
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
    let answer: Option<Answer> = serde_json::from_str(json.get()).map_err(|_form| malformed())?;
    // The light client has no such block to give: no peer is there yet, or none answers.
    let answer = answer.ok_or(ReadError::Inaccessible { attempts: 1 })?;
    for (index, text) in answer.block.extrinsics.iter().enumerate() {
        let bytes = format::parse_hex(text).ok_or_else(malformed)?;
        if blake2_256(&bytes) == pending.hash {
            return u32::try_from(index).map(Ok).map_err(|_range| malformed());
        }
    }
    BlockHash::from_hex(&answer.block.header.parent_hash).map(Err).ok_or_else(malformed)
}
