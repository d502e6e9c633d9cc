//! The native light client against a real node. `LANTERN_DEVNET` names the devnet's program.
#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "this is a test")]

use futures::StreamExt as _;
use lantern_chain::rpc::{PipeClient, RpcClient as _};
use lantern_light_client::dial::PageOrigin;
use lantern_light_client::engine::{Engine, Output};
use lantern_light_client::platform::Platform;
use lantern_light_client::spec::Spec;
use serde_json::Value;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

const LOCAL: PageOrigin = PageOrigin { is_secure: false, is_local: true };

/// A node that ends with the test.
struct Devnet {
    node: Child,
    folder: PathBuf,
}

impl Devnet {
    fn start(name: &str) -> Self {
        let program = std::env::var_os("LANTERN_DEVNET").expect("LANTERN_DEVNET names the devnet's program");
        let folder = std::env::temp_dir().join(format!("lantern-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let node = Command::new(program)
            .args(["run", "--slot-ms", "250", "--p2p-port", "0", "--rpc-port", "0", "--log", "error"])
            .arg("--spec-out")
            .arg(folder.join("network.json"))
            .arg("--ready-file")
            .arg(folder.join("ready.json"))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let devnet = Self { node, folder };
        let since = Instant::now();
        while !devnet.folder.join("ready.json").exists() {
            assert!(since.elapsed() < Duration::from_secs(90), "the devnet does not get ready");
            std::thread::sleep(Duration::from_millis(100));
        }
        devnet
    }

    fn network_file(&self) -> String {
        std::fs::read_to_string(self.folder.join("network.json")).unwrap()
    }
}

impl Drop for Devnet {
    fn drop(&mut self) {
        drop(self.node.kill());
        drop(self.node.wait());
        drop(std::fs::remove_dir_all(&self.folder));
    }
}

async fn with_deadline<T>(seconds: u64, output: Output, work: impl Future<Output = T>) -> T {
    let ended = async {
        output.pump().await;
        panic!("the light client ended");
    };
    let late = async {
        smol::Timer::after(Duration::from_secs(seconds)).await;
        panic!("nothing after {seconds} seconds");
    };
    smol::future::or(work, smol::future::or(ended, late)).await
}

/// Follows the chain until a block is finalized after the start. Returns that block and the runtime.
async fn first_finalized(rpc: &PipeClient) -> (String, Value) {
    let mut follow =
        rpc.subscribe("chainHead_v1_follow", "[true]".into(), "chainHead_v1_unfollow").await.unwrap();
    let mut runtime = Value::Null;
    while let Some(event) = follow.next().await {
        let event: Value = serde_json::from_str(event.get()).unwrap();
        match event["event"].as_str().unwrap() {
            "initialized" => runtime = event["finalizedBlockRuntime"].clone(),
            "finalized" => {
                let blocks = event["finalizedBlockHashes"].as_array().unwrap();
                return (blocks.last().unwrap().as_str().unwrap().to_owned(), runtime);
            }
            _ => {}
        }
    }
    panic!("the subscription ended");
}

#[test]
#[ignore = "needs a devnet node: LANTERN_DEVNET names its program"]
fn starts_from_the_checkpoint_and_follows_finality() {
    let devnet = Devnet::start("follow");
    let spec = Spec::parse(&devnet.network_file()).unwrap();
    let (engine, output) = Engine::start(&Platform::new(LOCAL), &spec, None).unwrap();
    let rpc = engine.rpc().clone();
    smol::block_on(with_deadline(60, output, async {
        let (block, runtime) = first_finalized(&rpc).await;
        assert!(block.starts_with("0x"));
        assert_eq!(runtime["type"], "valid", "{runtime}");
    }));
}
