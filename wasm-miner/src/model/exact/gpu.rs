//! The exact forward pass on the device: the same numbers as on the CPU.

use std::{collections::BTreeMap, rc::Rc};

use crate::{
    error::{GenerateError, KernelError, LoadError},
    kernels::{
        exact::{
            dispatch::{self, Attention, Gemv, Greedy, Output, STATE_BYTES, Shard, TOKENS},
            rotation,
            rows::Rows,
        },
        pack::Format,
        state::State,
    },
    loader::stream::Plan,
    model::{
        config::Config,
        exact::{Limits, weights::ExactWeights},
        weights::{Matrix, Run, Vector},
    },
    runtime::{Gpu, buffers::Storage, recording::Recording},
};

/// Weights in the memory of the device.
#[derive(Debug)]
pub struct GpuRows {
    gpu: Rc<Gpu>,
    matrices: BTreeMap<Matrix, Vec<Shard>>,
    vectors: BTreeMap<Vector, Storage>,
}

impl GpuRows {
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

    pub(super) fn begin(&mut self, plan: &Plan) -> Result<(), LoadError> {
        for (matrix, layout) in &plan.layouts {
            let shard = |shard: usize| {
                let rows = layout.shard_rows(shard);
                let label = format!("{matrix:?} {shard}");
                let storage = |per_row: usize| self.gpu.storage(&label, (rows * per_row) as u64);
                Ok::<_, LoadError>(Shard {
                    weights: storage(layout.format.row_bytes(layout.columns))?,
                    scales: storage(layout.format.scale_bytes(layout.columns))?,
                    exponents: storage(4)?,
                    rows,
                    first_row: layout.shard_units(shard).0,
                })
            };
            let shards = (0..layout.shards()).map(shard).collect::<Result<Vec<_>, _>>()?;
            self.matrices.insert(*matrix, shards);
        }
        for (vector, length) in &plan.vectors {
            self.vectors.insert(*vector, self.gpu.storage(&format!("{vector:?}"), *length as u64 * 8)?);
        }
        self.gpu.health()?;
        Ok(())
    }

    pub(super) fn rows(&mut self, matrix: Matrix, run: Run, rows: &Rows) -> Result<(), LoadError> {
        let shard = self.matrices.get(&matrix).and_then(|shards| shards.get(run.shard));
        let missing =
            || LoadError::Tensor { tensor: format!("{matrix:?}"), reason: "has no such shard".into() };
        let shard = shard.ok_or_else(missing)?;
        let put = |to: &Storage, bytes: &[u8]| {
            let offset = run.row * bytes.len().checked_div(rows.len()).unwrap_or(0);
            self.gpu.write(to, offset as u64, bytes);
        };
        put(&shard.weights, &rows.weights);
        put(&shard.scales, bytemuck::cast_slice(&rows.scales));
        put(&shard.exponents, bytemuck::cast_slice(&rows.exponents));
        Ok(())
    }

    /// Gains go as one word each, biases as two.
    pub(super) fn values(&mut self, vector: Vector, first: usize, values: &[i64]) -> Result<(), LoadError> {
        let missing =
            || LoadError::Tensor { tensor: format!("{vector:?}"), reason: "is not expected".into() };
        let buffer = self.vectors.get(&vector).ok_or_else(missing)?;
        if matches!(vector, Vector::QkvBias(_)) {
            self.gpu.write(buffer, first as u64 * 8, bytemuck::cast_slice(values));
        } else {
            let words: Vec<i32> = values.iter().map(|value| *value as i32).collect();
            self.gpu.write(buffer, first as u64 * 4, bytemuck::cast_slice(&words));
        }
        Ok(())
    }
}

/// The buffers between the dispatches of a token.
#[derive(Debug)]
struct Scratch {
    state: Storage,
    prompt: Storage,
    x: Storage,
    normed: Storage,
    projected: Storage,
    attended: Storage,
    inner: Storage,
    scores: Storage,
    logits: Storage,
    candidates: Storage,
    prints: Storage,
    rotation: Storage,
    caches: Vec<[Storage; 2]>,
}

/// A token that was chosen, with the fingerprint of its logits.
pub type Choice = (u32, [u32; 4]);

/// A model on the device with its KV cache.
#[derive(Debug)]
pub struct ExactGpu {
    gpu: Rc<Gpu>,
    config: Config,
    context: usize,
    weights: GpuRows,
    scratch: Scratch,
    layers: Recording,
    head: Recording,
    step: Recording,
}

