//! The native light client against a real node. `LANTERN_DEVNET` names the devnet's program.
#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "this is a test")]

mod support;

use futures::FutureExt as _;
use futures::future::LocalBoxFuture;
use lantern_light_client::database::{Memory, Storage as _, StorageError, key};
use lantern_light_client::spec::Spec;
use lantern_light_client::tabs::{Lead, Tabs};
use lantern_worker_bridge::light_client::{
    Delay, ErrorKind, LightClientEvent, LightClientRequest, SavedState, StartPoint, SyncStage, SyncStatus,
    Topic,
};
use std::rc::Rc;
use std::time::Duration;
use support::{Devnet, Wire, start, with_client, with_client_in};

fn warning(event: &LightClientEvent) -> Option<ErrorKind> {
    match event {
        LightClientEvent::Warning(warning) => Some(warning.kind),
        _ => None,
    }
}

#[test]
#[ignore = "needs a devnet node: LANTERN_DEVNET names its program"]
fn verifies_from_the_checkpoint_and_comes_back_from_what_it_saved() {
    let devnet = Devnet::start("comes-back", &[]);
    let storage = Rc::new(Memory::default());

    with_client(Rc::clone(&storage), 60, async |page| {
        page.ask(start(devnet.network_file())).await.unwrap();
        let status = page.status(|status| status.stage == SyncStage::Verified).await;
        assert!(matches!(status.started_from, Some(StartPoint::Checkpoint(_))), "{status:?}");
        assert_eq!(status.delay, None);
        assert!(status.peers.iter().any(|peer| peer.is_connected), "{status:?}");
        assert!(status.bytes_down > 0 && status.bytes_up > 0);
        assert!(status.proofs_checked > 0 && status.proofs_rejected == 0, "{status:?}");
        let head = page
            .hear(|event| match event {
                LightClientEvent::Head(head) => Some(head.clone()),
                _ => None,
            })
            .await;
        assert_eq!(head.chain, "Lantern devnet");
        page.status(|status| matches!(status.saved, SavedState::At(_))).await;
    });

    with_client(Rc::clone(&storage), 60, async |page| {
        page.ask(start(devnet.network_file())).await.unwrap();
        let status = page.status(|status| status.stage == SyncStage::Verified).await;
        assert!(matches!(status.started_from, Some(StartPoint::Saved(_))), "{status:?}");
    });
}

/// Nothing is finalized between the two visits: what the first one has proven a moment ago counts.
#[test]
#[ignore = "needs a devnet node: LANTERN_DEVNET names its program"]
fn a_page_that_is_loaded_again_does_not_wait_for_the_next_block() {
    let devnet = Devnet::start("reload", &["--slot-ms", "8000"]);
    let storage = Rc::new(Memory::default());
    let mut saved = 0;
    with_client(Rc::clone(&storage), 60, async |page| {
        page.ask(start(devnet.network_file())).await.unwrap();
        // The network file's own block proves nothing.
        let status = page.status(|status| matches!(status.saved, SavedState::At(_))).await;
        let SavedState::At(height) = status.saved else { unreachable!() };
        assert!(height > checkpoint_of(&status), "{status:?}");
        saved = height;
    });

    with_client(Rc::clone(&storage), 60, async |page| {
        page.ask(start(devnet.network_file())).await.unwrap();
        page.status(|status| status.stage == SyncStage::Verified).await;
        assert_eq!(page.last_finalized(), saved);
    });
}

fn checkpoint_of(status: &SyncStatus) -> u32 {
    match status.started_from {
        Some(StartPoint::Checkpoint(height)) => height,
        _ => panic!("{status:?}"),
    }
}

#[test]
#[ignore = "needs a devnet node: LANTERN_DEVNET names its program"]
fn reads_the_network_again_with_each_finalized_block() {
    let devnet = Devnet::start("network", &[]);
    with_client(Rc::new(Memory::default()), 60, async |page| {
        page.ask(start(devnet.network_file())).await.unwrap();
        page.ask(LightClientRequest::Watch(Topic::Network)).await.unwrap();
        let read = |event: &LightClientEvent| match event {
            LightClientEvent::Network(network) => Some(network.clone()),
            LightClientEvent::TopicFailed { error, .. } => panic!("{error}"),
            _ => None,
        };
        let first = page.hear(read).await;
        assert!(first.value.proof_bytes > 0, "{first:?}");
        page.heard.clear();
        let second = page.hear(read).await;
        assert!(second.block.number > first.block.number);
    });
}

