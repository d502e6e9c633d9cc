//! What the page knows of the chain, and how each event of the light client changes it.

use super::loadable::{Loadable, StaleReason};
use super::rail::Rail;
use crate::problem::Problem;
use lantern_types::{AccountId, AccountState, AtBlock, NetUid, NetworkState, SubnetDetail};
use lantern_worker_bridge::light_client::{
    ChainHead, Delay, ErrorKind, LightClientError, LightClientEvent, SyncStage, SyncStatus, Topic,
};
use std::collections::BTreeMap;

/// How many warnings are shown at the same time.
const WARNINGS: usize = 3;

/// Whether the light client runs.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum ClientState {
    /// The page has just been drawn.
    #[default]
    NotStarted,
    /// Its program or the network's file is being loaded.
    Starting,
    /// It follows a network.
    Running,
    /// It stopped by itself and is being started again.
    Restarting {
        /// What the browser said.
        cause: String,
        /// Which attempt this is.
        attempt: u32,
    },
    /// It needs the user.
    Failed(Problem),
}

/// The newest heads and when the page heard of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeadSeen {
    /// The heads.
    pub head: ChainHead,
    /// The page's clock, in milliseconds, when the finalized block last changed.
    pub finalized_at: u64,
}

/// The chain as the light client tells it.
#[derive(Debug, Clone, Default)]
pub struct ChainState {
    /// Whether the light client runs.
    pub client: ClientState,
    /// Where synchronisation stands.
    pub sync: Option<SyncStatus>,
    /// The newest heads.
    pub head: Option<HeadSeen>,
    /// The last blocks.
    pub rail: Rail,
    /// All subnets.
    pub network: Loadable<AtBlock<NetworkState>>,
    /// Subnets that were looked at.
    pub subnets: BTreeMap<NetUid, Loadable<AtBlock<SubnetDetail>>>,
    /// Accounts that were looked at.
    pub accounts: BTreeMap<AccountId, Loadable<AtBlock<AccountState>>>,
    /// Things the user should know, newest last, one of each kind.
    pub warnings: Vec<LightClientError>,
}

impl ChainState {
    /// Forgets everything: another network was chosen.
    #[must_use]
    pub fn starting() -> Self {
        Self { client: ClientState::Starting, ..Self::default() }
    }

    /// Takes an event that came at `now` (milliseconds on the page's clock).
    ///
    /// News of transactions belong to [`super::transactions`] and change nothing here.
    pub fn apply(&mut self, event: LightClientEvent, now: u64) {
        match event {
            LightClientEvent::Sync(sync) => self.take_sync(sync),
            LightClientEvent::Head(head) => self.take_head(head, now),
            LightClientEvent::Network(value) => self.network = self.lit(value),
            LightClientEvent::Subnet(value) => {
                let netuid = value.value.subnet.netuid;
                let value = self.lit(value);
                self.subnets.insert(netuid, value);
            }
            LightClientEvent::Account(value) => {
                let account = value.value.coldkey.0;
                let value = self.lit(value);
                self.accounts.insert(account, value);
            }
            LightClientEvent::TopicFailed { topic, error } => {
                let problem = Problem::LightClient(error);
                match topic {
                    Topic::Network => self.network.fail(problem),
                    Topic::Subnet(netuid) => self.subnets.entry(netuid).or_default().fail(problem),
                    Topic::Account(account) => self.accounts.entry(account).or_default().fail(problem),
                }
            }
            LightClientEvent::Warning(error) => self.warn(error),
            LightClientEvent::Failed(error) => {
                self.client = ClientState::Failed(Problem::LightClient(error));
                self.all_stale();
            }
            LightClientEvent::Transaction { .. } => {}
        }
    }

    /// Marks a topic as asked for; what is known of it stays.
    pub fn ask(&mut self, topic: Topic) {
        fn begin<T>(value: &mut Loadable<T>) {
            if matches!(value, Loadable::NotAsked | Loadable::Failed(_)) {
                *value = Loadable::Loading;
            }
        }
        match topic {
            Topic::Network => begin(&mut self.network),
            Topic::Subnet(netuid) => begin(self.subnets.entry(netuid).or_default()),
            Topic::Account(account) => begin(self.accounts.entry(account).or_default()),
        }
    }

    /// The worker is gone: everything known becomes old.
    pub fn worker_stopped(&mut self, client: ClientState) {
        self.client = client;
        self.sync = None;
        self.all_stale();
    }

    /// Takes a warning away that the user has read.
    pub fn dismiss(&mut self, kind: ErrorKind) {
        self.warnings.retain(|warning| warning.kind != kind);
    }

    /// Whether the newest finalized block is followed: only then is anything lit.
    #[must_use]
    pub fn is_current(&self) -> bool {
        self.client == ClientState::Running && self.sync.as_ref().is_some_and(is_following)
    }

    fn take_sync(&mut self, sync: SyncStatus) {
        // Only a running client reports; a failure that it told of stands until it is started again.
        if !matches!(self.client, ClientState::Failed(_)) {
            self.client = ClientState::Running;
        }
        self.sync = Some(sync);
        if self.is_current() { self.relight() } else { self.all_stale() }
    }

    fn take_head(&mut self, head: ChainHead, now: u64) {
        self.rail.apply(head.finalized.number, head.best.number, head.extrinsics);
        let finalized_at = match &self.head {
            Some(seen) if seen.head.finalized == head.finalized => seen.finalized_at,
            _ => now,
        };
        self.head = Some(HeadSeen { head, finalized_at });
    }

    fn lit<T>(&self, value: AtBlock<T>) -> Loadable<AtBlock<T>> {
        let value = std::sync::Arc::new(value);
        if self.is_current() { Loadable::Ready(value) } else { Loadable::Stale(value, StaleReason::Behind) }
    }

    fn all_stale(&mut self) {
        self.network.make_stale_unless_unread();
        self.subnets.values_mut().for_each(Loadable::make_stale_unless_unread);
        self.accounts.values_mut().for_each(Loadable::make_stale_unless_unread);
    }

    /// Lights what was read at the finalized head and only dimmed because nothing was followed.
    fn relight(&mut self) {
        let Some(finalized) = self.head.as_ref().map(|seen| seen.head.finalized) else { return };
        self.network.relight_at(finalized);
        self.subnets.values_mut().for_each(|value| value.relight_at(finalized));
        self.accounts.values_mut().for_each(|value| value.relight_at(finalized));
    }

    fn warn(&mut self, error: LightClientError) {
        self.warnings.retain(|warning| warning.kind != error.kind);
        self.warnings.push(error);
        let surplus = self.warnings.len().saturating_sub(WARNINGS);
        self.warnings.drain(..surplus);
    }
}

fn is_following(sync: &SyncStatus) -> bool {
    sync.stage == SyncStage::Verified && matches!(sync.delay, None | Some(Delay::FalseProof))
}

impl<T> Loadable<T> {
    fn make_stale_unless_unread(&mut self) {
        if self.is_ready() {
            self.make_stale(StaleReason::Behind);
        }
    }
}

impl<T> Loadable<AtBlock<T>> {
    fn relight_at(&mut self, finalized: lantern_types::BlockRef) {
        if let Self::Stale(value, StaleReason::Behind) = self
            && value.block == finalized
        {
            *self = Self::Ready(value.clone());
        }
    }
}

#[cfg(test)]
#[path = "chain_tests.rs"]
mod tests;
