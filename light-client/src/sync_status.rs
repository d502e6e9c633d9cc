//! Where synchronisation stands: a pure fold over what is known of network and chain.
//!
//! Stages only advance within one start, and `Verified` means that a block was finalized, and proven to
//! be, after the start. What is wrong meanwhile is a [`Delay`] beside the stage, the most telling first.

use lantern_worker_bridge::light_client::{Delay, SyncStage};
use std::time::Duration;

/// Silence of connected peers that counts as stalling.
const STALL: Duration = Duration::from_secs(10);
/// Time for dialling before it counts as a delay.
const DIALLING: Duration = Duration::from_secs(5);
/// How long a false proof is told.
const FALSE_PROOF_SHOWN: Duration = Duration::from_secs(30);
/// How long a refused checkpoint is told while no peer is connected. Whoever sent the proofs is set aside for
/// most of a minute, and may be the only one.
const REFUSED_SHOWN: Duration = Duration::from_secs(120);
/// Time without a finalized block that counts as stalling; Subtensor finalizes every twelve seconds.
const FINALITY_STALL: Duration = Duration::from_secs(60);

/// What is known at a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Facts {
    /// The moment.
    pub(crate) now: Duration,
    /// Whether the browser says that it has a network.
    pub(crate) is_online: bool,
    /// Boot nodes that can be dialled.
    pub(crate) dialable: usize,
    /// Peers with an open connection.
    pub(crate) connected: usize,
    /// Parts of the finality proof that do not hold, since the last one that did.
    pub(crate) fragments_rejected: u32,
    /// The finality proof has reached the head.
    pub(crate) has_warped: bool,
    /// The chain can be read.
    pub(crate) is_initialized: bool,
    /// A block was finalized since the start.
    pub(crate) is_ready: bool,
    /// When a block was last finalized.
    pub(crate) last_finalized: Option<Duration>,
    /// When something was last received.
    pub(crate) last_received: Option<Duration>,
    /// Since when requests go out and none is answered.
    pub(crate) unanswered_since: Option<Duration>,
    /// When a peer last sent something false.
    pub(crate) last_false: Option<Duration>,
}

/// The fold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct SyncFold {
    started: Duration,
    stage: SyncStage,
    stage_since: Duration,
}

/// What it says at a moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Standing {
    pub(crate) stage: SyncStage,
    pub(crate) in_stage: Duration,
    pub(crate) elapsed: Duration,
    pub(crate) delay: Option<Delay>,
}

impl SyncFold {
    pub(crate) fn start(now: Duration) -> Self {
        Self { started: now, stage: SyncStage::FindingPeers, stage_since: now }
    }

    /// Time since the start.
    pub(crate) fn elapsed(&self, now: Duration) -> Duration {
        now.saturating_sub(self.started)
    }

    /// Takes in what is known now.
    pub(crate) fn update(&mut self, facts: &Facts) -> Standing {
        let reached = if facts.is_ready {
            SyncStage::Verified
        } else if facts.is_initialized || facts.has_warped {
            SyncStage::Checking
        } else if facts.connected > 0 {
            SyncStage::CatchingUp
        } else {
            SyncStage::FindingPeers
        };
        if reached > self.stage {
            self.stage = reached;
            self.stage_since = facts.now;
        }
        let in_stage = facts.now.saturating_sub(self.stage_since);
        Standing {
            stage: self.stage,
            in_stage,
            elapsed: self.elapsed(facts.now),
            delay: self.delay(facts, in_stage),
        }
    }

