//! Puts the node's parts together and runs them until the process is told to stop.
#![allow(clippy::result_large_err, reason = "the error is the service's own, and rare")]

use crate::args::RunOptions;
use crate::consensus::{self, Authoring, GrandpaLink, Voter};
use crate::genesis::Executor;
use crate::lying_network::{self, LyingNetwork};
use crate::rpc::{self, RpcParts};
use crate::{config, fault, genesis, grandpa_start, keys, readiness, rotation, Error};
use lantern_devnet_runtime::opaque::Block;
use lantern_devnet_runtime::RuntimeApi;
use sc_consensus_grandpa::warp_proof::NetworkProvider as WarpProofs;
use sc_consensus_grandpa::{FinalityProofProvider, SharedVoterState};
use sc_network::config::FullNetworkConfiguration;
use sc_network::{NetworkBackend, NotificationService, ProtocolName};
use sc_service::{BuildNetworkParams, Configuration, SpawnTasksParams, TaskManager, WarpSyncConfig};
use sp_api::ProvideRuntimeApi as _;
use sp_blockchain::HeaderBackend as _;
use sp_consensus_grandpa::GrandpaApi as _;
use sp_core::H256;
use std::sync::Arc;
use std::time::Duration;
use tokio::signal::unix::{signal, SignalKind};

/// The chain's client.
pub type Client = sc_service::TFullClient<Block, RuntimeApi, Executor>;
/// The chain's database.
pub type Backend = sc_service::TFullBackend<Block>;
/// The pool of transactions.
pub type Pool = sc_transaction_pool::TransactionPoolHandle<Block, Client>;
type Network = LyingNetwork;
type NetworkConfig = FullNetworkConfiguration<Block, H256, Network>;

/// Time that tasks get to end before the process does.
const STOP_TIMEOUT: Duration = Duration::from_secs(3);

/// Runs one node until it is told to stop.
pub fn run(options: RunOptions) -> Result<(), Error> {
    readiness::remove_stale(&options)?;
    sc_tracing::logging::LoggerBuilder::new(options.log.clone())
        .init()
        .map_err(|error| Error::Usage(error.to_string()))?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|source| Error::Os { context: "start threads", source })?;
    let handle = runtime.handle().clone();
    let outcome = runtime.block_on(async {
        let stop_with_stdin = options.stop_with_stdin;
        let mut task_manager = start(options, handle)?;
        let stopped = wait_for_stop(&mut task_manager, stop_with_stdin).await;
        log::info!("stopping");
        tokio::task::block_in_place(|| drop(task_manager));
        stopped
    });
    runtime.shutdown_timeout(STOP_TIMEOUT);
    outcome
}

async fn wait_for_stop(task_manager: &mut TaskManager, stop_with_stdin: bool) -> Result<(), Error> {
    let supervisor_gone = supervisor_gone(stop_with_stdin);
    let mut terminate = signal(SignalKind::terminate())
        .map_err(|source| Error::Os { context: "listen for SIGTERM", source })?;
    tokio::select! {
        _ = terminate.recv() => Ok(()),
        // The terminal sends the interrupt to the supervisor as well, which ends its nodes in turn.
        _ = tokio::signal::ctrl_c() => Ok(()),
        _ = supervisor_gone => Ok(()),
        ended = task_manager.future() => Ok(ended?),
    }
}

/// Waits until standard input ends, if that is a reason to stop, and else for ever.
async fn supervisor_gone(stop_with_stdin: bool) {
    if !stop_with_stdin {
        return futures::future::pending().await;
    }
    let (sender, receiver) = futures::channel::oneshot::channel::<()>();
    // A thread of its own: the read cannot be cancelled and must not hold up the end.
    std::thread::spawn(move || {
        // Whether the input ends or fails, nobody is there any more.
        drop(std::io::copy(&mut std::io::stdin(), &mut std::io::sink()));
        drop(sender);
    });
    // The sender says what it has to say by going away.
    let _gone = receiver.await;
}

