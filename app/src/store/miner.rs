//! The owner of the miner's worker. It belongs to the miner's page: when the page is left, all work stops.

use super::Store;
use crate::client::miner::MinerWorker;
use crate::platform::files::BlobUrl;
use crate::platform::{battery, document, listener, random};
use crate::problem::Problem;
use crate::state::miner::{MinerState, News};
use crate::state::ranking::Ranking;
use crate::state::receipts::Deed;
use crate::view_model::{miner as words, receipts};
use gloo::events::EventListener;
use gloo::timers::future::TimeoutFuture;
use lantern_worker_bridge::miner::{
    GenerateOptions, JobId, Miner, MinerEvent, MinerRequest, MinerResponse, ModelSource, Place, PowWork,
    Precision,
};
use lantern_worker_bridge::port::browser::Notice;
use leptos::prelude::*;
use std::cell::{Cell, RefCell};
use std::rc::Rc;

/// The folder of the demonstration model.
const DEMONSTRATION: &str = "/models/lantern-demo";
/// The folder of the model that gives vectors.
const ENCODER: &str = "/models/minilm";

#[derive(Default)]
struct Inner {
    worker: MinerWorker,
    /// Counts starts, so that what belongs to an earlier one is dropped.
    generation: Cell<u32>,
    /// The model that was asked for last, to ask for it again.
    wanted: RefCell<Option<(ModelSource, Precision)>>,
    /// The file of receipts that was made last: its address is good until the next one.
    saved: RefCell<Option<BlobUrl>>,
}

/// The miner's state and its worker. It is a handle: copies are the same miner.
#[derive(Clone, Copy)]
pub(crate) struct MinerStore {
    /// What is known.
    pub state: RwSignal<MinerState>,
    page: Store,
    inner: StoredValue<Rc<Inner>, LocalStorage>,
    battery: StoredValue<Option<EventListener>, LocalStorage>,
}

impl MinerStore {
    /// A miner that does nothing yet. It ends with the view that calls this.
    pub(crate) fn new() -> Self {
        let miner = Self {
            state: RwSignal::new(MinerState::default()),
            page: Store::of_page(),
            inner: StoredValue::new_local(Rc::default()),
            battery: StoredValue::new_local(None),
        };
        on_cleanup(move || {
            let _gone = miner.inner.try_with_value(|inner| {
                inner.generation.set(inner.generation.get().wrapping_add(1));
                inner.worker.stop();
            });
        });
        miner.follow_surroundings();
        miner.follow_time();
        miner.hold_and_release();
        miner
    }

    /// Starts the worker, checks the device and measures it. Only ever called because the user asked for it.
    pub(crate) fn check(self) {
        let inner = self.inner.get_value();
        let generation = inner.generation.get().wrapping_add(1);
        inner.generation.set(generation);
        self.state.update(MinerState::checking);
        let owner = Rc::downgrade(&inner);
        let started = inner.worker.start(move |notice| {
            if owner.upgrade().is_some_and(|inner| inner.generation.get() == generation) {
                self.notice(generation, notice);
            }
        });
        if let Err(problem) = started {
            self.state.update(|state| state.stopped(problem));
            return;
        }
        let answer = inner.worker.ask(MinerRequest::Probe);
        leptos::task::spawn_local(async move {
            let answer = answer.await;
            if inner.generation.get() != generation {
                return;
            }
            match answer {
                Ok(MinerResponse::Probed(report)) => {
                    let (tier, _) = words::tier(&report);
                    self.page.say(format!("The device was checked: {tier}"));
                    self.state.update(|state| state.checked(report));
                    self.look_at_kept(None);
                    if self.state.with_untracked(|state| state.waiting_text.is_some()) {
                        self.load_demonstration();
                    }
                }
                Ok(_) => {
                    self.lose(generation, Problem::MinerStopped { detail: "an answer did not fit".into() })
                }
                Err(problem) => self.lose(generation, problem),
            }
        });
    }

    /// Checks the device, loads the model that comes with the page, and writes.
    pub(crate) fn start(self, prompt: String, max_tokens: u32) {
        self.check();
        self.state.update(|state| state.waiting_text = Some((prompt, max_tokens)));
    }

    /// Loads the model that comes with the page.
    pub(crate) fn load_demonstration(self) {
        self.load(ModelSource::Url(DEMONSTRATION.to_owned()), Precision::AsStored);
    }

    /// Loads a model.
    pub(crate) fn load(self, source: ModelSource, precision: Precision) {
        let (job, place) = self.next_job();
        self.inner.with_value(|inner| inner.wanted.replace(Some((source.clone(), precision))));
        let is_exact = self.state.with_untracked(|state| state.is_exact);
        let precision = if is_exact { Precision::Exact } else { precision };
        self.begin(job, MinerRequest::Load { job, source, precision, place });
        self.state.update(|state| state.begin_load(job));
    }

    /// Loads the model that was asked for last.
    pub(crate) fn load_again(self) {
        if let Some((source, precision)) = self.inner.with_value(|inner| inner.wanted.borrow().clone()) {
            self.load(source, precision);
        }
    }

