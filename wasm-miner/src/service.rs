//! The miner's service: requests of the page in, answers and events out.
//!
//! It knows nothing of workers or pages; [`host::Host`] gives it time, files and an ear. Long work runs as jobs
//! that look at their [`Job`] between two steps, so that stopping, holding and renewing take effect at once.

mod benchmark;
mod embed;
mod encoder;
mod exact;
mod files;
mod head;
pub mod host;
mod kept;
mod load;
mod probe;
mod problem;
mod solve;
mod text;

use std::{
    cell::{Cell, RefCell},
    collections::BTreeMap,
    rc::Rc,
};

use futures::future::{FutureExt as _, LocalBoxFuture};
use lantern_worker_bridge::{
    ToWorker,
    miner::{
        DeviceReport, JobId, MinerError, MinerErrorKind, MinerEvent, MinerRequest, MinerResponse, PowWork,
    },
};

use crate::runtime::{Gpu, variants::Variants};
use encoder::Embedder;
use host::{Host, Outgoing};
use load::Loaded;
use problem::refuse;

/// How a job is steered from outside.
#[derive(Debug, Default)]
pub(crate) struct Job {
    pub(crate) is_stopped: Cell<bool>,
    pub(crate) is_paused: Cell<bool>,
    pub(crate) work: RefCell<Option<PowWork>>,
    /// The share of time in use, in percent, where it was changed while the job ran.
    pub(crate) duty_percent: Cell<Option<u8>>,
    /// Seconds that it was held so far.
    pub(crate) held_seconds: Cell<f64>,
}

/// The service. It lives as long as the worker.
pub struct Service {
    host: Rc<dyn Host>,
    gpu: RefCell<Option<Rc<Gpu>>>,
    report: RefCell<Option<DeviceReport>>,
    /// Chosen by the self-test.
    variants: Cell<Option<Variants>>,
    /// Taken out while a text is written.
    model: RefCell<Option<Loaded>>,
    encoder: RefCell<Option<Rc<Embedder>>>,
    jobs: RefCell<BTreeMap<JobId, Rc<Job>>>,
}

impl std::fmt::Debug for Service {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Service").field("jobs", &self.jobs).finish_non_exhaustive()
    }
}

impl Service {
    /// A service that has done nothing yet.
    #[must_use]
    pub fn new(host: Rc<dyn Host>) -> Rc<Self> {
        Rc::new(Self {
            host,
            gpu: RefCell::default(),
            report: RefCell::default(),
            variants: Cell::default(),
            model: RefCell::default(),
            encoder: RefCell::default(),
            jobs: RefCell::default(),
        })
    }

    /// The device in use, if one was opened.
    #[must_use]
    pub fn device(&self) -> Option<Rc<Gpu>> {
        self.gpu.borrow().clone()
    }

