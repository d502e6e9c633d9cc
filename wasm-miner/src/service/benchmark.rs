//! Measures the loaded model and the solver, the same way each time.

use lantern_worker_bridge::miner::{BenchmarkReport, JobId, MinerError, MinerErrorKind, MinerEvent};
use sha2::{Digest as _, Sha256};

use crate::{
    generate::{Generation, Options},
    pow::{GpuMiner, Solver, Work},
    service::{Job, Service, load::Loaded, problem, problem::refuse, solve::Engine},
};

const PROMPT: usize = 64;
const TEXT: u32 = 128;

/// Tokens per second for reading and for writing, and what was written.
struct Measured {
    prefill: f64,
    decode: f64,
    digest: String,
}

impl Service {
    pub(super) async fn benchmark(&self, job: JobId, control: &Job) -> Result<(), MinerError> {
        let device = self.probe().await;
        let taken = self.model.borrow_mut().take();
        let (mut model, mut measured) = (None, None);
        if let Some(mut loaded) = taken {
            model = Some(loaded.report.clone());
            let result = self.measure_text(control, &mut loaded).await;
            self.model.borrow_mut().get_or_insert(loaded);
            measured = Some(result?);
        }
        // No seal meets this difficulty, so that nothing ends early.
        let work =
            Work { netuid: 1, block_hash: [1; 32], hotkey: [2; 32], coldkey: [3; 32], difficulty: u64::MAX };
        let cpu_hashes_per_second = self.rate(&mut Engine::on_cpu(Solver::new(work, 0))).await?;
        let mut gpu_hashes_per_second = None;
        if self.has_gpu().await {
            let gpu = self.gpu().await.map_err(|error| problem::of_device(&error))?;
            let miner = GpuMiner::new(gpu).await.map_err(|error| problem::of_kernel(&error))?;
            gpu_hashes_per_second = Some(
                self.rate(&mut Engine::on_gpu(Solver::new(work, 0), miner, self.round_trip().await)).await?,
            );
        }
        let report = BenchmarkReport {
            device,
            model,
            prefill_tokens_per_second: measured.as_ref().map(|m| m.prefill),
            decode_tokens_per_second: measured.as_ref().map(|m| m.decode),
            token_digest: measured.map(|m| m.digest),
            gpu_hashes_per_second,
            cpu_hashes_per_second,
        };
        self.tell(MinerEvent::Benchmarked { job, report });
        Ok(())
    }

    async fn measure_text(&self, control: &Job, loaded: &mut Loaded) -> Result<Measured, MinerError> {
        let failed = |error| problem::of_generate(&error);
        let prompt: Vec<u32> = (0..PROMPT).map(|index| u32::from(b"the lantern "[index % 12])).collect();
        let options = Options { max_tokens: TEXT, temperature: 0.0, top_k: 1, top_p: 1.0, seed: 0 };
        let mut text = Generation::start(&loaded.model, &prompt, options).map_err(failed)?;
        let (mut prefill, mut decode) = (0.0, 0.0);
        while text.end().is_none() {
            if !self.may_go_on(control).await {
                return Err(refuse(MinerErrorKind::BadRequest, "the benchmark was stopped"));
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
        Ok(Measured {
            prefill: (PROMPT - 1) as f64 / f64::max(prefill, 1e-6),
            decode: text.written().len() as f64 / f64::max(decode, 1e-6),
            digest: hex::encode(digest.finalize()),
        })
    }
}
