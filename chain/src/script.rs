//! A chain on a scripted server, for tests of whole stories.

use crate::chain::{Chain, Surroundings};
use crate::clock::{Clock, MetadataStore, NoProofs};
use crate::error::ReadError;
use crate::follow::{PinnedBlock, StartRule};
use crate::head::ChainHead;
use crate::header::tests::sample;
use crate::rpc::mock::{MockRpc, MockSubscription};
use alloc::rc::Rc;
use alloc::string::String;
use alloc::vec::Vec;
use core::cell::{Cell, RefCell};
use core::time::Duration;
use futures::FutureExt as _;
use futures::executor::LocalPool;
use futures::future::{LocalBoxFuture, RemoteHandle};
use futures::task::LocalSpawnExt as _;
use lantern_types::BlockHash;

/// A clock whose pauses end when the test says so.
#[derive(Default)]
pub(crate) struct ManualClock {
    sleeps: RefCell<Vec<(Duration, futures::channel::oneshot::Sender<()>)>>,
    pub(crate) asked: RefCell<Vec<u64>>,
}

impl Clock for ManualClock {
    fn now(&self) -> Duration {
        Duration::ZERO
    }

    fn sleep(&self, duration: Duration) -> LocalBoxFuture<'static, ()> {
        let (sender, receiver) = futures::channel::oneshot::channel();
        self.asked.borrow_mut().push(u64::try_from(duration.as_millis()).unwrap());
        self.sleeps.borrow_mut().push((duration, sender));
        receiver.map(|_ended| ()).boxed_local()
    }
}

/// A chain on a scripted server.
pub(crate) struct Script {
    pub(crate) rpc: MockRpc,
    pub(crate) clock: Rc<ManualClock>,
    pub(crate) chain: Chain,
    pub(crate) pool: LocalPool,
    pub(crate) server: MockSubscription,
    pub(crate) start: BlockHash,
    pub(crate) operations: Rc<Cell<u32>>,
}

pub(crate) fn block(n: u8) -> BlockHash {
    BlockHash([n; 32])
}

impl Script {
    /// Connected and initialized at block 9.
    pub(crate) fn new() -> Self {
        Self::with(Rc::new(|_header| false), None)
    }

    /// The same, with a rule for the first block and a place for metadata.
    pub(crate) fn with(start_rule: StartRule, metadata: Option<Rc<dyn MetadataStore>>) -> Self {
        let rpc = MockRpc::default();
        let (header, start) = sample(9, [0; 32]);
        rpc.on("chainHead_v1_header", move |_params| Ok(alloc::format!("\"{header}\"")));
        rpc.on("chainHead_v1_unpin", |_params| Ok("null".into()));
        let operations = Rc::new(Cell::new(0));
        let count = Rc::clone(&operations);
        rpc.on("chainHead_v1_call", move |_params| Ok(started(&count, 0)));
        let clock = Rc::new(ManualClock::default());
        let surroundings = Surroundings {
            rpc: Rc::new(rpc.clone()),
            clock: Rc::<ManualClock>::clone(&clock),
            meter: Rc::new(NoProofs),
            start: start_rule,
            metadata,
        };
        let (chain, driver) = Chain::new(surroundings);
        let mut pool = LocalPool::new();
        pool.spawner().spawn_local(driver).unwrap();
        pool.run_until_stalled();
        let server = rpc.take_subscription().unwrap();
        let mut script = Self { rpc, clock, chain, pool, server, start, operations };
        script.initialize();
        script
    }

    pub(crate) fn initialize(&mut self) {
        let start = self.start;
        self.send(&alloc::format!(
            r#"{{"event":"initialized","finalizedBlockHashes":["{start}"],"finalizedBlockRuntime":
            {{"type":"valid","spec":{{"specName":"x","specVersion":1,"transactionVersion":1}}}}}}"#
        ));
    }

    pub(crate) fn send(&mut self, json: &str) {
        self.server.send(json);
        self.pool.run_until_stalled();
    }

    pub(crate) fn new_block(&mut self, hash: BlockHash, parent: BlockHash) {
        self.send(&alloc::format!(
            r#"{{"event":"newBlock","blockHash":"{hash}","parentBlockHash":"{parent}","newRuntime":null}}"#
        ));
    }

    pub(crate) fn best(&mut self, hash: BlockHash) {
        self.send(&alloc::format!(r#"{{"event":"bestBlockChanged","bestBlockHash":"{hash}"}}"#));
    }

    pub(crate) fn finalize(&mut self, hash: BlockHash, pruned: &[BlockHash]) {
        let pruned: Vec<String> = pruned.iter().map(|hash| alloc::format!("\"{hash}\"")).collect();
        self.send(&alloc::format!(
            r#"{{"event":"finalized","finalizedBlockHashes":["{hash}"],"prunedBlockHashes":[{}]}}"#,
            pruned.join(",")
        ));
    }

    pub(crate) fn head(&self) -> ChainHead {
        self.chain.heads().get().unwrap()
    }

    pub(crate) fn pin(&self, hash: BlockHash) -> PinnedBlock {
        self.chain.inner.follow.pin(&hash).unwrap()
    }

    /// Starts a runtime call at a block.
    pub(crate) fn call(&mut self, pinned: &PinnedBlock) -> RemoteHandle<Result<Vec<u8>, ReadError>> {
        let (inner, pinned) = (Rc::clone(&self.chain.inner), pinned.clone());
        let task = async move { inner.reader.call(&pinned, "Core_version", &[]).await };
        let handle = self.pool.spawner().spawn_local_with_handle(task).unwrap();
        self.pool.run_until_stalled();
        handle
    }

    /// Ends all pauses that were asked for.
    pub(crate) fn wake(&mut self) {
        let sleeps = core::mem::take(&mut *self.clock.sleeps.borrow_mut());
        for (_, sender) in sleeps {
            let _awake = sender.send(());
        }
        self.pool.run_until_stalled();
    }

    pub(crate) fn finish<T: 'static>(&mut self, handle: RemoteHandle<T>) -> T {
        self.pool.run_until_stalled();
        handle.now_or_never().expect("it has ended")
    }

    pub(crate) fn unpinned(&self) -> Vec<String> {
        self.rpc.calls_of("chainHead_v1_unpin")
    }
}

pub(crate) fn started(count: &Cell<u32>, discarded: usize) -> String {
    let id = count.get();
    count.set(id + 1);
    alloc::format!(r#"{{"result":"started","operationId":"{id}","discardedItems":{discarded}}}"#)
}
