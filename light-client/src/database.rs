//! What is kept between visits: smoldot's finalized database, by network and smoldot version.
//!
//! A record is the origin's own data, but a browser may lose half of it, another version may have
//! written it, and disks rot. So each record carries its format, the network and a digest, and whatever
//! does not fit is dropped and reported, never used. Saving is a convenience: where storage is denied
//! or full, the client works on from the checkpoint and says so.

mod memory;

#[cfg(target_arch = "wasm32")]
mod indexed_db;

#[cfg(target_arch = "wasm32")]
pub use indexed_db::IndexedDb;
pub use memory::Memory;

use crate::budget;
use blake2::Digest as _;
use futures::future::LocalBoxFuture;
use serde::{Deserialize, Serialize};

/// Format of the records.
const FORMAT: u32 = 1;
/// The smoldot whose serialisation is inside. Another one may read it differently.
const SMOLDOT: &str = "5.0.0";

/// Why the browser does not store.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StorageError {
    /// Private windows and strict settings forbid it.
    #[error("the browser does not allow this page to store anything")]
    Denied,
    /// There is no room.
    #[error("the browser has no room left for this page")]
    Full,
    /// Anything else, in the browser's words.
    #[error("the browser's storage does not work: {0}")]
    Broken(String),
}

/// A place for texts and bytes by key.
pub trait Storage {
    /// The text under a key.
    fn read<'a>(&'a self, key: &'a str) -> LocalBoxFuture<'a, Result<Option<String>, StorageError>>;
    /// Puts a text under a key in place of what is there.
    fn write<'a>(&'a self, key: &'a str, text: String) -> LocalBoxFuture<'a, Result<(), StorageError>>;
    /// The bytes under a key.
    fn read_bytes<'a>(&'a self, key: &'a str) -> LocalBoxFuture<'a, Result<Option<Vec<u8>>, StorageError>>;
    /// Puts bytes under a key in place of what is there.
    fn write_bytes<'a>(
        &'a self,
        key: &'a str,
        bytes: Vec<u8>,
    ) -> LocalBoxFuture<'a, Result<(), StorageError>>;
    /// The keys that begin with a text, in their order.
    fn keys<'a>(&'a self, prefix: &'a str) -> LocalBoxFuture<'a, Result<Vec<String>, StorageError>>;
    /// Removes what is under a key.
    fn remove<'a>(&'a self, key: &'a str) -> LocalBoxFuture<'a, Result<(), StorageError>>;
}

/// Why a record cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unusable {
    /// It cannot be read, or its digest is not that of its content.
    #[error("what was saved is damaged")]
    Damaged,
    /// Another build's format.
    #[error("what was saved is in another build's format")]
    OtherFormat,
    /// Another network's.
    #[error("what was saved belongs to another network")]
    Foreign,
    /// It lies before the checkpoint.
    #[error("what was saved is older than the checkpoint")]
    Stale,
}

/// What a finalized database says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snapshot {
    /// smoldot's serialisation, without the runtime's code.
    pub database: String,
    /// Height of its block.
    pub height: u32,
    /// The GRANDPA set that votes after it.
    pub set_id: Option<u64>,
}

#[derive(Serialize, Deserialize)]
struct Record {
    format: u32,
    smoldot: String,
    genesis: String,
    height: u32,
    digest: String,
    database: String,
}

/// Key of a network's record.
pub fn key(genesis_hash: &[u8; 32]) -> String {
    format!("{}/smoldot-{SMOLDOT}", hex::encode(genesis_hash))
}

/// Reads smoldot's answer to `chainHead_unstable_finalizedDatabase`, without the runtime's code: it is
/// large, and smoldot's use of it saves nothing.
///
/// Nothing if it is not a database of a chain that was finalized somewhere.
pub fn snapshot(answer: &str) -> Option<Snapshot> {
    if answer.len() > usize::try_from(budget::DATABASE_BYTES).unwrap_or(usize::MAX) {
        return None;
    }
    let mut document: serde_json::Map<String, serde_json::Value> = serde_json::from_str(answer).ok()?;
    for field in ["runtimeCode", "codeMerkleValue", "codeClosestAncestor"] {
        document.remove(field);
    }
    let chain = document.get("chain")?;
    let header = hex::decode(chain.get("finalized_block_header")?.as_str()?).ok()?;
    let height = crate::spec::Header::decode_all(&header).ok()?.number;
    let set_id =
        chain.get("grandpa_after_finalized_block_authorities_set_id").and_then(serde_json::Value::as_u64);
    let database = serde_json::to_string(&document).ok()?;
    Some(Snapshot { database, height, set_id })
}

