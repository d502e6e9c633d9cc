//! A live runtime upgrade on a node of its own. `LANTERN_DEVNET` names the node's binary.
#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout, reason = "tests")]

mod support;

use lantern_types::{AccountId, Available, TaoBalance};
use serde_json::json;
use std::process::{Child, Command};
use std::time::Duration;

/// twox128("SubtensorModule") and twox128("SubnetTAO").
const SUBNET_TAO: &str = "0x658faa385070e074c85bf6b568cf05557a57dce016211512d1700561066b85a3";
const ALICE: &str = "5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY";

/// A node that ends with the test.
struct Node {
    process: Child,
    ready: std::path::PathBuf,
    url: String,
}

impl Node {
    fn start(binary: &str) -> Self {
        let ready = std::env::temp_dir().join(format!("lantern-upgrade-{}.json", std::process::id()));
        let process = Command::new(binary)
            .args(["run", "--scenario", "small", "--slot-ms", "500", "--p2p-port", "0", "--rpc-port", "0"])
            .arg("--ready-file")
            .arg(&ready)
            .stderr(std::process::Stdio::null())
            .stdout(std::process::Stdio::null())
            .spawn()
            .expect("LANTERN_DEVNET is the node's binary");
        let mut node = Self { process, ready, url: String::new() };
        for _attempt in 0..240 {
            std::thread::sleep(Duration::from_millis(500));
            if let Ok(text) = std::fs::read_to_string(&node.ready)
                && let Ok(facts) = serde_json::from_str::<serde_json::Value>(&text)
            {
                node.url = facts["rpc"].as_str().unwrap().to_owned();
                return node;
            }
        }
        panic!("the node is not ready after two minutes");
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        // It may have ended by itself, and the file may never have been written.
        let _killed = self.process.kill();
        let _waited = self.process.wait();
        let _removed = std::fs::remove_file(&self.ready);
    }
}

#[test]
#[ignore = "needs the node's binary: set LANTERN_DEVNET and run with --ignored"]
fn every_block_around_an_upgrade_is_read_right_or_not_at_all() {
    let binary = std::env::var("LANTERN_DEVNET").expect("LANTERN_DEVNET names the node's binary");
    let node = Node::start(&binary);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    tokio::task::LocalSet::new().block_on(&runtime, watch(&binary, &node.url));
}

async fn watch(binary: &str, url: &str) {
    let (chain, _sent) = support::connect(url).await;
    let alice = AccountId::from_ss58(ALICE).unwrap();
    let mut heads = chain.heads();
    let mut upgrade = None;
    let (mut versions, mut after) = (Vec::new(), 0);
    while after < 4 {
        let head = heads.changed().await.expect("the node stays");
        if !head.is_ready {
            continue;
        }
        let view = chain.finalized().await.unwrap();
        let network = view.network().await.unwrap();
        let account = view.account(alice).await.unwrap();
        assert_eq!((account.block, network.block), (view.block(), view.block()));
        for subnet in &network.value.subnets {
            let key = format!("{SUBNET_TAO}{}", hex::encode(subnet.netuid.0.to_le_bytes()));
            let raw = support::ask(url, "state_getStorage", json!([key, view.block().hash.to_hex()])).await;
            let bytes = hex::decode(raw.as_str().unwrap_or("0x0000000000000000").trim_start_matches("0x"));
            let expected = u64::from_le_bytes(bytes.unwrap().try_into().unwrap());
            assert_eq!(subnet.tao_in_pool.map(TaoBalance::rao), Available::Value(expected));
        }
        let version = network.value.spec_version;
        if versions.last() != Some(&version) {
            println!("spec version {version} from #{}", view.block().number);
            versions.push(version);
        }
        after += u32::from(versions.len() > 1);
        if upgrade.is_none() {
            let process = Command::new(binary)
                .args(["upgrade", "--rpc", url])
                .stdout(std::process::Stdio::null())
                .stderr(std::process::Stdio::null())
                .spawn();
            upgrade = Some(process.expect("the upgrade starts"));
        }
        assert!(view.block().number < 600, "no upgrade came");
    }
    let mut process = upgrade.expect("it was started");
    let _waited = process.wait();
    assert_eq!(versions.len(), 2);
    assert!(versions.is_sorted());
}
