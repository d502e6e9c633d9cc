//! Rotary embedding, KV cache and online-softmax attention for one token.

use crate::{
    error::KernelError,
    kernels::state,
    runtime::{
        Gpu,
        buffers::Storage,
        pipeline::Source,
        recording::{Recording, workgroups},
        variants::Summing,
    },
};

/// The shape of attention.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shape {
    /// Query heads.
    pub heads: usize,
    /// Key and value heads; divides `heads`.
    pub kv_heads: usize,
    /// Values per head; a multiple of 4.
    pub head_dim: usize,
    /// Positions in the cache.
    pub context: usize,
    /// Parts per head.
    pub splits: usize,
}

/// The buffers of one dispatch.
#[derive(Debug, Clone, Copy)]
pub struct Attention<'a> {
    /// The shape.
    pub shape: Shape,
    /// The generation's state.
    pub state: &'a Storage,
    /// Queries, keys and values of the current token, one after another.
    pub projected: &'a Storage,
    /// Cosine and sine per position and half dimension.
    pub rotation: &'a Storage,
    /// The layer's key cache.
    pub keys: &'a Storage,
    /// The layer's value cache.
    pub values: &'a Storage,
    /// Unnormalised vectors per head and part.
    pub parts: &'a Storage,
    /// Largest score and sum of exponentials per head and part.
    pub stats: &'a Storage,
}

impl Attention<'_> {
    /// Adds the dispatch.
    ///
    /// # Errors
    /// [`KernelError::Shape`] before anything is compiled, [`KernelError::Compile`] from the driver.
    pub async fn record(&self, gpu: &Gpu, recording: &mut Recording) -> Result<(), KernelError> {
        let Shape { heads, kv_heads, head_dim, context, splits } = self.shape;
        if kv_heads == 0 || heads % kv_heads != 0 || head_dim % 4 != 0 || !(4..=256).contains(&head_dim) {
            return Err(KernelError::Shape {
                kernel: "attention",
                reason: format!("{heads} heads over {kv_heads} key heads of {head_dim} values"),
            });
        }
        let (width, kernel) = if gpu.variants().gemv == Summing::Lanes {
            ((head_dim / 4).next_power_of_two().max(8), include_str!("attention_lanes.wgsl"))
        } else {
            (if head_dim <= 128 { 64 } else { 128 }, include_str!("attention.wgsl"))
        };
        let source = Source::new("attention")
            .count("WIDTH", width)
            .count("HEADS", heads)
            .count("KV_HEADS", kv_heads)
            .count("HEAD_DIM", head_dim)
            .count("CONTEXT", context)
            .count("SPLITS", splits)
            .count("RING", state::RING)
            .part(state::SHADER)
            .part(kernel);
        let bindings = [
            (0, self.state),
            (1, self.projected),
            (2, self.rotation),
            (3, self.keys),
            (4, self.values),
            (5, self.parts),
            (6, self.stats),
        ];
        let grid = [workgroups("attention", heads)?, workgroups("attention", splits)?];
        recording.add(gpu, &source, &bindings, grid).await
    }
}