/// The record of a snapshot.
pub fn record(genesis_hash: &[u8; 32], snapshot: &Snapshot) -> String {
    let record = Record {
        format: FORMAT,
        smoldot: SMOLDOT.to_owned(),
        genesis: hex::encode(genesis_hash),
        height: snapshot.height,
        digest: digest(&snapshot.database),
        database: snapshot.database.clone(),
    };
    // Plain strings and numbers always have a JSON form.
    serde_json::to_string(&record).unwrap_or_default()
}

/// Reads a record back.
///
/// # Errors
/// Why it must not be used. No text makes this panic.
pub fn open(genesis_hash: &[u8; 32], checkpoint: Option<u32>, text: &str) -> Result<Snapshot, Unusable> {
    #[derive(Deserialize)]
    struct Format {
        format: u32,
        smoldot: String,
    }
    let format: Format = serde_json::from_str(text).map_err(|_malformed| Unusable::Damaged)?;
    if format.format != FORMAT || format.smoldot != SMOLDOT {
        return Err(Unusable::OtherFormat);
    }
    let record: Record = serde_json::from_str(text).map_err(|_malformed| Unusable::Damaged)?;
    if record.digest != digest(&record.database) {
        return Err(Unusable::Damaged);
    }
    let genesis = hex::encode(genesis_hash);
    if record.genesis != genesis {
        return Err(Unusable::Foreign);
    }
    let snapshot = snapshot(&record.database).ok_or(Unusable::Damaged)?;
    // The key and the envelope say which network it is; so must the database itself.
    if snapshot.height != record.height || !snapshot.database.contains(&genesis) {
        return Err(Unusable::Foreign);
    }
    match checkpoint {
        Some(checkpoint) if snapshot.height < checkpoint => Err(Unusable::Stale),
        _ => Ok(snapshot),
    }
}

fn digest(text: &str) -> String {
    hex::encode(blake2::Blake2b::<blake2::digest::consts::U32>::digest(text.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::Spec;
    use proptest::prelude::*;

    const HEIGHT: u32 = 8_867_448;

    fn finney() -> ([u8; 32], String) {
        let spec = Spec::parse(include_str!("../../public/networks/finney.json")).unwrap();
        (spec.genesis_hash.unwrap(), spec.checkpoint_database().unwrap())
    }

    #[test]
    fn a_record_reads_back_without_the_code() {
        let (genesis, database) = finney();
        let with_code = database.replacen('{', r#"{"runtimeCode":"AAAA","codeMerkleValue":"00","#, 1);
        let snapshot = snapshot(&with_code).unwrap();
        assert_eq!((snapshot.height, snapshot.set_id), (HEIGHT, Some(6)));
        assert!(!snapshot.database.contains("runtimeCode"));
        let text = record(&genesis, &snapshot);
        assert_eq!(open(&genesis, Some(HEIGHT), &text), Ok(snapshot));
    }

    #[test]
    fn what_does_not_fit_is_not_used() {
        let (genesis, database) = finney();
        let text = record(&genesis, &snapshot(&database).unwrap());
        let check = |text: &str, genesis, checkpoint, expected| {
            assert_eq!(open(genesis, Some(checkpoint), text).err(), Some(expected));
        };
        check(&text, &genesis, HEIGHT + 1, Unusable::Stale);
        check(&text, &[7; 32], HEIGHT, Unusable::Foreign);
        check(&text.replace("\"format\":1", "\"format\":2"), &genesis, HEIGHT, Unusable::OtherFormat);
        check(&text.replace(SMOLDOT, "6.0.0"), &genesis, HEIGHT, Unusable::OtherFormat);
        check(&text[..text.len() / 2], &genesis, HEIGHT, Unusable::Damaged);
        check(&text.replace("aura_slot", "aura_slit"), &genesis, HEIGHT, Unusable::Damaged);
        check("", &genesis, HEIGHT, Unusable::Damaged);
        // A record of one network whose database is of another.
        let foreign = database.replace(&hex::encode(genesis), &"00".repeat(32));
        let foreign = record(&genesis, &snapshot(&foreign).unwrap());
        check(&foreign, &genesis, HEIGHT, Unusable::Foreign);
    }

    proptest! {
        #[test]
        fn a_flipped_byte_is_noticed_or_harmless(at in any::<prop::sample::Index>(), with in 0u8..128) {
            let (genesis, database) = finney();
            let snapshot = snapshot(&database).unwrap();
            let mut bytes = record(&genesis, &snapshot).into_bytes();
            let at = at.index(bytes.len());
            bytes[at] = with;
            let text = String::from_utf8(bytes).unwrap();
            if let Ok(opened) = open(&genesis, None, &text) {
                prop_assert_eq!(opened, snapshot);
            }
        }

        #[test]
        fn any_text_is_a_record_or_an_error(text in ".*") {
            let _outcome = (open(&[0; 32], None, &text), snapshot(&text));
        }
    }
}
