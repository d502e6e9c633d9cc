//! The forward pass on the GPU: every dispatch of a token recorded once, then encoded again for each token.

mod prefill;

use std::{collections::BTreeMap, rc::Rc};

use crate::{
    error::{GenerateError, KernelError, LoadError},
    kernels::{
        attention::{Attention, Shape},
        embed::Embed,
        gemv::{Gemv, Input, Output, Shard},
        pack::{Format, Packed},
        sample::{Sampler, candidate_bytes},
        state::{self, State},
    },
    loader::stream::{Plan, WeightStore},
    model::{
        config::Config,
        rope, shards,
        weights::{Matrix, Run, Vector},
    },
    runtime::{Gpu, buffers::Storage, recording::Recording},
};
use prefill::Prefill;

/// Weights in the memory of the device.
#[derive(Debug)]
pub struct GpuWeights {
    gpu: Rc<Gpu>,
    matrices: BTreeMap<Matrix, (Format, Vec<Shard>)>,
    vectors: BTreeMap<Vector, Storage>,
}

impl GpuWeights {
    /// Nothing yet.
    #[must_use]
    pub fn new(gpu: Rc<Gpu>) -> Self {
        Self { gpu, matrices: BTreeMap::new(), vectors: BTreeMap::new() }
    }

    /// The most bytes that a kernel of this device sees at once.
    #[must_use]
    pub fn largest_binding(&self) -> u64 {
        self.gpu.report().max_binding_bytes
    }
}

impl WeightStore for GpuWeights {
    fn begin(&mut self, plan: &Plan) -> Result<(), LoadError> {
        for (matrix, layout) in &plan.layouts {
            let shards = shards::allocate(&self.gpu, &format!("{matrix:?}"), layout)?;
            self.matrices.insert(*matrix, (layout.format, shards));
        }
        for (vector, length) in &plan.vectors {
            let bytes = Format::stride(*length) as u64 * 4;
            self.vectors.insert(*vector, self.gpu.storage(&format!("{vector:?}"), bytes)?);
        }
        self.gpu.health()?;
        Ok(())
    }

    fn rows(&mut self, matrix: Matrix, run: Run, packed: &Packed) -> Result<(), LoadError> {
        let shards = self.matrices.get(&matrix).map(|(_, shards)| shards.as_slice());
        shards::write(&self.gpu, &format!("{matrix:?}"), shards, run, packed)
    }

    fn values(&mut self, vector: Vector, first: usize, values: &[f32]) -> Result<(), LoadError> {
        let missing =
            || LoadError::Tensor { tensor: format!("{vector:?}"), reason: "is not expected".into() };
        let buffer = self.vectors.get(&vector).ok_or_else(missing)?;
        self.gpu.write(buffer, first as u64 * 4, bytemuck::cast_slice(values));
        Ok(())
    }
}

/// The buffers between the dispatches of a token.
#[derive(Debug)]
struct Scratch {
    state: Storage,
    prompt: Storage,
    x: Storage,
    projected: Storage,
    parts: Storage,
    stats: Storage,
    inner: Storage,
    logits: Storage,
    candidates: Storage,
    rotation: Storage,
    caches: Vec<[Storage; 2]>,
}

/// Attention is cut into this many parts per head, for texts shorter than the position beside it.
const SPLITS: [(usize, usize); 3] = [(1, 128), (4, 1024), (8, usize::MAX)];
const MOST_SPLITS: usize = 8;

/// A model on the device with its KV cache.
#[derive(Debug)]
pub struct GpuModel {
    gpu: Rc<Gpu>,
    config: Config,
    context: usize,
    weights: GpuWeights,
    scratch: Scratch,
    layers: Vec<Recording>,
    head: Recording,
    greedy: Recording,
    sampled: Recording,
    step: Recording,
    prefill: Prefill,
}

/// How a run ends a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// No token is chosen: inside the prompt.
    Step,
    /// The most likely token.
    Greedy,
    /// A drawn token.
    Sampled,
}

impl GpuModel {
    /// Compiles every kernel for a model of at most `context` positions and records a token.
    ///
    /// # Errors
    /// [`LoadError::Kernel`] where a shape, the driver or the memory does not allow it.
    pub async fn new(plan: &Plan, weights: GpuWeights, context: usize) -> Result<Self, LoadError> {
        let gpu = Rc::clone(&weights.gpu);
        let config = plan.config.clone();
        let context = context.min(config.context);
        let scratch = Scratch::new(&gpu, &config, context)?;
        let mut model = Self {
            gpu,
            config,
            context,
            weights,
            scratch,
            layers: Vec::new(),
            head: Recording::default(),
            greedy: Recording::default(),
            sampled: Recording::default(),
            step: Recording::default(),
            prefill: Prefill::default(),
        };
        for (splits, _) in SPLITS {
            let recording = model.record_layers(splits).await?;
            model.layers.push(recording);
        }
        model.record_endings().await?;
        model.prefill = model.record_prefill().await?;
        model.gpu.health()?;
        Ok(model)
    }

