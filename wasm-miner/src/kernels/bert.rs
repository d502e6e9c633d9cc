//! The kernels that only an encoder has: embeddings of three kinds, LayerNorm, attention without a mask, and the
//! mean of a sentence. Its products are those of [`crate::kernels::gemm`].

use crate::{
    error::KernelError,
    kernels::{gemv::Shard, pack::Format, state},
    runtime::{
        Gpu,
        buffers::Storage,
        pipeline::{Binding, Source},
        recording::{Recording, grid, workgroups},
    },
};

const WIDTH: usize = 64;

/// The longest sentence: its scores have to fit the workgroup memory that every device has.
pub const MOST_POSITIONS: usize = 2048;

/// A text for all kernels here that count tokens.
fn source(kernel: &'static str, chunk: usize) -> Source {
    Source::new(kernel)
        .count("WIDTH", WIDTH)
        .count("CHUNK", chunk)
        .count("RING", state::RING)
        .part(state::SHADER)
        .part(include_str!("chunk.wgsl"))
}

/// Words, positions and kinds, added up.
#[derive(Debug, Clone, Copy)]
pub struct Embed<'a> {
    /// The words' format.
    pub format: Format,
    /// Values per token, unpadded.
    pub columns: usize,
    /// The most tokens.
    pub chunk: usize,
    /// Says how many tokens there are.
    pub state: &'a Storage,
    /// Token, position, start and end of the sentence, per token.
    pub batch: &'a Storage,
    /// A row of f32 per position.
    pub positions: &'a Storage,
    /// A row of f32 per kind; the first is used.
    pub kinds: &'a Storage,
    /// The results, each padded to [`Format::stride`].
    pub to: &'a Storage,
}

impl Embed<'_> {
    /// Adds the dispatch for one shard of the words.
    ///
    /// # Errors
    /// [`KernelError::Compile`] from the driver.
    pub async fn record(
        &self,
        gpu: &Gpu,
        shard: &Shard,
        recording: &mut Recording,
    ) -> Result<(), KernelError> {
        let stride = Format::stride(self.columns);
        let source = source("bert_embed", self.chunk)
            .count("STRIDE", stride)
            .count("COLUMNS", self.columns)
            .count("ROWS", shard.rows)
            .count("FIRST_ROW", shard.first_row)
            .part(self.format.shader())
            .part(include_str!("bert_embed.wgsl"));
        let mut bindings: Vec<Binding<'_>> = vec![
            (0, self.state),
            (1, &shard.weights),
            (3, self.batch),
            (4, self.positions),
            (5, self.to),
            (6, self.kinds),
        ];
        if let Some(scales) = &shard.scales {
            bindings.push((2, scales));
        }
        recording.add(gpu, &source, &bindings, grid((self.chunk * stride / 4).div_ceil(WIDTH))).await
    }
}

/// LayerNorm in place.
#[derive(Debug, Clone, Copy)]
pub struct Norm<'a> {
    /// Values per token, unpadded.
    pub columns: usize,
    /// The most tokens.
    pub chunk: usize,
    /// Added to the variance.
    pub epsilon: f32,
    /// Says how many tokens there are.
    pub state: &'a Storage,
    /// Factors.
    pub gain: &'a Storage,
    /// What is added.
    pub shift: &'a Storage,
    /// The values, each token padded to [`Format::stride`].
    pub values: &'a Storage,
}

impl Norm<'_> {
    /// Adds the dispatch.
    ///
    /// # Errors
    /// [`KernelError::Shape`] before anything is compiled, [`KernelError::Compile`] from the driver.
    pub async fn record(&self, gpu: &Gpu, recording: &mut Recording) -> Result<(), KernelError> {
        let source = source("bert_norm", self.chunk)
            .count("COLUMNS", self.columns)
            .count("STRIDE", Format::stride(self.columns))
            .number("EPSILON", self.epsilon)
            .part(include_str!("bert_norm.wgsl"));
        let bindings = [(0, self.state), (3, self.gain), (4, self.shift), (5, self.values)];
        recording.add(gpu, &source, &bindings, [workgroups("bert_norm", self.chunk)?, 1]).await
    }
}

/// Attention of each token to its sentence.
#[derive(Debug, Clone, Copy)]
pub struct Attention<'a> {
    /// Heads.
    pub heads: usize,
    /// Values per head.
    pub head_dim: usize,
    /// The most tokens of a sentence.
    pub positions: usize,
    /// The most tokens.
    pub chunk: usize,
    /// Says how many tokens there are.
    pub state: &'a Storage,
    /// Token, position, start and end of the sentence, per token.
    pub batch: &'a Storage,
    /// Queries, keys and values, padded to [`Format::stride`].
    pub from: &'a Storage,
    /// The results, padded to [`Format::stride`].
    pub to: &'a Storage,
}

impl Attention<'_> {
    /// Adds the dispatch.
    ///
    /// # Errors
    /// [`KernelError::Shape`] before anything is compiled, [`KernelError::Compile`] from the driver.
    pub async fn record(&self, gpu: &Gpu, recording: &mut Recording) -> Result<(), KernelError> {
        const KERNEL: &str = "bert_attention";
        if self.positions == 0 || self.positions > MOST_POSITIONS {
            let reason = format!("sentences of {} tokens, at most {MOST_POSITIONS}", self.positions);
            return Err(KernelError::Shape { kernel: KERNEL, reason });
        }
        let hidden = self.heads * self.head_dim;
        #[expect(clippy::cast_precision_loss, reason = "a head has far fewer than 2^24 values")]
        let scale = 1.0 / (self.head_dim as f32).sqrt();
        let source = source(KERNEL, self.chunk)
            .count("HEADS", self.heads)
            .count("HEAD_DIM", self.head_dim)
            .count("POSITIONS", self.positions)
            .count("FROM_STRIDE", Format::stride(3 * hidden))
            .count("TO_STRIDE", Format::stride(hidden))
            .number("SCALE", scale)
            .part(include_str!("bert_attention.wgsl"));
        let bindings = [(0, self.state), (3, self.batch), (4, self.from), (5, self.to)];
        let grid = [workgroups(KERNEL, self.heads)?, workgroups(KERNEL, self.chunk)?];
        recording.add(gpu, &source, &bindings, grid).await
    }
}

/// The mean of each sentence.
#[derive(Debug, Clone, Copy)]
pub struct Pool<'a> {
    /// Values per token, unpadded.
    pub columns: usize,
    /// The most tokens.
    pub chunk: usize,
    /// The most sentences.
    pub sentences: usize,
    /// The number of sentences, then start and end of each.
    pub spans: &'a Storage,
    /// The values, each token padded to [`Format::stride`].
    pub from: &'a Storage,
    /// The vectors, padded to [`Format::stride`].
    pub to: &'a Storage,
}

impl Pool<'_> {
    /// Adds the dispatch.
    ///
    /// # Errors
    /// [`KernelError::Shape`] before anything is compiled, [`KernelError::Compile`] from the driver.
    pub async fn record(&self, gpu: &Gpu, recording: &mut Recording) -> Result<(), KernelError> {
        let source = Source::new("bert_pool")
            .count("WIDTH", WIDTH)
            .count("CHUNK", self.chunk)
            .count("COLUMNS", self.columns)
            .count("STRIDE", Format::stride(self.columns))
            .count("SENTENCES", self.sentences)
            .part(include_str!("bert_pool.wgsl"));
        let bindings = [(3, self.spans), (4, self.from), (5, self.to)];
        recording.add(gpu, &source, &bindings, [workgroups("bert_pool", self.sentences)?, 1]).await
    }
}
