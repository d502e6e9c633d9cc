//! Which blocks the light client holds for us, and when they are let go.
//!
//! Held are the newest finalized block, everything that may still be finalized after it, and what somebody
//! reads from. Everything else is unpinned with the next `finalized` event, or when its last reader ends.
//! The server ends a subscription that forgets to.

use super::event::{FollowEvent, NewRuntime, RuntimeVersion};
use alloc::collections::BTreeMap;
use alloc::rc::Rc;
use alloc::vec::Vec;
use lantern_types::{BlockHash, BlockNumber, BlockRef};

/// The blocks of one subscription. Pure: it returns what has to be unpinned.
#[derive(Debug, Default)]
pub(crate) struct Pins {
    blocks: BTreeMap<BlockHash, Block>,
}

#[derive(Debug)]
struct Block {
    number: BlockNumber,
    runtime: Option<Rc<RuntimeVersion>>,
    executed_by: Option<Rc<RuntimeVersion>>,
    changes_runtime: bool,
    readers: usize,
    /// It is history: nobody but its readers needs it.
    is_stale: bool,
}

/// What is known of a held block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct BlockInfo {
    pub(crate) block: BlockRef,
    /// Nothing where the runtime cannot be used.
    pub(crate) runtime: Option<Rc<RuntimeVersion>>,
    /// The runtime that executed the block and wrote its events: that of its parent.
    pub(crate) executed_by: Option<Rc<RuntimeVersion>>,
    /// The block carries a new runtime, whose migrations have not run yet.
    pub(crate) changes_runtime: bool,
}

/// The server speaks of a block that it never announced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct UnknownBlock;

impl Pins {
    /// The blocks of an `initialized` event; `number` is that of the last one.
    pub(crate) fn start(
        finalized: &[BlockHash],
        number: BlockNumber,
        runtime: Option<Rc<RuntimeVersion>>,
    ) -> (Self, Vec<BlockHash>) {
        let mut pins = Self::default();
        for (age, hash) in finalized.iter().rev().enumerate() {
            let below = BlockNumber::try_from(age).unwrap_or(BlockNumber::MAX);
            pins.blocks.insert(
                *hash,
                Block {
                    number: number.saturating_sub(below),
                    // Older blocks may have had another runtime. They are let go at once.
                    runtime: if age == 0 { runtime.clone() } else { None },
                    executed_by: if age == 0 { runtime.clone() } else { None },
                    changes_runtime: false,
                    readers: 0,
                    is_stale: age > 0,
                },
            );
        }
        let unpin = pins.sweep();
        (pins, unpin)
    }

    /// Takes a block event in and returns the blocks to unpin.
    pub(crate) fn apply(&mut self, event: &FollowEvent) -> Result<Vec<BlockHash>, UnknownBlock> {
        match event {
            FollowEvent::NewBlock { block, parent, runtime } => {
                let above = self.blocks.get(parent).ok_or(UnknownBlock)?;
                let executed_by = above.runtime.clone();
                let (changes_runtime, runtime) = match runtime {
                    NewRuntime::Unchanged => (false, above.runtime.clone()),
                    NewRuntime::Changed(runtime) => (true, Some(Rc::clone(runtime))),
                    NewRuntime::Broken => (true, None),
                };
                let number = above.number.saturating_add(1);
                let entry =
                    Block { number, runtime, executed_by, changes_runtime, readers: 0, is_stale: false };
                self.blocks.entry(*block).or_insert(entry);
                Ok(Vec::new())
            }
            FollowEvent::Finalized { finalized, pruned } => {
                let newest = finalized.last().ok_or(UnknownBlock)?;
                let number = self.blocks.get(newest).ok_or(UnknownBlock)?.number;
                for (hash, block) in &mut self.blocks {
                    // What is not above the newest finalized block is history, and so is what was pruned.
                    if hash != newest && block.number <= number {
                        block.is_stale = true;
                    }
                }
                for hash in pruned {
                    if let Some(block) = self.blocks.get_mut(hash) {
                        block.is_stale = true;
                    }
                }
                Ok(self.sweep())
            }
            FollowEvent::BestBlockChanged { best } => {
                if self.blocks.contains_key(best) {
                    Ok(Vec::new())
                } else {
                    Err(UnknownBlock)
                }
            }
            FollowEvent::Initialized { .. } | FollowEvent::Operation { .. } | FollowEvent::Stop => {
                Ok(Vec::new())
            }
        }
    }

    /// Somebody starts to read from a block.
    pub(crate) fn acquire(&mut self, hash: &BlockHash) -> Option<BlockInfo> {
        let block = self.blocks.get_mut(hash)?;
        block.readers = block.readers.saturating_add(1);
        self.info(hash)
    }

