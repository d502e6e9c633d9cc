//! The changes to smoldot at work, each against a real node. `LANTERN_DEVNET` names the devnet's program.
//!
//! Patch 0001 needs no test of its own here: the devnet's runtime lists both consensus APIs, and nothing of
//! these tests would start without it. Patch 0004 is tested beside the engine, and 0006 and 0007 with the peers that
//! lie, in `devnet.rs`.
#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "this is a test")]

mod support;

use futures::StreamExt as _;
use lantern_chain::rpc::{PipeClient, RpcClient as _, Subscription};
use lantern_light_client::dial::PageOrigin;
use lantern_light_client::engine::{Engine, Saved};
use lantern_light_client::platform::Platform;
use lantern_light_client::spec::Spec;
use serde_json::{Value, json};
use std::time::{Duration, Instant};
use support::Devnet;

const PLAIN: PageOrigin = PageOrigin { is_secure: false };

/// Runs a light client beside the work of a test.
fn with_engine<T>(spec: &Spec, saved: Option<Saved<'_>>, work: impl AsyncFnOnce(PipeClient) -> T) -> T {
    let (engine, output) = Engine::start(&Platform::new(PLAIN), spec, saved).unwrap();
    let rpc = engine.rpc().clone();
    let ended = async {
        output.pump().await;
        panic!("the light client ended");
    };
    let late = async {
        smol::Timer::after(Duration::from_secs(60)).await;
        panic!("nothing after a minute");
    };
    smol::block_on(smol::future::or(work(rpc), smol::future::or(ended, late)))
}

async fn follow(rpc: &PipeClient) -> (Subscription, String) {
    let mut follow =
        rpc.subscribe("chainHead_v1_follow", "[true]".into(), "chainHead_v1_unfollow").await.unwrap();
    let event: Value = serde_json::from_str(follow.next().await.unwrap().get()).unwrap();
    assert_eq!(event["event"], "initialized", "{event}");
    let block = event["finalizedBlockHashes"].as_array().unwrap().last().unwrap();
    let block = block.as_str().unwrap().to_owned();
    (follow, block)
}

#[test]
#[ignore = "needs a devnet node: LANTERN_DEVNET names its program"]
fn the_slots_of_a_storage_operation_come_back() {
    let devnet = Devnet::start("slots", &[]);
    let spec = Spec::parse(&devnet.network_file()).unwrap();
    with_engine(&spec, None, async |rpc| {
        let (mut events, block) = follow(&rpc).await;
        let items: Vec<Value> = (0..32u8)
            .map(|n| json!({ "key": format!("0x{}", hex::encode([n; 16])), "type": "value" }))
            .collect();
        for round in 0..3 {
            let request = json!([events.id(), block, items, null]).to_string();
            let started = rpc.request("chainHead_v1_storage", request).await.unwrap();
            let started: Value = serde_json::from_str(started.get()).unwrap();
            assert_eq!(started["result"], "started", "round {round}: {started}");
            assert_eq!(started["discardedItems"].as_u64().unwrap_or(0), 0, "round {round}: {started}");
            loop {
                let event: Value = serde_json::from_str(events.next().await.unwrap().get()).unwrap();
                if event["event"] == "operationStorageDone" && event["operationId"] == started["operationId"]
                {
                    break;
                }
            }
        }
    });
}

#[test]
#[ignore = "needs a devnet node: LANTERN_DEVNET names its program"]
fn a_database_with_the_runtimes_code_does_not_hang() {
    let devnet = Devnet::start("code", &[]);
    let spec = Spec::parse(&devnet.network_file()).unwrap();
    let database = with_engine(&spec, None, async |rpc| {
        let (_events, _block) = follow(&rpc).await;
        loop {
            let answer = rpc.request("chainHead_unstable_finalizedDatabase", "[]".into()).await.unwrap();
            let text: String = serde_json::from_str(answer.get()).unwrap();
            if text.contains("runtimeCode") && text.contains("finalized_block_header") {
                return text;
            }
            smol::Timer::after(Duration::from_millis(200)).await;
        }
    });
    let height = lantern_light_client::database::snapshot(&without_code(&database)).unwrap().height;
    // Far enough behind that it is caught up with by warp sync, which asks for the code.
    devnet.wait_for_block(50);
    with_engine(&spec, Some(Saved { database: &database, height }), async |rpc| {
        follow(&rpc).await;
    });
}

