//! An encoder on the GPU: every dispatch recorded once, then run for each batch.

use std::{collections::BTreeMap, rc::Rc};

use crate::{
    error::{EmbedError, LoadError},
    kernels::{
        bert::{self, MOST_POSITIONS},
        gemm::{Gemm, Input, Tile},
        gemv::{Output, Shard},
        pack::{Format, Packed},
        state::{self, State},
    },
    model::{
        bert::{
            BATCH_TOKENS, Batch,
            config::BertConfig,
            weights::{BertStore, Matrix, Norm, Plan, Vector},
        },
        shards,
        weights::Run,
    },
    runtime::{Gpu, buffers::Storage, recording::Recording},
};

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

    fn matrix(&self, matrix: Matrix) -> Result<&(Format, Vec<Shard>), LoadError> {
        let missing = || LoadError::Tensor { tensor: format!("{matrix:?}"), reason: "is missing".into() };
        self.matrices.get(&matrix).ok_or_else(missing)
    }

    /// The buffer of a small matrix, which has to be in one piece.
    fn table(&self, matrix: Matrix) -> Result<&Storage, LoadError> {
        match self.matrix(matrix)?.1.as_slice() {
            [shard] => Ok(&shard.weights),
            shards => {
                let reason = format!("is cut into {} shards", shards.len());
                Err(LoadError::Tensor { tensor: format!("{matrix:?}"), reason })
            }
        }
    }

    fn vector(&self, vector: Vector) -> Result<&Storage, LoadError> {
        let missing = || LoadError::Tensor { tensor: format!("{vector:?}"), reason: "is missing".into() };
        self.vectors.get(&vector).ok_or_else(missing)
    }
}

impl BertStore for GpuWeights {
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

    fn rows(&mut self, matrix: Matrix, (_, run): (usize, Run), packed: &Packed) -> Result<(), LoadError> {
        let shards = self.matrices.get(&matrix).map(|(_, shards)| shards.as_slice());
        shards::write(&self.gpu, &format!("{matrix:?}"), shards, run, packed)
    }

    fn values(&mut self, vector: Vector, first: usize, values: &[f32]) -> Result<(), LoadError> {
        self.gpu.write(self.vector(vector)?, first as u64 * 4, bytemuck::cast_slice(values));
        Ok(())
    }
}

/// The buffers between the dispatches of a batch.
#[derive(Debug)]
struct Scratch {
    state: Storage,
    batch: Storage,
    spans: Storage,
    x: Storage,
    projected: Storage,
    attended: Storage,
    inner: Storage,
    vectors: Storage,
}

/// An encoder on the device.
#[derive(Debug)]
pub struct GpuEncoder {
    gpu: Rc<Gpu>,
    config: BertConfig,
    chunk: usize,
    tile: Tile,
    weights: GpuWeights,
    scratch: Scratch,
    recording: Recording,
}

impl GpuEncoder {
    /// Compiles every kernel and records a batch.
    ///
    /// # Errors
    /// [`LoadError::Kernel`] where a shape, the driver or the memory does not allow it.
    pub async fn new(plan: &Plan, weights: GpuWeights) -> Result<Self, LoadError> {
        let gpu = Rc::clone(&weights.gpu);
        let config = plan.config.clone();
        let tile = if gpu.report().is_software { Tile::LANES } else { Tile::WIDE };
        // A single sentence has to fit; too long ones are refused when attention is recorded.
        let chunk = config.positions.clamp(BATCH_TOKENS, MOST_POSITIONS).next_multiple_of(tile.tokens);
        let scratch = Scratch::new(&gpu, &config, chunk)?;
        let mut encoder =
            Self { gpu, config, chunk, tile, weights, scratch, recording: Recording::default() };
        encoder.recording = encoder.record().await?;
        encoder.gpu.health()?;
        Ok(encoder)
    }

    /// The encoder's configuration.
    #[must_use]
    pub fn config(&self) -> &BertConfig {
        &self.config
    }

    async fn record(&self) -> Result<Recording, LoadError> {
        let Self { config, scratch, weights, chunk, .. } = self;
        let mut recording = Recording::default();
        let to = &mut recording;
        let (format, shards) = weights.matrix(Matrix::Words)?;
        let embed = bert::Embed {
            format: *format,
            columns: config.hidden,
            chunk: *chunk,
            state: &scratch.state,
            batch: &scratch.batch,
            positions: weights.table(Matrix::Positions)?,
            kinds: weights.table(Matrix::Types)?,
            to: &scratch.x,
        };
        for shard in shards {
            embed.record(&self.gpu, shard, to).await?;
        }
        self.norm(Norm::Embedding, to).await?;
        let attention = bert::Attention {
            heads: config.heads,
            head_dim: config.head_dim(),
            positions: config.positions,
            chunk: *chunk,
            state: &scratch.state,
            batch: &scratch.batch,
            from: &scratch.projected,
            to: &scratch.attended,
        };
        let bias = |matrix| weights.vector(Vector::Bias(matrix));
        for layer in 0..config.layers {
            let qkv = Matrix::Qkv(layer);
            self.linear(qkv, Output::Bias(bias(qkv)?), (&scratch.x, &scratch.projected), to).await?;
            attention.record(&self.gpu, to).await?;
            let out = Matrix::AttentionOut(layer);
            self.linear(out, Output::BiasAdd(bias(out)?), (&scratch.attended, &scratch.x), to).await?;
            self.norm(Norm::Attention(layer), to).await?;
            let up = Matrix::Up(layer);
            self.linear(up, Output::Gelu(bias(up)?), (&scratch.x, &scratch.inner), to).await?;
            let down = Matrix::Down(layer);
            self.linear(down, Output::BiasAdd(bias(down)?), (&scratch.inner, &scratch.x), to).await?;
            self.norm(Norm::FeedForward(layer), to).await?;
        }
        let pool = bert::Pool {
            columns: config.hidden,
            chunk: *chunk,
            sentences: *chunk,
            spans: &scratch.spans,
            from: &scratch.x,
            to: &scratch.vectors,
        };
        pool.record(&self.gpu, to).await?;
        Ok(recording)
    }