    /// A reader ended. Returns whether the block has to be unpinned now.
    pub(crate) fn release(&mut self, hash: &BlockHash) -> bool {
        let Some(block) = self.blocks.get_mut(hash) else { return false };
        block.readers = block.readers.saturating_sub(1);
        let is_over = block.readers == 0 && block.is_stale;
        if is_over {
            self.blocks.remove(hash);
        }
        is_over
    }

    pub(crate) fn info(&self, hash: &BlockHash) -> Option<BlockInfo> {
        let block = self.blocks.get(hash)?;
        Some(BlockInfo {
            block: BlockRef { number: block.number, hash: *hash },
            runtime: block.runtime.clone(),
            executed_by: block.executed_by.clone(),
            changes_runtime: block.changes_runtime,
        })
    }

    /// Blocks held at the moment.
    pub(crate) fn len(&self) -> usize {
        self.blocks.len()
    }

    fn sweep(&mut self) -> Vec<BlockHash> {
        let over: Vec<_> = self
            .blocks
            .iter()
            .filter(|(_, block)| block.is_stale && block.readers == 0)
            .map(|(hash, _)| *hash)
            .collect();
        for hash in &over {
            self.blocks.remove(hash);
        }
        over
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec;

    fn hash(n: u8) -> BlockHash {
        BlockHash([n; 32])
    }

    fn new(block: u8, parent: u8) -> FollowEvent {
        FollowEvent::NewBlock { block: hash(block), parent: hash(parent), runtime: NewRuntime::Unchanged }
    }

    fn finalized(blocks: &[u8], pruned: &[u8]) -> FollowEvent {
        FollowEvent::Finalized {
            finalized: blocks.iter().map(|n| hash(*n)).collect(),
            pruned: pruned.iter().map(|n| hash(*n)).collect(),
        }
    }

    #[test]
    fn history_is_let_go_and_forks_with_it() {
        let (mut pins, unpin) = Pins::start(&[hash(8), hash(9)], 9, None);
        assert_eq!(unpin, vec![hash(8)]);
        for (block, parent) in [(10, 9), (11, 10), (21, 10), (12, 11)] {
            assert_eq!(pins.apply(&new(block, parent)), Ok(vec![]));
        }
        assert_eq!(pins.info(&hash(12)).map(|info| info.block.number), Some(12));
        assert_eq!(pins.apply(&finalized(&[10, 11], &[21])), Ok(vec![hash(9), hash(10), hash(21)]));
        assert_eq!(pins.len(), 2);
        assert_eq!(pins.apply(&finalized(&[12], &[])), Ok(vec![hash(11)]));
        assert_eq!(pins.len(), 1);
    }

    #[test]
    fn a_block_that_is_read_is_kept_until_its_last_reader_ends() {
        let (mut pins, _unpin) = Pins::start(&[hash(9)], 9, None);
        assert!(pins.acquire(&hash(9)).is_some());
        assert!(pins.acquire(&hash(9)).is_some());
        assert_eq!(pins.apply(&new(10, 9)), Ok(vec![]));
        assert_eq!(pins.apply(&finalized(&[10], &[])), Ok(vec![]));
        assert!(!pins.release(&hash(9)));
        assert!(pins.release(&hash(9)));
        assert!(!pins.release(&hash(9)));
        assert_eq!(pins.len(), 1);
    }

    #[test]
    fn runtimes_are_inherited_and_their_change_is_known() {
        let version = |spec_version| {
            Rc::new(RuntimeVersion { spec_name: "a".into(), spec_version, transaction_version: 1 })
        };
        let (mut pins, _unpin) = Pins::start(&[hash(9)], 9, Some(version(1)));
        let runtime = NewRuntime::Changed(version(2));
        let upgrade = FollowEvent::NewBlock { block: hash(10), parent: hash(9), runtime };
        assert_eq!(pins.apply(&upgrade), Ok(vec![]));
        assert_eq!(pins.apply(&new(11, 10)), Ok(vec![]));
        let check = |pins: &Pins, n, changes| {
            let info = pins.info(&hash(n)).unwrap();
            assert_eq!((info.runtime.map(|r| r.spec_version), info.changes_runtime), (Some(2), changes));
        };
        check(&pins, 10, true);
        check(&pins, 11, false);
    }

    #[test]
    fn blocks_that_were_never_announced_are_an_error() {
        let (mut pins, _unpin) = Pins::start(&[hash(9)], 9, None);
        assert_eq!(pins.apply(&new(12, 11)), Err(UnknownBlock));
        assert_eq!(pins.apply(&finalized(&[12], &[])), Err(UnknownBlock));
        assert_eq!(pins.apply(&finalized(&[], &[])), Err(UnknownBlock));
    }
}
