//! What prefill needs beside the products: embedding, the KV cache and causal attention for a chunk of tokens.

use crate::{
    error::KernelError,
    kernels::{attention::Shape, gemv::Shard, pack::Format, state},
    runtime::{
        Gpu,
        buffers::Storage,
        pipeline::{Binding, Source},
        recording::{Recording, workgroups},
    },
};

const WIDTH: usize = 64;

/// A chunk of the prompt.
#[derive(Debug, Clone, Copy)]
pub struct Chunk<'a> {
    /// Tokens of a whole chunk.
    pub tokens: usize,
    /// The generation's state; says where the chunk starts and how many tokens it has.
    pub state: &'a Storage,
}

/// The buffers of attention.
#[derive(Debug, Clone, Copy)]
pub struct Attention<'a> {
    /// The shape; its `splits` are not used.
    pub shape: Shape,
    /// Queries, keys and values, `[chunk][projected stride]`.
    pub projected: &'a Storage,
    /// Cosine and sine per position and half dimension.
    pub rotation: &'a Storage,
    /// The layer's key cache.
    pub keys: &'a Storage,
    /// The layer's value cache.
    pub values: &'a Storage,
    /// The attended vectors, `[chunk][stride of heads * head_dim]`.
    pub attended: &'a Storage,
}

/// How attention is cut: lines of a workgroup, keys of a block.
fn cut(head_dim: usize) -> (usize, usize) {
    // An invocation owns eight lines of four dimensions, and 64 invocations should do.
    let teams = (WIDTH / head_dim.div_ceil(4)).max(1);
    let lines = (1 << teams.ilog2()) * 8;
    let lines = lines.min(32);
    (lines, WIDTH * 16 / lines)
}

impl Chunk<'_> {
    fn source(&self, kernel: &'static str) -> Source {
        Source::new(kernel)
            .count("CHUNK", self.tokens)
            .count("RING", state::RING)
            .part(state::SHADER)
            .part(include_str!("chunk.wgsl"))
    }

    fn grid(&self, kernel: &'static str, x: usize, y: usize) -> Result<[u32; 2], KernelError> {
        Ok([workgroups(kernel, x)?, workgroups(kernel, y)?])
    }

    /// Adds the look-up of the chunk's tokens in one shard of the embedding matrix.
    ///
    /// # Errors
    /// [`KernelError::Shape`] before anything is compiled, [`KernelError::Compile`] from the driver.
    pub async fn record_embed(
        &self,
        gpu: &Gpu,
        (format, columns, shard): (Format, usize, &Shard),
        (prompt, to): (&Storage, &Storage),
        recording: &mut Recording,
    ) -> Result<(), KernelError> {
        let stride = Format::stride(columns);
        let grid = self.grid("prefill_embed", (stride / 4).div_ceil(WIDTH), self.tokens)?;
        let source = self
            .source("prefill_embed")
            .count("WIDTH", WIDTH)
            .count("STRIDE", stride)
            .count("ROWS", shard.rows)
            .count("FIRST_ROW", shard.first_row)
            .part(format.shader())
            .part(include_str!("prefill_embed.wgsl"));
        let mut bindings: Vec<Binding<'_>> = vec![(0, self.state), (1, &shard.weights), (3, prompt), (5, to)];
        if let Some(scales) = &shard.scales {
            bindings.push((2, scales));
        }
        recording.add(gpu, &source, &bindings, grid).await
    }

    /// Adds the two dispatches of attention: the chunk joins the cache, then attends to all of it.
    ///
    /// # Errors
    /// As [`Chunk::record_embed`].
    pub async fn record_attention(
        &self,
        gpu: &Gpu,
        attention: &Attention<'_>,
        recording: &mut Recording,
    ) -> Result<(), KernelError> {
        let Shape { heads, kv_heads, head_dim, context, .. } = attention.shape;
        if kv_heads == 0 || heads % kv_heads != 0 || head_dim % 4 != 0 || !(4..=256).contains(&head_dim) {
            return Err(KernelError::Shape {
                kernel: "prefill_attention",
                reason: format!("{heads} heads over {kv_heads} key heads of {head_dim} values"),
            });
        }
        let shaped = |kernel: &'static str| {
            self.source(kernel)
                .count("WIDTH", WIDTH)
                .count("HEADS", heads)
                .count("KV_HEADS", kv_heads)
                .count("HEAD_DIM", head_dim)
                .count("CONTEXT", context)
                .count("PROJECTED", Format::stride((heads + 2 * kv_heads) * head_dim))
        };
        let append = shaped("prefill_append").part(include_str!("prefill_append.wgsl"));
        let (lines, block) = cut(head_dim);
        let attend = shaped("prefill_attention")
            .count("TO_STRIDE", Format::stride(heads * head_dim))
            .count("LINES", lines)
            .count("BLOCK", block)
            .part(include_str!("outer.wgsl"))
            .part(include_str!("prefill_attention.wgsl"));
        let Attention { projected, rotation, keys, values, attended, .. } = *attention;
        let mut bindings = vec![(0, self.state), (1, projected), (2, rotation), (3, keys), (4, values)];
        let pairs = (kv_heads * head_dim / 2).div_ceil(WIDTH);
        let grid = self.grid("prefill_append", pairs, self.tokens)?;
        recording.add(gpu, &append, &bindings, grid).await?;
        bindings.push((5, attended));
        let tiles = (self.tokens * (heads / kv_heads)).div_ceil(lines);
        let grid = self.grid("prefill_attention", kv_heads, tiles)?;
        recording.add(gpu, &attend, &bindings, grid).await
    }

    /// Adds the dispatch that moves on past the chunk.
    ///
    /// # Errors
    /// [`KernelError::Compile`] from the driver.
    pub async fn record_step(&self, gpu: &Gpu, recording: &mut Recording) -> Result<(), KernelError> {
        let source = self.source("prefill_step").part(include_str!("prefill_step.wgsl"));
        recording.add(gpu, &source, &[(0, self.state)], [1, 1]).await
    }
}

#[cfg(test)]
mod tests {
    use super::cut;

    #[test]
    fn every_head_fits_its_workgroup_and_16_kib() {
        for head_dim in (4..=256).step_by(4) {
            let (lines, block) = cut(head_dim);
            assert_eq!((lines / 4) * (block / 4), 64, "{head_dim}");
            assert!(lines / 8 * (head_dim / 4) <= 64, "{head_dim}");
            let vectors = head_dim * lines / 4 + block * lines / 4 + 64 + lines / 4;
            assert!(vectors * 16 <= 16 * 1024, "{head_dim}: {vectors}");
        }
    }
}
