//! Loads an encoder: its files stream in, are checked against the manifest, and end in the memory of the place
//! that is faster. It stays beside the model that writes.

use std::rc::Rc;

use lantern_worker_bridge::miner::{
    EncoderReport, JobId, MinerError, MinerErrorKind, MinerEvent, ModelSource, Place, Precision,
};

use crate::{
    error::LoadError,
    keep::download::Source,
    kernels::pack::{Format, Packed},
    loader::{
        files::Entry,
        manifest::{FileSpec, Manifest, TokenizerSpec},
        tensors::TensorReader,
    },
    model::bert::{
        BATCH_TOKENS, Batch, Encoder,
        config::BertConfig,
        cpu::{CpuEncoder, CpuWeights},
        gpu::{GpuEncoder, GpuWeights},
        weights::{BertStore, Filler, Matrix, Plan, Vector},
    },
    model::weights::Run,
    service::{
        Job, Service,
        files::{Progress, is_of_bytes},
        problem,
        problem::refuse,
    },
    tokenizer::wordpiece::WordPiece,
};

/// Encoders up to this size are tried in both places.
const SMALL: u64 = 64 << 20;
/// Shards are at most this large, so that they fit a binding on every device.
const SHARD: u64 = 128 << 20;
/// What both places are timed with: so many sentences of everyday length, as far as they fit a batch.
const SAMPLE: &str = "a sentence of about a dozen words is what most people write";
const SAMPLES: usize = 8;

/// An encoder that is ready.
#[derive(Debug)]
pub(super) struct Embedder {
    pub(super) encoder: Encoder,
    pub(super) tokenizer: WordPiece,
    report: EncoderReport,
    /// Where it came from, to load it again after a lost device.
    origin: (ModelSource, Precision, Place),
}

/// What a folder says about its encoder.
struct Head {
    manifest: Manifest,
    folder: String,
    config: BertConfig,
    tokenizer: WordPiece,
}

/// Weights on their way to one place or both.
struct Stores {
    gpu: Option<GpuWeights>,
    cpu: Option<CpuWeights>,
}

impl Stores {
    fn each(
        &mut self,
        mut act: impl FnMut(&mut dyn BertStore) -> Result<(), LoadError>,
    ) -> Result<(), LoadError> {
        if let Some(store) = &mut self.gpu {
            act(store)?;
        }
        if let Some(store) = &mut self.cpu {
            act(store)?;
        }
        Ok(())
    }
}

impl BertStore for Stores {
    fn begin(&mut self, plan: &Plan) -> Result<(), LoadError> {
        if plan.weight_bytes() > SMALL && self.gpu.is_some() {
            self.cpu = None;
        }
        self.each(|store| store.begin(plan))
    }

    fn rows(&mut self, matrix: Matrix, place: (usize, Run), packed: &Packed) -> Result<(), LoadError> {
        self.each(|store| store.rows(matrix, place, packed))
    }

    fn values(&mut self, vector: Vector, first: usize, values: &[f32]) -> Result<(), LoadError> {
        self.each(|store| store.values(vector, first, values))
    }
}

impl Service {
    pub(super) async fn load_encoder(
        &self,
        job: JobId,
        control: &Job,
        source: ModelSource,
        (precision, place): (Precision, Place),
    ) -> Result<(), MinerError> {
        let loaded = self.fetch_encoder(Some(job), control, (source, precision, place)).await?;
        let event = match loaded.filter(|_| !control.is_stopped.get()) {
            None => MinerEvent::Stopped { job },
            Some(loaded) => {
                let encoder = loaded.report.clone();
                self.encoder.replace(Some(Rc::new(loaded)));
                MinerEvent::EncoderLoaded { job, encoder }
            }
        };
        self.tell(event);
        Ok(())
    }

    /// Loads the encoder a second time, after its device was lost. `None` where the job was stopped meanwhile.
    pub(super) async fn load_encoder_again(
        &self,
        control: &Job,
        embedder: &Embedder,
    ) -> Result<Option<Rc<Embedder>>, MinerError> {
        let loaded = self.fetch_encoder(None, control, embedder.origin.clone()).await?;
        let Some(loaded) = loaded.map(Rc::new) else { return Ok(None) };
        self.encoder.replace(Some(Rc::clone(&loaded)));
        Ok(Some(loaded))
    }

