//! What the page and the light-client worker say to each other.

use crate::message::Protocol;
use lantern_types::{
    AccountId, AccountState, AtBlock, BlockRef, Field, NetUid, NetworkState, Provenance, SubnetDetail,
    SwapQuote, SwapSide, TaoBalance, TransactionStatus, TxContext,
};
use serde::{Deserialize, Serialize};

/// The light client's protocol.
#[derive(Debug, Clone, Copy)]
pub struct LightClient;

impl Protocol for LightClient {
    const VERSION: u16 = 2;
    type Request = LightClientRequest;
    type Response = LightClientResponse;
    type Error = LightClientError;
    type Event = LightClientEvent;
}

/// Asked by the page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum LightClientRequest {
    /// Join a network. Answered with `Done` as soon as the specification is accepted; everything after
    /// that is told by events.
    Start(StartOptions),
    /// Leave the network and keep what was saved.
    Stop,
    /// Publish a topic now and with each finalized block.
    Watch(Topic),
    /// Stop publishing it.
    Unwatch(Topic),
    /// Prove one number again and say where it comes from.
    Prove(Field),
    /// Let the chain's own code compute a swap at the finalized head.
    SimulateSwap {
        /// Subnet whose pool is asked.
        netuid: NetUid,
        /// What goes in.
        side: SwapSide,
    },
    /// What is needed to build and sign one call.
    TxContext {
        /// Who will sign.
        account: AccountId,
        /// Pallet name, such as `SubtensorModule`.
        pallet: String,
        /// Call name, such as `add_stake_limit`.
        call: String,
    },
    /// The chain's own fee for an extrinsic (`TransactionPaymentApi_query_info`).
    EstimateFee {
        /// The whole extrinsic, with a signature of zeros.
        extrinsic: Vec<u8>,
    },
    /// Send a signed extrinsic and follow it.
    Submit(PendingTransaction),
    /// Follow an extrinsic that was sent before a reload. It is sent again unless it is found.
    Track(PendingTransaction),
    /// The page goes to the background: save now.
    Save,
    /// The page came back, or the network did: look at the connections now.
    Wake,
}

/// How to join a network. A document that knows which one its page will ask for sends the specification
/// ahead, as plain text: the worker joins at once and tells nothing until the page asks for the same.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StartOptions {
    /// A Lantern network file or a Substrate chain specification (JSON).
    pub specification: String,
    /// Forget what was saved for this network and start from the checkpoint.
    pub discard_saved: bool,
}

/// A signed extrinsic on its way. It holds no secret and survives a reload.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PendingTransaction {
    /// Blake2-256 of the extrinsic: its name everywhere.
    pub hash: [u8; 32],
    /// The signed bytes.
    pub extrinsic: Vec<u8>,
    /// Finalized block that it was built on; it cannot be in an earlier one.
    pub birth: BlockRef,
    /// Last block that may include it, where it is mortal.
    pub last_valid: Option<u32>,
}

/// Something to be kept up to date.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Topic {
    /// All subnets: [`LightClientEvent::Network`].
    Network,
    /// One subnet with its validators: [`LightClientEvent::Subnet`].
    Subnet(NetUid),
    /// Balance and positions: [`LightClientEvent::Account`].
    Account(AccountId),
}

/// Answers a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum LightClientResponse {
    /// Done, or accepted.
    Done,
    /// Answers `Prove`.
    Provenance(Provenance),
    /// Answers `SimulateSwap`.
    Quote(AtBlock<SwapQuote>),
    /// Answers `TxContext`.
    TxContext(TxContext),
    /// Answers `EstimateFee`.
    Fee(TaoBalance),
}

/// Told by the worker.
#[allow(clippy::large_enum_variant, reason = "events are decoded once and moved into the page's state")]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum LightClientEvent {
    /// Where synchronisation stands; sent on change and about once a second while working.
    Sync(SyncStatus),
    /// A new head.
    Head(ChainHead),
    /// Topic `Network`.
    Network(AtBlock<NetworkState>),
    /// Topic `Subnet`.
    Subnet(AtBlock<SubnetDetail>),
    /// Topic `Account`.
    Account(AtBlock<AccountState>),
    /// A topic could not be read at the newest block; what was shown before is stale.
    TopicFailed {
        /// Which.
        topic: Topic,
        /// Why.
        error: LightClientError,
    },
    /// News of a transaction.
    Transaction {
        /// Blake2-256 of the extrinsic.
        hash: [u8; 32],
        /// Where it stands.
        status: TransactionStatus,
    },
    /// Something that the user should know although work goes on.
    Warning(LightClientError),
    /// The worker cannot go on without the user.
    Failed(LightClientError),
}

