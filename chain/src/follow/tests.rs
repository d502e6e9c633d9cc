//! Whole scripts: a server that stops, reorganises, runs out of slots and loses its peers.

use crate::chain::{Chain, Surroundings};
use crate::clock::{Clock, NoProofs};
use crate::error::ReadError;
use crate::follow::PinnedBlock;
use crate::head::ChainHead;
use crate::header::tests::sample;
use crate::rpc::RpcError;
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
use lantern_types::{BlockHash, BlockRef};

/// A clock whose pauses end when the test says so.
#[derive(Default)]
struct ManualClock {
    sleeps: RefCell<Vec<(Duration, futures::channel::oneshot::Sender<()>)>>,
    asked: RefCell<Vec<u64>>,
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
struct Script {
    rpc: MockRpc,
    clock: Rc<ManualClock>,
    chain: Chain,
    pool: LocalPool,
    server: MockSubscription,
    start: BlockHash,
    operations: Rc<Cell<u32>>,
}

fn block(n: u8) -> BlockHash {
    BlockHash([n; 32])
}

impl Script {
    /// Connected and initialized at block 9.
    fn new() -> Self {
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

    fn initialize(&mut self) {
        let start = self.start;
        self.send(&alloc::format!(
            r#"{{"event":"initialized","finalizedBlockHashes":["{start}"],"finalizedBlockRuntime":
            {{"type":"valid","spec":{{"specName":"x","specVersion":1,"transactionVersion":1}}}}}}"#
        ));
    }

    fn send(&mut self, json: &str) {
        self.server.send(json);
        self.pool.run_until_stalled();
    }

    fn new_block(&mut self, hash: BlockHash, parent: BlockHash) {
        self.send(&alloc::format!(
            r#"{{"event":"newBlock","blockHash":"{hash}","parentBlockHash":"{parent}","newRuntime":null}}"#
        ));
    }

