//! Whether the block that following begins at is itself proven to be final, and recent.
//!
//! What follows from both: a supermajority of the authorities, which this browser reached through finality
//! proofs from its checkpoint, in this visit or in the one that saved them, has voted for the block as final,
//! and its author's slot is no further back than [`RECENT`] on this machine's clock. A peer can invent neither;
//! one that serves an old state fails the second. If either is missing, the client waits until it sees another
//! block being finalized, which says less: that some chain is alive.

use crate::spec::Header;
use std::time::Duration;

/// How old a block may be. Without a new one for as long, finality counts as stalling.
const RECENT: Duration = Duration::from_secs(60);
/// How far this machine's clock may lag behind the authors'.
const SKEW: Duration = Duration::from_secs(30);

/// The rule of one start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct StartRule {
    /// Height of the checkpoint. Only what was proven counts as finalized beyond it, on this start and when
    /// it was saved.
    pub(crate) checkpoint: u32,
    /// Length of a slot, if it is known without asking.
    pub(crate) slot_millis: Option<u64>,
}

impl StartRule {
    /// Applies the rule to an encoded header, at a time since 1970.
    pub(crate) fn is_proven_and_recent(&self, header: &[u8], now: Duration) -> bool {
        let Ok(header) = Header::decode_all(header) else { return false };
        let slot = header.aura_slot().zip(self.slot_millis);
        let Some(authored) = slot.and_then(|(slot, length)| slot.checked_mul(length)) else { return false };
        let authored = Duration::from_millis(authored);
        let is_recent = authored <= now.saturating_add(SKEW) && now <= authored.saturating_add(RECENT);
        header.number > self.checkpoint && is_recent
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use parity_scale_codec::{Compact, Encode as _};
    use proptest::prelude::*;

    const RULE: StartRule = StartRule { checkpoint: 100, slot_millis: Some(12_000) };
    const SLOT: u64 = 146_000_000;

    /// A header of this height whose author claimed this slot with this engine.
    fn header(number: u32, engine: [u8; 4], slot: &[u8]) -> Vec<u8> {
        let digest = (Compact(1u32), 6u8, engine, slot.to_vec());
        ([1u8; 32], Compact(number), [2u8; 32], [3u8; 32], digest).encode()
    }

    #[test]
    fn only_what_was_proven_beyond_the_checkpoint_and_is_recent_counts() {
        let check = |number: u32, age: i64, expected: bool| {
            let now = Duration::from_secs((SLOT * 12).checked_add_signed(age).unwrap());
            let header = header(number, *b"aura", &SLOT.to_le_bytes());
            assert_eq!(RULE.is_proven_and_recent(&header, now), expected, "#{number}, {age} s old");
        };
        check(101, 0, true);
        check(101, 60, true);
        check(101, 61, false);
        check(101, 86_400, false);
        check(101, -30, true);
        check(101, -31, false);
        // The checkpoint is somebody's word, and nothing has been proven since.
        check(100, 0, false);
        check(99, 0, false);
    }

    #[test]
    fn without_a_slot_there_is_no_shortcut() {
        let now = Duration::from_secs(SLOT * 12);
        let good = header(101, *b"aura", &SLOT.to_le_bytes());
        let unknown = StartRule { slot_millis: None, ..RULE };
        assert!(!unknown.is_proven_and_recent(&good, now));
        let endless = StartRule { slot_millis: Some(u64::MAX), ..RULE };
        assert!(!endless.is_proven_and_recent(&good, now));
        for bad in [header(101, *b"BABE", &SLOT.to_le_bytes()), header(101, *b"aura", &[1, 2, 3])] {
            assert!(!RULE.is_proven_and_recent(&bad, now));
        }
        assert!(!RULE.is_proven_and_recent(&good[..good.len() - 1], now));
    }

    proptest! {
        #[test]
        fn any_bytes_are_judged(bytes: Vec<u8>, seconds in 0u64..1 << 40) {
            let _outcome = RULE.is_proven_and_recent(&bytes, Duration::from_secs(seconds));
        }
    }
}
