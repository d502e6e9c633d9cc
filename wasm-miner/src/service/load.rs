//! Loads a model: files stream in, are checked against the manifest, and end in the memory of the place that
//! writes faster.

use lantern_worker_bridge::miner::{
    JobId, MinerError, MinerErrorKind, MinerEvent, ModelReport, ModelSource, Place, Precision,
};

use crate::{
    error::LoadError,
    generate::{Generation, Model, Options as TextOptions},
    keep::download::Source,
    kernels::pack::{Format, Packed},
    loader::stream::{Loader, Options, Plan, WeightStore},
    model::{
        cpu::{CpuModel, CpuWeights},
        exact::weights::ExactWeights,
        gpu::{GpuModel, GpuWeights},
        weights::{Matrix, Run, Vector},
    },
    service::{
        Job, Service, exact,
        files::{Progress, is_of_bytes},
        head::Head,
        problem,
        problem::refuse,
    },
    tokenizer::Tokenizer,
};

/// The most positions that a cache is made for.
const CONTEXT: usize = 4096;
/// Models up to this size are tried in both places.
const SMALL: u64 = 64 << 20;
/// The most weights that the CPU is given: a tab's memory ends at four times that, and without a warning.
const MOST_ON_CPU: u64 = 1 << 30;
/// Shards are at most this large, so that they fit a binding on every device.
const SHARD: u64 = 128 << 20;

/// A model that is ready.
pub(super) struct Loaded {
    pub(super) model: Model,
    pub(super) tokenizer: Tokenizer,
    pub(super) report: ModelReport,
    /// Where it came from, to load it again after a lost device.
    pub(super) source: ModelSource,
    pub(super) precision: Precision,
    /// Where it was asked to run.
    pub(super) place: Place,
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
    /// Why the device has no room, where the CPU takes the model instead.
    gpu_problem: Option<String>,
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
        let is_on_cpu = match &self.exact {
            Some(exact) => exact.has_cpu(),
            None => self.cpu.is_some(),
        };
        if is_on_cpu && plan.weight_bytes() > MOST_ON_CPU {
            return Err(LoadError::TooLargeForCpu { bytes: plan.weight_bytes(), limit: MOST_ON_CPU });
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
            match act(store) {
                // The CPU takes what the device has no room for.
                Err(error) if error.is_of_memory() && self.cpu.is_some() => {
                    self.gpu = None;
                    self.gpu_problem = Some(error.to_string());
                }
                result => result?,
            }
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

    /// Loads a model. `None` where the job was stopped meanwhile. Where the place is free to choose and the device
    /// has no room, the model goes to the CPU, though it is too large to be tried in both places.
    pub(super) async fn fetch_model(
        &self,
        job: Option<JobId>,
        control: &Job,
        source: &ModelSource,
        (precision, place): (Precision, Place),
    ) -> Result<Option<Loaded>, MinerError> {
        let first = self.fetch_to(job, control, source, (precision, place)).await;
        let full = match first {
            Err(error) if place == Place::Fastest && error.kind == MinerErrorKind::OutOfMemory => {
                error.message
            }
            other => return other,
        };
        self.leave_device();
        match self.fetch_to(job, control, source, (precision, Place::Cpu)).await {
            Ok(loaded) => Ok(loaded.map(|mut loaded| {
                loaded.report.gpu_problem = Some(full);
                loaded
            })),
            Err(error) => Err(refuse(error.kind, format!("{full}; and on the CPU, {}", error.message))),
        }
    }

    async fn fetch_to(
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
        let mut head = self.head(source).await.map_err(|error| problem::of_load(&error))?;
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
        let format = (precision != Precision::AsStored).then_some(Format::Q8_0);
        let loader = match head.config.clone() {
            Some(config) => Loader::new(Options { config, format, shard_bytes }),
            None => Loader::gguf(format, shard_bytes),
        };
        let plan = self.stream(job, control, (source, &mut head), loader, &mut stores).await;
        let Some((plan, digest)) = plan.map_err(|error| problem::of_load(&error))? else { return Ok(None) };
        let mut loaded = self.settle(head, &plan, stores, (source, precision, place)).await?;
        loaded.report.sha256 = hex::encode(digest);
        Ok(Some(loaded))
    }

    /// Streams the weights into the stores. `None` where the job was stopped meanwhile.
    async fn stream(
        &self,
        job: Option<JobId>,
        control: &Job,
        (source, head): (&ModelSource, &mut Head),
        loader: Loader,
        stores: &mut Stores,
    ) -> Result<Option<(Plan, [u8; 32])>, LoadError> {
        let mut file = self.weights(source, &head.name, &head.weights).await?;
        let mut progress = Progress::new(job, file.length().unwrap_or(0), self.host.now());
        let plan = self.pour(control, head, (&mut file, &mut progress), loader, stores).await;
        if plan.as_ref().is_err_and(is_of_bytes) {
            file.discard().await;
        }
        plan
    }

    async fn pour(
        &self,
        control: &Job,
        head: &mut Head,
        (file, progress): (&mut Source, &mut Progress),
        mut loader: Loader,
        stores: &mut Stores,
    ) -> Result<Option<(Plan, [u8; 32])>, LoadError> {
        loop {
            let piece = match file.next(|| control.is_stopped.get()).await {
                Ok(Some(piece)) => piece,
                Ok(None) => break,
                Err(_) if control.is_stopped.get() => return Ok(None),
                Err(error) => return Err(error),
            };
            loader.push(&piece, stores)?;
            if let Some(model) = loader.take_model() {
                head.take(*model)?;
            }
            if let Some(spec) = &head.weights.spec
                && loader.bytes() > spec.bytes
            {
                let (path, expected, got) = (spec.path.clone(), spec.bytes, loader.bytes());
                return Err(LoadError::Length { path, expected, got });
            }
            if progress.is_due(self.host.now()) {
                progress.tell(self, loader.bytes(), file);
                if !self.may_go_on(control).await {
                    return Ok(None);
                }
            }
        }
        progress.tell(self, loader.bytes(), file);
        let (plan, bytes, digest) = loader.finish(&head.weights.name)?;
        if let Some(spec) = &head.weights.spec {
            spec.check(bytes, &digest)?;
        }
        Ok(Some((plan, digest)))
    }

    /// Builds the model where it may run, and keeps the faster one where that is a choice.
    async fn settle(
        &self,
        head: Head,
        plan: &Plan,
        stores: Stores,
        (source, precision, asked): (&ModelSource, Precision, Place),
    ) -> Result<Loaded, MinerError> {
        let failed = |error: LoadError| problem::of_load(&error);
        let (mut gpu, mut cpu) = (None, None);
        let mut dispatches = 0;
        let mut gpu_problem = stores.gpu_problem;
        if let Some(weights) = stores.gpu {
            match GpuModel::new(plan, weights, CONTEXT).await {
                Ok(model) => {
                    dispatches = model.dispatches_per_token();
                    gpu = Some(Model::Gpu(Box::new(model)));
                }
                // Where the device has no room for the cache, the CPU has the weights too.
                Err(error) if error.is_of_memory() && stores.cpu.is_some() => {
                    gpu_problem = Some(error.to_string());
                }
                Err(error) => return Err(failed(error)),
            }
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
            sha256: String::new(),
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
            gpu_problem,
            digest: match &model {
                Model::Exact(model) => Some(model.digest),
                _ => None,
            },
        };
        let missing = LoadError::Vocabulary { reason: "there is none".into() };
        let tokenizer = head.tokenizer.ok_or_else(|| failed(missing))?;
        Ok(Loaded { model, tokenizer, report, source: source.clone(), precision, place: asked })
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
