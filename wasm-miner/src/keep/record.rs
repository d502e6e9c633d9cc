//! What a kept file is, and the slots that its bytes lie in.

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::loader::manifest::FileSpec;

/// Bytes of the file per slot.
pub const CHUNK: usize = 1 << 20;
/// Bytes of a digest in front of a chunk.
pub const DIGEST: usize = 32;
/// The most bytes of a record. Longer ones are not written.
pub const LARGEST_RECORD: usize = 4096;

const FORMAT: &str = "lantern-kept/1";

/// What a kept file is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    format: String,
    /// Where it came from.
    pub url: String,
    /// The model that it belongs to: the address that the user gave.
    pub model: String,
    /// The model's name, for people.
    pub name: String,
    /// Its length.
    pub total: u64,
    /// Its SHA-256 in hex, where a manifest promised one.
    pub sha256: Option<String>,
    /// What the server said of its version, where it said anything.
    pub validator: Option<String>,
}

impl Record {
    /// The record of a file that is about to be kept.
    #[must_use]
    pub fn new(url: &str, (model, name): (&str, &str), total: u64) -> Self {
        let owned = str::to_owned;
        Self {
            format: owned(FORMAT),
            url: owned(url),
            model: owned(model),
            name: owned(name),
            total,
            sha256: None,
            validator: None,
        }
    }

    /// Reads slot 0. Anything but a record of this build is `None`.
    #[must_use]
    pub fn parse(bytes: &[u8]) -> Option<Self> {
        let record: Self = serde_json::from_slice(bytes).ok()?;
        (record.format == FORMAT && record.total > 0).then_some(record)
    }

    /// Slot 0, padded to its full length with spaces; `None` where it does not fit.
    #[must_use]
    pub fn to_slot(&self) -> Option<Vec<u8>> {
        let mut bytes = serde_json::to_vec(self).ok()?;
        if bytes.len() > LARGEST_RECORD {
            return None;
        }
        bytes.resize(LARGEST_RECORD, b' ');
        Some(bytes)
    }

    /// Whether this is the file that a manifest promises.
    #[must_use]
    pub fn is(&self, file: &FileSpec) -> bool {
        self.total == file.bytes && self.sha256.as_ref() == Some(&file.sha256)
    }

    /// Chunks of the whole file.
    #[must_use]
    pub fn chunks(&self) -> u64 {
        self.total.div_ceil(CHUNK as u64)
    }

    /// Bytes of a chunk: all have [`CHUNK`] but the last.
    #[must_use]
    pub fn chunk_bytes(&self, chunk: u64) -> usize {
        let begin = chunk.saturating_mul(CHUNK as u64);
        usize::try_from(self.total.saturating_sub(begin)).unwrap_or(CHUNK).min(CHUNK)
    }

    /// Bytes of the file that so many chunks hold.
    #[must_use]
    pub fn bytes_in(&self, chunks: u64) -> u64 {
        chunks.saturating_mul(CHUNK as u64).min(self.total)
    }

    /// The chunk in a slot, if the slot is what was written.
    #[must_use]
    pub fn open_slot(&self, chunk: u64, mut slot: Vec<u8>) -> Option<Vec<u8>> {
        if slot.len() != DIGEST + self.chunk_bytes(chunk) {
            return None;
        }
        let bytes = slot.split_off(DIGEST);
        (Sha256::digest(&bytes).as_slice() == slot.as_slice()).then_some(bytes)
    }
}

/// A slot for a chunk.
#[must_use]
pub fn seal_slot(chunk: &[u8]) -> Vec<u8> {
    let mut slot = Vec::with_capacity(DIGEST + chunk.len());
    slot.extend_from_slice(&Sha256::digest(chunk));
    slot.extend_from_slice(chunk);
    slot
}

/// The name of a file on the shelf.
#[must_use]
pub fn key(url: &str) -> String {
    let digest = Sha256::digest(url);
    hex::encode(digest.get(..16).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn record(total: u64) -> Record {
        Record::new("/m/model.safetensors", ("/m", "m"), total)
    }

    #[test]
    fn a_record_is_read_as_it_was_written() {
        let slot = record(5).to_slot().unwrap();
        assert_eq!(slot.len(), LARGEST_RECORD);
        assert_eq!(Record::parse(&slot), Some(record(5)));
        assert_eq!(Record::parse(&slot[..100]), None);
        assert_eq!(Record { url: "x".repeat(LARGEST_RECORD), ..record(5) }.to_slot(), None);
    }

    #[test]
    fn a_slot_that_is_short_or_changed_is_nothing() {
        let file = record(CHUNK as u64 + 3);
        assert_eq!(file.chunks(), 2);
        assert_eq!(file.open_slot(1, seal_slot(b"end")), Some(b"end".to_vec()));
        assert_eq!(file.open_slot(0, seal_slot(b"end")), None);
        let mut slot = seal_slot(b"end");
        slot[DIGEST] ^= 1;
        assert_eq!(file.open_slot(1, slot.clone()), None);
        slot.pop();
        assert_eq!(file.open_slot(1, slot), None);
    }

    proptest! {
        #[test]
        fn any_bytes_are_a_record_or_none(bytes in proptest::collection::vec(any::<u8>(), 0..200), total in any::<u64>()) {
            if let Some(found) = Record::parse(&bytes) {
                prop_assert!(found.total > 0);
            }
            let file = record(total);
            prop_assert_eq!(file.bytes_in(file.chunks()), total);
            prop_assert_eq!(file.open_slot(file.chunks(), bytes).is_some_and(|bytes| !bytes.is_empty()), false);
        }
    }
}
