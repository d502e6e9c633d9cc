//! What becomes of transactions, told by scripted light clients.

use super::Pending;
use crate::header::blake2_256;
use crate::metadata::tests::{
    AccountId32, DispatchError, EventRecord, ModuleError, Phase, RuntimeEvent, SubtensorEvent, SystemEvent,
    Wrapper, sample,
};
use crate::rpc::RpcError;
use crate::rpc::mock::MockSubscription;
use crate::script::{Script, block};
use crate::storage::entry_prefix;
use alloc::rc::Rc;
use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;
use core::cell::{Cell, RefCell};
use futures::task::LocalSpawnExt as _;
use lantern_types::{
    AccountId, AlphaBalance, BlockRef, Coldkey, Hotkey, NetUid, TaoBalance, TransactionFact,
    TransactionOutcome, TransactionStatus, format,
};
use parity_scale_codec::{Compact, Encode as _};

const EXTRINSIC: [u8; 3] = [8, 1, 2];

/// What a peer has of the state.
#[derive(Clone, Copy)]
struct State {
    /// Whether the head proves the hashes of earlier blocks.
    has_hashes: bool,
    /// The runtime that made the blocks.
    made_by: u32,
    /// Whether the events of blocks are still there.
    has_events: bool,
}

/// A chain whose block 10 is finalized, and a transaction born at block 9.
struct Story {
    script: Script,
    state: Rc<Cell<State>>,
    statuses: Rc<RefCell<Vec<TransactionStatus>>>,
}

fn record(index: u32, event: RuntimeEvent) -> EventRecord {
    EventRecord { phase: Phase::ApplyExtrinsic(index), event, topics: Vec::new() }
}

fn success(index: u32) -> EventRecord {
    record(index, RuntimeEvent::System(SystemEvent::ExtrinsicSuccess { dispatch_info: 0 }))
}