impl ExactGpu {
    /// Compiles every kernel for a model of at most `context` positions and records a token. Takes the weights that
    /// were kept for the device.
    ///
    /// # Errors
    /// [`LoadError::Kernel`] where a shape, the driver or the memory does not allow it, [`LoadError::Config`] for a
    /// shape without exact form.
    pub async fn new(plan: &Plan, weights: &mut ExactWeights, context: usize) -> Result<Self, LoadError> {
        let missing = || LoadError::Tensor { tensor: "weights".into(), reason: "were not kept".into() };
        let weights = weights.gpu.take().ok_or_else(missing)?;
        let gpu = Rc::clone(&weights.gpu);
        let config = plan.config.clone();
        let limits = Limits::of(&config)?;
        let context = Limits::shape(&config, context).context;
        let scratch = Scratch::new(&gpu, &config, context)?;
        let (layers, head, step) = Default::default();
        let mut model = Self { gpu, config, context, weights, scratch, layers, head, step };
        model.layers = model.record_layers(&limits).await?;
        model.head = model.record_head(&limits).await?;
        dispatch::step(&model.gpu, &model.scratch.state, &mut model.step).await?;
        model.gpu.health()?;
        Ok(model)
    }

    fn matrix(&self, matrix: Matrix) -> Result<&[Shard], LoadError> {
        let missing = || LoadError::Tensor { tensor: format!("{matrix:?}"), reason: "is missing".into() };
        Ok(self.weights.matrices.get(&matrix).ok_or_else(missing)?)
    }

    fn vector(&self, vector: Vector) -> Result<&Storage, LoadError> {
        let missing = || LoadError::Tensor { tensor: format!("{vector:?}"), reason: "is missing".into() };
        self.weights.vectors.get(&vector).ok_or_else(missing)
    }

    async fn norm(&self, to: &mut Recording, vector: Vector, epsilon: u64) -> Result<(), LoadError> {
        let scratch = &self.scratch;
        let buffers = [&scratch.state, &scratch.x, self.vector(vector)?, &scratch.normed];
        Ok(dispatch::norm(&self.gpu, (self.config.hidden, epsilon), buffers, to).await?)
    }

    async fn gemv(
        &self,
        recording: &mut Recording,
        (matrix, columns): (Matrix, usize),
        output: Output<'_>,
        (from, to): (&Storage, &Storage),
    ) -> Result<(), LoadError> {
        let name = match matrix {
            Matrix::Embedding | Matrix::Head => "exact head",
            Matrix::Qkv(_) => "exact qkv",
            Matrix::AttentionOut(_) => "exact attention_out",
            Matrix::GateUp(_) => "exact gate_up",
            Matrix::Down(_) => "exact down",
        };
        let state = &self.scratch.state;
        for shard in self.matrix(matrix)? {
            Gemv { name, columns, output, state, from, to }.record(&self.gpu, shard, recording).await?;
        }
        Ok(())
    }

    async fn record_layers(&self, limits: &Limits) -> Result<Recording, LoadError> {
        let (config, scratch) = (&self.config, &self.scratch);
        let mut recording = Recording::default();
        let to = &mut recording;
        for shard in self.matrix(Matrix::Embedding)? {
            let buffers = [&scratch.state, &scratch.prompt, &scratch.x];
            dispatch::embed(&self.gpu, (shard, config.hidden), buffers, to).await?;
        }
        for (layer, [keys, values]) in scratch.caches.iter().enumerate() {
            let bias = if config.qkv_bias {
                Output::Bias(self.vector(Vector::QkvBias(layer))?)
            } else {
                Output::Store
            };
            self.norm(to, Vector::AttentionNorm(layer), limits.epsilon).await?;
            let matrix = (Matrix::Qkv(layer), config.hidden);
            self.gemv(to, matrix, bias, (&scratch.normed, &scratch.projected)).await?;
            let attention = Attention {
                shape: Limits::shape(config, self.context),
                state: &scratch.state,
                projected: &scratch.projected,
                rotation: &scratch.rotation,
                keys,
                values,
                to: &scratch.attended,
                scores: &scratch.scores,
            };
            attention.record(&self.gpu, to).await?;
            let matrix = (Matrix::AttentionOut(layer), config.heads * config.head_dim);
            self.gemv(to, matrix, Output::Add, (&scratch.attended, &scratch.x)).await?;
            self.norm(to, Vector::FeedForwardNorm(layer), limits.epsilon).await?;
            let matrix = (Matrix::GateUp(layer), config.hidden);
            self.gemv(to, matrix, Output::SiluMul, (&scratch.normed, &scratch.inner)).await?;
            let matrix = (Matrix::Down(layer), config.feed_forward);
            self.gemv(to, matrix, Output::Add, (&scratch.inner, &scratch.x)).await?;
        }
        Ok(recording)
    }