/// The document guesses the network. Nothing is told before the page asks for the same, and then all of it.
#[test]
#[ignore = "needs a devnet node: LANTERN_DEVNET names its program"]
fn a_start_that_was_guessed_is_taken_over() {
    let devnet = Devnet::start("guessed", &[]);
    with_client(Rc::new(Memory::default()), 60, async |page| {
        page.guess(devnet.network_file()).await;
        // A second guess comes too late, and a wrong one at that.
        page.guess("{}".to_owned()).await;
        smol::Timer::after(Duration::from_secs(4)).await;
        assert_eq!(page.next_event(), None, "the page did not ask yet");

        page.ask(start(devnet.network_file())).await.unwrap();
        assert!(page.heard.is_empty(), "the answer comes first: {:?}", page.heard);
        // The table is told although nobody watches it, which a start of the page's own would not do.
        let network = |event: &LightClientEvent| match event {
            LightClientEvent::Network(network) => Some(network.block.number),
            _ => None,
        };
        let first = page.hear(network).await;
        page.hear(|event| matches!(event, LightClientEvent::Head(_)).then_some(())).await;
        page.status(|status| status.stage == SyncStage::Verified).await;
        // It goes on like any other.
        page.hear(|event| network(event).filter(|number| *number > first)).await;
    });
}

#[test]
#[ignore = "needs a devnet node: LANTERN_DEVNET names its program"]
fn a_wrong_guess_is_left_for_what_the_page_asks() {
    let devnet = Devnet::start("wrong-guess", &[]);
    with_client(Rc::new(Memory::default()), 60, async |page| {
        page.guess(devnet.network_file().replace("Lantern devnet", "Another name")).await;
        smol::Timer::after(Duration::from_secs(3)).await;
        page.ask(start(devnet.network_file())).await.unwrap();
        let name = page
            .hear(|event| match event {
                LightClientEvent::Head(head) => Some(head.chain.clone()),
                _ => None,
            })
            .await;
        assert_eq!(name, "Lantern devnet");
        assert!(page.heard.iter().all(|event| !matches!(event, LightClientEvent::Network(_))), "not asked");
    });
}

#[test]
#[ignore = "needs a devnet node: LANTERN_DEVNET names its program"]
fn crosses_authority_set_changes_by_warp_proof() {
    let devnet = Devnet::start("changes", &["--rotate-at", "10,20,30,40"]);
    devnet.wait_for_block(80);
    with_client(Rc::new(Memory::default()), 60, async |page| {
        page.ask(start(devnet.network_file())).await.unwrap();
        // The set ids of checkpoint and saved state tell the number exactly.
        let status = page.status(|status| matches!(status.saved, SavedState::At(_))).await;
        assert_eq!(status.authority_set_changes, 4, "{status:?}");
        assert_eq!(status.proofs_rejected, 0);
        assert_eq!(status.stage, SyncStage::Verified);
    });
}

#[test]
#[ignore = "needs a devnet node: LANTERN_DEVNET names its program"]
fn an_ordinary_specification_works_too() {
    let devnet = Devnet::start("ordinary", &["--initial-set-id", "0"]);
    with_client(Rc::new(Memory::default()), 60, async |page| {
        page.ask(start(devnet.raw_specification())).await.unwrap();
        let status = page.status(|status| status.stage == SyncStage::Verified).await;
        assert_eq!(status.started_from, Some(StartPoint::Genesis));
    });
}

#[test]
#[ignore = "needs a devnet node: LANTERN_DEVNET names its program"]
fn damaged_and_foreign_records_are_dropped_and_told() {
    let devnet = Devnet::start("damaged", &[]);
    let spec = Spec::parse(&devnet.network_file()).unwrap();
    let key = key(&spec.genesis_hash.unwrap());
    for text in ["", "{}", r#"{"format":1,"smoldot":"5.0.0"}"#, r#"{"format":9,"smoldot":"5.0.0"}"#] {
        let storage = Rc::new(Memory::default());
        storage.write(&key, text.to_owned()).now_or_never().unwrap().unwrap();
        with_client(storage, 60, async |page| {
            page.ask(start(devnet.network_file())).await.unwrap();
            assert_eq!(page.hear(warning).await, ErrorKind::SavedStateDropped);
            let status = page.status(|status| status.stage == SyncStage::Verified).await;
            assert!(matches!(status.started_from, Some(StartPoint::Checkpoint(_))), "{status:?}");
        });
    }
}