/// Starts all parts; dropping the returned value stops them.
fn start(options: RunOptions, handle: tokio::runtime::Handle) -> Result<TaskManager, Error> {
    let authority = options.authority_index.unwrap_or(0);
    fault::set(options.fault);
    let executor = config::executor();
    let spec = genesis::chain_spec(&options, &executor)?;
    if let Some(path) = &options.raw_spec_out {
        config::write_raw_spec(path, &spec, &options)?;
    }
    let config = config::configuration(&options, Box::new(spec), handle)?;

    let (client, backend, keystore, mut task_manager) =
        sc_service::new_full_parts::<Block, RuntimeApi, _>(&config, None, executor, vec![])?;
    let client = Arc::new(client);
    let keystore = keystore.keystore();
    keys::fill_keystore(&keystore, authority).map_err(|error| Error::Chain(format!("keystore: {error}")))?;
    let authorities = client.runtime_api().grandpa_authorities(client.info().genesis_hash)?;
    grandpa_start::seed_set_id(&*backend, authorities, options.initial_set_id)?;

    let pool = Arc::new(
        sc_transaction_pool::Builder::new(
            task_manager.spawn_essential_handle(),
            client.clone(),
            config.role.is_authority().into(),
        )
        .with_options(config.transaction_pool.clone())
        .build(),
    );
    let select_chain = consensus::SelectChain::new(backend.clone());
    let (import, link) = consensus::grandpa_import(&client, select_chain.clone())?;

    let protocols = Protocols::new(&config, &client);
    let (network, system_rpc_tx, tx_handler_controller, sync, _) =
        sc_service::build_network(BuildNetworkParams {
            config: &config,
            net_config: protocols.config,
            client: client.clone(),
            transaction_pool: pool.clone(),
            spawn_handle: task_manager.spawn_handle(),
            spawn_essential_handle: task_manager.spawn_essential_handle(),
            import_queue: consensus::import_queue(&client, &import, &task_manager)?,
            block_announce_validator_builder: None,
            warp_sync_config: Some(warp_proofs(&backend, &link)),
            block_relay: None,
            metrics: <Network as NetworkBackend<Block, H256>>::register_notification_metrics(None),
            gap_sync_body_policy: None,
        })?;

    let parts = rpc_parts(&client, &backend, &pool, &link, options);
    let voter_state = parts.voter_state.clone();
    readiness::watch(&task_manager, parts.clone());
    rotation::start(&task_manager, parts.clone());
    let authoring = Authoring {
        client: client.clone(),
        select_chain,
        pool: pool.clone(),
        keystore: keystore.clone(),
        import,
        sync: sync.clone(),
    };
    authoring.start(&task_manager)?;
    let voter = Voter {
        link,
        network: network.clone(),
        sync: sync.clone(),
        notifications: protocols.grandpa,
        protocol_name: protocols.grandpa_name,
        voter_state,
        keystore: keystore.clone(),
        pool: pool.clone(),
    };
    voter.start(&task_manager)?;
    sc_service::spawn_tasks(SpawnTasksParams {
        config,
        client,
        backend,
        task_manager: &mut task_manager,
        keystore,
        transaction_pool: pool,
        rpc_builder: Box::new(move |executor| rpc::module(&parts, executor)),
        network,
        system_rpc_tx,
        tx_handler_controller,
        sync_service: sync,
        telemetry: None,
        tracing_execute_block: None,
    })?;
    Ok(task_manager)
}

/// The network's configuration with GRANDPA's gossip in it.
struct Protocols {
    config: NetworkConfig,
    grandpa: Box<dyn NotificationService>,
    grandpa_name: ProtocolName,
}

impl Protocols {
    fn new(configuration: &Configuration, client: &Client) -> Self {
        let mut config = lying_network::configuration(&configuration.network);
        let grandpa_name = sc_consensus_grandpa::protocol_standard_name(
            &client.info().genesis_hash,
            &configuration.chain_spec,
        );
        let (grandpa_config, grandpa) = sc_consensus_grandpa::grandpa_peers_set_config::<Block, Network>(
            grandpa_name.clone(),
            <Network as NetworkBackend<Block, H256>>::register_notification_metrics(None),
            config.peer_store_handle(),
        );
        config.add_notification_protocol(grandpa_config);
        Self { config, grandpa, grandpa_name }
    }
}

fn warp_proofs(backend: &Arc<Backend>, link: &GrandpaLink) -> WarpSyncConfig<Block> {
    let proofs = WarpProofs::new(backend.clone(), link.shared_authority_set().clone(), vec![]);
    WarpSyncConfig::WithProvider(Arc::new(proofs))
}

fn rpc_parts(
    client: &Arc<Client>,
    backend: &Arc<Backend>,
    pool: &Arc<Pool>,
    link: &GrandpaLink,
    options: RunOptions,
) -> RpcParts {
    let authority_set = link.shared_authority_set().clone();
    RpcParts {
        client: client.clone(),
        pool: pool.clone(),
        finality_proofs: FinalityProofProvider::new_for_service(backend.clone(), Some(authority_set.clone())),
        authority_set,
        voter_state: SharedVoterState::empty(),
        justifications: link.justification_stream(),
        options: Arc::new(options),
    }
}
