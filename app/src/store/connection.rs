//! Starting the light client, following its life and starting it again when it dies.

use super::{Inner, Store, preferences};
use crate::client::ChainClient as _;
use crate::network::{self, Choice};
use crate::platform::{document, files, json, listener};
use crate::problem::Problem;
use crate::state::chain::{ChainState, ClientState};
use futures::future::{Either, select};
use gloo::events::EventListener;
use gloo::timers::callback::Interval;
use gloo::timers::future::TimeoutFuture;
use lantern_worker_bridge::light_client::{LightClient, LightClientEvent, LightClientRequest, StartOptions};
use lantern_worker_bridge::port::browser::Notice;
use leptos::prelude::*;
use std::rc::Rc;

/// Crashes in a row after which the user is asked.
const PATIENCE: u32 = 3;
/// Milliseconds that a client has to live for its crashes to be forgotten.
const STEADY: u32 = 60_000;

/// Milliseconds of silence after which a running client is asked for a sign of life.
const SILENCE: u64 = 20_000;
/// Milliseconds that it has for an answer.
const GRACE: u32 = 10_000;

/// Starts the light client, and keeps the clock and the connections awake.
pub(crate) fn start(store: Store) {
    let clock = Interval::new(1_000, move || {
        store.now.set(document::now());
        store.look_after();
    });
    let _owner: StoredValue<Interval, LocalStorage> = StoredValue::new_local(clock);
    listen(store);
    leptos::task::spawn_local(async move {
        let choice = match preferences::network() {
            Some(choice) => choice,
            None => default_network(store).await,
        };
        store.join(choice, false);
    });
}

impl Store {
    /// Leaves the network that the page is on and joins another.
    pub(crate) fn join(self, choice: Choice, discard_saved: bool) {
        preferences::keep_network(&choice);
        self.choice.set(Some(choice));
        self.inner.with_value(|inner| inner.crashes.set(0));
        self.start(discard_saved, ClientState::Starting);
    }

    /// Starts the light client again on the same network.
    pub(crate) fn restart(self, discard_saved: bool) {
        self.inner.with_value(|inner| inner.crashes.set(0));
        self.start(discard_saved, ClientState::Starting);
    }

    fn start(self, discard_saved: bool, client: ClientState) {
        let Some(choice) = self.choice.get_untracked() else { return };
        let inner = self.inner.get_value();
        let generation = inner.generation.get().wrapping_add(1);
        inner.generation.set(generation);
        inner.worker.stop();
        if client == ClientState::Starting {
            self.chain.set(ChainState::starting());
            self.is_practice.set(false);
        } else {
            self.chain.update(|chain| chain.worker_stopped(client));
        }
        leptos::task::spawn_local(async move {
            if let Err(problem) = self.run(&inner, generation, choice, discard_saved).await
                && inner.generation.get() == generation
            {
                self.chain.update(|chain| chain.worker_stopped(ClientState::Failed(problem)));
            }
        });
    }

    async fn run(
        self,
        inner: &Rc<Inner>,
        generation: u32,
        choice: Choice,
        discard_saved: bool,
    ) -> Result<(), Problem> {
        // The worker's program loads while the network's file is fetched.
        let owner = Rc::downgrade(inner);
        inner.worker.start(move |notice| {
            if owner.upgrade().is_some_and(|inner| inner.generation.get() == generation) {
                self.notice(generation, notice);
            }
        })?;
        let specification = match (&choice, inner.local_file.take()) {
            (Choice::Own { specification, .. }, _) => specification.clone(),
            (Choice::Local, Some(text)) => text,
            _ => files::network_text(choice.file().unwrap_or_default())
                .await
                .map_err(|detail| Problem::NetworkFile { network: choice.label().to_owned(), detail })?,
        };
        if inner.generation.get() != generation {
            return Ok(());
        }
        self.is_practice
            .set(network::is_for_development(json::text_field(&specification, "chainType").as_deref()));
        let options = StartOptions { specification, discard_saved };
        match inner.worker.ask(LightClientRequest::Start(options)).await {
            Ok(_accepted) => {}
            // Its crash is told as a notice, which starts it again.
            Err(Problem::WorkerStopped { .. }) => return Ok(()),
            Err(problem) => return Err(problem),
        }
        if inner.generation.get() != generation {
            return Ok(());
        }
        inner.heard_at.set(document::now());
        self.chain.update(|chain| chain.client = ClientState::Running);
        let topics: Vec<_> = inner.topics.borrow().keys().copied().collect();
        for topic in topics {
            self.chain.update(|chain| chain.ask(topic));
            self.send(LightClientRequest::Watch(topic));
        }
        self.forget_crashes_later(generation);
        Ok(())
    }