    /// Loads an encoder. `None` where the job was stopped meanwhile.
    async fn fetch_encoder(
        &self,
        job: Option<JobId>,
        control: &Job,
        origin: (ModelSource, Precision, Place),
    ) -> Result<Option<Embedder>, MinerError> {
        let failed = |error: LoadError| problem::of_load(&error);
        let (source, precision, place) = &origin;
        let head = self.encoder_head(source).await.map_err(failed)?;
        let format = (*precision == Precision::Q8_0).then_some(Format::Q8_0);
        let mut stores = Stores { gpu: None, cpu: (*place != Place::Gpu).then(CpuWeights::default) };
        if *place != Place::Cpu {
            if self.has_gpu().await {
                let gpu = self.gpu().await.map_err(|error| problem::of_device(&error))?;
                stores.gpu = Some(GpuWeights::new(gpu));
            } else if *place == Place::Gpu {
                let problem = self.probe().await.gpu_problem;
                let problem = problem.unwrap_or_else(|| "there is no GPU".into());
                return Err(refuse(MinerErrorKind::NoGpu, problem));
            }
        }
        let plan = self.stream_encoder(job, control, &head, format, &mut stores).await.map_err(failed)?;
        let Some(plan) = plan else { return Ok(None) };
        self.settle_encoder(head, &plan, stores, origin).await.map(Some)
    }

    async fn encoder_head(&self, source: &ModelSource) -> Result<Head, LoadError> {
        let ModelSource::Url(url) = source else {
            let reason = "an encoder is loaded from a folder with a manifest".into();
            return Err(LoadError::Manifest { reason });
        };
        let folder = url.trim_end_matches('/').to_owned();
        let (text, _) = self.text(format!("{folder}/manifest.json")).await?;
        let manifest = Manifest::parse(&text)?;
        let TokenizerSpec::WordPiece { max_tokens } = manifest.tokenizer else {
            let reason = "its tokenizer is not wordpiece: it writes, and gives no vectors".into();
            return Err(LoadError::Manifest { reason });
        };
        let config = BertConfig::parse(&self.checked_text(&folder, &manifest, "config.json").await?)?;
        let vocabulary = self.checked_text(&folder, &manifest, "vocab.txt").await?;
        let tokenizer = WordPiece::parse(&vocabulary, max_tokens.min(config.positions))?;
        if tokenizer.len() > config.vocabulary {
            let (pieces, rows) = (tokenizer.len(), config.vocabulary);
            let reason = format!("{pieces} pieces, but the configuration says {rows}");
            return Err(LoadError::Vocabulary { reason });
        }
        Ok(Head { manifest, folder, config, tokenizer })
    }

    async fn checked_text(
        &self,
        folder: &str,
        manifest: &Manifest,
        name: &str,
    ) -> Result<Vec<u8>, LoadError> {
        let spec = manifest.file(name)?;
        let (text, digest) = self.text(format!("{folder}/{name}")).await?;
        spec.check(text.len() as u64, &digest)?;
        Ok(text)
    }

    async fn stream_encoder(
        &self,
        job: Option<JobId>,
        control: &Job,
        head: &Head,
        format: Option<Format>,
        stores: &mut Stores,
    ) -> Result<Option<Plan>, LoadError> {
        const NAME: &str = "model.safetensors";
        let spec = head.manifest.file(NAME)?;
        let (name, url) = (NAME.to_owned(), format!("{}/{NAME}", head.folder));
        let entry = Entry { name, url, spec: Some(spec.clone()) };
        let mut file =
            self.weights(&ModelSource::Url(head.folder.clone()), &head.manifest.name, &entry).await?;
        let mut reader = TensorReader::default();
        let limit = stores.gpu.as_ref().map_or(SHARD, |weights| weights.largest_binding().min(SHARD));
        let mut filler = Filler::new(&head.config, format, limit, stores);
        let result = self.pour_encoder(job, control, (&mut file, spec), (&mut reader, &mut filler)).await;
        if result.as_ref().is_err_and(is_of_bytes) {
            file.discard().await;
        }
        if !result? {
            return Ok(None);
        }
        filler.finish().map(Some)
    }