    /// Asks what is kept on this device, after a model was removed from it where one is named.
    pub(crate) fn look_at_kept(self, forget: Option<String>) {
        let request = forget.map_or(MinerRequest::Kept, |model| MinerRequest::Forget { model });
        let Some(answer) = self.inner.try_with_value(|inner| inner.worker.ask(request)) else { return };
        leptos::task::spawn_local(async move {
            // A worker that is gone is told elsewhere.
            if let Ok(MinerResponse::Kept(report)) = answer.await {
                self.state.try_update(|state| state.kept = Some(report));
            }
        });
    }

    /// Measures the model and the solver.
    pub(crate) fn benchmark(self) {
        let (job, _) = self.next_job();
        self.begin(job, MinerRequest::Benchmark { job });
        self.state.update(|state| state.begin_benchmark(job));
    }

    /// Changes the share of time for proof of work, also of a search that runs.
    pub(crate) fn set_duty(self, duty_percent: u8) {
        let running = self.state.try_update(|state| {
            state.limits.duty_percent = duty_percent;
            state.search.as_ref().filter(|search| search.is_running).map(|search| search.job)
        });
        if let Some(job) = running.flatten() {
            self.send(MinerRequest::SetDuty { job, duty_percent });
        }
    }

    /// Writes on from a prompt. Where there is no model yet, the one that comes with the page is loaded before.
    pub(crate) fn write(self, prompt: String, max_tokens: u32) {
        if self.state.with_untracked(|state| state.model.is_none()) {
            self.state.update(|state| state.waiting_text = Some((prompt, max_tokens)));
            self.load_demonstration();
            return;
        }
        let (job, _) = self.next_job();
        let is_exact = self
            .state
            .with_untracked(|state| state.model.as_ref().is_some_and(|model| model.digest.is_some()));
        let options = if is_exact {
            GenerateOptions { max_tokens, temperature: 0.0, top_k: 1, top_p: 1.0, seed: 0 }
        } else {
            GenerateOptions { max_tokens, temperature: 0.8, top_k: 40, top_p: 0.95, seed: seed() }
        };
        self.begin(job, MinerRequest::Generate { job, prompt: prompt.clone(), options });
        self.state.update(|state| state.begin_text(job, prompt));
    }

    /// Ranks sentences by how close they are to a query, and loads the encoder before where it is not there.
    pub(crate) fn rank(self, query: String, texts: Vec<String>) {
        let (job, place) = self.next_job();
        let ranking = Ranking::new(job, query, texts);
        let request = if self.state.with_untracked(|state| state.encoder.is_some()) {
            MinerRequest::Rank { job, query: ranking.query.clone(), texts: ranking.texts.clone() }
        } else {
            let source = ModelSource::Url(ENCODER.to_owned());
            MinerRequest::LoadEncoder { job, source, precision: Precision::AsStored, place }
        };
        self.begin(job, request);
        self.state.update(|state| state.begin_ranking(ranking));
    }

    /// Looks for a seal on a practice block.
    pub(crate) fn solve(self, difficulty: u64) {
        let (job, place) = self.next_job();
        let duty_percent = self.state.with_untracked(|state| state.limits.duty_percent);
        let fresh = || random::entropy().unwrap_or_default();
        let work = PowWork {
            netuid: 1,
            block: 1,
            block_hash: fresh(),
            hotkey: fresh(),
            coldkey: fresh(),
            difficulty,
        };
        self.begin(job, MinerRequest::Solve { job, work: work.clone(), place, duty_percent });
        self.state.update(|state| state.begin_search(job, work));
    }

    /// The address of a file of all receipts; nothing where the browser makes none.
    pub(crate) fn receipts_file(self) -> Option<String> {
        let file =
            self.state.with_untracked(|state| BlobUrl::of_text(&receipts::json(state.receipts.all())))?;
        let address = file.as_str().to_owned();
        self.inner.with_value(|inner| inner.saved.replace(Some(file)));
        Some(address)
    }

    /// Computes a bit-exact text of the loaded model again on the CPU, or ends the check that runs.
    pub(crate) fn check_receipt(self, receipt: JobId) {
        if let Some(job) = self.state.with_untracked(|state| state.receipts.running()) {
            return self.stop(job);
        }
        let of_receipt = |state: &MinerState| {
            let known = state.receipts.all().iter().find(|known| known.job == receipt)?;
            let Deed::Text { prompt, digest: Some((_, model)), report } = &known.deed else { return None };
            Some((prompt.clone(), *model, report.tokens))
        };
        let Some((prompt, model, tokens)) = self.state.with_untracked(of_receipt) else { return };
        let (job, _) = self.next_job();
        self.begin(job, MinerRequest::Recompute { job, model, prompt, tokens });
        self.state.update(|state| state.begin_check(receipt, job));
    }

    /// Ends a job; its last event says how far it came.
    pub(crate) fn stop(self, job: JobId) {
        self.send(MinerRequest::Stop { job });
    }

