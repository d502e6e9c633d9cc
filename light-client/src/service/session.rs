//! A network that is joined: its engine, its chain, its watchdogs and what they say.

use super::Surroundings;
use crate::budget;
use crate::database::{self, Snapshot, StorageError};
use crate::dial::PageOrigin;
use crate::engine::{Engine, Output};
use crate::error;
use crate::kept_metadata::KeptRuntimes;
use crate::platform::{self, Platform};
use crate::spec::{Spec, StartFrom};
use crate::start_rule::StartRule;
use crate::sync_status::{Facts, Standing, SyncFold};
use crate::tabs::Lead;
use futures::FutureExt as _;
use futures::future::LocalBoxFuture;
use lantern_chain::rpc::{PipeClient, RpcClient as _};
use lantern_chain::{Chain, Clock, ProofMeter, Watch};
use lantern_types::BlockHash;
use lantern_worker_bridge::light_client::{
    ChainHead, Delay, LightClientError, Peer, SavedState, StartPoint, SyncStage, SyncStatus, Undialable,
};
use std::rc::Rc;
use std::time::Duration;

/// A network that was opened.
pub(super) struct Launch {
    pub(super) spec: Spec,
    pub(super) key: String,
    pub(super) platform: Platform,
    pub(super) origin: PageOrigin,
    pub(super) engine: Engine,
    pub(super) output: Output,
    pub(super) lead: Option<Lead>,
    pub(super) snapshot: Option<Snapshot>,
    pub(super) started_from: StartPoint,
    pub(super) saved_state: SavedState,
    /// Whether what is kept of runtimes is to be forgotten, too.
    pub(super) forgets_metadata: bool,
    pub(super) started: Duration,
}

/// A network that is joined.
pub(super) struct Running {
    pub(super) chain: Chain,
    pub(super) heads: Watch<lantern_chain::ChainHead>,
    pub(super) head: Option<lantern_chain::ChainHead>,
    pub(super) lead: Option<Lead>,
    /// Newest state that could be started from.
    pub(super) snapshot: Option<Snapshot>,
    spec: Spec,
    key: String,
    platform: Platform,
    origin: PageOrigin,
    engine: Engine,
    surroundings: Rc<Surroundings>,
    fold: SyncFold,
    begun: Duration,
    started_from: StartPoint,
    saved_state: SavedState,
    is_saving: bool,
    last_saved: Duration,
    last_finalized: Option<Duration>,
    last_status: Duration,
    /// Stage, delay and connected peers that the page was told last.
    told: Option<(SyncStage, Option<Delay>, usize)>,
}

/// What the watchdogs think.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    Well,
    /// It is time to save.
    SaveNow,
    /// What was saved leads nowhere although peers answer.
    SavedIsBad,
    /// The connections or the synchronisation are dead.
    Lost,
}

/// What came of saving.
pub(super) enum SaveOutcome {
    /// The state, and whether it is stored.
    Snapshot(Snapshot, Result<(), StorageError>),
    /// The light client has nothing to save yet.
    Nothing,
}

impl Running {
    /// Starts to follow the chain. The jobs have to be run.
    pub(super) fn start(
        launch: Launch,
        surroundings: Rc<Surroundings>,
    ) -> (Self, Vec<LocalBoxFuture<'static, ()>>) {
        let now = platform::now();
        let rpc: PipeClient = launch.engine.rpc().clone();
        let genesis = launch.spec.genesis_hash.unwrap_or_default();
        let (kept, keeping) =
            KeptRuntimes::open(Rc::clone(&surroundings.storage), genesis, launch.forgets_metadata);
        let rule = start_rule(&launch.spec);
        let (chain, driver) = Chain::new(lantern_chain::Surroundings {
            rpc: Rc::new(rpc),
            clock: Rc::new(WallClock),
            meter: Rc::new(Meter(launch.platform.clone())),
            start: Rc::new(move |header| rule.is_proven_and_recent(header, platform::unix_time())),
            metadata: Some(Rc::new(kept)),
        });
        let warm_up = {
            let chain = chain.clone();
            // Whatever fails here is read again, and told, when somebody needs it.
            async move { drop(chain.warm_up().await) }
        };
        let jobs =
            vec![launch.output.pump().boxed_local(), driver.boxed_local(), warm_up.boxed_local(), keeping];
        let running = Self {
            heads: chain.heads(),
            chain,
            head: None,
            lead: launch.lead,
            snapshot: launch.snapshot,
            spec: launch.spec,
            key: launch.key,
            platform: launch.platform,
            origin: launch.origin,
            engine: launch.engine,
            surroundings,
            fold: SyncFold::start(launch.started),
            begun: now,
            started_from: launch.started_from,
            saved_state: launch.saved_state,
            is_saving: false,
            last_saved: now,
            last_finalized: None,
            last_status: now,
            told: None,
        };
        (running, jobs)
    }

    pub(super) fn spec(&self) -> Spec {
        self.spec.clone()
    }

