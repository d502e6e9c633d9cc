//! Authority-set changes with a delay, which no warp proof can cross. `LANTERN_DEVNET` names the devnet's program.
#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "this is a test")]

mod support;

use lantern_light_client::database::Memory;
use lantern_worker_bridge::light_client::{Delay, LightClientEvent, StartPoint, SyncStage};
use serde_json::json;
use std::rc::Rc;
use std::time::{Duration, Instant};
use support::{Devnet, start, with_client};

/// From this gap on, smoldot goes by finality proofs alone. Below it, it checks every header in between.
const GAP: u64 = 32;

/// Set id and finalized height, once they are what is waited for.
fn wait_until(devnet: &Devnet, wanted: impl Fn(u64, u64) -> bool) -> (u64, u64) {
    let since = Instant::now();
    loop {
        let state = devnet.call("lantern_grandpaState", &json!([]));
        let (set, height) =
            (state["setId"].as_u64().unwrap(), state["finalized"]["number"].as_u64().unwrap());
        if wanted(set, height) {
            return (set, height);
        }
        assert!(since.elapsed() < Duration::from_secs(60), "the chain stands at {state}");
        std::thread::sleep(Duration::from_millis(100));
    }
}

/// Changes the authorities so many blocks after the signal, and returns the height at which that is done.
fn change(devnet: &Devnet, delay: u32) -> u64 {
    let (before, _) = wait_until(devnet, |_, _| true);
    devnet.call("lantern_rotateAuthorities", &json!([delay]));
    wait_until(devnet, |set, _| set > before).1
}

#[test]
#[ignore = "needs a devnet node: LANTERN_DEVNET names its program"]
fn a_start_from_before_is_refused_in_words_and_a_newer_checkpoint_helps() {
    let devnet = Devnet::start("delayed-start", &[]);
    let old = devnet.network_file();
    // The proof of this one holds, so that the checkpoint itself is beyond doubt.
    change(&devnet, 0);
    let crossed = change(&devnet, 2);
    wait_until(&devnet, |_, height| height > crossed + 2 * GAP);
    let fresh = devnet.call("lantern_networkFile", &json!([])).to_string();

    with_client(Rc::new(Memory::default()), 90, async |page| {
        page.ask(start(old)).await.unwrap();
        let status = page.status(|status| status.delay == Some(Delay::CheckpointRefused)).await;
        assert_eq!(status.stage, SyncStage::CatchingUp);
        assert!(status.proofs_checked > 0 && status.proofs_rejected > 1, "{status:?}");
        // It is no passing state: the cause is the same when the next proof comes.
        let refused = status.proofs_rejected;
        page.heard.clear();
        let status = page.status(|status| status.proofs_rejected > refused).await;
        assert_eq!(status.delay, Some(Delay::CheckpointRefused), "{status:?}");
        assert!(
            !page.heard.iter().any(|event| matches!(event, LightClientEvent::Head(_))),
            "{:?}",
            page.heard
        );

        page.heard.clear();
        page.ask(start(fresh)).await.unwrap();
        let status = page.status(|status| status.stage == SyncStage::Verified).await;
        assert!(
            matches!(status.started_from, Some(StartPoint::Checkpoint(height)) if u64::from(height) > crossed),
            "{status:?}"
        );
    });
}

#[test]
#[ignore = "needs a devnet node: LANTERN_DEVNET names its program"]
fn whoever_follows_goes_on() {
    let devnet = Devnet::start("delayed-follow", &[]);
    with_client(Rc::new(Memory::default()), 90, async |page| {
        page.ask(start(devnet.network_file())).await.unwrap();
        page.status(|status| status.stage == SyncStage::Verified).await;
        let crossed = smol::unblock(move || (change(&devnet, 3), devnet)).await;
        let (crossed, devnet) = crossed;
        page.hear(|event| match event {
            LightClientEvent::Head(head) if u64::from(head.finalized.number) > crossed => Some(()),
            _ => None,
        })
        .await;
        page.heard.clear();
        let status = page.status(|_| true).await;
        assert_eq!((status.stage, status.delay), (SyncStage::Verified, None));
        assert_eq!(status.proofs_rejected, 0);
        drop(devnet);
    });
}
