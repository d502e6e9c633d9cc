//! Whole scripts: a server that stops, reorganises, runs out of slots and loses its peers.

use crate::error::ReadError;
use crate::rpc::RpcError;
use crate::rpc::mock::MockSubscription;
use crate::script::{Script, block, started};
use alloc::rc::Rc;
use alloc::string::String;
use alloc::vec::Vec;
use core::cell::Cell;
use futures::FutureExt as _;
use futures::task::LocalSpawnExt as _;
use lantern_types::BlockRef;

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
fn a_first_block_that_proves_itself_is_ready_at_once() {
    use crate::header::{blake2_256, tests::sample};
    let asked = Rc::new(core::cell::RefCell::new(Vec::new()));
    let rule = Rc::clone(&asked);
    let script = Script::with(
        Rc::new(move |header| {
            rule.borrow_mut().push(blake2_256(header));
            true
        }),
        None,
    );
    assert!(script.head().is_ready);
    // The rule saw the header of that very block.
    assert_eq!(*asked.borrow(), [sample(9, [0; 32]).1.0]);
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