#[test]
#[ignore = "needs a devnet node: LANTERN_DEVNET names its program"]
fn works_without_storage_and_says_so() {
    let devnet = Devnet::start("denied", &[]);
    for refusal in [StorageError::Denied, StorageError::Full] {
        let storage = Rc::new(Memory::default());
        storage.fail(Some(refusal));
        with_client(storage, 60, async |page| {
            page.ask(start(devnet.network_file())).await.unwrap();
            assert_eq!(page.hear(warning).await, ErrorKind::StorageUnavailable);
            let status = page.status(|status| status.stage == SyncStage::Verified).await;
            assert!(matches!(status.saved, SavedState::Unavailable(_)), "{status:?}");
        });
    }
}

#[test]
#[ignore = "needs a devnet node: LANTERN_DEVNET names its program"]
fn false_finality_proofs_are_refused_and_told() {
    let devnet = Devnet::start("warp", &["--rotate-at", "10,20", "--fault", "warp"]);
    devnet.wait_for_block(60);
    with_client(Rc::new(Memory::default()), 60, async |page| {
        page.ask(start(devnet.network_file())).await.unwrap();
        let status = page
            .status(|status| matches!(status.delay, Some(Delay::FalseProof | Delay::CheckpointRefused)))
            .await;
        assert!(status.proofs_rejected > 0, "{status:?}");
        assert!(status.stage < SyncStage::Verified, "{status:?}");
        assert!(!page.heard.iter().any(|event| matches!(event, LightClientEvent::Network(_))));
    });
}

#[test]
#[ignore = "needs a devnet node: LANTERN_DEVNET names its program"]
fn false_state_is_refused_and_nothing_of_it_is_told() {
    let devnet = Devnet::start("state", &["--fault", "storage-proof"]);
    with_client(Rc::new(Memory::default()), 90, async |page| {
        page.ask(start(devnet.network_file())).await.unwrap();
        page.ask(LightClientRequest::Watch(Topic::Network)).await.unwrap();
        let status = page.status(|status| status.proofs_rejected > 0).await;
        assert!(status.peers.iter().any(|peer| peer.trouble.is_some()), "{status:?}");
        assert!(!page.heard.iter().any(|event| matches!(event, LightClientEvent::Network(_))));
    });
}

#[test]
#[ignore = "needs a devnet node: LANTERN_DEVNET names its program"]
fn a_peer_that_stops_lying_is_believed_again() {
    for fault in ["warp", "storage-proof"] {
        let devnet = Devnet::start(fault, &[]);
        // Far enough behind that it is caught up with by warp sync in any case.
        devnet.wait_for_block(60);
        devnet.set_fault(Some(fault));
        with_client(Rc::new(Memory::default()), 150, async |page| {
            page.ask(start(devnet.network_file())).await.unwrap();
            page.status(|status| status.proofs_rejected > 0).await;
            devnet.set_fault(None);
            let status = page.status(|status| status.stage == SyncStage::Verified).await;
            assert!(status.proofs_rejected > 0, "{fault}: {status:?}");
        });
    }
}

#[test]
#[ignore = "needs a devnet node: LANTERN_DEVNET names its program"]
fn a_peer_that_stalls_is_told() {
    let devnet = Devnet::start("stall", &["--fault", "stall"]);
    with_client(Rc::new(Memory::default()), 90, async |page| {
        page.ask(start(devnet.network_file())).await.unwrap();
        let status = page.status(|status| status.delay.is_some()).await;
        assert!(status.stage < SyncStage::Verified, "{status:?}");
    });
}

#[test]
#[ignore = "needs a devnet node: LANTERN_DEVNET names its program"]
fn a_specification_without_peers_says_so() {
    let devnet = Devnet::start("nobody", &[]);
    let mut file: serde_json::Value = serde_json::from_str(&devnet.network_file()).unwrap();
    file["bootNodes"] = serde_json::json!([
        "/dns/node.example/tcp/30333/p2p/12D3KooWHHNZrRkdR9ASEb3rLpifNJ58Hbzx8UegvRZwsxLjAymc"
    ]);
    with_client(Rc::new(Memory::default()), 30, async |page| {
        page.ask(start(file.to_string())).await.unwrap();
        let status = page.status(|status| status.delay == Some(Delay::NothingToDial)).await;
        assert_eq!(status.undialable.len(), 1);
    });
}