    fn delay(&self, facts: &Facts, in_stage: Duration) -> Option<Delay> {
        let since = |moment: Option<Duration>| moment.map(|moment| facts.now.saturating_sub(moment));
        let is_silent = |limit| since(facts.last_received).unwrap_or_else(|| self.elapsed(facts.now)) > limit;
        let is_catching_up = self.stage < SyncStage::Checking;
        // One is a lie of one peer. Several in a row are what every honest peer sends when the chain went on
        // from there in a way that no finality proof can cross.
        let is_refused = is_catching_up && facts.fragments_rejected > 1;
        let has_heard_a_lie = since(facts.last_false).is_some_and(|since| since < FALSE_PROOF_SHOWN);
        if facts.connected == 0 {
            let was_refused =
                is_refused && since(facts.last_false).is_some_and(|since| since < REFUSED_SHOWN);
            return if !facts.is_online {
                Some(Delay::Offline)
            } else if facts.dialable == 0 {
                Some(Delay::NothingToDial)
            } else if was_refused {
                Some(Delay::CheckpointRefused)
            } else if has_heard_a_lie {
                // Who lies is not spoken to for a while, and that is why nobody is there.
                Some(Delay::FalseProof)
            } else if in_stage > DIALLING && is_silent(DIALLING) {
                Some(Delay::NoPeerAnswers)
            } else {
                None
            };
        }
        if is_refused {
            return Some(Delay::CheckpointRefused);
        }
        if has_heard_a_lie {
            return Some(Delay::FalseProof);
        }
        if is_silent(STALL) || since(facts.unanswered_since).is_some_and(|since| since > STALL) {
            return Some(Delay::PeersStall);
        }
        match since(facts.last_finalized) {
            Some(since) if self.stage == SyncStage::Verified && since > FINALITY_STALL => {
                Some(Delay::FinalityStalls(since.as_secs()))
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> Facts {
        Facts {
            now: Duration::from_secs(seconds),
            is_online: true,
            dialable: 1,
            connected: 0,
            fragments_rejected: 0,
            has_warped: false,
            is_initialized: false,
            is_ready: false,
            last_finalized: None,
            last_received: None,
            unanswered_since: None,
            last_false: None,
        }
    }

    /// Seconds of a moment, the facts then, and what they say.
    fn check(script: &[(Facts, SyncStage, Option<Delay>)]) {
        let mut fold = SyncFold::start(Duration::ZERO);
        for (facts, stage, delay) in script {
            let standing = fold.update(facts);
            assert_eq!((standing.stage, &standing.delay), (*stage, delay), "{facts:?}");
            assert_eq!(standing.elapsed, facts.now);
        }
    }

    #[test]
    fn stages_come_in_their_order_and_never_go_back() {
        let received = |seconds| Facts { last_received: Some(Duration::from_secs(seconds)), ..at(seconds) };
        check(&[
            (at(0), SyncStage::FindingPeers, None),
            (Facts { connected: 1, ..received(1) }, SyncStage::CatchingUp, None),
            (Facts { connected: 1, has_warped: true, ..received(2) }, SyncStage::Checking, None),
            (Facts { connected: 1, is_initialized: true, ..received(3) }, SyncStage::Checking, None),
            (
                Facts {
                    connected: 1,
                    is_initialized: true,
                    is_ready: true,
                    last_finalized: Some(Duration::from_secs(4)),
                    ..received(4)
                },
                SyncStage::Verified,
                None,
            ),
            (Facts { last_received: Some(Duration::from_secs(4)), ..at(5) }, SyncStage::Verified, None),
            (
                Facts { last_received: Some(Duration::from_secs(4)), ..at(30) },
                SyncStage::Verified,
                Some(Delay::NoPeerAnswers),
            ),
        ]);
    }

    #[test]
    fn says_why_no_peer_is_there() {
        check(&[
            (Facts { dialable: 0, ..at(1) }, SyncStage::FindingPeers, Some(Delay::NothingToDial)),
            (Facts { is_online: false, ..at(2) }, SyncStage::FindingPeers, Some(Delay::Offline)),
            (at(4), SyncStage::FindingPeers, None),
            (at(6), SyncStage::FindingPeers, Some(Delay::NoPeerAnswers)),
        ]);
    }

    #[test]
    fn says_why_peers_do_not_help() {
        let with_peer = |seconds| Facts {
            connected: 1,
            last_received: Some(Duration::from_secs(seconds)),
            ..at(seconds)
        };
        check(&[
            (with_peer(1), SyncStage::CatchingUp, None),
            (
                Facts { last_false: Some(Duration::from_secs(2)), fragments_rejected: 1, ..with_peer(2) },
                SyncStage::CatchingUp,
                Some(Delay::FalseProof),
            ),
            (
                Facts { last_false: Some(Duration::from_secs(2)), fragments_rejected: 2, ..with_peer(3) },
                SyncStage::CatchingUp,
                Some(Delay::CheckpointRefused),
            ),
            // The peer that sent them is set aside, and nobody else is there.
            (
                Facts { last_false: Some(Duration::from_secs(2)), fragments_rejected: 2, ..at(19) },
                SyncStage::CatchingUp,
                Some(Delay::CheckpointRefused),
            ),
            (
                Facts { last_false: Some(Duration::from_secs(2)), fragments_rejected: 1, ..at(19) },
                SyncStage::CatchingUp,
                Some(Delay::FalseProof),
            ),
            (
                Facts { last_false: Some(Duration::from_secs(2)), fragments_rejected: 1, ..at(32) },
                SyncStage::CatchingUp,
                Some(Delay::NoPeerAnswers),
            ),
            (
                Facts { last_received: Some(Duration::from_secs(3)), ..with_peer(20) },
                SyncStage::CatchingUp,
                Some(Delay::PeersStall),
            ),
            (
                Facts { unanswered_since: Some(Duration::from_secs(9)), ..with_peer(20) },
                SyncStage::CatchingUp,
                Some(Delay::PeersStall),
            ),
            (
                Facts { last_false: Some(Duration::from_secs(2)), fragments_rejected: 2, ..at(150) },
                SyncStage::CatchingUp,
                Some(Delay::NoPeerAnswers),
            ),
            (
                Facts { is_ready: true, last_finalized: Some(Duration::from_secs(21)), ..with_peer(100) },
                SyncStage::Verified,
                Some(Delay::FinalityStalls(79)),
            ),
        ]);
    }
}
