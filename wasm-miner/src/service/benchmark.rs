//! Measures the loaded model and the solver, the same way each time.

use lantern_worker_bridge::miner::{BenchmarkReport, JobId, MinerError, MinerEvent};
use serde::Serialize;
use sha2::{Digest as _, Sha256};

use crate::{
    generate::{Generation, Options},
    pow::{GpuMiner, Solver, Work},
    service::{Job, Service, load::Loaded, problem, solve::Engine},
};

const PROMPT: usize = 64;
const TEXT: u32 = 128;
/// The device, the prompt and the text, the solver on the CPU, the solver on the GPU.
const STEPS: u32 = 4;

/// Tokens per second for reading and for writing, and what was written.
struct Measured {
    prefill: f64,
    decode: f64,
    digest: String,
}

/// What is shared: what was measured, and what it takes to measure it again.
#[derive(Serialize)]
struct Shared<'a> {
    format: &'static str,
    engine: &'static str,
    prompt_tokens: usize,
    written_tokens: u32,
    temperature: f32,
    seed: u64,
    #[serde(flatten)]
    report: &'a BenchmarkReport,
}

impl Service {
    pub(super) async fn benchmark(&self, job: JobId, control: &Job) -> Result<(), MinerError> {
        let report = self.measure(job, control).await?;
        let Some(report) = report.filter(|_| !control.is_stopped.get()) else {
            self.tell(MinerEvent::Stopped { job });
            return Ok(());
        };
        let shared = Shared {
            format: "lantern-benchmark/1",
            engine: concat!(env!("CARGO_PKG_NAME"), " ", env!("CARGO_PKG_VERSION")),
            prompt_tokens: PROMPT,
            written_tokens: TEXT,
            temperature: 0.0,
            seed: 0,
            report: &report,
        };
        // Plain data with text keys cannot fail to be written.
        let json = serde_json::to_string_pretty(&shared).unwrap_or_default();
        self.tell(MinerEvent::Benchmarked { job, report, json });
        Ok(())
    }

    /// `None` where the job was stopped meanwhile.
    async fn measure(&self, job: JobId, control: &Job) -> Result<Option<BenchmarkReport>, MinerError> {
        self.tell_step(job, 0, "the device");
        let device = self.probe().await;
        self.tell_step(job, 1, "the model");
        let taken = self.model.borrow_mut().take();
        let (mut model, mut measured) = (None, None);
        if let Some(mut loaded) = taken {
            model = Some(loaded.report.clone());
            let result = self.measure_text(control, &mut loaded).await;
            self.model.borrow_mut().get_or_insert(loaded);
            measured = result?;
        }
        self.tell_step(job, 2, "proof of work on the CPU");
        if !self.may_go_on(control).await {
            return Ok(None);
        }
        // No seal meets this difficulty, so that nothing ends early.
        let work =
            Work { netuid: 1, block_hash: [1; 32], hotkey: [2; 32], coldkey: [3; 32], difficulty: u64::MAX };
        let cpu_hashes_per_second = self.rate(&mut Engine::on_cpu(Solver::new(work, 0))).await?;
        self.tell_step(job, 3, "proof of work on the graphics device");
        let mut gpu_hashes_per_second = None;
        if self.has_gpu().await && self.may_go_on(control).await {
            let gpu = self.gpu().await.map_err(|error| problem::of_device(&error))?;
            let miner = GpuMiner::new(gpu).await.map_err(|error| problem::of_kernel(&error))?;
            gpu_hashes_per_second = Some(
                self.rate(&mut Engine::on_gpu(Solver::new(work, 0), miner, self.round_trip().await)).await?,
            );
        }
        Ok(Some(BenchmarkReport {
            device,
            model,
            prefill_tokens_per_second: measured.as_ref().map(|m| m.prefill),
            decode_tokens_per_second: measured.as_ref().map(|m| m.decode),
            token_digest: measured.map(|m| m.digest),
            gpu_hashes_per_second,
            cpu_hashes_per_second,
        }))
    }

    fn tell_step(&self, job: JobId, done: u32, stage: &str) {
        self.tell(MinerEvent::BenchmarkProgress { job, stage: stage.to_owned(), done, steps: STEPS });
    }

    async fn measure_text(&self, control: &Job, loaded: &mut Loaded) -> Result<Option<Measured>, MinerError> {
        let failed = |error| problem::of_generate(&error);
        let prompt: Vec<u32> = (0..PROMPT).map(|index| u32::from(b"the lantern "[index % 12])).collect();
        let options = Options { max_tokens: TEXT, temperature: 0.0, top_k: 1, top_p: 1.0, seed: 0 };
        let mut text = Generation::start(&loaded.model, &prompt, options).map_err(failed)?;
        let (mut prefill, mut decode) = (0.0, 0.0);
        while text.end().is_none() {
            if !self.may_go_on(control).await {
                return Ok(None);
            }
            let was_prefilled = text.is_prefilled();
            let started = self.host.now();
            text.advance(&mut loaded.model, 32).await.map_err(failed)?;
            *(if was_prefilled { &mut decode } else { &mut prefill }) += self.host.now() - started;
        }
        let mut digest = Sha256::new();
        for token in text.written() {
            digest.update(token.to_le_bytes());
        }
        #[expect(clippy::cast_precision_loss, reason = "rates")]
        Ok(Some(Measured {
            prefill: (PROMPT - 1) as f64 / f64::max(prefill, 1e-6),
            decode: text.written().len() as f64 / f64::max(decode, 1e-6),
            digest: hex::encode(digest.finalize()),
        }))
    }
}