    /// Takes a message. What comes back is work that somebody has to run to its end, beside other such work.
    pub fn take(self: &Rc<Self>, message: ToWorker<MinerRequest>) -> Option<LocalBoxFuture<'static, ()>> {
        // Every request is answered at once, but for a probe, which ends by itself.
        let ToWorker::Request { id, body } = message else { return None };
        let this = Rc::clone(self);
        match body {
            MinerRequest::Probe => Some(
                async move {
                    let report = this.probe().await;
                    this.answer(id, Ok(MinerResponse::Probed(report)));
                }
                .boxed_local(),
            ),
            MinerRequest::Load { job, source, precision, place } => {
                self.begin(id, job, move |this, control| {
                    async move { this.load(job, &control, &source, (precision, place)).await }.boxed_local()
                })
            }
            MinerRequest::Generate { job, prompt, options } => self.begin(id, job, move |this, control| {
                async move { this.write(job, &control, &prompt, options).await }.boxed_local()
            }),
            MinerRequest::Recompute { job, model, prompt, tokens } => {
                self.begin(id, job, move |this, control| {
                    async move { this.recompute(job, &control, model, (&prompt, tokens)).await }.boxed_local()
                })
            }
            MinerRequest::Solve { job, work, place, duty_percent } => {
                self.begin(id, job, move |this, control| {
                    async move { this.solve(job, &control, work, (place, duty_percent)).await }.boxed_local()
                })
            }
            MinerRequest::LoadEncoder { job, source, precision, place } => {
                self.begin(id, job, move |this, control| {
                    async move { this.load_encoder(job, &control, source, (precision, place)).await }
                        .boxed_local()
                })
            }
            MinerRequest::Embed { job, texts } => self.begin(id, job, move |this, control| {
                async move { this.embed(job, &control, &texts).await }.boxed_local()
            }),
            MinerRequest::Rank { job, query, texts } => self.begin(id, job, move |this, control| {
                async move { this.rank(job, &control, query, texts).await }.boxed_local()
            }),
            MinerRequest::Benchmark { job } => self.begin(id, job, move |this, control| {
                async move { this.benchmark(job, &control).await }.boxed_local()
            }),
            MinerRequest::Kept => Some(
                async move {
                    let report = this.kept(None).await;
                    this.answer(id, Ok(MinerResponse::Kept(report)));
                }
                .boxed_local(),
            ),
            MinerRequest::Forget { model } => Some(
                async move {
                    let report = this.kept(Some(&model)).await;
                    this.answer(id, Ok(MinerResponse::Kept(report)));
                }
                .boxed_local(),
            ),
            MinerRequest::RenewWork { job, work } => {
                self.steer(id, job, |control| {
                    control.work.replace(Some(work));
                });
                None
            }
            MinerRequest::SetDuty { job, duty_percent } => {
                self.steer(id, job, |control| control.duty_percent.set(Some(duty_percent)));
                None
            }
            MinerRequest::Pause { job, paused } => {
                self.steer(id, job, |control| control.is_paused.set(paused));
                None
            }
            MinerRequest::Stop { job } => {
                self.steer(id, job, |control| control.is_stopped.set(true));
                None
            }
        }
    }

    fn begin(
        self: &Rc<Self>,
        id: u32,
        job: JobId,
        run: impl FnOnce(Rc<Self>, Rc<Job>) -> LocalBoxFuture<'static, Result<(), MinerError>> + 'static,
    ) -> Option<LocalBoxFuture<'static, ()>> {
        if self.jobs.borrow().contains_key(&job) {
            self.answer(id, Err(refuse(MinerErrorKind::Busy, format!("job {job} is running"))));
            return None;
        }
        let control = Rc::new(Job::default());
        self.jobs.borrow_mut().insert(job, Rc::clone(&control));
        self.answer(id, Ok(MinerResponse::Started));
        let this = Rc::clone(self);
        Some(
            async move {
                let result = run(Rc::clone(&this), control).await;
                this.jobs.borrow_mut().remove(&job);
                if let Err(error) = result {
                    this.tell(MinerEvent::Failed { job, error });
                }
            }
            .boxed_local(),
        )
    }

    /// A job that has ended already needs no steering.
    fn steer(&self, id: u32, job: JobId, act: impl FnOnce(&Job)) {
        if let Some(control) = self.jobs.borrow().get(&job) {
            act(control);
        }
        self.answer(id, Ok(MinerResponse::Done));
    }

    fn answer(&self, id: u32, result: Result<MinerResponse, MinerError>) {
        self.host.send(Outgoing::Answer(id, result));
    }

    fn tell(&self, event: MinerEvent) {
        self.host.send(Outgoing::Event(event));
    }

    /// Lets messages come in and waits while the job is held. Says whether it may go on.
    async fn may_go_on(&self, control: &Job) -> bool {
        self.host.sleep(0.0).await;
        if control.is_paused.get() {
            let since = self.host.now();
            while control.is_paused.get() && !control.is_stopped.get() {
                self.host.sleep(0.05).await;
            }
            control.held_seconds.set(control.held_seconds.get() + self.host.now() - since);
        }
        !control.is_stopped.get()
    }

    /// The clock of a job in seconds: it stands still while the job is held.
    fn clock(&self, control: &Job) -> f64 {
        self.host.now() - control.held_seconds.get()
    }
}

#[cfg(all(test, not(target_arch = "wasm32"), not(skip_gpu_tests)))]
mod memory_tests;
