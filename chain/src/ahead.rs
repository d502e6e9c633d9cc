//! What the first table needs, asked for before the runtime's metadata is there.
//!
//! On a first visit metadata is fetched and computed, on a later one its code is proven; the state of the same
//! block can be on its way meanwhile. Its keys are guessed from the names and hashers that Subtensor is known
//! for. A guess is never an answer: a value is used only for a key that the metadata gives, at the block that it
//! was proven at, and what the guess missed is read as if nothing had been guessed.

use crate::chain::Inner;
use crate::collect::set_of;
use crate::follow::PinnedBlock;
use crate::queries::{SubnetSlots, TABLE_CALLS, TOTALS, USUAL_NETUIDS};
use crate::reader::Values;
use crate::storage::{entry_prefix, hash_to};
use alloc::collections::BTreeSet;
use alloc::rc::Rc;
use alloc::vec::Vec;
use core::cell::Cell;
use core::future::Future;
use core::time::Duration;
use frame_metadata::v14::StorageHasher;
use futures::FutureExt as _;
use futures::channel::oneshot::{self, Receiver};
use futures::future::{Shared, join, join_all};
use lantern_types::BlockHash;

/// Entries whose netuid is hashed; all others are keyed by the netuid itself.
const HASHED: &str = "SubtensorModule.SubnetIdentitiesV3";

/// Something that is being read. It ends with nothing where the read failed or is not run any more.
type Coming<T> = Shared<Receiver<Rc<T>>>;

/// Reads that were started ahead, at one block.
pub(crate) struct Ahead {
    block: BlockHash,
    /// When they were started, and the bytes of proof that were checked until then.
    begun: Cell<Option<(Duration, u64)>>,
    keys: BTreeSet<Vec<u8>>,
    values: Coming<Values>,
    calls: Vec<(&'static str, Coming<[u8]>)>,
}

impl Ahead {
    /// Starts to read at a block. The returned future does it: somebody has to run it.
    pub(crate) fn start(inner: Rc<Inner>, block: PinnedBlock) -> (Self, impl Future<Output = ()> + 'static) {
        let hash = block.block().hash;
        let begun = (inner.surroundings.clock.now(), inner.surroundings.meter.checked_bytes());
        let keys = guessed_keys();
        let (found, values) = oneshot::channel();
        let (outputs, calls): (Vec<_>, Vec<_>) = TABLE_CALLS
            .iter()
            .map(|name| {
                let (output, call) = oneshot::channel();
                ((*name, output), (*name, call.shared()))
            })
            .unzip();
        let begun = Cell::new(Some(begun));
        let ahead = Self { block: hash, begun, keys: keys.clone(), values: values.shared(), calls };
        let job = async move {
            let keys: Vec<Vec<u8>> = keys.into_iter().collect();
            // Nobody may want them any more; what fails here is read again by whoever needs it.
            let reading = async {
                if let Ok(values) = inner.reader.values(&block, &keys).await {
                    drop(found.send(Rc::new(values)));
                }
            };
            let calling = outputs.into_iter().map(async |(name, sender)| {
                if let Ok(output) = inner.reader.call(&block, name, &[]).await {
                    drop(sender.send(output.into()));
                }
            });
            join(reading, join_all(calling)).await;
        };
        (ahead, job)
    }

    pub(crate) fn block(&self) -> BlockHash {
        self.block
    }

    /// When the reads were started, for the first record that is made of them.
    pub(crate) fn take_begun(&self) -> Option<(Duration, u64)> {
        self.begun.take()
    }

    /// The values that were read ahead, if any of these keys is among them.
    pub(crate) async fn values(&self, keys: &[Vec<u8>]) -> Option<Rc<Values>> {
        if !keys.iter().any(|key| self.keys.contains(key)) {
            return None;
        }
        self.values.clone().await.ok()
    }

