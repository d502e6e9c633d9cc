//! The runtime's metadata between visits, so that a visit neither fetches nor computes it again.
//!
//! A record names the network, the version of the runtime and the Merkle value of the node that commits to the
//! runtime's code, and carries a digest over all of it. Here damaged and foreign records are dropped. Whether
//! a record belongs to the code of the block that is read is proven by `lantern-chain` at that block, before
//! anything is decoded with it. The two newest versions are kept, for a network that has just been upgraded.

use crate::budget;
use crate::database::Storage;
use blake2::Digest as _;
use futures::FutureExt as _;
use futures::channel::oneshot;
use futures::future::{LocalBoxFuture, Shared};
use lantern_chain::{KeptMetadata, MetadataStore};
use std::collections::BTreeMap;
use std::rc::Rc;

/// What a record begins with: a name and the version of its form.
const MAGIC: [u8; 8] = *b"LNTNMD\x00\x01";
/// Bytes before the metadata: magic, network, version of the runtime, code and digest.
const HEAD: usize = 8 + 32 + 4 + 32 + 32;
/// What the keys of all records begin with.
const PREFIX: &str = "metadata/";

type Found = Rc<BTreeMap<u32, KeptMetadata>>;

/// The records of one network.
pub(crate) struct KeptRuntimes {
    found: Shared<oneshot::Receiver<Found>>,
    writes: async_channel::Sender<(u32, KeptMetadata)>,
}

impl KeptRuntimes {
    /// Opens a network's records. The returned job reads and writes them: somebody has to run it. It ends
    /// with the last handle.
    pub(crate) fn open(
        storage: Rc<dyn Storage>,
        genesis: [u8; 32],
        forget: bool,
    ) -> (Self, LocalBoxFuture<'static, ()>) {
        let (sender, found) = oneshot::channel();
        let (writes, due) = async_channel::bounded::<(u32, KeptMetadata)>(budget::KEPT_METADATA);
        let job = async move {
            let storage = storage.as_ref();
            let found = if forget {
                keep(storage, &genesis, None).await;
                BTreeMap::new()
            } else {
                read_all(storage, &genesis).await
            };
            // Nobody waits any more where the receiver is gone.
            let _unwanted = sender.send(Rc::new(found));
            while let Ok((version, metadata)) = due.recv().await {
                let bytes = record(&genesis, version, &metadata);
                // Without it the next visit computes the metadata again.
                if storage.write_bytes(&key(&genesis, version), bytes).await.is_ok() {
                    keep(storage, &genesis, Some(version)).await;
                }
            }
        };
        (Self { found: found.shared(), writes }, job.boxed_local())
    }
}

impl MetadataStore for KeptRuntimes {
    fn read(&self, spec_version: u32) -> LocalBoxFuture<'static, Option<KeptMetadata>> {
        let found = self.found.clone();
        async move { found.await.ok()?.get(&spec_version).cloned() }.boxed_local()
    }

    fn write(&self, spec_version: u32, metadata: KeptMetadata) {
        // A full queue means that storing takes longer than a runtime lasts.
        drop(self.writes.try_send((spec_version, metadata)));
    }
}

fn network(genesis: &[u8; 32]) -> String {
    format!("{PREFIX}{}/", hex::encode(genesis))
}

fn key(genesis: &[u8; 32], version: u32) -> String {
    format!("{}{version}", network(genesis))
}

/// Version of the runtime that a key of this network names.
fn version_of(key: &str, network: &str) -> Option<u32> {
    key.strip_prefix(network)?.parse().ok()
}

fn record(genesis: &[u8; 32], version: u32, metadata: &KeptMetadata) -> Vec<u8> {
    let version = version.to_le_bytes();
    let digest = digest(&[&MAGIC, genesis, &version, &metadata.code, &metadata.bytes]);
    [&MAGIC[..], genesis, &version, &metadata.code, &digest, &metadata.bytes].concat()
}

/// Reads a record back; nothing where it is damaged, or another network's or version's.
fn open(genesis: &[u8; 32], version: u32, record: &[u8]) -> Option<KeptMetadata> {
    let (magic, rest) = record.split_first_chunk::<8>()?;
    let (network, rest) = rest.split_first_chunk::<32>()?;
    let (kept_version, rest) = rest.split_first_chunk::<4>()?;
    let (code, rest) = rest.split_first_chunk::<32>()?;
    let (kept_digest, bytes) = rest.split_first_chunk::<32>()?;
    let fits = *magic == MAGIC && network == genesis && u32::from_le_bytes(*kept_version) == version;
    let is_whole = || *kept_digest == digest(&[magic, network, kept_version, code, bytes]);
    (fits && is_whole()).then(|| KeptMetadata { code: *code, bytes: bytes.to_vec() })
}

fn digest(parts: &[&[u8]]) -> [u8; 32] {
    let mut hasher = blake2::Blake2b::<blake2::digest::consts::U32>::new();
    for part in parts {
        hasher.update(part);
    }
    hasher.finalize().into()
}

/// The network's records. Those that cannot be used are removed.
async fn read_all(storage: &dyn Storage, genesis: &[u8; 32]) -> BTreeMap<u32, KeptMetadata> {
    let mut found = BTreeMap::new();
    // A browser that stores nothing is told of where it matters more.
    let keys = storage.keys(&network(genesis)).await.unwrap_or_default();
    for key in keys {
        let version = version_of(&key, &network(genesis));
        let limit = HEAD.saturating_add(budget::METADATA_BYTES);
        let record = match storage.read_bytes(&key).await {
            Ok(Some(record)) if record.len() <= limit => record,
            _ => Vec::new(),
        };
        match version.and_then(|version| Some((version, open(genesis, version, &record)?))) {
            Some((version, metadata)) if found.len() < budget::KEPT_METADATA => {
                found.insert(version, metadata);
            }
            _ => drop(storage.remove(&key).await),
        }
    }
    found
}

