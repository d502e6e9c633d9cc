//! Runtimes by version: where their metadata comes from, and how long it is held.

use crate::chain::{Inner, Runtime};
use crate::clock::{KeptMetadata, MetadataStore};
use crate::error::ReadError;
use crate::follow::PinnedBlock;
use crate::metadata::{Metadata, MetadataError};
use alloc::rc::Rc;
use alloc::vec::Vec;
use futures::future::join;
use lantern_types::BlockHash;
use parity_scale_codec::{Decode as _, Encode as _};

/// Metadata held at a time: the runtime in use, and those around an upgrade.
const MAX_RUNTIMES: usize = 3;

impl Inner {
    /// The runtime that a block's state is decoded with.
    pub(crate) async fn runtime(&self, block: &PinnedBlock) -> Result<Rc<Runtime>, ReadError> {
        let version = block.runtime().ok_or(ReadError::Metadata(MetadataError::Undecodable))?.spec_version;
        let known = || self.runtimes.borrow().get(&version).cloned();
        if let Some(known) = known() {
            return Ok(known);
        }
        let _alone = self.reading_metadata.acquire().await;
        if let Some(known) = known() {
            return Ok(known);
        }
        let metadata = match &self.surroundings.metadata {
            Some(store) => self.kept_metadata(block, version, store.as_ref()).await?,
            None => Metadata::parse(&self.metadata_bytes(block).await?)?,
        };
        let runtime = Rc::new(Runtime::new(metadata));
        let mut runtimes = self.runtimes.borrow_mut();
        runtimes.insert(version, Rc::clone(&runtime));
        while runtimes.len() > MAX_RUNTIMES {
            runtimes.pop_first();
        }
        Ok(runtime)
    }

    /// The runtime that wrote the events of a block: that of its parent. For a block that is not held any
    /// more it is the runtime in use, which may be another; the version tells.
    pub(crate) async fn executing_runtime(&self, hash: &BlockHash) -> Result<(Rc<Runtime>, u32), ReadError> {
        let known = self.follow.known(hash).and_then(|info| info.executed_by);
        if let Some(version) = known.map(|version| version.spec_version)
            && let Some(runtime) = self.runtimes.borrow().get(&version).cloned()
        {
            return Ok((runtime, version));
        }
        let head = self.heads.get().ok_or(ReadError::BlockGone)?;
        let block = self.follow.pin(&head.finalized.hash).ok_or(ReadError::BlockGone)?;
        let version = block.runtime().ok_or(ReadError::BlockGone)?.spec_version;
        Ok((self.runtime(&block).await?, version))
    }

    /// Metadata as it was kept, where the block's proven code is the one that it was kept for; else from the
    /// code itself, to be kept.
    async fn kept_metadata(
        &self,
        block: &PinnedBlock,
        version: u32,
        store: &dyn MetadataStore,
    ) -> Result<Metadata, ReadError> {
        let code = self.reader.code(block);
        let (code, bytes) = match store.read(version).await {
            Some(kept) => {
                let code = code.await;
                if code == Some(kept.code)
                    && let Ok(metadata) = Metadata::parse(&kept.bytes)
                {
                    return Ok(metadata);
                }
                (code, self.metadata_bytes(block).await?)
            }
            None => {
                let (code, bytes) = join(code, self.metadata_bytes(block)).await;
                (code, bytes?)
            }
        };
        let metadata = Metadata::parse(&bytes)?;
        if let Some(code) = code {
            store.write(version, KeptMetadata { code, bytes });
        }
        Ok(metadata)
    }