    pub(super) fn network(&self) -> String {
        self.key.clone()
    }

    pub(super) fn is_ready(&self) -> bool {
        self.head.as_ref().is_some_and(|head| head.is_ready)
    }

    /// Takes in a head. Returns whether it is the first that something may be read at.
    pub(super) fn take_head(&mut self, head: &lantern_chain::ChainHead) -> bool {
        let was_ready = self.is_ready();
        let moved = self.head.as_ref().is_none_or(|before| before.finalized != head.finalized);
        if moved && head.is_ready {
            self.last_finalized = Some(platform::now());
        }
        self.head = Some(head.clone());
        head.is_ready && !was_ready
    }

    /// The head in the page's words, once the runtime is known.
    pub(super) fn page_head(&self) -> Option<ChainHead> {
        let head = self.head.as_ref()?;
        Some(ChainHead {
            chain: self.spec.name.clone(),
            genesis_hash: BlockHash(self.spec.genesis_hash?),
            finalized: head.finalized,
            best: head.best,
            spec_version: head.runtime.as_ref()?.spec_version,
            extrinsics: None,
        })
    }

    /// Asks the light client for its state and stores it, if this tab leads. Nothing while another
    /// save is on its way.
    pub(super) fn save(&mut self) -> Option<LocalBoxFuture<'static, SaveOutcome>> {
        if self.is_saving || self.head.is_none() {
            return None;
        }
        self.is_saving = true;
        self.last_saved = platform::now();
        let rpc = self.engine.rpc().clone();
        let genesis = self.spec.genesis_hash?;
        let (key, surroundings, leads) =
            (self.key.clone(), Rc::clone(&self.surroundings), self.lead.is_some());
        Some(
            async move {
                let limit = format!("[{}]", budget::DATABASE_BYTES);
                let answer = rpc.request("chainHead_unstable_finalizedDatabase", limit).await;
                let snapshot = answer
                    .ok()
                    .and_then(|json| serde_json::from_str::<String>(json.get()).ok())
                    .and_then(|text| database::snapshot(&text));
                let Some(snapshot) = snapshot else { return SaveOutcome::Nothing };
                let stored = if leads {
                    surroundings.storage.write(&key, database::record(&genesis, &snapshot)).await
                } else {
                    Ok(())
                };
                SaveOutcome::Snapshot(snapshot, stored)
            }
            .boxed_local(),
        )
    }

    /// Takes in what came of saving. Returns a warning if it is news that nothing can be stored.
    pub(super) fn saved(&mut self, outcome: SaveOutcome) -> Option<LightClientError> {
        self.is_saving = false;
        let SaveOutcome::Snapshot(snapshot, stored) = outcome else { return None };
        let before = self.saved_state.clone();
        self.saved_state = match &stored {
            Ok(()) if self.lead.is_some() => SavedState::At(snapshot.height),
            Ok(()) => before.clone(),
            Err(refused) => SavedState::Unavailable(refused.to_string()),
        };
        self.snapshot = Some(snapshot);
        match stored {
            Err(refused) if !matches!(before, SavedState::Unavailable(_)) => {
                Some(error::of_storage(&refused))
            }
            _ => None,
        }
    }

    /// Looks after the whole.
    pub(super) fn check(&mut self, now: Duration) -> Verdict {
        let running_for = now.saturating_sub(self.begun);
        let (connected, incomplete_code, peers_finalized) = self.platform.observe(|observer| {
            let peers = observer.peers.values().filter(|peer| peer.is_connected);
            let finalized = peers.filter_map(|peer| peer.finalized).max();
            (observer.connected(), observer.counters.incomplete_code_proofs, finalized)
        });
        self.chain.set_peers(connected);
        let is_from_saved = matches!(self.started_from, StartPoint::Saved(_));
        if is_from_saved && self.head.is_none() && connected > 0 {
            // With the code left out of the database this does not happen; if it does, waiting is no use.
            if running_for > budget::SAVED_START_LIMIT || incomplete_code > 3 {
                return Verdict::SavedIsBad;
            }
        }
        if running_for < budget::RESTART_PAUSE || !(self.surroundings.is_online)() {
            return Verdict::Well;
        }
        let is_behind = match (&self.head, peers_finalized) {
            (Some(head), Some(theirs)) => {
                theirs.saturating_sub(head.finalized.number) > budget::BLOCKS_BEHIND
                    && self.last_finalized.is_none_or(|last| now.saturating_sub(last) > budget::RESTART_PAUSE)
            }
            _ => false,
        };
        if is_behind || (self.is_ready() && self.is_silent(now, budget::SILENCE_LIMIT)) {
            return Verdict::Lost;
        }
        if self.is_ready() && now.saturating_sub(self.last_saved) > budget::SAVE_INTERVAL {
            return Verdict::SaveNow;
        }
        Verdict::Well
    }

    /// Whether the connections look dead to someone who has just come back.
    pub(super) fn seems_lost(&self, now: Duration) -> bool {
        let pause = now.saturating_sub(self.begun) > budget::WAKE_PAUSE;
        pause && self.is_silent(now, budget::WAKE_SILENCE)
    }

    fn is_silent(&self, now: Duration, limit: Duration) -> bool {
        let last = self.platform.observe(|observer| observer.last_received);
        now.saturating_sub(last.unwrap_or(self.begun)) > limit
    }

    /// Whether the page should hear how synchronisation stands: because something happened, or
    /// because it did not for a while.
    pub(super) fn is_status_due(&mut self, now: Duration) -> bool {
        let standing = self.standing(now);
        let connected = self.platform.observe(|observer| observer.connected());
        let news = (standing.stage, standing.delay, connected);
        now.saturating_sub(self.last_status) >= budget::STATUS_INTERVAL || self.told.as_ref() != Some(&news)
    }

    /// Stage and delay, from what is known now.
    fn standing(&mut self, now: Duration) -> Standing {
        let dialable = self.spec.boot_nodes.len().saturating_sub(self.spec.undialable(self.origin).len());
        let facts = self.platform.observe(|observer| Facts {
            now,
            is_online: (self.surroundings.is_online)(),
            dialable,
            connected: observer.connected(),
            fragments_rejected: observer.counters.fragments_rejected,
            has_warped: observer.has_warped,
            is_initialized: self.head.is_some(),
            is_ready: self.head.as_ref().is_some_and(|head| head.is_ready),
            last_finalized: self.last_finalized,
            last_received: observer.last_received,
            unanswered_since: observer.unanswered_since,
            last_false: observer.last_false,
        });
        self.fold.update(&facts)
    }

    /// Where synchronisation stands.
    pub(super) fn status(&mut self, now: Duration) -> SyncStatus {
        let standing = self.standing(now);
        self.last_status = now;
        self.told = Some((
            standing.stage,
            standing.delay.clone(),
            self.platform.observe(|observer| observer.connected()),
        ));
        let undialable = self
            .spec
            .undialable(self.origin)
            .into_iter()
            .map(|(address, reason)| Undialable { address: address.to_owned(), reason: reason.to_string() })
            .collect();
        let set_changes = set_changes(&self.spec, self.snapshot.as_ref());
        let (saved, started_from) = (self.saved_state.clone(), self.started_from);
        self.platform.observe(|observer| {
            let counters = observer.counters;
            let peers = observer.peers.iter().map(|(place, peer)| Peer {
                address: peer.address.clone().unwrap_or_else(|| place.clone()),
                is_connected: peer.is_connected,
                latency_millis: peer.latency.map(|latency| saturated(latency.as_millis())),
                best: peer.best.max(peer.finalized),
                bytes_down: peer.bytes_down,
                trouble: peer.trouble.clone(),
            });
            SyncStatus {
                stage: standing.stage,
                stage_millis: millis(standing.in_stage),
                elapsed_millis: millis(standing.elapsed),
                delay: standing.delay,
                started_from: Some(started_from),
                // The last part of a finality proof is for the head itself and changes no set.
                authority_set_changes: set_changes
                    .unwrap_or_else(|| counters.fragments_verified.saturating_sub(1)),
                peers: peers.collect(),
                undialable,
                bytes_down: counters.bytes_down,
                bytes_up: counters.bytes_up,
                proofs_checked: counters.proofs_checked(),
                proofs_rejected: counters.proofs_rejected,
                memory_bytes: platform::memory_bytes(),
                saved,
            }
        })
    }
}