    fn next_job(self) -> (JobId, Place) {
        let place = self.state.with_untracked(|state| state.limits.place);
        let job = self.state.try_update_untracked(MinerState::next_job).unwrap_or_default();
        (job, place)
    }

    fn begin(self, job: JobId, request: MinerRequest) {
        let inner = self.inner.get_value();
        let generation = inner.generation.get();
        let answer = inner.worker.ask(request);
        leptos::task::spawn_local(async move {
            let answer = answer.await;
            if inner.generation.get() != generation {
                return;
            }
            match answer {
                Ok(_started) => {}
                Err(Problem::Miner(error)) => {
                    self.tell(|state| state.fail(job, error));
                }
                // A crash is told as a notice, too.
                Err(problem) => self.lose(generation, problem),
            }
        });
    }

    fn send(self, request: MinerRequest) {
        let Some(answer) = self.inner.try_with_value(|inner| inner.worker.ask(request)) else { return };
        leptos::task::spawn_local(async move {
            // A worker that is gone has nothing left to be held or stopped.
            let _no_news = answer.await;
        });
    }

    fn notice(self, generation: u32, notice: Notice<Miner>) {
        match notice {
            Notice::Event(event) => self.take(event),
            Notice::Unreadable(_mismatch) => self.lose_later(generation, Problem::DifferentBuilds),
            Notice::Crashed(detail) => self.lose_later(generation, Problem::MinerStopped { detail }),
        }
    }

    fn take(self, event: MinerEvent) {
        let waits = match event {
            MinerEvent::EncoderLoaded { job, .. } => Some(job),
            _ => None,
        };
        let now = document::now();
        self.tell(|state| {
            state.tick(now);
            state.wall_clock = document::wall_clock();
            state.apply(event)
        });
        // What the model was loaded for.
        let is_waited_for = |state: &MinerState| state.model.is_some() && state.waiting_text.is_some();
        if self.state.with_untracked(is_waited_for) {
            let waiting = self.state.try_update_untracked(|state| state.waiting_text.take()).flatten();
            if let Some((prompt, max_tokens)) = waiting {
                self.write(prompt, max_tokens);
            }
        }
        // What the encoder was loaded for.
        let ranking = self.state.with_untracked(|state| state.ranking.clone());
        if let Some(ranking) = ranking.filter(|ranking| Some(ranking.job) == waits) {
            self.rank(ranking.query, ranking.texts);
        }
    }

    fn tell(self, change: impl FnOnce(&mut MinerState) -> Option<News>) {
        if let Some(news) = self.state.try_update(change).flatten() {
            if matches!(news, News::Loaded | News::Failed) {
                self.look_at_kept(None);
            }
            self.page.say(words::spoken(news));
        }
    }

    /// The worker's own closure runs now; ending the worker has to wait until it returned.
    fn lose_later(self, generation: u32, problem: Problem) {
        leptos::task::spawn_local(async move {
            TimeoutFuture::new(0).await;
            self.lose(generation, problem);
        });
    }

    fn lose(self, generation: u32, problem: Problem) {
        let Some(inner) = self.inner.try_get_value() else { return };
        if inner.generation.get() != generation {
            return;
        }
        inner.generation.set(generation.wrapping_add(1));
        inner.worker.stop();
        self.page.say("The miner stopped");
        self.state.update(|state| state.stopped(problem));
    }

    /// Nothing is drawn anew each second before there is something to draw.
    fn follow_time(self) {
        Effect::new(move || {
            let now = self.page.now.get();
            if self.state.try_with_untracked(|state| !state.speed.is_empty()) == Some(true) {
                self.state.try_update(|state| state.tick(now));
            }
        });
    }

    fn follow_surroundings(self) {
        let look = move || {
            self.state.try_update(|state| {
                state.is_hidden = !document::is_visible();
                state.tick(document::now());
            });
        };
        look();
        if let Some(document) = document::document() {
            listener::keep(vec![EventListener::new(&document, "visibilitychange", move |_| look())]);
        }
        leptos::task::spawn_local(async move {
            let told = move |is_on_battery| {
                self.state.try_update(|state| state.is_on_battery = Some(is_on_battery));
            };
            let listener = battery::follow(told).await;
            // A page that was left meanwhile drops the listener.
            let _left = self.battery.try_set_value(listener);
        });
    }

    /// Tells the worker which jobs to hold whenever that changes.
    fn hold_and_release(self) {
        // A change that is still on its way when the page is left finds nothing there.
        let jobs = Memo::new(move |_| self.state.try_with(MinerState::jobs).unwrap_or_default());
        Effect::new(move |before: Option<Vec<(JobId, bool)>>| {
            let now = jobs.try_get().unwrap_or_default();
            for &(job, paused) in &now {
                let was_paused = before.as_ref().is_some_and(|before| before.contains(&(job, true)));
                if paused != was_paused {
                    self.send(MinerRequest::Pause { job, paused });
                }
            }
            now
        });
    }
}

/// Texts differ from one to the next.
fn seed() -> u64 {
    let bytes = random::entropy().unwrap_or_default();
    bytes.iter().take(8).fold(0, |seed, &byte| (seed << 8) | u64::from(byte))
}
