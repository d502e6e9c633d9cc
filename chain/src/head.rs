//! Reduces follow events to the two heads of the chain.

use crate::follow::{FollowEvent, RuntimeVersion};
use alloc::rc::Rc;
use lantern_types::{BlockHash, BlockRef};

/// Where the chain stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChainHead {
    /// Newest finalized block.
    pub finalized: BlockRef,
    /// Newest block; the finalized one until a newer is known.
    pub best: BlockRef,
    /// Runtime of the finalized block; nothing where it cannot be used.
    pub runtime: Option<Rc<RuntimeVersion>>,
    /// Whether what is read is proven against a head that is alive: a block was finalized since the
    /// subscription began, or the block that it began at has proven as much (`Surroundings::start`).
    pub is_ready: bool,
}

/// The hashes behind a [`ChainHead`], before their numbers are looked up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct HeadHashes {
    pub(crate) finalized: BlockHash,
    pub(crate) best: BlockHash,
    pub(crate) is_ready: bool,
}

impl HeadHashes {
    pub(crate) fn start(finalized: BlockHash, is_ready: bool) -> Self {
        Self { finalized, best: finalized, is_ready }
    }

    /// Takes one event in. Returns whether a head moved.
    pub(crate) fn apply(&mut self, event: &FollowEvent) -> bool {
        match event {
            FollowEvent::BestBlockChanged { best } => {
                let moved = self.best != *best;
                self.best = *best;
                moved
            }
            FollowEvent::Finalized { finalized, .. } => {
                let Some(newest) = finalized.last() else { return false };
                // The server names a new best block before it finalizes one on another fork.
                self.finalized = *newest;
                self.is_ready = true;
                true
            }
            FollowEvent::Initialized { .. }
            | FollowEvent::NewBlock { .. }
            | FollowEvent::Operation { .. }
            | FollowEvent::Stop => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec;

    #[test]
    fn heads_follow_the_events_and_a_reorganisation() {
        let hash = |n| BlockHash([n; 32]);
        let mut head = HeadHashes::start(hash(1), false);
        assert!(head.apply(&FollowEvent::BestBlockChanged { best: hash(2) }));
        assert!(!head.apply(&FollowEvent::BestBlockChanged { best: hash(2) }));
        assert!(!head.is_ready);
        assert!(head.apply(&FollowEvent::BestBlockChanged { best: hash(3) }));
        assert!(head.apply(&FollowEvent::Finalized { finalized: vec![hash(3)], pruned: vec![hash(2)] }));
        assert_eq!(head, HeadHashes { finalized: hash(3), best: hash(3), is_ready: true });
    }
}
