//! A start that the page has not asked for yet.
//!
//! The document names the network that its page will most likely join, so that joining does not wait for the
//! page's program. Until the page asks for the same start, nobody is there to be told: events wait here, and
//! of those that replace each other only the newest.

use lantern_worker_bridge::light_client::LightClientEvent;
use std::mem::discriminant;

/// Events that may wait. There is nothing to tell that often before the page is there.
const LIMIT: usize = 64;

/// Events for a page that is not there yet, in their order.
#[derive(Debug, Default)]
pub(super) struct Held(Vec<LightClientEvent>);

impl Held {
    /// Keeps an event for later.
    pub(super) fn take(&mut self, event: LightClientEvent) {
        let replaces = matches!(
            event,
            LightClientEvent::Sync(_) | LightClientEvent::Head(_) | LightClientEvent::Network(_)
        );
        if replaces {
            self.0.retain(|older| discriminant(older) != discriminant(&event));
        }
        if self.0.len() < LIMIT {
            self.0.push(event);
        }
    }

    /// Everything that waited.
    pub(super) fn release(self) -> Vec<LightClientEvent> {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use lantern_types::{BlockHash, BlockRef};
    use lantern_worker_bridge::light_client::{ChainHead, ErrorKind, LightClientError};

    fn head(number: u32) -> LightClientEvent {
        let block = BlockRef { number, hash: BlockHash([0; 32]) };
        LightClientEvent::Head(ChainHead {
            chain: String::new(),
            genesis_hash: BlockHash([0; 32]),
            finalized: block,
            best: block,
            spec_version: 1,
            extrinsics: None,
        })
    }

    fn warning(number: u32) -> LightClientEvent {
        let message = number.to_string();
        LightClientEvent::Warning(LightClientError { kind: ErrorKind::Timeout, message, can_retry: true })
    }

    #[test]
    fn the_newest_head_and_every_warning_wait() {
        let mut held = Held::default();
        for event in [head(1), warning(1), head(2), warning(2)] {
            held.take(event);
        }
        assert_eq!(held.release(), [warning(1), head(2), warning(2)]);
    }

    #[test]
    fn what_waits_is_bounded() {
        let mut held = Held::default();
        for number in 0..1_000 {
            held.take(warning(number));
        }
        assert_eq!(held.release().len(), LIMIT);
    }
}