    fn notice(self, generation: u32, notice: Notice<LightClient>) {
        match notice {
            Notice::Event(event) => self.take(event),
            Notice::Unreadable(_mismatch) => {
                self.chain
                    .update(|chain| chain.worker_stopped(ClientState::Failed(Problem::DifferentBuilds)));
            }
            Notice::Crashed(cause) => {
                // The worker's own closure runs now; ending the worker has to wait until it returned.
                leptos::task::spawn_local(async move {
                    TimeoutFuture::new(0).await;
                    self.recover(generation, cause).await;
                });
            }
        }
    }

    /// A worker that was killed or hangs tells nobody: after a silence it has to answer.
    fn look_after(self) {
        let inner = self.inner.get_value();
        let is_running = self.chain.with_untracked(|chain| chain.client == ClientState::Running);
        let silence = document::now().saturating_sub(inner.heard_at.get());
        if !is_running || silence < SILENCE || !document::is_visible() || inner.is_probing.replace(true) {
            return;
        }
        leptos::task::spawn_local(async move {
            let generation = inner.generation.get();
            let answer = inner.worker.ask(LightClientRequest::Wake);
            let is_alive = matches!(select(answer, TimeoutFuture::new(GRACE)).await, Either::Left(_));
            inner.is_probing.set(false);
            inner.heard_at.set(document::now());
            if !is_alive {
                self.recover(generation, "it did not answer for 30 seconds".to_owned()).await;
            }
        });
    }

    fn take(self, event: LightClientEvent) {
        let now = document::now();
        self.inner.with_value(|inner| inner.heard_at.set(now));
        if let LightClientEvent::Transaction { hash, status } = event {
            return self.take_transaction(hash, status);
        }
        if let LightClientEvent::Head(head) = &event {
            let inner = self.inner.get_value();
            let generation = Some(inner.generation.get());
            if inner.tracked.replace(generation) != generation {
                self.track_open(head.genesis_hash);
            }
        }
        self.chain.update(|chain| chain.apply(event, now));
    }

    async fn recover(self, generation: u32, cause: String) {
        let inner = self.inner.get_value();
        if inner.generation.get() != generation {
            return;
        }
        let attempt = inner.crashes.get().saturating_add(1);
        inner.crashes.set(attempt);
        self.say("The light client stopped");
        if attempt > PATIENCE {
            inner.worker.stop();
            let problem = Problem::WorkerStopped { detail: cause };
            self.chain.update(|chain| chain.worker_stopped(ClientState::Failed(problem)));
            return;
        }
        let client = ClientState::Restarting { cause, attempt };
        self.chain.update(|chain| chain.worker_stopped(client.clone()));
        TimeoutFuture::new(attempt.saturating_mul(1_000)).await;
        if inner.generation.get() == generation {
            self.start(false, client);
        }
    }

    fn forget_crashes_later(self, generation: u32) {
        leptos::task::spawn_local(async move {
            TimeoutFuture::new(STEADY).await;
            let inner = self.inner.get_value();
            if inner.generation.get() == generation {
                inner.crashes.set(0);
            }
        });
    }
}

/// Tells the light client when the page goes and when it or the network comes back.
fn listen(store: Store) {
    let (Some(window), Some(document)) = (web_sys::window(), document::document()) else { return };
    let tell = move |request: LightClientRequest| store.send(request);
    listener::keep(vec![
        EventListener::new(&document, "visibilitychange", move |_| {
            tell(if document::is_visible() { LightClientRequest::Wake } else { LightClientRequest::Save });
        }),
        EventListener::new(&window, "online", move |_| tell(LightClientRequest::Wake)),
        EventListener::new(&window, "offline", move |_| tell(LightClientRequest::Wake)),
        EventListener::new(&window, "pagehide", move |_| tell(LightClientRequest::Save)),
    ]);
}

/// The local chain where this machine serves one, else the main network.
async fn default_network(store: Store) -> Choice {
    if network::is_this_machine(&document::host())
        && let Ok(text) = files::network_text(Choice::Local.file().unwrap_or_default()).await
    {
        store.inner.with_value(|inner| inner.local_file.replace(Some(text)));
        return Choice::Local;
    }
    Choice::Finney
}