impl Story {
    fn new(events: &[EventRecord]) -> Self {
        let mut script = Script::new();
        let events = format::hex(&events.encode());
        let state = Rc::new(Cell::new(State { has_hashes: true, made_by: 1, has_events: true }));
        let shared = Rc::clone(&state);
        script.rpc.on("state_queryStorageAt", move |params| {
            let state = shared.get();
            let mut changes = Vec::new();
            for key in params[0].as_array().unwrap().iter().filter_map(|key| key.as_str()) {
                let is = |entry| key.starts_with(&format::hex(&entry_prefix("System", entry)));
                let value = if is("Events") && state.has_events {
                    alloc::format!("\"{events}\"")
                } else if is("Events") {
                    return Err(RpcError::Refused { code: -32800, message: "no peer has it".into() });
                } else if is("BlockHash") {
                    let number = format::parse_hex(key).unwrap()[40..].to_vec();
                    let number = u32::from_le_bytes(number.try_into().unwrap());
                    let hash = if state.has_hashes { block(number as u8).0 } else { [0; 32] };
                    alloc::format!("\"{}\"", format::hex(&hash))
                } else {
                    assert!(is("LastRuntimeUpgrade"), "{key}");
                    alloc::format!("\"{}\"", format::hex(&(Compact(state.made_by), "x").encode()))
                };
                changes.push(alloc::format!(r#"["{key}",{value}]"#));
            }
            Ok(alloc::format!(r#"[{{"block":"0x","changes":[{}]}}]"#, changes.join(",")))
        });
        let start = script.start;
        script.new_block(block(10), start);
        script.best(block(10));
        script.finalize(block(10), &[]);
        Self { script, state, statuses: Rc::default() }
    }

    /// The bodies of blocks: block `n` has the transaction if it is `holder`.
    fn bodies(&self, holder: Option<u8>) {
        let start = self.script.start;
        self.script.rpc.on("chain_getBlock", move |params| {
            let hash = params[0].as_str().unwrap().to_owned();
            let n = (10..200).find(|n| block(*n).to_hex() == hash).expect("a block after the birth");
            let parent = if n == 10 { start } else { block(n - 1) };
            let body = if holder == Some(n) { format::hex(&EXTRINSIC) } else { String::from("0x0400") };
            Ok(alloc::format!(
                r#"{{"block":{{"header":{{"parentHash":"{parent}"}},"extrinsics":["0x0401","{body}"]}}}}"#
            ))
        });
    }

    /// The chain goes on to this block and finalizes it.
    fn grow(&mut self, to: u8) {
        for n in 11..=to {
            self.script.new_block(block(n), block(n - 1));
            self.script.best(block(n));
            self.script.finalize(block(n), &[]);
        }
    }

    /// How many blocks were looked at.
    fn looked_at(&self) -> usize {
        self.script.rpc.calls_of("chain_getBlock").len()
    }

    fn pending(&self, last_valid: Option<u32>) -> Pending {
        Pending {
            hash: blake2_256(&EXTRINSIC),
            extrinsic: EXTRINSIC.to_vec(),
            birth: BlockRef { number: 9, hash: self.script.start },
            last_valid,
        }
    }

    /// Starts to submit or to track.
    fn start(&mut self, last_valid: Option<u32>, track: bool) {
        let (chain, pending) = (self.script.chain.clone(), self.pending(last_valid));
        let statuses = Rc::clone(&self.statuses);
        let task = async move {
            let report = |status| statuses.borrow_mut().push(status);
            if track { chain.track(&pending, report).await } else { chain.submit(&pending, report).await }
        };
        self.script.pool.spawner().spawn_local(task).unwrap();
        self.run();
    }

    /// Runs, and answers the request for metadata if there is one.
    fn run(&mut self) {
        self.script.pool.run_until_stalled();
        let started = self.script.operations.get();
        if started > 0 {
            let output = format::hex(&Some(sample()).encode());
            self.script.send(&alloc::format!(
                r#"{{"event":"operationCallDone","operationId":"{}","output":"{output}"}}"#,
                started - 1
            ));
        }
    }

    fn watch(&mut self) -> MockSubscription {
        let found = self.script.rpc.take_subscription().expect("it was sent");
        assert_eq!(found.method, "transactionWatch_v1_submitAndWatch");
        found
    }

    fn tell(&mut self, watch: &mut MockSubscription, json: &str) {
        watch.send(json);
        self.run();
    }

    fn statuses(&self) -> Vec<TransactionStatus> {
        self.statuses.borrow().clone()
    }
}

fn at_ten() -> BlockRef {
    BlockRef { number: 10, hash: block(10) }
}

#[test]
fn a_stake_is_followed_to_its_facts() {
    let stake = SubtensorEvent::StakeAdded(
        AccountId32([1; 32]),
        AccountId32([2; 32]),
        Wrapper(100),
        Wrapper(50),
        3,
        4,
    );
    let other =
        SubtensorEvent::StakeAdded(AccountId32([9; 32]), AccountId32([9; 32]), Wrapper(9), Wrapper(9), 9, 9);
    let events = [
        record(0, RuntimeEvent::SubtensorModule(other)),
        record(1, RuntimeEvent::SubtensorModule(stake)),
        success(0),
        success(1),
        EventRecord {
            phase: Phase::Finalization,
            event: RuntimeEvent::System(SystemEvent::ExtrinsicSuccess { dispatch_info: 0 }),
            topics: vec![[0; 32]],
        },
    ];
    let mut story = Story::new(&events);
    story.start(None, false);
    let mut watch = story.watch();
    let hash = block(10);
    let included =
        alloc::format!(r#"{{"event":"bestChainBlockIncluded","block":{{"hash":"{hash}","index":1}}}}"#);
    story.tell(&mut watch, r#"{"event":"validated"}"#);
    story.tell(&mut watch, r#"{"event":"broadcasted","numPeers":3}"#);
    story.tell(&mut watch, &included);
    story.tell(&mut watch, r#"{"event":"bestChainBlockIncluded","block":null}"#);
    story.tell(&mut watch, &included);
    story.tell(
        &mut watch,
        &alloc::format!(r#"{{"event":"finalized","block":{{"hash":"{hash}","index":"1"}}}}"#),
    );
    let fact = TransactionFact::StakeAdded {
        coldkey: Coldkey(AccountId([1; 32])),
        hotkey: Hotkey(AccountId([2; 32])),
        netuid: NetUid(3),
        tao: TaoBalance::from_rao(100),
        alpha: AlphaBalance::from_rao(50),
        fee: 4,
    };
    assert_eq!(
        story.statuses(),
        [
            TransactionStatus::Ready,
            TransactionStatus::Broadcast { peers: 3 },
            TransactionStatus::InBestBlock { block: at_ten() },
            TransactionStatus::Retracted,
            TransactionStatus::InBestBlock { block: at_ten() },
            TransactionStatus::Finalized {
                block: at_ten(),
                index: 1,
                outcome: TransactionOutcome::Succeeded,
                facts: vec![fact],
            },
        ]
    );
}

#[test]
fn a_failure_has_the_name_that_the_runtime_gives_it() {
    let check = |error, pallet: &str, name: &str, docs: &str| {
        let failed = SystemEvent::ExtrinsicFailed { dispatch_error: error, dispatch_info: 0 };
        let mut story = Story::new(&[record(1, RuntimeEvent::System(failed))]);
        story.bodies(Some(10));
        story.start(None, true);
        let outcome =
            TransactionOutcome::Failed { pallet: pallet.into(), error: name.into(), docs: docs.into() };
        let finalized =
            TransactionStatus::Finalized { block: at_ten(), index: 1, outcome, facts: Vec::new() };
        assert_eq!(story.statuses(), [finalized]);
    };
    let module = |index, error| DispatchError::Module(ModuleError { index, error: [error, 0, 0, 0] });
    check(module(7, 84), "SubtensorModule", "SlippageTooHigh", "There is too little in the pool.");
    check(module(7, 3), "7", "3", "");
    check(DispatchError::BadOrigin, "", "BadOrigin", "");
}

#[test]
fn a_refused_transaction_is_invalid_unless_a_block_has_it() {
    let mut story = Story::new(&[success(1)]);
    story.bodies(None);
    story.start(None, false);
    let mut watch = story.watch();
    story.tell(&mut watch, r#"{"event":"invalid","error":"stale"}"#);
    assert_eq!(story.statuses(), [TransactionStatus::Invalid { reason: "stale".into() }]);

    // A nonce is stale, too, once the transaction itself has used it.
    let mut story = Story::new(&[success(1)]);
    story.bodies(Some(10));
    story.start(None, false);
    let mut watch = story.watch();
    story.tell(&mut watch, r#"{"event":"invalid","error":"stale"}"#);
    assert!(matches!(
        story.statuses().as_slice(),
        [TransactionStatus::Finalized { index: 1, outcome: TransactionOutcome::Succeeded, .. }]
    ));
}

#[test]
fn what_the_light_client_drops_is_sent_again_and_given_up_with_its_reason() {
    let mut story = Story::new(&[]);
    story.bodies(None);
    story.start(None, false);
    for _send in 0..5 {
        let mut watch = story.watch();
        story.tell(&mut watch, r#"{"event":"dropped","broadcasted":false,"error":"full"}"#);
        story.script.wake();
    }
    assert!(story.script.rpc.take_subscription().is_none());
    assert_eq!(story.statuses(), [TransactionStatus::Dropped { reason: "full".into() }]);
}

#[test]
fn past_its_last_block_a_transaction_has_expired() {
    let mut story = Story::new(&[]);
    story.bodies(None);
    story.start(Some(11), false);
    let _watch = story.watch();
    for n in 11..=12 {
        assert_eq!(story.statuses(), []);
        story.script.new_block(block(n), block(n - 1));
        story.script.best(block(n));
        story.script.finalize(block(n), &[]);
    }
    story.run();
    assert_eq!(story.statuses(), [TransactionStatus::Expired]);
}

fn at_twelve() -> BlockRef {
    BlockRef { number: 12, hash: block(12) }
}

/// A transaction that was valid until block 20 and is looked for at block 100.
fn long_ago(holder: Option<u8>, state: State) -> Story {
    let mut story = Story::new(&[success(1)]);
    story.state.set(state);
    story.bodies(holder);
    story.grow(100);
    story.start(Some(20), true);
    for _attempt in 0..5 {
        story.script.wake();
    }
    assert!(story.script.rpc.take_subscription().is_none(), "it was sent again");
    story
}

const ALL: State = State { has_hashes: true, made_by: 1, has_events: true };

#[test]
fn long_after_its_last_block_only_the_blocks_that_may_hold_it_are_looked_at() {
    let story = long_ago(Some(12), ALL);
    let finalized = TransactionStatus::Finalized {
        block: at_twelve(),
        index: 1,
        outcome: TransactionOutcome::Succeeded,
        facts: Vec::new(),
    };
    assert_eq!(story.statuses(), [finalized]);
    assert_eq!(story.looked_at(), 9);

    let story = long_ago(None, ALL);
    assert_eq!(story.statuses(), [TransactionStatus::Expired]);
    assert_eq!(story.looked_at(), 11);
}

#[test]
fn too_long_after_its_last_block_nothing_is_claimed() {
    for holder in [None, Some(12)] {
        let story = long_ago(holder, State { has_hashes: false, ..ALL });
        assert_eq!(story.statuses(), [TransactionStatus::Unknown { block: None }]);
        assert_eq!(story.looked_at(), 0);
    }
}

#[test]
fn an_outcome_that_peers_do_not_keep_is_not_known() {
    let story = long_ago(Some(12), State { has_events: false, ..ALL });
    assert_eq!(story.statuses(), [TransactionStatus::Unknown { block: Some(at_twelve()) }]);
}

#[test]
fn events_of_an_earlier_runtime_are_not_read_with_the_new_one() {
    let story = long_ago(Some(12), State { made_by: 7, ..ALL });
    assert_eq!(story.statuses(), [TransactionStatus::Unknown { block: Some(at_twelve()) }]);
}

#[test]
fn one_without_a_last_block_is_sent_again_to_learn_whether_it_was_included() {
    let mut story = Story::new(&[]);
    story.bodies(Some(12));
    story.grow(100);
    story.start(None, true);
    let mut watch = story.watch();
    story.tell(&mut watch, r#"{"event":"invalid","error":"stale"}"#);
    assert_eq!(story.statuses(), [TransactionStatus::Unknown { block: None }]);
}

#[test]
fn a_block_that_nobody_gives_is_asked_for_again_at_the_next_head() {
    let mut story = Story::new(&[success(1)]);
    story.script.rpc.on("chain_getBlock", |_params| Ok(String::from("null")));
    story.start(None, true);
    assert_eq!(story.statuses(), []);
    story.bodies(Some(10));
    story.grow(11);
    story.run();
    let statuses = story.statuses();
    assert!(
        matches!(statuses.last(), Some(TransactionStatus::Finalized { block, .. }) if *block == at_ten()),
        "{statuses:?}"
    );
}

#[test]
fn after_a_reload_it_is_found_in_a_block_that_can_still_be_replaced() {
    let mut story = Story::new(&[success(1)]);
    story.bodies(Some(11));
    story.script.new_block(block(11), block(10));
    story.script.best(block(11));
    story.start(None, true);
    let at_eleven = BlockRef { number: 11, hash: block(11) };
    assert_eq!(story.statuses(), [TransactionStatus::InBestBlock { block: at_eleven }]);
    story.script.finalize(block(11), &[]);
    story.run();
    assert!(matches!(
        story.statuses().last(),
        Some(TransactionStatus::Finalized { block, index: 1, .. }) if *block == at_eleven
    ));
    // It was not sent again.
    assert!(story.script.rpc.take_subscription().is_none());
}
