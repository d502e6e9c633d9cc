//! Prefill: the prompt but for its last token, a chunk of tokens at a time, recorded once.

use crate::{
    error::{GenerateError, KernelError, LoadError},
    kernels::{
        attention::Shape,
        gemm::{Gemm, Input, Tile},
        gemv::Output,
        pack::Format,
        prefill::{Attention, Chunk},
        state::State,
    },
    model::{
        gpu::GpuModel,
        weights::{Matrix, Vector},
    },
    runtime::{Gpu, buffers::Storage, recording::Recording},
};

/// A recorded chunk with the buffers between its dispatches.
#[derive(Debug, Default)]
pub(super) struct Prefill {
    tokens: usize,
    recording: Recording,
    /// Bound by the recording, which alone does not keep them from being destroyed.
    _buffers: Option<Buffers>,
}

#[derive(Debug)]
struct Buffers {
    x: Storage,
    projected: Storage,
    attended: Storage,
    inner: Storage,
}

/// Tokens of a chunk, and how products are cut.
fn cut(gpu: &Gpu) -> (usize, Tile) {
    let tile = gpu.variants().gemm;
    (if tile == Tile::LANES { 64 } else { 256 }, tile)
}

impl GpuModel {
    /// Compiles and records a chunk of prefill.
    pub(super) async fn record_prefill(&self) -> Result<Prefill, LoadError> {
        let (tokens, tile) = cut(&self.gpu);
        let config = &self.config;
        let (heads, kv_heads, head_dim) = (config.heads, config.kv_heads, config.head_dim);
        let floats =
            |label: &str, count: usize| self.gpu.storage(label, (tokens * Format::stride(count)) as u64 * 4);
        let buffers = Buffers {
            x: floats("prefill x", config.hidden)?,
            projected: floats("prefill projected", config.projected())?,
            attended: floats("prefill attended", heads * head_dim)?,
            inner: floats("prefill inner", config.feed_forward)?,
        };
        let Buffers { x, projected, attended, inner } = &buffers;
        let mut recording = Recording::default();
        let chunk = Chunk { tokens, state: &self.scratch.state };
        let (format, shards) = self.matrix(Matrix::Embedding)?;
        for shard in shards {
            let matrix = (*format, config.hidden, shard);
            chunk.record_embed(&self.gpu, matrix, (&self.scratch.prompt, x), &mut recording).await?;
        }
        let shape = Shape { heads, kv_heads, head_dim, context: self.context, splits: 1 };
        for (layer, [keys, values]) in self.scratch.caches.iter().enumerate() {
            let to = &mut recording;
            let bias = if config.qkv_bias {
                Output::Bias(self.vector(Vector::QkvBias(layer))?)
            } else {
                Output::Store
            };
            let norm = |vector| {
                Ok::<_, LoadError>(Input::Norm { gain: self.vector(vector)?, epsilon: config.norm_epsilon })
            };
            let product = |input, output| Product { tokens, tile, input, output };
            let qkv = product(norm(Vector::AttentionNorm(layer))?, bias);
            let sizes = (config.hidden, config.projected());
            self.gemm(to, Matrix::Qkv(layer), sizes, qkv, (x, projected)).await?;
            let rotation = &self.scratch.rotation;
            let attention = Attention { shape, projected, rotation, keys, values, attended };
            chunk.record_attention(&self.gpu, &attention, to).await?;
            let (out, sizes) = (product(Input::Plain, Output::Add), (heads * head_dim, config.hidden));
            self.gemm(to, Matrix::AttentionOut(layer), sizes, out, (attended, x)).await?;
            let gate_up = product(norm(Vector::FeedForwardNorm(layer))?, Output::SiluMul);
            let sizes = (config.hidden, config.feed_forward);
            self.gemm(to, Matrix::GateUp(layer), sizes, gate_up, (x, inner)).await?;
            let (down, sizes) = (product(Input::Plain, Output::Add), (config.feed_forward, config.hidden));
            self.gemm(to, Matrix::Down(layer), sizes, down, (inner, x)).await?;
        }
        chunk.record_step(&self.gpu, &mut recording).await?;
        Ok(Prefill { tokens, recording, _buffers: Some(buffers) })
    }

    async fn gemm(
        &self,
        recording: &mut Recording,
        matrix: Matrix,
        (columns, results): (usize, usize),
        product: Product<'_>,
        (from, to): (&Storage, &Storage),
    ) -> Result<(), LoadError> {
        let (format, shards) = self.matrix(matrix)?;
        let name = match matrix {
            Matrix::Embedding | Matrix::Head => "prefill_head",
            Matrix::Qkv(_) => "prefill_qkv",
            Matrix::AttentionOut(_) => "prefill_attention_out",
            Matrix::GateUp(_) => "prefill_gate_up",
            Matrix::Down(_) => "prefill_down",
        };
        for shard in shards {
            let gemm = Gemm {
                name,
                format: *format,
                columns,
                to_stride: Format::stride(results),
                chunk: product.tokens,
                tile: product.tile,
                input: product.input,
                output: product.output,
                state: &self.scratch.state,
                from,
                to,
            };
            gemm.record(&self.gpu, shard, recording).await?;
        }
        Ok(())
    }

    /// Tokens that one chunk of prefill reads.
    #[must_use]
    pub fn chunk(&self) -> usize {
        self.prefill.tokens
    }

    /// Dispatches of one chunk.
    #[must_use]
    pub fn dispatches_per_chunk(&self) -> usize {
        self.prefill.recording.len()
    }

    /// Reads about `tokens` of the prompt in one submission, in whole chunks and at least one, and stops before
    /// the prompt's last token, which [`GpuModel::run`] takes. Brings the state back.
    ///
    /// # Errors
    /// [`GenerateError::Kernel`] where the device fails.
    pub async fn prefill(&self, tokens: usize) -> Result<State, GenerateError> {
        let chunks = (tokens / self.prefill.tokens).max(1);
        let list = vec![&self.prefill.recording; chunks];
        let bytes = self.gpu.run_and_read(&list, &self.scratch.state, size_of::<State>() as u64).await?;
        bytemuck::try_pod_read_unaligned(&bytes)
            .map_err(|error| KernelError::Shape { kernel: "state", reason: error.to_string() }.into())
    }
}

/// How a matrix is applied.
struct Product<'a> {
    tokens: usize,
    tile: Tile,
    input: Input<'a>,
    output: Output<'a>,
}
