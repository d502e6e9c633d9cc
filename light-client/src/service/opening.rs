//! Opening a network: from a checked specification to a running engine.

use super::Surroundings;
use super::session::{Launch, Running};
use crate::database::{self, Snapshot};
use crate::engine::{self, Engine, EngineError, Saved};
use crate::error;
use crate::platform::{self, Platform};
use crate::spec::Spec;
use crate::tabs::Lead;
use lantern_worker_bridge::light_client::{LightClientError, SavedState, StartOptions, StartPoint};
use std::rc::Rc;
use std::time::Duration;

/// How a network is to be opened.
pub(super) struct Plan {
    spec: Spec,
    /// Forget what was saved.
    discard_saved: bool,
    /// Left over from the start before.
    lead: Option<Lead>,
    /// Newest state that the start before knew.
    snapshot: Option<Snapshot>,
    warnings: Vec<LightClientError>,
    started: Duration,
}

/// An opened network.
pub(super) struct Opening {
    pub(super) start: Launch,
    /// What the user should know of it.
    pub(super) warnings: Vec<LightClientError>,
}

impl Plan {
    pub(super) fn new(options: &StartOptions, spec: Spec) -> Self {
        Self {
            spec,
            discard_saved: options.discard_saved,
            lead: None,
            snapshot: None,
            warnings: Vec::new(),
            started: platform::now(),
        }
    }

    /// Takes over from a running start.
    pub(super) fn resume(&mut self, running: &mut Running, saved_is_bad: Option<LightClientError>) {
        self.lead = running.lead.take();
        self.discard_saved = saved_is_bad.is_some();
        self.snapshot = if saved_is_bad.is_some() { None } else { running.snapshot.clone() };
        self.warnings.extend(saved_is_bad);
    }
}

/// Opens a network.
///
/// # Errors
/// The specification leads nowhere.
pub(super) async fn open(
    mut plan: Plan,
    surroundings: Rc<Surroundings>,
) -> Result<Opening, LightClientError> {
    let platform = Platform::new(surroundings.origin);
    let spec = match plan.spec.genesis_hash {
        Some(_) => plan.spec,
        None => {
            let hash = engine::genesis_hash(&platform, &plan.spec)
                .await
                .map_err(|refused| error::of_engine(&refused))?;
            plan.spec.with_genesis_hash(hash)
        }
    };
    let genesis = spec.genesis_hash.unwrap_or_default();
    let key = database::key(&genesis);

    let mut saved_state = SavedState::Nothing;
    let mut snapshot = plan.snapshot;
    let is_wanted = !plan.discard_saved && snapshot.is_none();
    let saved = if is_wanted { surroundings.storage.read(&key).await } else { Ok(None) };
    if plan.discard_saved {
        if let Err(refused) = surroundings.storage.remove(&key).await {
            saved_state = SavedState::Unavailable(refused.to_string());
        }
    } else if snapshot.is_none() {
        match saved {
            Ok(None) => {}
            Ok(Some(text)) => match database::open(&genesis, spec.checkpoint_height(), &text) {
                Ok(found) => snapshot = Some(found),
                Err(reason) => {
                    plan.warnings.push(error::saved_unusable(reason));
                    // If it cannot be removed either, the next visit drops it again.
                    drop(surroundings.storage.remove(&key).await);
                }
            },
            Err(refused) => {
                plan.warnings.push(error::of_storage(&refused));
                saved_state = SavedState::Unavailable(refused.to_string());
            }
        }
    }

    let saved =
        snapshot.as_ref().map(|snapshot| Saved { database: &snapshot.database, height: snapshot.height });
    let (engine, output) = match Engine::start(&platform, &spec, saved) {
        Ok(started) => started,
        // smoldot reads it otherwise than this build did.
        Err(EngineError::StartIgnored { .. }) if snapshot.is_some() => {
            snapshot = None;
            drop(surroundings.storage.remove(&key).await);
            plan.warnings.push(error::saved_dropped(&"smoldot cannot read it"));
            Engine::start(&platform, &spec, None).map_err(|refused| error::of_engine(&refused))?
        }
        Err(refused) => return Err(error::of_engine(&refused)),
    };
    let started_from = match (&snapshot, spec.checkpoint_height()) {
        (Some(snapshot), Some(_)) => StartPoint::Saved(snapshot.height),
        (_, Some(height)) => StartPoint::Checkpoint(height),
        (_, None) => StartPoint::Genesis,
    };
    if let (Some(snapshot), SavedState::Nothing) = (&snapshot, &saved_state) {
        saved_state = SavedState::At(snapshot.height);
    }
    let start = Launch {
        spec,
        key,
        platform,
        origin: surroundings.origin,
        engine,
        output,
        lead: plan.lead,
        snapshot,
        started_from,
        saved_state,
        forgets_metadata: plan.discard_saved,
        started: plan.started,
    };
    Ok(Opening { start, warnings: plan.warnings })
}
