//! Loads a model: files stream in, are checked against the manifest, and end in the memory of the place that
//! writes faster.

use lantern_worker_bridge::miner::{
    JobId, MinerError, MinerErrorKind, MinerEvent, ModelReport, ModelSource, Place, Precision,
};
use sha2::{Digest as _, Sha256};

use crate::{
    error::LoadError,
    generate::{Generation, Model, Options as TextOptions},
    kernels::pack::{Format, Packed},
    loader::{
        files::{Entry, Parts},
        manifest::{FileSpec, Manifest, TokenizerSpec},
        stream::{Loader, Options, Plan, WeightStore},
    },
    model::{
        config::Config,
        cpu::{CpuModel, CpuWeights},
        exact::weights::ExactWeights,
        gpu::{GpuModel, GpuWeights},
        weights::{Matrix, Run, Vector},
    },
    service::{Job, Service, exact, problem, problem::refuse},
    tokenizer::bytes::ByteTokenizer,
};

/// The most positions that a cache is made for.
const CONTEXT: usize = 4096;
/// Models up to this size are tried in both places.
const SMALL: u64 = 64 << 20;
/// The longest text file that we read into memory.
const LARGEST_TEXT: usize = 1 << 20;
/// Shards are at most this large, so that they fit a binding on every device.
const SHARD: u64 = 128 << 20;

/// A model that is ready.
pub(super) struct Loaded {
    pub(super) model: Model,
    pub(super) tokenizer: ByteTokenizer,
    pub(super) report: ModelReport,
    /// Where it came from, to load it again after a lost device.
    pub(super) source: ModelSource,
    pub(super) precision: Precision,
}

/// What a folder says about its model.
struct Head {
    name: String,
    licence: String,
    tokenizer: ByteTokenizer,
    config: Config,
    weights: Entry,
}

/// Weights on their way to one place or both.
#[derive(Default)]
struct Stores {
    gpu: Option<GpuWeights>,
    cpu: Option<CpuWeights>,
    /// In place of the other two where the precision is bit-exact.
    exact: Option<ExactWeights>,
    /// Both were asked for, but the CPU only where the model is small.
    is_choice: bool,
}

impl WeightStore for Stores {
    fn begin(&mut self, plan: &Plan) -> Result<(), LoadError> {
        if self.is_choice && self.gpu.is_some() && plan.weight_bytes() > SMALL {
            self.cpu = None;
        }
        if let Some(exact) = &mut self.exact
            && self.is_choice
            && exact.has_gpu()
            && plan.weight_bytes() > SMALL
        {
            exact.leave_cpu();
        }
        self.each(|store| store.begin(plan))
    }

    fn rows(&mut self, matrix: Matrix, run: Run, packed: &Packed) -> Result<(), LoadError> {
        self.each(|store| store.rows(matrix, run, packed))
    }

    fn values(&mut self, vector: Vector, first: usize, values: &[f32]) -> Result<(), LoadError> {
        self.each(|store| store.values(vector, first, values))
    }
}

impl Stores {
    fn each(
        &mut self,
        mut act: impl FnMut(&mut dyn WeightStore) -> Result<(), LoadError>,
    ) -> Result<(), LoadError> {
        if let Some(store) = &mut self.gpu {
            act(store)?;
        }
        if let Some(store) = &mut self.cpu {
            act(store)?;
        }
        if let Some(store) = &mut self.exact {
            act(store)?;
        }
        Ok(())
    }
}

impl Service {
    pub(super) async fn load(
        &self,
        job: JobId,
        control: &Job,
        source: &ModelSource,
        (precision, place): (Precision, Place),
    ) -> Result<(), MinerError> {
        let loaded = self.fetch_model(Some(job), control, source, (precision, place)).await?;
        if control.is_stopped.get() {
            self.tell(MinerEvent::Stopped { job });
            return Ok(());
        }
        let Some(loaded) = loaded else {
            self.tell(MinerEvent::Stopped { job });
            return Ok(());
        };
        let model = loaded.report.clone();
        self.model.replace(Some(loaded));
        self.tell(MinerEvent::Loaded { job, model });
        Ok(())
    }