    fn best(&mut self, hash: BlockHash) {
        self.send(&alloc::format!(r#"{{"event":"bestBlockChanged","bestBlockHash":"{hash}"}}"#));
    }

    fn finalize(&mut self, hash: BlockHash, pruned: &[BlockHash]) {
        let pruned: Vec<String> = pruned.iter().map(|hash| alloc::format!("\"{hash}\"")).collect();
        self.send(&alloc::format!(
            r#"{{"event":"finalized","finalizedBlockHashes":["{hash}"],"prunedBlockHashes":[{}]}}"#,
            pruned.join(",")
        ));
    }

    fn head(&self) -> ChainHead {
        self.chain.heads().get().unwrap()
    }

    fn pin(&self, hash: BlockHash) -> PinnedBlock {
        self.chain.inner.follow.pin(&hash).unwrap()
    }

    /// Starts a runtime call at a block.
    fn call(&mut self, pinned: &PinnedBlock) -> RemoteHandle<Result<Vec<u8>, ReadError>> {
        let (inner, pinned) = (Rc::clone(&self.chain.inner), pinned.clone());
        let task = async move { inner.reader.call(&pinned, "Core_version", &[]).await };
        let handle = self.pool.spawner().spawn_local_with_handle(task).unwrap();
        self.pool.run_until_stalled();
        handle
    }

    /// Ends all pauses that were asked for.
    fn wake(&mut self) {
        let sleeps = core::mem::take(&mut *self.clock.sleeps.borrow_mut());
        for (_, sender) in sleeps {
            let _awake = sender.send(());
        }
        self.pool.run_until_stalled();
    }

    fn finish<T: 'static>(&mut self, handle: RemoteHandle<T>) -> T {
        self.pool.run_until_stalled();
        handle.now_or_never().expect("it has ended")
    }

    fn unpinned(&self) -> Vec<String> {
        self.rpc.calls_of("chainHead_v1_unpin")
    }
}

fn started(count: &Cell<u32>, discarded: usize) -> String {
    let id = count.get();
    count.set(id + 1);
    alloc::format!(r#"{{"result":"started","operationId":"{id}","discardedItems":{discarded}}}"#)
}

#[test]
fn heads_move_readiness_follows_the_first_finalized_block_and_pins_are_released() {
    let mut script = Script::new();
    let start = script.start;
    assert_eq!(script.head().finalized, BlockRef { number: 9, hash: start });
    script.new_block(block(10), start);
    script.best(block(10));
    assert_eq!(script.head().best, BlockRef { number: 10, hash: block(10) });
    assert!(!script.head().is_ready);
    let reading = script.pin(start);
    script.finalize(block(10), &[]);
    assert!(script.head().is_ready);
    assert_eq!(script.unpinned(), Vec::<String>::new());
    drop(reading);
    script.pool.run_until_stalled();
    assert_eq!(script.unpinned(), [alloc::format!(r#"["s0",["{start}"]]"#)]);
    assert_eq!(script.chain.pinned_blocks(), 1);
}

#[test]
fn a_long_run_holds_no_more_blocks_than_it_needs() {
    let mut script = Script::new();
    let mut parent = script.start;
    for n in 10..200 {
        script.new_block(block(n), parent);
        script.best(block(n));
        let reading = script.pin(block(n));
        script.finalize(block(n), &[]);
        drop(reading);
        script.pool.run_until_stalled();
        assert_eq!(script.chain.pinned_blocks(), 1);
        parent = block(n);
    }
    assert_eq!(script.unpinned().len(), 190);
}

#[test]
fn a_reorganisation_moves_the_best_head_and_prunes_the_fork() {
    let mut script = Script::new();
    let start = script.start;
    script.new_block(block(10), start);
    script.best(block(10));
    script.new_block(block(20), start);
    script.new_block(block(21), block(20));
    script.best(block(21));
    assert_eq!(script.head().best, BlockRef { number: 11, hash: block(21) });
    script.finalize(block(20), &[block(10)]);
    assert_eq!(script.chain.pinned_blocks(), 2);
    assert_eq!(script.head().best.hash, block(21));
}

#[test]
fn after_stop_the_subscription_begins_anew_and_running_operations_fail() {
    let mut script = Script::new();
    let pinned = script.pin(script.start);
    let call = script.call(&pinned);
    script.send(r#"{"event":"stop"}"#);
    assert_eq!(script.finish(call), Err(ReadError::BlockGone));
    script.wake();
    script.server = script.rpc.take_subscription().expect("a new subscription");
    assert_eq!(script.rpc.ended(), ["s0"]);
    script.initialize();
    // The old pin belongs to the old subscription: using and dropping it does no harm.
    let call = script.call(&pinned);
    assert_eq!(script.finish(call), Err(ReadError::BlockGone));
    drop(pinned);
    script.pool.run_until_stalled();
    assert_eq!(script.unpinned(), Vec::<String>::new());
    let pinned = script.pin(script.start);
    let call = script.call(&pinned);
    let id = script.operations.get() - 1;
    script.send(&alloc::format!(r#"{{"event":"operationCallDone","operationId":"{id}","output":"0x07"}}"#));
    assert_eq!(script.finish(call), Ok(alloc::vec![7]));
}

#[test]
fn a_server_that_contradicts_itself_is_subscribed_to_anew() {
    let mut script = Script::new();
    script.finalize(block(77), &[]);
    script.wake();
    assert!(script.rpc.take_subscription().is_some());
    assert_eq!(script.rpc.ended(), ["s0"]);
}

#[test]
fn inaccessible_data_is_asked_for_again_with_growing_pauses_and_given_up() {
    let mut script = Script::new();
    let pinned = script.pin(script.start);
    let call = script.call(&pinned);
    let fail = |script: &mut Script| {
        let id = script.operations.get() - 1;
        script.send(&alloc::format!(r#"{{"event":"operationInaccessible","operationId":"{id}"}}"#));
    };
    for _attempt in 0..4 {
        fail(&mut script);
        script.wake();
    }
    assert_eq!(*script.clock.asked.borrow(), [1000, 2000, 4000, 8000]);
    fail(&mut script);
    assert_eq!(script.finish(call), Err(ReadError::Inaccessible { attempts: 5 }));
}

#[test]
fn a_full_light_client_is_asked_again_when_an_operation_ends() {
    let mut script = Script::new();
    let pinned = script.pin(script.start);
    let first = script.call(&pinned);
    let is_full = Rc::new(Cell::new(true));
    let (full, count) = (Rc::clone(&is_full), Rc::clone(&script.operations));
    script.rpc.on("chainHead_v1_call", move |_params| {
        if full.get() { Ok(r#"{"result":"limitReached"}"#.into()) } else { Ok(started(&count, 0)) }
    });
    let second = script.call(&pinned);
    assert_eq!(script.rpc.calls_of("chainHead_v1_call").len(), 2);
    is_full.set(false);
    script.send(r#"{"event":"operationCallDone","operationId":"0","output":"0x01"}"#);
    assert_eq!(script.finish(first), Ok(alloc::vec![1]));
    script.send(r#"{"event":"operationCallDone","operationId":"1","output":"0x02"}"#);
    assert_eq!(script.finish(second), Ok(alloc::vec![2]));
    assert_eq!(script.rpc.calls_of("chainHead_v1_call").len(), 3);
}

#[test]
fn at_most_eight_requests_are_in_flight() {
    let mut script = Script::new();
    let pinned = script.pin(script.start);
    let calls: Vec<_> = (0..20).map(|_n| script.call(&pinned)).collect();
    assert_eq!(script.rpc.calls_of("chainHead_v1_call").len(), 8);
    for id in 0..20 {
        script
            .send(&alloc::format!(r#"{{"event":"operationCallDone","operationId":"{id}","output":"0x01"}}"#));
        assert!(script.rpc.calls_of("chainHead_v1_call").len() <= 9 + id);
    }
    for call in calls {
        assert_eq!(script.finish(call), Ok(alloc::vec![1]));
    }
}

#[test]
fn an_operation_that_nobody_waits_for_is_stopped() {
    let mut script = Script::new();
    let pinned = script.pin(script.start);
    drop(script.call(&pinned));
    script.pool.run_until_stalled();
    assert_eq!(script.rpc.calls_of("chainHead_v1_stopOperation"), [r#"["s0","0"]"#]);
}

#[test]
fn items_that_did_not_fit_are_sent_again_and_a_pause_is_continued() {
    let mut script = Script::new();
    let pinned = script.pin(script.start);
    let count = Rc::clone(&script.operations);
    script.rpc.on("chainHead_v1_storage", move |params| {
        let items = params[2].as_array().unwrap().len();
        Ok(started(&count, items.saturating_sub(2)))
    });
    let keys: Vec<Vec<u8>> = (1..=3).map(|n| alloc::vec![n]).collect();
    let (inner, block) = (Rc::clone(&script.chain.inner), pinned.clone());
    let task = async move { inner.reader.values(&block, &keys).await };
    let read = script.pool.spawner().spawn_local_with_handle(task).unwrap();
    script.pool.run_until_stalled();
    script.send(
        r#"{"event":"operationStorageItems","operationId":"0","items":[{"key":"0x01","value":"0x0a"}]}"#,
    );
    script.send(r#"{"event":"operationWaitingForContinue","operationId":"0"}"#);
    assert_eq!(script.rpc.calls_of("chainHead_v1_continue"), [r#"["s0","0"]"#]);
    script.send(r#"{"event":"operationStorageDone","operationId":"0"}"#);
    let sent = script.rpc.calls_of("chainHead_v1_storage");
    assert!(sent[1].contains("0x03") && !sent[1].contains("0x02"), "{}", sent[1]);
    script.send(
        r#"{"event":"operationStorageItems","operationId":"1","items":[{"key":"0x03","value":"0x0c"}]}"#,
    );
    script.send(r#"{"event":"operationStorageDone","operationId":"1"}"#);
    let values = script.finish(read).unwrap();
    let expected = [(1, Some(10)), (2, None), (3, Some(12))];
    let expected = expected.map(|(key, value)| (alloc::vec![key], value.map(|v| alloc::vec![v])));
    assert_eq!(values.into_iter().collect::<Vec<_>>(), expected);
}

#[test]
fn many_keys_are_read_in_bulk_and_a_missing_answer_is_not_taken_for_absence() {
    let mut script = Script::new();
    let pinned = script.pin(script.start);
    let keys: Vec<Vec<u8>> = (0..40).map(|n| alloc::vec![n]).collect();
    let mut check = |answer: &'static str, expected: Result<usize, ReadError>| {
        script.rpc.on("state_queryStorageAt", move |params| {
            let keys = params[0].as_array().unwrap().iter();
            let changes: Vec<String> =
                keys.map(|key| alloc::format!(r#"["{}",null]"#, key.as_str().unwrap())).collect();
            Ok(match answer {
                "all" => alloc::format!(r#"[{{"block":"0x","changes":[{}]}}]"#, changes.join(",")),
                _ => alloc::format!(r#"[{{"block":"0x","changes":[{}]}}]"#, changes[1..].join(",")),
            })
        });
        let (inner, block, keys) = (Rc::clone(&script.chain.inner), pinned.clone(), keys.clone());
        let task = async move { inner.reader.values(&block, &keys).await.map(|values| values.len()) };
        let read = script.pool.spawner().spawn_local_with_handle(task).unwrap();
        assert_eq!(script.finish(read), expected);
    };
    check("all", Ok(40));
    let malformed = RpcError::Malformed { method: "state_queryStorageAt" };
    check("one missing", Err(ReadError::Rpc(malformed)));
}

#[test]
fn the_block_of_a_runtime_upgrade_is_not_read() {
    let mut script = Script::new();
    let (start, upgrade) = (script.start, block(10));
    script.send(&alloc::format!(
        r#"{{"event":"newBlock","blockHash":"{upgrade}","parentBlockHash":"{start}","newRuntime":
        {{"type":"valid","spec":{{"specName":"x","specVersion":2,"transactionVersion":1}}}}}}"#
    ));
    script.best(upgrade);
    script.finalize(upgrade, &[]);
    let head = script.head();
    let view = script.chain.inner.view(head.finalized, lantern_types::Finality::Finalized);
    let read = view.now_or_never().unwrap().map(|view| view.block());
    assert_eq!(read, Err(ReadError::RuntimeChanging));
    // Those who ask for the newest finalized block wait for the next one.
    assert!(script.chain.finalized().now_or_never().is_none());
    assert_eq!(script.head().runtime.map(|runtime| runtime.spec_version), Some(2));
}

#[test]
fn the_end_of_the_connection_reaches_those_who_wait_for_heads() {
    let mut script = Script::new();
    let pinned = script.pin(script.start);
    let call = script.call(&pinned);
    // Ends the notifications; the next attempt to subscribe finds the connection closed.
    script.server = MockSubscription::detached();
    script.rpc.close();
    script.pool.run_until_stalled();
    script.wake();
    assert_eq!(script.finish(call), Err(ReadError::BlockGone));
    let mut heads = script.chain.heads();
    let _newest = heads.changed().now_or_never();
    assert_eq!(heads.changed().now_or_never(), Some(None));
}