    async fn linear(
        &self,
        matrix: Matrix,
        output: Output<'_>,
        (from, to): (&Storage, &Storage),
        recording: &mut Recording,
    ) -> Result<(), LoadError> {
        let (hidden, inner) = (self.config.hidden, self.config.feed_forward);
        let (name, columns, rows) = match matrix {
            Matrix::Qkv(_) => ("bert_qkv", hidden, 3 * hidden),
            Matrix::AttentionOut(_) => ("bert_attention_out", hidden, hidden),
            Matrix::Up(_) => ("bert_up", hidden, inner),
            _ => ("bert_down", inner, hidden),
        };
        let (format, shards) = self.weights.matrix(matrix)?;
        let gemm = Gemm {
            name,
            format: *format,
            columns,
            to_stride: Format::stride(rows),
            chunk: self.chunk,
            tile: self.tile,
            input: Input::Plain,
            output,
            state: &self.scratch.state,
            from,
            to,
        };
        for shard in shards {
            gemm.record(&self.gpu, shard, recording).await?;
        }
        Ok(())
    }

    async fn norm(&self, norm: Norm, recording: &mut Recording) -> Result<(), LoadError> {
        let kernel = bert::Norm {
            columns: self.config.hidden,
            chunk: self.chunk,
            epsilon: self.config.norm_epsilon,
            state: &self.scratch.state,
            gain: self.weights.vector(Vector::Gain(norm))?,
            shift: self.weights.vector(Vector::Shift(norm))?,
            values: &self.scratch.x,
        };
        Ok(kernel.record(&self.gpu, recording).await?)
    }

    /// The vectors of a batch, one of `hidden` values per sentence, each of length one.
    ///
    /// # Errors
    /// [`EmbedError::TooLong`] for more tokens than there is room for, [`EmbedError::Kernel`] where the device
    /// fails.
    pub async fn embed(&self, batch: &Batch) -> Result<Vec<Vec<f32>>, EmbedError> {
        let tokens = batch.tokens.len();
        if tokens > self.chunk {
            return Err(EmbedError::TooLong { tokens, limit: self.chunk });
        }
        self.gpu.health()?;
        let word = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
        let mut state: State = bytemuck::Zeroable::zeroed();
        // The products take a prompt's tokens but for its last; here every token counts.
        state.prompt_length = word(tokens + 1);
        let mut entries: Vec<[u32; 4]> = Vec::with_capacity(tokens);
        let mut spans = vec![[word(batch.sentences.len()), 0]];
        for &[start, end] in &batch.sentences {
            spans.push([word(start), word(end)]);
            let sentence = batch.tokens.get(start..end).unwrap_or_default();
            let entry = |(position, token): (usize, &u32)| [*token, word(position), word(start), word(end)];
            entries.extend(sentence.iter().enumerate().map(entry));
        }
        self.gpu.write(&self.scratch.state, 0, bytemuck::bytes_of(&state));
        self.gpu.write(&self.scratch.batch, 0, bytemuck::cast_slice(&entries));
        self.gpu.write(&self.scratch.spans, 0, bytemuck::cast_slice(&spans));
        let stride = Format::stride(self.config.hidden);
        let count = batch.sentences.len() * stride;
        let values: Vec<f32> = self.gpu.read(&[&self.recording], &self.scratch.vectors, count).await?;
        let vector = |row: &[f32]| row.get(..self.config.hidden).unwrap_or(row).to_vec();
        Ok(values.chunks(stride).map(vector).collect())
    }
}

impl Scratch {
    fn new(gpu: &Gpu, config: &BertConfig, chunk: usize) -> Result<Self, LoadError> {
        let floats =
            |label: &str, width: usize| gpu.storage(label, (chunk * Format::stride(width)) as u64 * 4);
        Ok(Self {
            state: gpu.storage("state", state::BYTES)?,
            batch: gpu.storage("batch", chunk as u64 * 16)?,
            spans: gpu.storage("spans", (chunk as u64 + 1) * 8)?,
            x: floats("x", config.hidden)?,
            projected: floats("projected", 3 * config.hidden)?,
            attended: floats("attended", config.hidden)?,
            inner: floats("inner", config.feed_forward)?,
            vectors: floats("vectors", config.hidden)?,
        })
    }
}