    /// Version 15, or what the runtime has by itself where it does not know that.
    async fn metadata_bytes(&self, block: &PinnedBlock) -> Result<Vec<u8>, ReadError> {
        let undecodable = |_codec| ReadError::Metadata(MetadataError::Undecodable);
        match self.reader.call(block, "Metadata_metadata_at_version", &15_u32.encode()).await {
            Ok(bytes) => {
                let found = Option::<Vec<u8>>::decode(&mut bytes.as_slice()).map_err(undecodable)?;
                if let Some(found) = found {
                    return Ok(found);
                }
            }
            // A runtime without that function refuses the call.
            Err(ReadError::Operation { .. }) => {}
            Err(error) => return Err(error),
        }
        let bytes = self.reader.call(block, "Metadata_metadata", &[]).await?;
        Vec::<u8>::decode(&mut bytes.as_slice()).map_err(undecodable)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metadata::tests::sample;
    use crate::script::{Script, started};
    use alloc::string::String;
    use core::cell::RefCell;
    use futures::FutureExt as _;
    use futures::future::LocalBoxFuture;
    use futures::task::LocalSpawnExt as _;
    use lantern_types::format;

    const CODE: [u8; 32] = [5; 32];

    /// One record, and what was written.
    struct Store {
        kept: Option<KeptMetadata>,
        written: RefCell<Vec<(u32, KeptMetadata)>>,
    }

    impl MetadataStore for Store {
        fn read(&self, spec_version: u32) -> LocalBoxFuture<'static, Option<KeptMetadata>> {
            let found = self.kept.clone().filter(|_| spec_version == 1);
            async move { found }.boxed_local()
        }

        fn write(&self, spec_version: u32, metadata: KeptMetadata) {
            self.written.borrow_mut().push((spec_version, metadata));
        }
    }

    /// Loads the metadata of a block whose proven code is [`CODE`], if it can be proven. Returns how often
    /// the runtime was run, and what was written.
    fn load(kept: Option<KeptMetadata>, is_provable: bool) -> (usize, Vec<(u32, KeptMetadata)>) {
        let store = Rc::new(Store { kept, written: RefCell::default() });
        let mut script = Script::with(Rc::new(|_header| false), Some(Rc::<Store>::clone(&store)));
        let count = Rc::clone(&script.operations);
        script.rpc.on("chainHead_v1_storage", move |params| {
            assert_eq!(params[2][0]["key"], "0x3a636f64", "the key of the code less its last byte");
            Ok(started(&count, 0))
        });
        let (inner, block) = (Rc::clone(&script.chain.inner), script.pin(script.start));
        let both = async move {
            let (first, second) = join(inner.runtime(&block), inner.runtime(&block)).await;
            (first.map(drop), second.map(drop))
        };
        let loading = script.pool.spawner().spawn_local_with_handle(both).unwrap();
        script.pool.run_until_stalled();
        let proof = if is_provable {
            let code = format::hex(&CODE);
            alloc::format!(
                r#"{{"event":"operationStorageItems","operationId":"0","items":
                [{{"key":"0x3a636f64","closestDescendantMerkleValue":"{code}"}}]}}"#
            )
        } else {
            String::from(r#"{"event":"operationError","operationId":"0","error":"no"}"#)
        };
        script.send(&proof);
        script.send(r#"{"event":"operationStorageDone","operationId":"0"}"#);
        let output = format::hex(&Some(sample()).encode());
        script.send(&alloc::format!(
            r#"{{"event":"operationCallDone","operationId":"1","output":"{output}"}}"#
        ));
        assert_eq!(script.finish(loading), (Ok(()), Ok(())));
        let runs = script.rpc.calls_of("chainHead_v1_call").len();
        (runs, store.written.take())
    }

    fn metadata(code: [u8; 32], bytes: Vec<u8>) -> KeptMetadata {
        KeptMetadata { code, bytes }
    }

    #[test]
    fn metadata_is_computed_once_and_kept_with_its_code() {
        assert_eq!(load(None, true), (1, alloc::vec![(1, metadata(CODE, sample()))]));
    }

    #[test]
    fn kept_metadata_of_the_proven_code_is_used() {
        assert_eq!(load(Some(metadata(CODE, sample())), true), (0, alloc::vec![]));
    }

    #[test]
    fn what_is_of_other_code_unproven_or_damaged_is_computed_anew() {
        let fresh = alloc::vec![(1, metadata(CODE, sample()))];
        assert_eq!(load(Some(metadata([6; 32], sample())), true), (1, fresh.clone()));
        assert_eq!(load(Some(metadata(CODE, alloc::vec![1, 2, 3])), true), (1, fresh));
        // Without a proof of the code nothing is used, and nothing is kept.
        assert_eq!(load(Some(metadata(CODE, sample())), false), (1, alloc::vec![]));
    }
}