    async fn record_head(&self, limits: &Limits) -> Result<Recording, LoadError> {
        let scratch = &self.scratch;
        let mut head = Recording::default();
        let matrix = if self.config.tied_head { Matrix::Embedding } else { Matrix::Head };
        self.norm(&mut head, Vector::FinalNorm, limits.epsilon).await?;
        let buffers = (&scratch.normed, &scratch.logits);
        self.gemv(&mut head, (matrix, self.config.hidden), Output::Logits, buffers).await?;
        let greedy = Greedy {
            state: &scratch.state,
            logits: &scratch.logits,
            candidates: &scratch.candidates,
            prints: &scratch.prints,
            vocabulary: self.config.vocabulary,
        };
        greedy.record(&self.gpu, &mut head).await?;
        Ok(head)
    }

    /// The model's configuration.
    #[must_use]
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// Positions in the cache.
    #[must_use]
    pub fn context(&self) -> usize {
        self.context
    }

    /// Dispatches of one token.
    #[must_use]
    pub fn dispatches_per_token(&self) -> usize {
        self.layers.len() + self.head.len()
    }

    /// Starts a generation: the state, and the prompt's tokens.
    ///
    /// # Errors
    /// [`GenerateError::Kernel`] where the device is gone.
    pub fn start(&self, state: &State, prompt: &[u32]) -> Result<(), GenerateError> {
        self.gpu.health()?;
        self.gpu.write(&self.scratch.state, 0, bytemuck::bytes_of(state));
        self.gpu.write(&self.scratch.prompt, 0, bytemuck::cast_slice(prompt));
        Ok(())
    }

    /// Computes `tokens` tokens in one submission and brings the state and the last choices back, the one of the
    /// generation's token `n` at `n % 64`. `is_prompt` leaves the head out.
    ///
    /// # Errors
    /// [`GenerateError::Kernel`] where the device fails.
    pub async fn run(&self, tokens: usize, is_prompt: bool) -> Result<(State, Vec<Choice>), GenerateError> {
        let end = if is_prompt { &self.step } else { &self.head };
        let list: Vec<&Recording> = (0..tokens).flat_map(|_| [&self.layers, end]).collect();
        let bytes = self.gpu.run_and_read(&list, &self.scratch.state, STATE_BYTES).await?;
        let broken =
            || KernelError::Shape { kernel: "state", reason: format!("{} bytes came back", bytes.len()) };
        let (head, rest) = bytes.split_at_checked(size_of::<State>()).ok_or_else(broken)?;
        let (ring, prints) = rest.split_at_checked(TOKENS * 4).ok_or_else(broken)?;
        let word = |bytes: &[u8; 4]| u32::from_le_bytes(*bytes);
        let prints = prints.as_chunks::<4>().0.as_chunks::<4>().0;
        let choices = ring.as_chunks::<4>().0.iter().zip(prints);
        let choices = choices.map(|(token, print)| (word(token), print.each_ref().map(word))).collect();
        Ok((bytemuck::pod_read_unaligned(head), choices))
    }

    /// The logits of the last run that chose a token, narrow.
    ///
    /// # Errors
    /// [`GenerateError::Kernel`] where the device fails.
    pub async fn logits(&self) -> Result<Vec<i32>, GenerateError> {
        Ok(self.gpu.read(&[], &self.scratch.logits, self.config.vocabulary).await?)
    }
}

impl Scratch {
    fn new(gpu: &Gpu, config: &Config, context: usize) -> Result<Self, LoadError> {
        let storage =
            |label: &str, count: usize, each: u64| gpu.storage(label, Format::stride(count) as u64 * each);
        let cache = config.kv_heads * context * config.head_dim;
        let candidates = dispatch::candidate_bytes(config.vocabulary);
        Ok(Self {
            state: gpu.storage("state", STATE_BYTES)?,
            prompt: storage("prompt", context, 4)?,
            x: storage("x", config.hidden, 8)?,
            normed: storage("normed", config.hidden, 8)?,
            projected: storage("projected", config.projected(), 8)?,
            attended: storage("attended", config.heads * config.head_dim, 8)?,
            inner: storage("inner", config.feed_forward, 8)?,
            scores: storage("scores", config.heads * context, 4)?,
            logits: storage("logits", config.vocabulary, 4)?,
            candidates: gpu.storage("candidates", candidates)?,
            prints: gpu.storage("prints", candidates * 2)?,
            rotation: gpu.storage_with("rotation", &rotation::table(config, context)?)?,
            caches: (0..config.layers)
                .map(|_| Ok([storage("keys", cache, 4)?, storage("values", cache, 4)?]))
                .collect::<Result<Vec<_>, LoadError>>()?,
        })
    }
}