    /// The output of a function without arguments that was called ahead.
    pub(crate) async fn call(&self, name: &str) -> Option<Rc<[u8]>> {
        let (_, call) = self.calls.iter().find(|(called, _)| *called == name)?;
        call.clone().await.ok()
    }
}

/// The keys of the table, as Subtensor has them today.
fn guessed_keys() -> BTreeSet<Vec<u8>> {
    let prefix = |name: &str| name.split_once('.').map(|(pallet, entry)| entry_prefix(pallet, entry));
    let rows = SubnetSlots::row_entries().into_iter().filter_map(|name| Some((name, prefix(name)?)));
    let rows = rows.flat_map(|(name, prefix)| {
        let hasher = if name == HASHED { StorageHasher::Blake2_128Concat } else { StorageHasher::Identity };
        (0..USUAL_NETUIDS).map(move |netuid| {
            let mut key = prefix.clone();
            hash_to(&hasher, &netuid.to_le_bytes(), &mut key);
            key
        })
    });
    set_of(rows.chain(TOTALS.iter().filter_map(|name| prefix(name))))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ReadError;
    use crate::metadata::tests::sample;
    use crate::rpc::RpcError;
    use crate::script::{Script, block, started};
    use alloc::format;
    use alloc::string::String;
    use futures::future::RemoteHandle;
    use futures::task::LocalSpawnExt as _;
    use lantern_types::format as text;
    use parity_scale_codec::Encode as _;

    fn tempo_of(netuid: u16) -> Vec<u8> {
        [entry_prefix("SubtensorModule", "Tempo"), netuid.to_le_bytes().to_vec()].concat()
    }

    /// A chain whose first block may be read at once, whose table is read ahead.
    fn reading_ahead(bulk: impl FnMut(&serde_json::Value) -> Result<String, RpcError> + 'static) -> Script {
        let mut script = Script::with(Rc::new(|_header| true), None);
        script.rpc.on("state_queryStorageAt", bulk);
        let count = Rc::clone(&script.operations);
        script.rpc.on("chainHead_v1_storage", move |_params| Ok(started(&count, 0)));
        let chain = script.chain.clone();
        script.pool.spawner().spawn_local(async move { drop(chain.warm_up().await) }).unwrap();
        script.pool.run_until_stalled();
        script
    }

    /// Every key that is asked for holds 5.
    fn fives(params: &serde_json::Value) -> Result<String, RpcError> {
        let changes = params[0].as_array().unwrap().iter().map(|key| format!("[{key},\"0x0500\"]"));
        Ok(format!(r#"[{{"changes":[{}]}}]"#, changes.collect::<Vec<_>>().join(",")))
    }

    fn read(script: &mut Script, keys: Vec<Vec<u8>>) -> RemoteHandle<Result<Values, ReadError>> {
        let chain = script.chain.clone();
        let task = async move { chain.finalized().await?.values(&keys).await };
        let handle = script.pool.spawner().spawn_local_with_handle(task).unwrap();
        script.pool.run_until_stalled();
        handle
    }

    fn metadata_comes(script: &mut Script) {
        let output = text::hex(&Some(sample()).encode());
        script.send(&format!(r#"{{"event":"operationCallDone","operationId":"0","output":"{output}"}}"#));
    }

    /// Ends a storage operation with one value.
    fn stored(script: &mut Script, operation: u32, key: &[u8], value: &str) {
        let key = text::hex(key);
        script.send(&format!(
            r#"{{"event":"operationStorageItems","operationId":"{operation}","items":[{{"key":"{key}","value":"{value}"}}]}}"#
        ));
        script.send(&format!(r#"{{"event":"operationStorageDone","operationId":"{operation}"}}"#));
    }

    #[test]
    fn what_was_guessed_is_used_and_the_rest_is_read() {
        let mut script = reading_ahead(fives);
        let asked = script.rpc.calls_of("state_queryStorageAt").len();
        assert!(asked > 0, "before the metadata is there");
        let other = entry_prefix("SubtensorModule", "Unheard");
        let reading = read(&mut script, alloc::vec![tempo_of(3), other.clone()]);
        metadata_comes(&mut script);
        let rest = script.rpc.calls_of("chainHead_v1_storage");
        assert_eq!(rest.len(), 1);
        assert!(
            rest[0].contains(&text::hex(&other)) && !rest[0].contains(&text::hex(&tempo_of(3))),
            "{rest:?}"
        );
        // 0 is the metadata, and two functions were called ahead.
        stored(&mut script, 3, &other, "0x07");
        let values = script.finish(reading).unwrap();
        assert_eq!(values[&tempo_of(3)].as_deref(), Some(&[5, 0][..]));
        assert_eq!(values[&other].as_deref(), Some(&[7][..]));
        let ahead = script.chain.inner.ahead.borrow().clone().unwrap();
        assert!(ahead.take_begun().is_some() && ahead.take_begun().is_none(), "the time counts once");
        assert_eq!(script.rpc.calls_of("state_queryStorageAt").len(), asked, "nothing is read twice");
    }

    #[test]
    fn functions_are_called_once() {
        let mut script = reading_ahead(fives);
        let inner = Rc::clone(&script.chain.inner);
        let ahead = inner.ahead.borrow().clone().unwrap();
        let call = async move { ahead.call(TABLE_CALLS[0]).await };
        let calling = script.pool.spawner().spawn_local_with_handle(call).unwrap();
        script.send(r#"{"event":"operationCallDone","operationId":"1","output":"0x0102"}"#);
        assert_eq!(script.finish(calling).as_deref(), Some(&[1, 2][..]));
        assert_eq!(script.rpc.calls_of("chainHead_v1_call").len(), 1 + TABLE_CALLS.len());
    }

    #[test]
    fn at_another_block_nothing_of_it_is_used() {
        let mut script = reading_ahead(fives);
        metadata_comes(&mut script);
        let (old, next) = (script.start, block(10));
        script.new_block(next, old);
        script.best(next);
        script.finalize(next, &[]);
        let reading = read(&mut script, alloc::vec![tempo_of(3)]);
        stored(&mut script, 3, &tempo_of(3), "0x0600");
        let values = script.finish(reading).unwrap();
        assert_eq!(values[&tempo_of(3)].as_deref(), Some(&[6, 0][..]));
        assert!(script.chain.inner.ahead.borrow().is_none());
    }

    #[test]
    fn what_fails_ahead_is_read_as_usual() {
        let mut script =
            reading_ahead(|_params| Err(RpcError::Refused { code: -32800, message: String::new() }));
        let reading = read(&mut script, alloc::vec![tempo_of(3)]);
        metadata_comes(&mut script);
        for _attempt in 0..6 {
            script.wake();
        }
        stored(&mut script, 3, &tempo_of(3), "0x0600");
        assert_eq!(script.finish(reading).unwrap()[&tempo_of(3)].as_deref(), Some(&[6, 0][..]));
    }
}