/// The stages of synchronisation, in their order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum SyncStage {
    /// No peer is connected.
    FindingPeers,
    /// Following finality proofs from the checkpoint to the head.
    CatchingUp,
    /// Proving the runtime and its state at the head.
    Checking,
    /// At least one block was finalized after the start: what is shown is proven.
    Verified,
}

/// Where synchronisation stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SyncStatus {
    /// The stage.
    pub stage: SyncStage,
    /// Milliseconds since the start of this stage.
    pub stage_millis: u64,
    /// Milliseconds since `Start`.
    pub elapsed_millis: u64,
    /// Why it takes longer than usual; nothing while all is well.
    pub delay: Option<Delay>,
    /// Block that the client started from.
    pub started_from: Option<StartPoint>,
    /// Authority-set changes proven since the start.
    pub authority_set_changes: u32,
    /// Peers, connected or being dialled.
    pub peers: Vec<Peer>,
    /// Peers of the specification that this page cannot dial, and why.
    pub undialable: Vec<Undialable>,
    /// Bytes received from peers.
    pub bytes_down: u64,
    /// Bytes sent to peers.
    pub bytes_up: u64,
    /// Proofs that were checked and hold.
    pub proofs_checked: u64,
    /// Proofs that were checked and refused.
    pub proofs_rejected: u64,
    /// Memory of the worker's wasm instance in bytes.
    pub memory_bytes: u64,
    /// What of this network is kept for the next visit.
    pub saved: SavedState,
}

/// Where a client started from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum StartPoint {
    /// The checkpoint of the network file, at this height.
    Checkpoint(u32),
    /// What was saved at the last visit, at this height.
    Saved(u32),
    /// The first block.
    Genesis,
}

/// What is kept for the next visit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum SavedState {
    /// Nothing yet.
    Nothing,
    /// The finalized database at this height.
    At(u32),
    /// The browser refuses storage, or it is full: the next visit starts from the checkpoint.
    Unavailable(String),
}

/// Why synchronisation takes longer than usual.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Delay {
    /// Every address that may be dialled was tried and none answers.
    NoPeerAnswers,
    /// No peer of the specification can be dialled from this page at all.
    NothingToDial,
    /// Peers are connected and do not answer requests.
    PeersStall,
    /// A peer sent a proof that does not hold; it is banned for a while.
    FalseProof,
    /// The finality proof cannot be followed from the checkpoint to the head: the authorities changed in a way
    /// that no such proof can cross, or the checkpoint is not of this chain.
    CheckpointRefused,
    /// The chain has not finalized a block for this many seconds.
    FinalityStalls(u64),
    /// The browser is offline.
    Offline,
}

/// One peer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Peer {
    /// Multiaddress.
    pub address: String,
    /// Whether the connection is open.
    pub is_connected: bool,
    /// Time of the last measured round trip in milliseconds.
    pub latency_millis: Option<u32>,
    /// Height of the best block that it told of.
    pub best: Option<u32>,
    /// Bytes received from it.
    pub bytes_down: u64,
    /// Why it was banned or failed last.
    pub trouble: Option<String>,
}

/// An address that cannot be dialled from this page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Undialable {
    /// Multiaddress.
    pub address: String,
    /// Why not, in words for the user.
    pub reason: String,
}

/// The chain's heads.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChainHead {
    /// Name of the chain.
    pub chain: String,
    /// Hash of block 0.
    pub genesis_hash: lantern_types::BlockHash,
    /// Newest finalized block.
    pub finalized: BlockRef,
    /// Newest block.
    pub best: BlockRef,
    /// Spec version of the finalized block's runtime.
    pub spec_version: u32,
    /// Extrinsics in the newest block, where its body is known.
    pub extrinsics: Option<u32>,
}

/// Families of errors, stable across builds: the page chooses words and advice by them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The chain specification cannot be read.
    DamagedSpecification,
    /// The specification's genesis hash is not that of its genesis state.
    WrongGenesis,
    /// The checkpoint does not belong to the specification, or peers prove another chain.
    CheckpointMismatch,
    /// No peer can be reached.
    NoPeers,
    /// What was saved was damaged or of another chain, and was dropped.
    SavedStateDropped,
    /// The browser denies or lacks storage.
    StorageUnavailable,
    /// Another tab leads and this one cannot attach to it.
    AnotherTab,
    /// Peers did not answer in time.
    Timeout,
    /// Peers sent data that does not hold.
    FalseData,
    /// The runtime lacks what was asked for.
    NotInRuntime,
    /// The runtime's metadata or data cannot be decoded.
    Undecodable,
    /// The request itself is wrong.
    BadRequest,
    /// The client is not ready yet.
    NotReady,
    /// The light client broke.
    Internal,
}

/// An error as it crosses to the page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{message}")]
pub struct LightClientError {
    /// Its family.
    pub kind: ErrorKind,
    /// What happened, in one sentence; details last.
    pub message: String,
    /// Whether trying again can help.
    pub can_retry: bool,
}
