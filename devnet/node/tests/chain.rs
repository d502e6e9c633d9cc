//! Starts real nodes on free ports and looks at them from outside, as a client does.

use jsonrpsee::client_transport::ws::{Url, WsTransportClientBuilder};
use jsonrpsee::core::client::{Client, ClientBuilder, ClientT as _};
use jsonrpsee::core::params::ArrayParams;
use jsonrpsee::rpc_params;
use serde_json::{json, Value};
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus};
use std::time::{Duration, Instant};

const PROGRAM: &str = env!("CARGO_BIN_EXE_lantern-devnet");
/// Generous, because the machine may be busy with other tests.
const TIMEOUT: Duration = Duration::from_secs(90);
const POLL: Duration = Duration::from_millis(100);

/// A process and its files, both gone with the value.
struct Node {
    process: Child,
    directory: PathBuf,
}

/// A chain that is ready.
struct Chain {
    node: Node,
    rpc: String,
    client: Client,
}

impl Chain {
    async fn start(name: &str, arguments: &[&str]) -> Self {
        let directory = std::env::temp_dir().join(format!("lantern-devnet-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&directory).unwrap();
        let file = |name: &str| directory.join(name).display().to_string();
        let mut node = Node {
            process: Command::new(PROGRAM)
                .args(["run", "--scenario", "plain", "--slot-ms", "250", "--log", "warn"])
                .args(["--p2p-port", "0", "--rpc-port", "0"])
                .args(["--ready-file", &file("ready.json"), "--spec-out", &file("network.json")])
                .args(arguments)
                .spawn()
                .unwrap(),
            directory,
        };
        until("the chain is ready", async || {
            if let Some(status) = node.process.try_wait().unwrap() {
                panic!("the chain ended before it was ready: {status}");
            }
            node.directory.join("ready.json").exists().then_some(())
        })
        .await;
        let ready: Value =
            serde_json::from_slice(&std::fs::read(node.directory.join("ready.json")).unwrap()).unwrap();
        let rpc = ready["rpc"].as_str().unwrap().to_owned();
        let client = connect(&rpc).await;
        Self { node, rpc, client }
    }

    fn network_file(&self) -> Vec<u8> {
        std::fs::read(self.node.directory.join("network.json")).unwrap()
    }

    async fn request(&self, method: &str, parameters: ArrayParams) -> Value {
        self.client.request(method, parameters).await.unwrap_or_else(|error| panic!("{method}: {error}"))
    }

    async fn spec_version(&self) -> u64 {
        self.request("state_getRuntimeVersion", rpc_params![]).await["specVersion"].as_u64().unwrap()
    }

    /// Waits until GRANDPA votes with this set.
    async fn until_set(&self, set_id: u64) {
        until("the authority set changed", async || {
            let state = self.request("lantern_grandpaState", rpc_params![]).await;
            (state["setId"] == set_id && state["pendingChange"] == false).then_some(())
        })
        .await;
    }

    /// Asks the process to end and says how it did.
    async fn terminate(&mut self) -> ExitStatus {
        let told = Command::new("kill").arg(self.node.process.id().to_string()).status().unwrap();
        assert!(told.success());
        until("the process ended", async || self.node.process.try_wait().unwrap()).await
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        // Nothing of this can be helped in a test that has ended already.
        let _ = self.process.kill();
        let _ = self.process.wait();
        let _ = std::fs::remove_dir_all(&self.directory);
    }
}

async fn connect(url: &str) -> Client {
    let (sender, receiver) =
        WsTransportClientBuilder::default().build(Url::parse(url).unwrap()).await.unwrap();
    ClientBuilder::default().build_with_tokio(sender, receiver)
}

/// Waits until `probe` finds something.
async fn until<T>(what: &str, mut probe: impl AsyncFnMut() -> Option<T>) -> T {
    let started = Instant::now();
    loop {
        if let Some(found) = probe().await {
            return found;
        }
        assert!(started.elapsed() < TIMEOUT, "waited too long until {what}");
        tokio::time::sleep(POLL).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn set_id_does_not_follow_from_genesis() {
    let mut chain = Chain::start("set-id", &["--rotate-at", "4,8,12"]).await;

    let bytes = chain.network_file();
    assert!(bytes.len() < 10_000, "the network file has {} bytes", bytes.len());
    let file: Value = serde_json::from_slice(&bytes).unwrap();
    let genesis = chain.request("chain_getBlockHash", rpc_params![0]).await;
    assert_eq!(file["genesisHash"], genesis);
    let header = chain.request("chain_getHeader", rpc_params![&genesis]).await;
    assert_eq!(file["genesisStateRoot"], header["stateRoot"]);
    // On a busy machine the first suitable block may come after the first changes.
    let first_set = file["checkpoint"]["setId"].as_u64().unwrap();
    assert!((3..=6).contains(&first_set), "the checkpoint has set {first_set}");
    assert_eq!(file["checkpoint"]["auraSlotDurationMs"], 250);
    assert!(file["bootNodes"][0].as_str().unwrap().contains("/ws/p2p/12D3KooW"));

    chain.until_set(6).await;
    let state = chain.request("lantern_grandpaState", rpc_params![]).await;
    // The runtime counts from 0, whatever id the chain started with: nobody may ask it for the set id.
    let runtime_says = chain.request("state_call", rpc_params!["GrandpaApi_current_set_id", "0x"]).await;
    assert_eq!(runtime_says, json!("0x0300000000000000"));
    let fresh = chain.request("lantern_networkFile", rpc_params![]).await;
    assert_eq!(fresh["checkpoint"]["setId"], 6);

    chain.request("lantern_rotateAuthorities", rpc_params![]).await;
    chain.until_set(7).await;
    let last = chain.request("lantern_grandpaState", rpc_params![]).await;
    assert_ne!(state["authorities"], last["authorities"], "the signers have to change");

    // Finality goes on with the last set.
    let number = state["finalized"]["number"].as_u64().unwrap();
    until("the new set finalizes", async || {
        let state = chain.request("lantern_grandpaState", rpc_params![]).await;
        (state["finalized"]["number"].as_u64().unwrap() > number + 2).then_some(())
    })
    .await;
    assert!(chain.terminate().await.success());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_delayed_change_is_pending_before_it_is_enacted() {
    let chain = Chain::start("delay", &["--initial-set-id", "0"]).await;
    chain.request("lantern_rotateAuthorities", rpc_params![6]).await;
    until("the change is pending", async || {
        let state = chain.request("lantern_grandpaState", rpc_params![]).await;
        (state["pendingChange"] == true).then_some(())
    })
    .await;
    chain.until_set(1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn clients_find_their_methods_and_survive_an_upgrade() {
    let chain = Chain::start("methods", &[]).await;
    let methods = chain.request("rpc_methods", rpc_params![]).await;
    let methods = methods["methods"].as_array().unwrap();
    for method in [
        "account_nextIndex",
        "author_submitAndWatchExtrinsic",
        "author_submitExtrinsic",
        "author_unwatchExtrinsic",
        "chainHead_v1_follow",
        "chainSpec_v1_genesisHash",
        "chain_getBlock",
        "chain_getBlockHash",
        "chain_getFinalizedHead",
        "chain_getHead",
        "chain_getHeader",
        "chain_subscribeFinalizedHeads",
        "chain_subscribeNewHeads",
        "grandpa_proveFinality",
        "grandpa_roundState",
        "lantern_grandpaState",
        "lantern_networkFile",
        "lantern_setFault",
        "payment_queryInfo",
        "state_call",
        "state_getKeysPaged",
        "state_getMetadata",
        "state_getRuntimeVersion",
        "state_getStorage",
        "state_getStorageAt",
        "state_queryStorageAt",
        "system_accountNextIndex",
        "system_chain",
        "system_properties",
        "transactionWatch_v1_submitAndWatch",
        "transaction_v1_broadcast",
    ] {
        assert!(methods.contains(&json!(method)), "{method} is missing");
    }
    assert_eq!(
        chain.request("chain_getHead", rpc_params![0]).await,
        chain.request("chain_getBlockHash", rpc_params![0]).await
    );
    assert_eq!(chain.request("lantern_setFault", rpc_params!["slow:5"]).await, Value::Null);
    assert_eq!(chain.request("lantern_setFault", rpc_params![Value::Null]).await, json!("slow:5"));
    let wrong = chain.client.request::<Value, _>("lantern_setFault", rpc_params!["lie"]).await;
    assert!(wrong.is_err());

    let before = chain.spec_version().await;
    let upgraded = Command::new(PROGRAM).args(["upgrade", "--rpc", &chain.rpc]).status().unwrap();
    assert!(upgraded.success());
    assert!(chain.spec_version().await > before);
    let number = |header: Value| u64::from_str_radix(&header["number"].as_str().unwrap()[2..], 16).unwrap();
    let at = number(chain.request("chain_getHeader", rpc_params![]).await);
    until("the new runtime makes blocks", async || {
        (number(chain.request("chain_getHeader", rpc_params![]).await) > at + 2).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn three_authorities_finalize_and_stop_together() {
    let mut chain = Chain::start("three", &["--authorities", "3", "--slot-ms", "1000"]).await;
    let file: Value = serde_json::from_slice(&chain.network_file()).unwrap();
    assert_eq!(file["bootNodes"].as_array().unwrap().len(), 3);
    assert_eq!(file["checkpoint"]["grandpaAuthorities"].as_array().unwrap().len(), 3);

    let rpc: u16 = chain.rpc.rsplit_once(':').unwrap().1.parse().unwrap();
    let last = connect(&format!("ws://127.0.0.1:{}", rpc + 2)).await;
    until("the last node finalizes too", async || {
        let state: Value = last.request("lantern_grandpaState", rpc_params![]).await.unwrap();
        (state["finalized"]["number"].as_u64().unwrap() >= 2).then_some(())
    })
    .await;
    assert!(chain.terminate().await.success());
    for port in rpc..rpc + 3 {
        assert!(TcpListener::bind(("127.0.0.1", port)).is_ok(), "the node at port {port} still runs");
    }
}
