//! What the page watches, and when it is read.
//!
//! A topic is read once for each finalized block at most, one read at a time: while a read is under way,
//! newer blocks only leave a mark, and the next read takes the newest.

use crate::error;
use lantern_chain::{Chain, ReadError};
use lantern_types::BlockRef;
use lantern_worker_bridge::light_client::{LightClientError, LightClientEvent, Topic};
use std::collections::BTreeMap;

/// Topics that may be watched at a time. Beyond this the page has lost track.
const LIMIT: usize = 256;

#[derive(Debug, Default, Clone, Copy)]
struct Watched {
    /// A read is under way.
    is_reading: bool,
    /// There is something newer than what was read or is being read.
    is_due: bool,
    /// Reads that failed one after the other although trying again might help.
    failures: u8,
    /// Nobody asked for it yet.
    is_expected: bool,
}

/// Failures that pass unnoticed, such as the one at the block of a runtime upgrade.
const QUIET_FAILURES: u8 = 2;

/// The watched topics.
#[derive(Debug, Default)]
pub(super) struct Topics {
    watched: BTreeMap<Topic, Watched>,
    newest: Option<BlockRef>,
}

impl Topics {
    /// Watches a topic, and reads it once more if it is watched already. One that was expected is read or being
    /// read for this very request.
    pub(super) fn watch(&mut self, topic: Topic) {
        if self.watched.len() < LIMIT || self.watched.contains_key(&topic) {
            let watched = self.watched.entry(topic).or_default();
            if !std::mem::take(&mut watched.is_expected) {
                watched.is_due = true;
            }
        }
    }

    /// Reads a topic although nobody watches it yet: somebody will.
    pub(super) fn expect(&mut self, topic: Topic) {
        self.watched.insert(topic, Watched { is_due: true, is_expected: true, ..Watched::default() });
    }

    pub(super) fn unwatch(&mut self, topic: &Topic) {
        self.watched.remove(topic);
    }

    /// Another block is finalized.
    pub(super) fn moved(&mut self, block: BlockRef) {
        if self.newest != Some(block) {
            self.newest = Some(block);
            for watched in self.watched.values_mut() {
                watched.is_due = true;
            }
        }
    }

    /// Topics to start reading now.
    pub(super) fn due(&mut self) -> Vec<Topic> {
        self.watched
            .iter_mut()
            .filter(|(_, watched)| watched.is_due && !watched.is_reading)
            .map(|(topic, watched)| {
                watched.is_reading = true;
                watched.is_due = false;
                *topic
            })
            .collect()
    }

    /// A read ended, for good or in a way that may pass. Returns whether the page should hear of it.
    pub(super) fn finished(&mut self, topic: &Topic, is_conclusive: bool) -> bool {
        let Some(watched) = self.watched.get_mut(topic) else { return false };
        watched.is_reading = false;
        watched.failures = if is_conclusive { 0 } else { watched.failures.saturating_add(1) };
        is_conclusive || watched.failures > QUIET_FAILURES
    }

    /// Every read under way is void: the network is being started anew.
    pub(super) fn restart(&mut self) {
        for watched in self.watched.values_mut() {
            *watched = Watched { is_due: true, ..Watched::default() };
        }
    }
}

/// Reads a topic at the newest finalized block.
///
/// # Errors
/// It could not be read there.
pub(super) async fn read(chain: &Chain, topic: Topic) -> Result<LightClientEvent, LightClientError> {
    let read = async {
        let view = chain.finalized().await?;
        Ok::<_, ReadError>(match topic {
            Topic::Network => LightClientEvent::Network(view.network().await?),
            Topic::Subnet(netuid) => LightClientEvent::Subnet(view.subnet(netuid).await?),
            Topic::Account(account) => LightClientEvent::Account(view.account(account).await?),
        })
    };
    read.await.map_err(|failed| error::of_read(&failed))
}

#[cfg(test)]
mod tests {
    use super::*;
    use lantern_types::{BlockHash, NetUid};

    #[test]
    fn one_read_at_a_time_and_then_the_newest() {
        let block = |number| BlockRef { number, hash: BlockHash([0; 32]) };
        let mut topics = Topics::default();
        topics.watch(Topic::Network);
        assert_eq!(topics.due(), [Topic::Network]);
        topics.moved(block(1));
        topics.moved(block(2));
        assert_eq!(topics.due(), []);
        assert!(topics.finished(&Topic::Network, true));
        assert_eq!(topics.due(), [Topic::Network], "two blocks passed, one read follows");
        assert!(topics.finished(&Topic::Network, true));
        topics.moved(block(2));
        assert_eq!(topics.due(), [], "nothing is newer");
    }

    #[test]
    fn what_was_expected_is_read_once() {
        let mut topics = Topics::default();
        topics.expect(Topic::Network);
        assert_eq!(topics.due(), [Topic::Network]);
        topics.watch(Topic::Network);
        assert!(topics.finished(&Topic::Network, true));
        assert_eq!(topics.due(), [], "it was read for this watch");
        topics.watch(Topic::Network);
        assert_eq!(topics.due(), [Topic::Network], "the next watch is another");
    }

    #[test]
    fn failures_that_pass_are_not_told() {
        let mut topics = Topics::default();
        topics.watch(Topic::Network);
        let told = |topics: &mut Topics, conclusive| topics.finished(&Topic::Network, conclusive);
        assert_eq!([0; 4].map(|_| told(&mut topics, false)), [false, false, true, true]);
        assert!(told(&mut topics, true));
        assert!(!told(&mut topics, false), "counted anew after a success");
    }

    #[test]
    fn what_nobody_watches_is_not_told() {
        let mut topics = Topics::default();
        let subnet = Topic::Subnet(NetUid(3));
        topics.watch(subnet);
        assert_eq!(topics.due(), [subnet]);
        topics.unwatch(&subnet);
        assert!(!topics.finished(&subnet, true));
        topics.watch(subnet);
        assert_eq!(topics.due(), [subnet]);
        topics.restart();
        assert_eq!(topics.due(), [subnet], "the read before the restart is void");
    }
}