/// Removes all records but those of the newest versions, and those of other networks beyond a few.
async fn keep(storage: &dyn Storage, genesis: &[u8; 32], written: Option<u32>) {
    let Ok(keys) = storage.keys(PREFIX).await else { return };
    let network = network(genesis);
    let (mut own, others): (Vec<_>, Vec<_>) = keys.into_iter().partition(|key| key.starts_with(&network));
    // The newest first, and what was written just now before all.
    own.sort_by_key(|key| {
        let version = version_of(key, &network);
        core::cmp::Reverse((version.is_some() && version == written, version))
    });
    let limit = if written.is_some() { budget::KEPT_METADATA } else { 0 };
    for key in own.iter().skip(limit).chain(others.iter().skip(budget::FOREIGN_METADATA)) {
        // What cannot be removed now is tried again after the next write.
        drop(storage.remove(key).await);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::database::Memory;
    use proptest::prelude::*;

    const GENESIS: [u8; 32] = [7; 32];

    fn metadata(n: u8) -> KeptMetadata {
        KeptMetadata { code: [n; 32], bytes: vec![n; 100] }
    }

    /// Opens the records, writes some, and reads one back.
    fn visit(
        storage: &Rc<Memory>,
        genesis: [u8; 32],
        write: &[(u32, KeptMetadata)],
        read: u32,
    ) -> Option<KeptMetadata> {
        let (kept, job) = KeptRuntimes::open(Rc::<Memory>::clone(storage), genesis, false);
        smol::block_on(async {
            let work = async move {
                let found = kept.read(read).await;
                for (version, metadata) in write {
                    kept.write(*version, metadata.clone());
                }
                found
            };
            futures::join!(work, job).0
        })
    }

    fn keys(storage: &Memory) -> Vec<String> {
        smol::block_on(storage.keys(PREFIX)).unwrap()
    }

    #[test]
    fn what_is_kept_comes_back_for_its_network_and_version_only() {
        let storage = Rc::new(Memory::default());
        assert_eq!(visit(&storage, GENESIS, &[(425, metadata(1))], 425), None);
        assert_eq!(visit(&storage, GENESIS, &[], 425), Some(metadata(1)));
        assert_eq!(visit(&storage, GENESIS, &[], 426), None);
        assert_eq!(visit(&storage, [8; 32], &[], 425), None);
        // A record under another network's key, or another version's, is removed.
        let stolen = record(&GENESIS, 425, &metadata(1));
        smol::block_on(storage.write_bytes(&key(&[8; 32], 425), stolen.clone())).unwrap();
        smol::block_on(storage.write_bytes(&key(&GENESIS, 426), stolen)).unwrap();
        assert_eq!(visit(&storage, [8; 32], &[], 425), None);
        assert_eq!(visit(&storage, GENESIS, &[], 426), None);
        assert_eq!(keys(&storage), [key(&GENESIS, 425)]);
    }

    #[test]
    fn two_versions_are_kept_and_some_of_other_networks() {
        let storage = Rc::new(Memory::default());
        for version in [420, 421, 422] {
            visit(&storage, GENESIS, &[(version, metadata(2))], version);
        }
        assert_eq!(keys(&storage), [key(&GENESIS, 421), key(&GENESIS, 422)]);
        // A chain can go back to a lower version: what is in use is never the one to go.
        visit(&storage, GENESIS, &[(300, metadata(3))], 300);
        assert_eq!(keys(&storage), [key(&GENESIS, 300), key(&GENESIS, 422)]);
        for network in 10..30 {
            visit(&storage, [network; 32], &[(1, metadata(4))], 1);
        }
        assert_eq!(keys(&storage).len(), budget::FOREIGN_METADATA + 1);
    }

    #[test]
    fn everything_goes_when_it_is_to_be_forgotten() {
        let storage = Rc::new(Memory::default());
        visit(&storage, GENESIS, &[(425, metadata(1))], 425);
        let (kept, job) = KeptRuntimes::open(Rc::<Memory>::clone(&storage), GENESIS, true);
        let read = async move { kept.read(425).await };
        assert_eq!(smol::block_on(async { futures::join!(read, job).0 }), None);
        assert_eq!(keys(&storage), Vec::<String>::new());
    }

    #[test]
    fn a_storage_that_does_not_work_holds_nothing_up() {
        let storage = Rc::new(Memory::default());
        storage.fail(Some(crate::database::StorageError::Denied));
        assert_eq!(visit(&storage, GENESIS, &[(425, metadata(1))], 425), None);
    }

    proptest! {
        #[test]
        fn a_flipped_byte_is_noticed(at in any::<prop::sample::Index>(), with in 1u8..) {
            let mut record = record(&GENESIS, 425, &metadata(5));
            let at = at.index(record.len());
            record[at] ^= with;
            prop_assert_eq!(open(&GENESIS, 425, &record), None);
        }

        #[test]
        fn any_bytes_are_a_record_or_nothing(bytes: Vec<u8>) {
            prop_assert_eq!(open(&GENESIS, 425, &bytes), None);
        }
    }
}