    /// Reads the file to its end. `false` where the job was stopped meanwhile.
    async fn pour_encoder(
        &self,
        job: Option<JobId>,
        control: &Job,
        (file, spec): (&mut Source, &FileSpec),
        (reader, filler): (&mut TensorReader, &mut Filler<'_>),
    ) -> Result<bool, LoadError> {
        let mut progress = Progress::new(job, spec.bytes, self.host.now());
        loop {
            let piece = match file.next(|| control.is_stopped.get()).await {
                Ok(Some(piece)) => piece,
                Ok(None) => break,
                Err(_) if control.is_stopped.get() => return Ok(false),
                Err(error) => return Err(error),
            };
            reader.push(&piece, filler)?;
            let (got, path) = (reader.bytes(), spec.path.clone());
            if got > spec.bytes {
                return Err(LoadError::Length { path, expected: spec.bytes, got });
            }
            if progress.is_due(self.host.now()) {
                progress.tell(self, got, file);
                if !self.may_go_on(control).await {
                    return Ok(false);
                }
            }
        }
        progress.tell(self, reader.bytes(), file);
        let (bytes, digest) = std::mem::take(reader).finish(&spec.path)?;
        spec.check(bytes, &digest)?;
        Ok(true)
    }

    /// Builds the encoder where it may run, and keeps the faster one where that is a choice.
    async fn settle_encoder(
        &self,
        head: Head,
        plan: &Plan,
        stores: Stores,
        origin: (ModelSource, Precision, Place),
    ) -> Result<Embedder, MinerError> {
        let failed = |error: LoadError| problem::of_load(&error);
        let (mut gpu, mut cpu) = (None, None);
        if let Some(weights) = stores.cpu {
            let encoder = Encoder::Cpu(Box::new(CpuEncoder::new(plan, weights).map_err(failed)?));
            let (speed, sample) = self.time_encoder(&encoder, &head.tokenizer).await?;
            cpu = Some((speed, sample, encoder));
        }
        if let Some(weights) = stores.gpu {
            match self.try_on_gpu(plan, weights, &head.tokenizer).await {
                // A device that gives other vectors than the CPU is not used, however fast it is.
                Ok((_, sample, _)) if cpu.as_ref().is_some_and(|(_, right, _)| !is_alike(&sample, right)) => {
                }
                Ok(tried) => gpu = Some(tried),
                // A device that cannot run it is no loss where the CPU can.
                Err(_) if cpu.is_some() => {}
                Err(error) => return Err(error),
            }
        }
        let gpu_speed = gpu.as_ref().map(|(speed, ..)| *speed);
        let cpu_speed = cpu.as_ref().map(|(speed, ..)| *speed);
        let (place, encoder) = match (gpu, cpu) {
            (Some((.., gpu)), Some(_)) if gpu_speed >= cpu_speed => (Place::Gpu, gpu),
            (Some((.., gpu)), None) => (Place::Gpu, gpu),
            (_, Some((.., cpu))) => (Place::Cpu, cpu),
            (None, None) => return Err(refuse(MinerErrorKind::NoGpu, "there is no place to run it")),
        };
        let count = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
        let report = EncoderReport {
            name: head.manifest.name,
            licence: head.manifest.licence,
            parameters: plan.parameters(),
            weight_bytes: plan.weight_bytes(),
            dimensions: count(plan.config.hidden),
            max_tokens: count(head.tokenizer.max_tokens()),
            place,
            gpu_tokens_per_second: gpu_speed,
            cpu_tokens_per_second: cpu_speed,
        };
        Ok(Embedder { encoder, tokenizer: head.tokenizer, report, origin })
    }

    async fn try_on_gpu(
        &self,
        plan: &Plan,
        weights: GpuWeights,
        tokenizer: &WordPiece,
    ) -> Result<(f64, Vec<f32>, Encoder), MinerError> {
        let encoder = GpuEncoder::new(plan, weights).await.map_err(|error| problem::of_load(&error))?;
        let encoder = Encoder::Gpu(Box::new(encoder));
        let (speed, sample) = self.time_encoder(&encoder, tokenizer).await?;
        Ok((speed, sample, encoder))
    }

    /// Tokens per second of a small batch, after one to warm up, and the vector of its sentence.
    async fn time_encoder(
        &self,
        encoder: &Encoder,
        tokenizer: &WordPiece,
    ) -> Result<(f64, Vec<f32>), MinerError> {
        let failed = |error| problem::of_embed(&error);
        let sentence = tokenizer.encode(SAMPLE).tokens;
        let count = (BATCH_TOKENS / sentence.len().max(1)).clamp(1, SAMPLES);
        let sentences = vec![sentence; count];
        let batch = Batch::new(encoder.config(), &sentences).map_err(failed)?;
        let (mut best, mut vectors) = (0.0_f64, Vec::new());
        for _ in 0..2 {
            self.host.sleep(0.0).await;
            let started = self.host.now();
            vectors = encoder.embed(&batch).await.map_err(failed)?;
            #[expect(clippy::cast_precision_loss, reason = "a rate")]
            let tokens = batch.tokens.len() as f64;
            best = best.max(tokens / (self.host.now() - started).max(1e-6));
        }
        Ok((best, vectors.pop().unwrap_or_default()))
    }
}

/// Whether two vectors of length one are the same but for rounding.
fn is_alike(a: &[f32], b: &[f32]) -> bool {
    a.len() == b.len() && a.iter().zip(b).map(|(a, b)| a * b).sum::<f32>() > 0.999
}