    fn matrix(&self, matrix: Matrix) -> Result<&(Format, Vec<Shard>), LoadError> {
        let missing = || LoadError::Tensor { tensor: format!("{matrix:?}"), reason: "is missing".into() };
        self.weights.matrices.get(&matrix).ok_or_else(missing)
    }

    fn vector(&self, vector: Vector) -> Result<&Storage, LoadError> {
        let missing = || LoadError::Tensor { tensor: format!("{vector:?}"), reason: "is missing".into() };
        self.weights.vectors.get(&vector).ok_or_else(missing)
    }

    fn norm(&self, vector: Vector) -> Result<Input<'_>, LoadError> {
        Ok(Input::Norm { gain: self.vector(vector)?, epsilon: self.config.norm_epsilon })
    }

    async fn gemv(
        &self,
        recording: &mut Recording,
        matrix: Matrix,
        columns: usize,
        (input, output): (Input<'_>, Output<'_>),
        (from, to): (&Storage, &Storage),
    ) -> Result<(), LoadError> {
        let (format, shards) = self.matrix(matrix)?;
        let name = match matrix {
            Matrix::Embedding | Matrix::Head => "head",
            Matrix::Qkv(_) => "qkv",
            Matrix::AttentionOut(_) => "attention_out",
            Matrix::GateUp(_) => "gate_up",
            Matrix::Down(_) => "down",
        };
        let state = &self.scratch.state;
        for shard in shards {
            let gemv = Gemv { name, format: *format, columns, input, output, state, from, to };
            gemv.record(&self.gpu, shard, recording).await?;
        }
        Ok(())
    }

    async fn record_layers(&self, splits: usize) -> Result<Recording, LoadError> {
        let (config, scratch) = (&self.config, &self.scratch);
        let mut recording = Recording::default();
        let (format, shards) = self.matrix(Matrix::Embedding)?;
        for shard in shards {
            let embed = Embed {
                format: *format,
                columns: config.hidden,
                state: &scratch.state,
                prompt: &scratch.prompt,
                to: &scratch.x,
            };
            embed.record(&self.gpu, shard, &mut recording).await?;
        }
        let (heads, kv_heads, head_dim) = (config.heads, config.kv_heads, config.head_dim);
        let shape = Shape { heads, kv_heads, head_dim, context: self.context, splits };
        let merge = Input::Merge { stats: &scratch.stats, heads, head_dim, splits };
        for (layer, [keys, values]) in scratch.caches.iter().enumerate() {
            let bias = if config.qkv_bias {
                Output::Bias(self.vector(Vector::QkvBias(layer))?)
            } else {
                Output::Store
            };
            let to = &mut recording;
            let ends = (self.norm(Vector::AttentionNorm(layer))?, bias);
            self.gemv(to, Matrix::Qkv(layer), config.hidden, ends, (&scratch.x, &scratch.projected)).await?;
            let attention = Attention {
                shape,
                state: &scratch.state,
                projected: &scratch.projected,
                rotation: &scratch.rotation,
                keys,
                values,
                parts: &scratch.parts,
                stats: &scratch.stats,
            };
            attention.record(&self.gpu, to).await?;
            let (matrix, columns) = (Matrix::AttentionOut(layer), heads * head_dim);
            self.gemv(to, matrix, columns, (merge, Output::Add), (&scratch.parts, &scratch.x)).await?;
            let ends = (self.norm(Vector::FeedForwardNorm(layer))?, Output::SiluMul);
            self.gemv(to, Matrix::GateUp(layer), config.hidden, ends, (&scratch.x, &scratch.inner)).await?;
            let ends = (Input::Plain, Output::Add);
            self.gemv(to, Matrix::Down(layer), config.feed_forward, ends, (&scratch.inner, &scratch.x))
                .await?;
        }
        Ok(recording)
    }

    async fn record_endings(&mut self) -> Result<(), LoadError> {
        let mut head = Recording::default();
        let matrix = if self.config.tied_head { Matrix::Embedding } else { Matrix::Head };
        let ends = (self.norm(Vector::FinalNorm)?, Output::Store);
        let buffers = (&self.scratch.x, &self.scratch.logits);
        self.gemv(&mut head, matrix, self.config.hidden, ends, buffers).await?;
        let sampler = Sampler {
            state: &self.scratch.state,
            logits: &self.scratch.logits,
            candidates: &self.scratch.candidates,
            vocabulary: self.config.vocabulary,
        };
        let (mut greedy, mut sampled, mut step) = Default::default();
        sampler.record_greedy(&self.gpu, &mut greedy).await?;
        sampler.record_sampled(&self.gpu, &mut sampled).await?;
        sampler.record_step(&self.gpu, &mut step).await?;
        (self.head, self.greedy, self.sampled, self.step) = (head, greedy, sampled, step);
        Ok(())
    }

    /// The model's configuration.
    #[must_use]
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// The device.
    #[must_use]
    pub fn gpu(&self) -> &Rc<Gpu> {
        &self.gpu
    }

    /// Positions in the cache.
    #[must_use]
    pub fn context(&self) -> usize {
        self.context
    }

    /// Dispatches of one greedy token.
    #[must_use]
    pub fn dispatches_per_token(&self) -> usize {
        self.layers.first().map_or(0, Recording::len) + self.head.len() + self.greedy.len()
    }

    /// Starts a generation: the state, and the prompt's tokens.
    ///
    /// # Errors
    /// [`GenerateError`] for a prompt that does not fit or has unknown tokens.
    pub fn start(&self, state: &State, prompt: &[u32]) -> Result<(), GenerateError> {
        self.gpu.health()?;
        self.gpu.write(&self.scratch.state, 0, bytemuck::bytes_of(state));
        self.gpu.write(&self.scratch.prompt, 0, bytemuck::cast_slice(prompt));
        Ok(())
    }

    fn recordings(&self, position: usize, ending: Ending) -> impl Iterator<Item = &Recording> {
        let layers = SPLITS.iter().zip(&self.layers).find(|((_, below), _)| position < *below);
        let layers = layers.map(|(_, recording)| recording);
        let (head, end) = match ending {
            Ending::Step => (None, &self.step),
            Ending::Greedy => (Some(&self.head), &self.greedy),
            Ending::Sampled => (Some(&self.head), &self.sampled),
        };
        layers.into_iter().chain(head).chain([end])
    }

    /// Computes `tokens` tokens from `position` on in one submission and brings the state and the ring back.
    ///
    /// # Errors
    /// [`GenerateError::Kernel`] where the device fails.
    pub async fn run(
        &self,
        position: usize,
        tokens: usize,
        ending: Ending,
    ) -> Result<(State, Vec<u32>), GenerateError> {
        let list: Vec<&Recording> =
            (0..tokens).flat_map(|index| self.recordings(position + index, ending)).collect();
        let bytes = self.gpu.run_and_read(&list, &self.scratch.state, state::BYTES).await?;
        let broken =
            || KernelError::Shape { kernel: "state", reason: format!("{} bytes came back", bytes.len()) };
        let (head, ring) = bytes.split_at_checked(size_of::<State>()).ok_or_else(broken)?;
        let ring = ring.as_chunks::<4>().0.iter().map(|word| u32::from_le_bytes(*word)).collect();
        Ok((bytemuck::pod_read_unaligned(head), ring))
    }

    /// Submits like [`GpuModel::run`] without waiting, and returns the number of dispatches: what the host alone
    /// costs.
    pub fn submit(&self, position: usize, tokens: usize, ending: Ending) -> usize {
        let list: Vec<&Recording> =
            (0..tokens).flat_map(|index| self.recordings(position + index, ending)).collect();
        self.gpu.submit(&list);
        list.iter().map(|recording| recording.len()).sum()
    }

    /// The logits of the last run that chose a token.
    ///
    /// # Errors
    /// [`GenerateError::Kernel`] where the device fails.
    pub async fn logits(&self) -> Result<Vec<f32>, GenerateError> {
        Ok(self.gpu.read(&[], &self.scratch.logits, self.config.vocabulary).await?)
    }
}

impl Scratch {
    fn new(gpu: &Gpu, config: &Config, context: usize) -> Result<Self, LoadError> {
        let floats = |label: &str, count: usize| gpu.storage(label, Format::stride(count) as u64 * 4);
        let cache = config.kv_heads * context * config.head_dim;
        Ok(Self {
            state: gpu.storage("state", state::BYTES)?,
            prompt: floats("prompt", context)?,
            x: floats("x", config.hidden)?,
            projected: floats("projected", config.projected())?,
            parts: floats("parts", config.heads * MOST_SPLITS * config.head_dim)?,
            stats: floats("stats", config.heads * MOST_SPLITS * 2)?,
            inner: floats("inner", config.feed_forward)?,
            logits: floats("logits", config.vocabulary)?,
            candidates: gpu.storage("candidates", candidate_bytes(config.vocabulary))?,
            rotation: gpu.storage_with("rotation", &rope::table(config, context))?,
            caches: (0..config.layers)
                .map(|_| Ok([floats("keys", cache)?, floats("values", cache)?]))
                .collect::<Result<Vec<_>, LoadError>>()?,
        })
    }
}