    /// Loads a model. `None` where the job was stopped meanwhile.
    pub(super) async fn fetch_model(
        &self,
        job: Option<JobId>,
        control: &Job,
        source: &ModelSource,
        (precision, place): (Precision, Place),
    ) -> Result<Option<Loaded>, MinerError> {
        let has_gpu = place != Place::Cpu && self.has_gpu().await;
        if place == Place::Gpu && !has_gpu {
            let problem = self.probe().await.gpu_problem;
            return Err(refuse(MinerErrorKind::NoGpu, problem.unwrap_or_else(|| "there is no GPU".into())));
        }
        let head = self.head(source).await.map_err(|error| problem::of_load(&error))?;
        let mut stores = Stores { is_choice: place == Place::Fastest, ..Stores::default() };
        let gpu = match has_gpu {
            true => Some(self.gpu().await.map_err(|error| problem::of_device(&error))?),
            false => None,
        };
        // The CPU keeps every matrix in one piece.
        let shard_bytes = gpu.as_ref().map_or(u64::MAX, |gpu| gpu.report().max_binding_bytes.min(SHARD));
        if precision == Precision::Exact {
            stores.exact = Some(exact::weights(gpu, place));
        } else {
            stores.gpu = gpu.map(GpuWeights::new);
            stores.cpu = (place != Place::Gpu).then(CpuWeights::default);
        }
        let options = Options {
            config: head.config.clone(),
            format: (precision != Precision::AsStored).then_some(Format::Q8_0),
            shard_bytes,
        };
        let plan = self.stream(job, control, &head, options, &mut stores).await;
        let Some(plan) = plan.map_err(|error| problem::of_load(&error))? else { return Ok(None) };
        self.settle(head, &plan, stores, (source, precision)).await.map(Some)
    }

    async fn head(&self, source: &ModelSource) -> Result<Head, LoadError> {
        let (manifest, parts) = self.parts(source).await?;
        let Some(entry) = &parts.config else {
            return Err(LoadError::Files { reason: format!("{} needs a config.json", parts.weights.name) });
        };
        let (text, digest) = self.text(entry.url.clone()).await?;
        if let Some(spec) = &entry.spec {
            spec.check(text.len() as u64, &digest)?;
        }
        let config = Config::parse(&text)?;
        let tokenizer = tokenizer(manifest.as_ref(), &config)?;
        let (name, licence) = manifest.map_or(("own files".into(), String::new()), |m| (m.name, m.licence));
        Ok(Head { name, licence, tokenizer, config, weights: parts.weights })
    }

    /// The files of a source, with what its manifest says of them, where it has one.
    async fn parts(&self, source: &ModelSource) -> Result<(Option<Manifest>, Parts), LoadError> {
        match source {
            ModelSource::Url(url) => {
                let folder = url.trim_end_matches('/');
                let (text, _) = self.text(format!("{folder}/manifest.json")).await?;
                let manifest = Manifest::parse(&text)?;
                let place = |file: &FileSpec| (file.path.clone(), format!("{folder}/{}", file.path));
                let parts = Parts::sort(manifest.files.iter().map(place), Some(&manifest))?;
                Ok((Some(manifest), parts))
            }
            ModelSource::Files { files } => {
                let manifest = match files.iter().find(|file| file.name == "manifest.json") {
                    Some(file) => Some(Manifest::parse(&self.text(file.url.clone()).await?.0)?),
                    None => None,
                };
                let places = files.iter().map(|file| (file.name.clone(), file.url.clone()));
                let parts = Parts::sort(places, manifest.as_ref())?;
                Ok((manifest, parts))
            }
        }
    }

    pub(super) async fn text(&self, url: String) -> Result<(Vec<u8>, [u8; 32]), LoadError> {
        let mut download = self.host.fetch(url.clone()).await?;
        let mut text = Vec::new();
        while let Some(piece) = download.next().await? {
            text.extend(piece);
            if text.len() > LARGEST_TEXT {
                return Err(LoadError::Fetch { path: url, reason: "it is larger than 1 MiB".into() });
            }
        }
        let digest = Sha256::digest(&text).into();
        Ok((text, digest))
    }

    async fn stream(
        &self,
        job: Option<JobId>,
        control: &Job,
        head: &Head,
        options: Options,
        stores: &mut Stores,
    ) -> Result<Option<Plan>, LoadError> {
        let started = self.host.now();
        let mut told = started;
        let mut download = self.host.fetch(head.weights.url.clone()).await?;
        let total = head.weights.spec.as_ref().map(|file| file.bytes).or(download.length()).unwrap_or(0);
        let mut loader = Loader::new(options);
        while let Some(piece) = download.next().await? {
            loader.push(&piece, stores)?;
            if let Some(file) = &head.weights.spec
                && loader.bytes() > file.bytes
            {
                let (path, expected, got) = (file.path.clone(), file.bytes, loader.bytes());
                return Err(LoadError::Length { path, expected, got });
            }
            let now = self.host.now();
            if now - told > 0.1 {
                told = now;
                self.progress(job, loader.bytes(), total, now - started);
                if !self.may_go_on(control).await {
                    return Ok(None);
                }
            }
        }
        self.progress(job, loader.bytes(), total, self.host.now() - started);
        let (plan, bytes, digest) = loader.finish(&head.weights.name)?;
        if let Some(file) = &head.weights.spec {
            file.check(bytes, &digest)?;
        }
        Ok(Some(plan))
    }

