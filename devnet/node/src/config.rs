//! The service's configuration, from the command line.

use crate::args::RunOptions;
use crate::genesis::Executor;
use crate::{keys, network_file, Error};
use sc_network::config::{NetworkConfiguration, SetConfig, TransportConfig};
use sc_network::multiaddr::{Multiaddr, Protocol};
use sc_service::config::{
    ExecutorConfiguration, KeystoreConfig, RpcBatchRequestConfig, RpcConfiguration, RpcEndpoint, RpcMethods,
};
use sc_service::{BasePath, BlocksPruning, ChainSpec, Configuration, DatabaseSource, PruningMode, Role};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Full nodes and light clients that may connect at the same time.
const IN_PEERS: u32 = 132;
/// Full nodes among them. The rest is for light clients, which would otherwise be refused.
const FULL_PEERS: u32 = 40;
const OUT_PEERS: u32 = 8;
const MAX_RPC_CONNECTIONS: u32 = 200;
const MAX_RPC_MEGABYTES: u32 = 32;

/// JSON-RPC port of one authority.
pub fn rpc_port(options: &RunOptions, authority: u32) -> u16 {
    options.rpc_port + authority as u16
}

/// The executor of the runtime, compiled code cached.
pub fn executor() -> Executor {
    Executor::builder().with_max_runtime_instances(8).with_runtime_cache_size(3).build()
}

/// The ordinary raw chain spec with the addresses of this chain's nodes.
pub fn write_raw_spec(path: &Path, spec: &dyn ChainSpec, options: &RunOptions) -> Result<(), Error> {
    let mut spec = spec.cloned_box();
    for address in network_file::boot_nodes(options) {
        spec.add_boot_node(address.parse().map_err(|_| Error::Chain(format!("bad address {address}")))?);
    }
    let json = spec.as_json(true).map_err(Error::Genesis)?;
    network_file::write(path, json.as_bytes())
}

/// The service's configuration.
pub fn configuration(
    options: &RunOptions,
    chain_spec: Box<dyn ChainSpec>,
    tokio_handle: tokio::runtime::Handle,
) -> Result<Configuration, Error> {
    let authority = options.authority_index.unwrap_or(0);
    let base_path = BasePath::new(match &options.base_path {
        Some(path) if options.authorities > 1 => path.join(authority.to_string()),
        Some(path) => path.clone(),
        // Nothing is written there: database and keys are in memory.
        None => PathBuf::from("."),
    });
    Ok(Configuration {
        impl_name: "lantern-devnet".into(),
        impl_version: env!("CARGO_PKG_VERSION").into(),
        role: Role::Authority,
        tokio_handle,
        transaction_pool: Default::default(),
        network: network(options, authority)?,
        keystore: KeystoreConfig::InMemory,
        database: match &options.base_path {
            Some(_) => DatabaseSource::ParityDb { path: base_path.path().join("db") },
            None => DatabaseSource::Custom {
                db: Arc::new(sp_database::MemDb::new()),
                // Without this the database takes its emptiness for damage.
                require_create_flag: true,
            },
        },
        trie_cache_maximum_size: Some(64 * 1024 * 1024),
        warm_up_trie_cache: None,
        state_pruning: Some(PruningMode::blocks_pruning(options.state_blocks)),
        blocks_pruning: BlocksPruning::KeepAll,
        chain_spec,
        executor: ExecutorConfiguration::default(),
        wasm_runtime_overrides: None,
        rpc: rpc(options, authority),
        prometheus_config: None,
        telemetry_endpoints: None,
        offchain_worker: Default::default(),
        // A chain of one node has nobody to sync with and would wait for ever.
        force_authoring: true,
        disable_grandpa: false,
        dev_key_seed: None,
        tracing_targets: None,
        tracing_receiver: Default::default(),
        announce_block: true,
        data_path: base_path.path().to_path_buf(),
        base_path,
    })
}

fn network(options: &RunOptions, authority: u32) -> Result<NetworkConfiguration, Error> {
    let name = format!("lantern-devnet-{authority}");
    let mut network = NetworkConfiguration::new(name, "lantern-devnet", keys::node_key(authority), None);
    network.listen_addresses = vec![Multiaddr::from(Ipv4Addr::LOCALHOST)
        .with(Protocol::Tcp(options.p2p_port + authority as u16))
        .with(Protocol::Ws("/".into()))];
    for other in (0..options.authorities).filter(|other| *other != authority) {
        let address = network_file::address(options, other);
        network.boot_nodes.push(address.parse().map_err(|_| Error::Chain(format!("bad address {address}")))?);
    }
    network.default_peers_set =
        SetConfig { in_peers: IN_PEERS, out_peers: OUT_PEERS, ..SetConfig::default() };
    network.default_peers_set_num_full = FULL_PEERS;
    network.transport = TransportConfig::Normal { enable_mdns: false, allow_private_ip: true };
    network.allow_non_globals_in_dht = true;
    Ok(network)
}

fn rpc(options: &RunOptions, authority: u32) -> RpcConfiguration {
    let endpoint = RpcEndpoint {
        listen_addr: SocketAddr::from((Ipv4Addr::LOCALHOST, rpc_port(options, authority))),
        batch_config: RpcBatchRequestConfig::Unlimited,
        max_connections: MAX_RPC_CONNECTIONS,
        max_payload_in_mb: MAX_RPC_MEGABYTES,
        max_payload_out_mb: MAX_RPC_MEGABYTES,
        max_subscriptions_per_connection: 1_024,
        max_buffer_capacity_per_connection: 256,
        rate_limit: None,
        rate_limit_trust_proxy_headers: false,
        rate_limit_whitelisted_ips: vec![],
        cors: None,
        // The server listens on the loopback interface alone.
        rpc_methods: RpcMethods::Unsafe,
        is_optional: false,
        retry_random_port: false,
    };
    RpcConfiguration {
        addr: Some(vec![endpoint]),
        max_connections: MAX_RPC_CONNECTIONS,
        cors: None,
        methods: RpcMethods::Unsafe,
        max_request_size: MAX_RPC_MEGABYTES,
        max_response_size: MAX_RPC_MEGABYTES,
        id_provider: None,
        max_subs_per_conn: 1_024,
        port: rpc_port(options, authority),
        message_buffer_capacity: 256,
        batch_config: RpcBatchRequestConfig::Unlimited,
        rate_limit: None,
        rate_limit_whitelisted_ips: vec![],
        rate_limit_trust_proxy_headers: false,
        request_logger_limit: 1_024,
    }
}
