//! Looks for proof-of-work seals, in the place that tries more of them per second.

use lantern_worker_bridge::miner::{
    JobId, MinerError, MinerEvent, Place, PowSolution, PowWork, SolveProgress,
};

use crate::{
    error::KernelError,
    pow::{GpuMiner, Solver, Step, Work, expected_seconds},
    service::{Job, Service, problem},
};

/// A step should take about this long: short enough for a smooth page and a quick stop.
const STEP_SECONDS: f64 = 0.04;
/// Progress is told this often.
const TELL_SECONDS: f64 = 0.5;
const FIRST_BATCH: f64 = 4096.0;
/// More than the kernel takes in one dispatch.
const LARGEST_BATCH: f64 = 2.5e8;

pub(super) fn work_of(work: &PowWork) -> Work {
    Work {
        netuid: work.netuid,
        block_hash: work.block_hash,
        hotkey: work.hotkey,
        coldkey: work.coldkey,
        difficulty: work.difficulty,
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a duration")]
fn millis(seconds: f64) -> u64 {
    (seconds * 1000.0) as u64
}

/// A solver in its place, with batches of the right size.
pub(super) struct Engine {
    pub(super) solver: Solver,
    pub(super) gpu: Option<GpuMiner>,
    batch: f64,
    /// Seconds of a trip to the device and back, which say nothing about its speed. Some browsers look at their
    /// queue only ten times a second.
    round_trip: f64,
}

impl Engine {
    pub(super) fn on_cpu(solver: Solver) -> Self {
        Self { solver, gpu: None, batch: FIRST_BATCH, round_trip: 0.0 }
    }

    pub(super) fn on_gpu(solver: Solver, miner: GpuMiner, round_trip: f64) -> Self {
        Self { solver, gpu: Some(miner), batch: FIRST_BATCH, round_trip }
    }

    pub(super) fn place(&self) -> Place {
        if self.gpu.is_some() { Place::Gpu } else { Place::Cpu }
    }

    /// One step and its seconds.
    pub(super) async fn step(&mut self, now: impl Fn() -> f64) -> Result<(Step, f64), KernelError> {
        let started = now();
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 1 and 2.5e8")]
        let count = self.batch as u32;
        let step = match &self.gpu {
            None => self.solver.step_cpu(count),
            Some(gpu) => self.solver.step_gpu(gpu, u64::from(count)).await?,
        };
        let seconds = (now() - started).max(1e-6);
        #[expect(clippy::cast_precision_loss, reason = "a rate")]
        let fitting =
            step.tried as f64 / (seconds - self.round_trip).max(1e-3) * (STEP_SECONDS + self.round_trip);
        self.batch = fitting.clamp(self.batch / 4.0, self.batch * 4.0).clamp(64.0, LARGEST_BATCH);
        Ok((step, seconds))
    }
}

impl Service {
    pub(super) async fn solve(
        &self,
        job: JobId,
        control: &Job,
        work: PowWork,
        (place, duty_percent): (Place, u8),
    ) -> Result<(), MinerError> {
        let mut block = work.block;
        let mut engine = self.engine(Solver::new(work_of(&work), self.host.random()), place).await?;
        let started = self.clock(control);
        let (mut told_at, mut told_tried) = (started, 0);
        let mut busy = 0.0;
        let mut losses = 0;
        loop {
            if !self.may_go_on(control).await {
                self.tell(MinerEvent::Stopped { job });
                return Ok(());
            }
            if let Some(work) = control.work.take() {
                engine.solver.renew(work_of(&work));
                block = work.block;
            }
            let (step, seconds) = match engine.step(|| self.host.now()).await {
                Ok(done) => done,
                // The nonces of the lost batch are simply tried again, on a fresh device or, where
                // that is a choice, on the CPU.
                Err(KernelError::Device(error)) if error.is_retryable() && losses < 2 => {
                    losses += 1;
                    self.leave_device();
                    engine = self.engine(engine.solver, place).await?;
                    continue;
                }
                Err(error) => return Err(problem::of_kernel(&error)),
            };
            let now = self.clock(control);
            let elapsed = now - started;
            busy += seconds;
            if let Some(solution) = step.solution {
                let (nonce, seal, hashes) = (solution.nonce, solution.seal, engine.solver.tried());
                let (elapsed_millis, busy_millis) = (millis(elapsed), millis(busy));
                let place = engine.place();
                let solution = PowSolution { place, block, nonce, seal, hashes, elapsed_millis, busy_millis };
                self.tell(MinerEvent::Solved { job, solution });
                return Ok(());
            }
            if now - told_at >= TELL_SECONDS {
                #[expect(clippy::cast_precision_loss, reason = "a rate")]
                let per_second = (engine.solver.tried() - told_tried) as f64 / (now - told_at);
                (told_at, told_tried) = (now, engine.solver.tried());
                let progress = SolveProgress {
                    place: engine.place(),
                    hashes: engine.solver.tried(),
                    hashes_per_second: per_second,
                    expected_seconds: expected_seconds(engine.solver.work().difficulty, per_second),
                    elapsed_seconds: elapsed,
                    busy_seconds: busy,
                    block,
                };
                self.tell(MinerEvent::SolveProgress { job, progress });
            }
            let duty = control.duty_percent.get().unwrap_or(duty_percent);
            let duty = f64::from(duty.clamp(1, 100)) / 100.0;
            if duty < 1.0 {
                self.host.sleep(seconds * (1.0 - duty) / duty).await;
            }
        }
    }

    pub(super) async fn round_trip(&self) -> f64 {
        // Where it was not measured, batches are sized as if the trip cost nothing.
        self.probe().await.round_trip_seconds.unwrap_or(0.0)
    }

    /// A solver in the wanted place; `Fastest` tries both.
    async fn engine(&self, solver: Solver, place: Place) -> Result<Engine, MinerError> {
        if place == Place::Cpu || (place == Place::Fastest && !self.has_gpu().await) {
            return Ok(Engine::on_cpu(solver));
        }
        let gpu = match self.gpu().await {
            Ok(gpu) => gpu,
            Err(_) if place == Place::Fastest => return Ok(Engine::on_cpu(solver)),
            Err(error) => return Err(problem::of_device(&error)),
        };
        let miner = GpuMiner::new(gpu).await.map_err(|error| problem::of_kernel(&error))?;
        let engine = Engine::on_gpu(solver, miner, self.round_trip().await);
        if place == Place::Gpu {
            return Ok(engine);
        }
        let mut on_gpu = engine;
        let mut on_cpu = Engine::on_cpu(on_gpu.solver.clone());
        let gpu_rate = self.rate(&mut on_gpu).await?;
        let cpu_rate = self.rate(&mut on_cpu).await?;
        Ok(if gpu_rate >= cpu_rate { on_gpu } else { on_cpu })
    }

    /// Seals per second, once batches have found their size. A solution that turns up here is found again: the
    /// solver's place is put back.
    pub(super) async fn rate(&self, engine: &mut Engine) -> Result<f64, MinerError> {
        let start = engine.solver.clone();
        let mut rate = 0.0;
        for _ in 0..6 {
            let (step, seconds) =
                engine.step(|| self.host.now()).await.map_err(|error| problem::of_kernel(&error))?;
            #[expect(clippy::cast_precision_loss, reason = "a rate")]
            let now = step.tried as f64 / seconds;
            if step.solution.is_none() {
                rate = now;
            }
            self.host.sleep(0.0).await;
        }
        engine.solver = start;
        Ok(rate)
    }
}