    pub(super) fn progress(&self, job: Option<JobId>, loaded_bytes: u64, total_bytes: u64, seconds: f64) {
        let Some(job) = job else { return };
        #[expect(clippy::cast_precision_loss, reason = "a rate")]
        let bytes_per_second = loaded_bytes as f64 / seconds.max(1e-3);
        self.tell(MinerEvent::LoadProgress { job, loaded_bytes, total_bytes, bytes_per_second });
    }

    /// Builds the model where it may run, and keeps the faster one where that is a choice.
    async fn settle(
        &self,
        head: Head,
        plan: &Plan,
        stores: Stores,
        (source, precision): (&ModelSource, Precision),
    ) -> Result<Loaded, MinerError> {
        let failed = |error: LoadError| problem::of_load(&error);
        let (mut gpu, mut cpu) = (None, None);
        let mut dispatches = 0;
        if let Some(weights) = stores.gpu {
            let model = GpuModel::new(plan, weights, CONTEXT).await.map_err(failed)?;
            dispatches = model.dispatches_per_token();
            gpu = Some(Model::Gpu(Box::new(model)));
        }
        if let Some(weights) = stores.cpu {
            cpu = Some(Model::Cpu(Box::new(CpuModel::new(plan, weights, CONTEXT).map_err(failed)?)));
        }
        if let Some(weights) = stores.exact {
            let models = exact::models(plan, weights, CONTEXT).await.map_err(failed)?;
            dispatches = models.0.as_ref().map_or(0, |(_, dispatches)| *dispatches);
            (gpu, cpu) = (models.0.map(|(model, _)| model), models.1);
        }
        let (mut gpu_speed, mut cpu_speed) = (None, None);
        if let (Some(gpu), Some(cpu)) = (&mut gpu, &mut cpu) {
            gpu_speed = Some(self.time(gpu).await?);
            cpu_speed = Some(self.time(cpu).await?);
        }
        let (place, model) = match (gpu, cpu) {
            (Some(gpu), Some(_)) if gpu_speed >= cpu_speed => (Place::Gpu, gpu),
            (Some(gpu), None) => (Place::Gpu, gpu),
            (_, Some(cpu)) => (Place::Cpu, cpu),
            (None, None) => return Err(refuse(MinerErrorKind::NoGpu, "there is no place to run it")),
        };
        let report = ModelReport {
            name: head.name,
            licence: head.licence,
            parameters: plan.parameters(),
            weight_bytes: plan.weight_bytes(),
            context: u32::try_from(model.context()).unwrap_or(u32::MAX),
            dispatches_per_token: if place == Place::Gpu {
                u32::try_from(dispatches).unwrap_or(0)
            } else {
                0
            },
            place,
            gpu_tokens_per_second: gpu_speed,
            cpu_tokens_per_second: cpu_speed,
            digest: match &model {
                Model::Exact(model) => Some(model.digest),
                _ => None,
            },
        };
        Ok(Loaded { model, tokenizer: head.tokenizer, report, source: source.clone(), precision })
    }

    /// Tokens per second of a short text, after one to warm up.
    async fn time(&self, model: &mut Model) -> Result<f64, MinerError> {
        let failed = |error| problem::of_generate(&error);
        let options = TextOptions { max_tokens: 24, temperature: 0.0, top_k: 1, top_p: 1.0, seed: 0 };
        let mut best: f64 = 0.0;
        for _ in 0..2 {
            let mut text = Generation::start(model, &[1, 2], options).map_err(failed)?;
            let started = self.host.now();
            while text.end().is_none() {
                text.advance(model, 8).await.map_err(failed)?;
            }
            let count = u32::try_from(text.written().len()).unwrap_or(0);
            best = best.max(f64::from(count) / (self.host.now() - started).max(1e-6));
        }
        Ok(best)
    }
}

fn tokenizer(manifest: Option<&Manifest>, config: &Config) -> Result<ByteTokenizer, LoadError> {
    let (start, end) = match manifest.map(|manifest| manifest.tokenizer) {
        Some(TokenizerSpec::Bytes { bos, eos }) => (bos, eos),
        Some(TokenizerSpec::WordPiece { .. }) => {
            let reason = "a model with word pieces gives vectors and does not write".into();
            return Err(LoadError::Config { reason });
        }
        None => match (config.start_token, config.end_tokens.first()) {
            (Some(start), Some(end)) if start >= 256 && config.vocabulary <= 512 => (start, *end),
            _ => {
                let reason = "only byte-level vocabularies are read so far".into();
                return Err(LoadError::Config { reason });
            }
        },
    };
    let vocabulary = config.vocabulary;
    if vocabulary < 256 || start as usize >= vocabulary || end as usize >= vocabulary {
        return Err(LoadError::Config {
            reason: format!("a vocabulary of {vocabulary} has no room for all bytes"),
        });
    }
    Ok(ByteTokenizer { start, end })
}