/// What lets this start be ready with the block that following begins at.
fn start_rule(spec: &Spec) -> StartRule {
    let checkpoint = spec.checkpoint_height().unwrap_or(0);
    let slot_millis = match &spec.start {
        StartFrom::Checkpoint(checkpoint) => Some(checkpoint.slot_millis),
        StartFrom::Specification => None,
    };
    StartRule { checkpoint, slot_millis }
}

/// Authority-set changes between the checkpoint and the newest state, by their set ids.
fn set_changes(spec: &Spec, snapshot: Option<&Snapshot>) -> Option<u32> {
    let StartFrom::Checkpoint(checkpoint) = &spec.start else { return None };
    let changes = snapshot?.set_id?.checked_sub(checkpoint.set_id)?;
    u32::try_from(changes).ok()
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

fn saturated(value: u128) -> u32 {
    u32::try_from(value).unwrap_or(u32::MAX)
}

/// The platform's clock, for the chain.
struct WallClock;

impl Clock for WallClock {
    fn now(&self) -> Duration {
        platform::now()
    }

    fn sleep(&self, duration: Duration) -> LocalBoxFuture<'static, ()> {
        platform::sleep(duration).boxed_local()
    }
}

/// Bytes of proof, for the chain.
struct Meter(Platform);

impl ProofMeter for Meter {
    fn checked_bytes(&self) -> u64 {
        self.0.observe(|observer| observer.counters.proof_bytes)
    }
}