#[test]
#[ignore = "needs a devnet node: LANTERN_DEVNET names its program"]
fn a_lost_peer_is_told_and_found_again() {
    let devnet = Devnet::start("lost", &[]);
    let (mut wire, network) = Wire::new(&devnet.network_file());
    with_client(Rc::new(Memory::default()), 120, async |page| {
        page.ask(start(network)).await.unwrap();
        page.status(|status| status.stage == SyncStage::Verified).await;
        wire.cut();
        page.heard.clear();
        let status = page.status(|status| status.delay == Some(Delay::NoPeerAnswers)).await;
        assert!(status.peers.iter().all(|peer| !peer.is_connected), "{status:?}");
        let before = page.last_finalized();
        wire.open();
        page.heard.clear();
        let finalized = page
            .hear(|event| match event {
                LightClientEvent::Head(head) if head.finalized.number > before => Some(head.finalized),
                _ => None,
            })
            .await;
        assert!(finalized.number > before);
    });
}

#[test]
#[ignore = "needs a devnet node: LANTERN_DEVNET names its program"]
fn a_page_that_slept_catches_up() {
    let devnet = Devnet::start("slept", &[]);
    let (mut wire, network) = Wire::new(&devnet.network_file());
    with_client(Rc::new(Memory::default()), 180, async |page| {
        page.ask(start(network)).await.unwrap();
        page.status(|status| matches!(status.saved, SavedState::At(_))).await;
        wire.cut();
        smol::Timer::after(Duration::from_secs(40)).await;
        wire.open();
        page.heard.clear();
        page.ask(LightClientRequest::Wake).await.unwrap();
        let is_back = |status: &SyncStatus| {
            status.stage == SyncStage::Verified && matches!(status.started_from, Some(StartPoint::Saved(_)))
        };
        page.status(is_back).await;
    });
}

#[test]
#[ignore = "needs a devnet node: LANTERN_DEVNET names its program"]
fn a_checkpoint_with_the_wrong_set_is_refused() {
    let devnet = Devnet::start("wrong-set", &["--rotate-at", "10"]);
    devnet.wait_for_block(60);
    let mut file: serde_json::Value = serde_json::from_str(&devnet.network_file()).unwrap();
    file["checkpoint"]["setId"] = serde_json::json!(9);
    with_client(Rc::new(Memory::default()), 90, async |page| {
        page.ask(start(file.to_string())).await.unwrap();
        let status = page.status(|status| status.delay == Some(Delay::CheckpointRefused)).await;
        assert!(status.stage < SyncStage::Verified, "{status:?}");
    });
}

#[test]
fn a_specification_that_is_wrong_is_refused_at_once() {
    let file = include_str!("../../public/networks/finney.json");
    let mut wrong_root: serde_json::Value = serde_json::from_str(file).unwrap();
    wrong_root["genesisStateRoot"] = serde_json::json!(format!("0x{}", "11".repeat(32)));
    let mut wrong_authorities: serde_json::Value = serde_json::from_str(file).unwrap();
    wrong_authorities["checkpoint"]["grandpaAuthorities"][0][1] = serde_json::json!(2);
    with_client(Rc::new(Memory::default()), 10, async |page| {
        for (text, expected) in [
            ("{".to_owned(), ErrorKind::DamagedSpecification),
            (wrong_root.to_string(), ErrorKind::WrongGenesis),
            (wrong_authorities.to_string(), ErrorKind::CheckpointMismatch),
        ] {
            let refusal = page.ask(start(text)).await.unwrap_err();
            assert_eq!(refusal.kind, expected, "{refusal}");
        }
    });
}

/// Another tab leads for as long as the test runs.
struct SecondTab;

impl Tabs for SecondTab {
    fn lead<'a>(&'a self, _network: &'a str) -> LocalBoxFuture<'a, Option<Lead>> {
        std::future::pending().boxed_local()
    }
}

#[test]
fn a_second_tab_says_so() {
    let finney = include_str!("../../public/networks/finney.json").to_owned();
    with_client_in(Rc::new(SecondTab), Rc::new(Memory::default()), 10, async |page| {
        page.ask(start(finney)).await.unwrap();
        assert_eq!(page.hear(warning).await, ErrorKind::AnotherTab);
    });
}
