//! Checkpoints from a seed, at any geometry: for tests and for measuring speed, which does not depend on values.

use half::f16;

use crate::{
    kernels::cpu::sample::philox,
    model::{config::Config, weights},
};

/// A decoder of the Llama family with the given shape and no special tokens.
#[must_use]
pub fn config(shape: SyntheticShape) -> Config {
    Config {
        vocabulary: shape.vocabulary,
        hidden: shape.hidden,
        feed_forward: shape.feed_forward,
        layers: shape.layers,
        heads: shape.heads,
        kv_heads: shape.kv_heads,
        head_dim: shape.head_dim,
        context: shape.context,
        norm_epsilon: 1e-5,
        rope: crate::model::config::RopeScaling::None,
        rope_theta: 10_000.0,
        tied_head: shape.tied_head,
        qkv_bias: shape.qkv_bias,
        end_tokens: Vec::new(),
        start_token: None,
    }
}

/// The shape of a synthetic decoder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are those of Config")]
pub struct SyntheticShape {
    pub vocabulary: usize,
    pub hidden: usize,
    pub feed_forward: usize,
    pub layers: usize,
    pub heads: usize,
    pub kv_heads: usize,
    pub head_dim: usize,
    pub context: usize,
    pub tied_head: bool,
    pub qkv_bias: bool,
}

/// The geometry of SmolLM2-135M.
pub const SMOL_135M: SyntheticShape = SyntheticShape {
    vocabulary: 49_152,
    hidden: 576,
    feed_forward: 1536,
    layers: 30,
    heads: 9,
    kv_heads: 3,
    head_dim: 64,
    context: 2048,
    tied_head: true,
    qkv_bias: false,
};

/// The geometry of Llama-3.2-1B.
pub const LLAMA_1B: SyntheticShape = SyntheticShape {
    vocabulary: 128_256,
    hidden: 2048,
    feed_forward: 8192,
    layers: 16,
    heads: 32,
    kv_heads: 8,
    head_dim: 64,
    context: 2048,
    tied_head: true,
    qkv_bias: false,
};

/// Writes a safetensors file in f16 piece by piece. Matrices are scaled so that values keep their size from layer
/// to layer and logits spread by about three.
///
/// # Errors
/// What `sink` returns.
pub fn write<E>(config: &Config, seed: u32, mut sink: impl FnMut(&[u8]) -> Result<(), E>) -> Result<(), E> {
    let tensors = weights::expected(config);
    let mut entries = serde_json::Map::new();
    let mut at = 0_usize;
    for tensor in &tensors {
        let end = at + tensor.shape.iter().product::<usize>() * 2;
        let entry = serde_json::json!({ "dtype": "F16", "shape": tensor.shape, "data_offsets": [at, end] });
        entries.insert(tensor.name.clone(), entry);
        at = end;
    }
    let header = serde_json::Value::Object(entries).to_string().into_bytes();
    sink(&(header.len() as u64).to_le_bytes())?;
    sink(&header)?;
    for (index, tensor) in tensors.iter().enumerate() {
        let count: usize = tensor.shape.iter().product();
        #[expect(clippy::cast_precision_loss, reason = "a rough scale is enough")]
        let columns = tensor.shape.last().copied().unwrap_or(1) as f32;
        let (offset, scale) = match tensor.shape.len() {
            1 if tensor.name.ends_with("bias") => (0.0, 0.3),
            1 => (1.0, 0.3),
            _ if tensor.name.contains("embed") || tensor.name.contains("lm_head") => {
                (0.0, 3.0 / columns.sqrt())
            }
            _ => (0.0, 1.0 / columns.sqrt()),
        };
        // Uniform in -1..1 has a spread of 1/sqrt(3).
        let scale = scale * 3.0_f32.sqrt();
        let mut bytes = Vec::with_capacity((1 << 16) + 16);
        for start in (0..count).step_by(4) {
            #[expect(clippy::cast_possible_truncation, reason = "a counter may wrap")]
            let random = philox([start as u32, index as u32, (start as u64 >> 32) as u32, 0], [seed, 0]);
            for word in random.iter().take(count - start) {
                #[expect(clippy::cast_precision_loss, reason = "24 bits are exact in an f32")]
                let uniform = (word >> 8) as f32 / 8_388_608.0 - 1.0;
                bytes.extend(f16::from_f32(offset + uniform * scale).to_le_bytes());
            }
            if bytes.len() >= 1 << 16 {
                sink(&bytes)?;
                bytes.clear();
            }
        }
        sink(&bytes)?;
    }
    Ok(())
}
