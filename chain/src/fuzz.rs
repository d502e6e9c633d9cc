//! Doors for fuzzing to the decoders that are not public.

use crate::{decode, follow, metadata::Metadata, tx};

/// Reads an event of a block subscription and one of a watched transaction.
pub fn json(json: &str) {
    let _event = follow::parse_event(json);
    let _is_status = tx::is_status(json);
}

/// Reads the bytes up to the last 64 as metadata, and the last 64 as a value of each type in it.
pub fn metadata(bytes: &[u8]) {
    let (head, value) = bytes.split_at(bytes.len().saturating_sub(64));
    let Ok(metadata) = Metadata::parse(head) else { return };
    for ty in 0..64 {
        let _decoded = decode::decode_all(&metadata.types, ty, value);
        let _shape = metadata.shape(ty);
    }
}