#[test]
#[ignore = "needs a devnet node: LANTERN_DEVNET names its program"]
fn finality_is_proven_at_the_start_however_near_the_head_is() {
    let devnet = Devnet::start("gap", &[]);
    let spec = Spec::parse(&devnet.network_file()).unwrap();
    let saved = with_engine(&spec, None, async |rpc| {
        let (_events, _block) = follow(&rpc).await;
        loop {
            // Too small for the code, which this test has no use for.
            let limit = "[262144]".to_owned();
            let answer = rpc.request("chainHead_unstable_finalizedDatabase", limit).await.unwrap();
            let text: String = serde_json::from_str(answer.get()).unwrap();
            if let Some(snapshot) = lantern_light_client::database::snapshot(&text) {
                return snapshot;
            }
            smol::Timer::after(Duration::from_millis(200)).await;
        }
    });
    devnet.wait_for_block(saved.height + 6);
    let start = Saved { database: &saved.database, height: saved.height };
    let first = with_engine(&spec, Some(start), first_block);
    assert!(first > saved.height, "following begins at #{first}, and #{} was saved", saved.height);
}

/// The first packet says that the peer has finalized the block that the client starts at. There is no other
/// one, because one of two authorities is gone: without patch 0009 the client waits for it.
#[test]
#[ignore = "needs a devnet node: LANTERN_DEVNET names its program"]
fn a_peer_with_nothing_new_is_not_waited_for() {
    let devnet = Devnet::start("same", &["--authorities", "2"]);
    devnet.kill_authority(1);
    // Votes that were on their way still count.
    devnet.wait_for_block(20);
    let spec = Spec::parse(&devnet.call("lantern_networkFile", &json!([])).to_string()).unwrap();
    let first = with_engine(&spec, None, first_block);
    assert_eq!(Some(first), spec.checkpoint_height());
}

/// Each answer takes its time, so the time tells how many were waited for one after the other: the finality
/// proof, and then everything else together. Without patch 0008 there are four or five.
#[test]
#[ignore = "needs a devnet node: LANTERN_DEVNET names its program"]
fn the_parts_of_a_block_are_asked_for_together() {
    const ANSWER: Duration = Duration::from_secs(3);
    let devnet = Devnet::start("parts", &["--rotate-at", "4,8"]);
    let spec = Spec::parse(&devnet.network_file()).unwrap();
    devnet.wait_for_block(40);
    devnet.set_fault(Some(&format!("slow:{}", ANSWER.as_millis())));
    let since = Instant::now();
    let first = with_engine(&spec, None, first_block);
    let took = since.elapsed();
    assert!(Some(first) > spec.checkpoint_height());
    assert!(took > ANSWER * 2, "two answers take longer than {took:?}");
    assert!(took < ANSWER * 7 / 2, "{took:?} is too long for two answers of {ANSWER:?}");
}

/// Height of the block that following begins at.
async fn first_block(rpc: PipeClient) -> u32 {
    let (events, block) = follow(&rpc).await;
    let params = json!([events.id(), block]).to_string();
    let header = rpc.request("chainHead_v1_header", params).await.unwrap();
    let text: String = serde_json::from_str(header.get()).unwrap();
    let bytes = hex::decode(text.trim_start_matches("0x")).unwrap();
    lantern_light_client::spec::Header::decode_all(&bytes).unwrap().number
}

fn without_code(database: &str) -> String {
    let mut database: Value = serde_json::from_str(database).unwrap();
    database.as_object_mut().unwrap().remove("runtimeCode");
    database.to_string()
}
