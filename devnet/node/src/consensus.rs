//! Block production with Aura and finality with GRANDPA.

use crate::service::{Backend, Client, Pool};
use crate::Error;
use lantern_devnet_runtime::opaque::Block;
use sc_consensus_aura::{ImportQueueParams, SlotProportion, StartAuraParams};
use sc_consensus_grandpa::{GrandpaBlockImport, GrandpaParams, LinkHalf, SharedVoterState};
use sc_network::service::traits::NetworkService;
use sc_network::{NotificationService, ProtocolName};
use sc_network_sync::SyncingService;
use sc_service::TaskManager;
use sc_transaction_pool_api::OffchainTransactionPoolFactory;
use sp_consensus_aura::inherents::InherentDataProvider as SlotInherent;
use sp_consensus_aura::sr25519::AuthorityPair as AuraPair;
use sp_consensus_aura::SlotDuration;
use sp_keystore::KeystorePtr;
use sp_timestamp::InherentDataProvider as TimestampInherent;
use std::sync::Arc;
use std::time::Duration;

/// The rule by which the best block is chosen.
pub type SelectChain = sc_consensus::LongestChain<Backend, Block>;
/// Block import that GRANDPA watches.
pub type GrandpaImport = GrandpaBlockImport<Backend, Block, Client, SelectChain>;
/// What ties the voter to the block import.
pub type GrandpaLink = LinkHalf<Block, Client, SelectChain>;

/// Justifications are kept for every so many blocks, as on Finney; those of set changes always.
const JUSTIFICATION_PERIOD: u32 = 512;
const GOSSIP_DURATION: Duration = Duration::from_millis(333);

/// Block import and its link to the voter.
pub fn grandpa_import(
    client: &Arc<Client>,
    select_chain: SelectChain,
) -> Result<(GrandpaImport, GrandpaLink), Error> {
    Ok(sc_consensus_grandpa::block_import(client.clone(), JUSTIFICATION_PERIOD, client, select_chain, None)?)
}

/// The queue that checks blocks of other nodes.
pub fn import_queue(
    client: &Arc<Client>,
    import: &GrandpaImport,
    task_manager: &TaskManager,
) -> Result<sc_consensus::BasicQueue<Block>, Error> {
    let slot_duration = slot_duration(client)?;
    sc_consensus_aura::import_queue::<AuraPair, _, _, _, _, _>(ImportQueueParams {
        block_import: import.clone(),
        justification_import: Some(Box::new(import.clone())),
        client: client.clone(),
        create_inherent_data_providers: move |_, ()| async move { Ok(inherents(slot_duration)) },
        spawner: &task_manager.spawn_essential_handle(),
        registry: None,
        check_for_equivocation: Default::default(),
        telemetry: None,
        compatibility_mode: Default::default(),
    })
    .map_err(|error| Error::Chain(error.to_string()))
}

/// What block production needs.
pub struct Authoring {
    /// The chain.
    pub client: Arc<Client>,
    /// Rule for the block to build on.
    pub select_chain: SelectChain,
    /// Where extrinsics come from.
    pub pool: Arc<Pool>,
    /// The authority's keys.
    pub keystore: KeystorePtr,
    /// Where finished blocks go.
    pub import: GrandpaImport,
    /// The state of syncing.
    pub sync: Arc<SyncingService<Block>>,
}

impl Authoring {
    /// Starts producing blocks in the authority's slots.
    pub fn start(self, task_manager: &TaskManager) -> Result<(), Error> {
        let slot_duration = slot_duration(&self.client)?;
        let proposer_factory = sc_basic_authorship::ProposerFactory::new(
            task_manager.spawn_handle(),
            self.client.clone(),
            self.pool,
            None,
            None,
        );
        let aura = sc_consensus_aura::start_aura::<AuraPair, _, _, _, _, _, _, _, _, _, _>(StartAuraParams {
            slot_duration,
            client: self.client,
            select_chain: self.select_chain,
            block_import: self.import,
            proposer_factory,
            sync_oracle: self.sync.clone(),
            justification_sync_link: self.sync,
            create_inherent_data_providers: move |_, ()| async move { Ok(inherents(slot_duration)) },
            force_authoring: true,
            backoff_authoring_blocks: None::<()>,
            keystore: self.keystore,
            block_proposal_slot_portion: SlotProportion::new(2.0 / 3.0),
            max_block_proposal_slot_portion: None,
            telemetry: None,
            compatibility_mode: Default::default(),
        })
        .map_err(|error| Error::Chain(error.to_string()))?;
        task_manager.spawn_essential_handle().spawn_blocking("aura", Some("block-authoring"), aura);
        Ok(())
    }
}

/// What the GRANDPA voter needs.
pub struct Voter {
    /// What ties it to the block import.
    pub link: GrandpaLink,
    /// The network.
    pub network: Arc<dyn NetworkService>,
    /// The state of syncing.
    pub sync: Arc<SyncingService<Block>>,
    /// The voters' gossip.
    pub notifications: Box<dyn NotificationService>,
    /// Name of the gossip's protocol.
    pub protocol_name: ProtocolName,
    /// Rounds, for JSON-RPC.
    pub voter_state: SharedVoterState,
    /// The authority's keys.
    pub keystore: KeystorePtr,
    /// Where reports of misbehaviour would go.
    pub pool: Arc<Pool>,
}

impl Voter {
    /// Starts voting.
    pub fn start(self, task_manager: &TaskManager) -> Result<(), Error> {
        let config = sc_consensus_grandpa::Config {
            gossip_duration: GOSSIP_DURATION,
            justification_generation_period: JUSTIFICATION_PERIOD,
            observer_enabled: false,
            local_role: sc_service::Role::Authority,
            name: None,
            keystore: Some(self.keystore),
            telemetry: None,
            protocol_name: self.protocol_name,
        };
        let voter = sc_consensus_grandpa::run_grandpa_voter(GrandpaParams {
            config,
            link: self.link,
            network: self.network,
            sync: self.sync,
            notification_service: self.notifications,
            // Vote for the best block at once: finality then lags no more than a block behind.
            voting_rule: (),
            prometheus_registry: None,
            shared_voter_state: self.voter_state,
            telemetry: None,
            offchain_tx_pool_factory: OffchainTransactionPoolFactory::new(self.pool),
        })?;
        task_manager.spawn_essential_handle().spawn_blocking("grandpa-voter", None, voter);
        Ok(())
    }
}

fn slot_duration(client: &Arc<Client>) -> Result<SlotDuration, Error> {
    Ok(sc_consensus_aura::slot_duration(&**client)?)
}

fn inherents(slot_duration: SlotDuration) -> (SlotInherent, TimestampInherent) {
    let timestamp = TimestampInherent::from_system_time();
    (SlotInherent::from_timestamp_and_slot_duration(*timestamp, slot_duration), timestamp)
}
