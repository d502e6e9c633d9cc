//! The forward pass on the CPU: the oracle of the GPU's, and what runs where there is no GPU.

use std::collections::BTreeMap;

use crate::{
    error::{GenerateError, LoadError},
    kernels::{
        attention::Shape,
        cpu::{
            attention::{self, Cache},
            embed,
            gemv::{self, Rows},
        },
        pack::Packed,
    },
    loader::stream::{Plan, WeightStore},
    model::{
        config::Config,
        rope,
        weights::{Matrix, Run, Vector},
    },
};

/// Weights in the memory of the CPU, one shard per matrix.
#[derive(Debug, Default)]
pub struct CpuWeights {
    matrices: BTreeMap<Matrix, Rows>,
    vectors: BTreeMap<Vector, Vec<f32>>,
}

impl WeightStore for CpuWeights {
    fn begin(&mut self, plan: &Plan) -> Result<(), LoadError> {
        for (matrix, layout) in &plan.layouts {
            self.matrices.insert(*matrix, Rows::zeroed(layout.format, layout.rows, layout.columns));
        }
        self.vectors = plan.vectors.iter().map(|(vector, length)| (*vector, vec![0.0; *length])).collect();
        Ok(())
    }

    fn rows(&mut self, matrix: Matrix, run: Run, packed: &Packed) -> Result<(), LoadError> {
        let outside =
            || LoadError::Tensor { tensor: format!("{matrix:?}"), reason: "rows outside of it".into() };
        let rows = self.matrices.get_mut(&matrix).filter(|_| run.shard == 0).ok_or_else(outside)?;
        let weights = run.row * rows.format.row_bytes(rows.columns);
        let scales = run.row * rows.format.scale_bytes(rows.columns);
        let to = rows.weights.get_mut(weights..weights + packed.weights.len()).ok_or_else(outside)?;
        to.copy_from_slice(&packed.weights);
        let to = rows.scales.get_mut(scales..scales + packed.scales.len()).ok_or_else(outside)?;
        to.copy_from_slice(&packed.scales);
        Ok(())
    }

    fn values(&mut self, vector: Vector, first: usize, values: &[f32]) -> Result<(), LoadError> {
        let slot = self.vectors.get_mut(&vector).and_then(|all| all.get_mut(first..first + values.len()));
        let outside =
            || LoadError::Tensor { tensor: format!("{vector:?}"), reason: "values outside of it".into() };
        slot.ok_or_else(outside)?.copy_from_slice(values);
        Ok(())
    }
}

struct Layer {
    attention_norm: Vec<f32>,
    qkv: Rows,
    qkv_bias: Option<Vec<f32>>,
    attention_out: Rows,
    feed_forward_norm: Vec<f32>,
    gate_up: Rows,
    down: Rows,
}

/// A model on the CPU with its KV cache.
pub struct CpuModel {
    config: Config,
    shape: Shape,
    embedding: Rows,
    head: Option<Rows>,
    final_norm: Vec<f32>,
    layers: Vec<Layer>,
    caches: Vec<Cache>,
    turns: Vec<[f32; 2]>,
}

impl std::fmt::Debug for CpuModel {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("CpuModel").field("config", &self.config).finish_non_exhaustive()
    }
}

impl CpuModel {
    /// A model of at most `context` positions.
    ///
    /// # Errors
    /// [`LoadError::Tensor`] where the weights are not those of the plan.
    pub fn new(plan: &Plan, mut weights: CpuWeights, context: usize) -> Result<Self, LoadError> {
        let config = plan.config.clone();
        let context = context.min(config.context);
        let shape = Shape {
            heads: config.heads,
            kv_heads: config.kv_heads,
            head_dim: config.head_dim,
            context,
            splits: 1,
        };
        let layers = (0..config.layers).map(|layer| weights.layer(layer)).collect::<Result<Vec<_>, _>>()?;
        Ok(Self {
            shape,
            embedding: weights.matrix(Matrix::Embedding)?,
            head: if config.tied_head { None } else { Some(weights.matrix(Matrix::Head)?) },
            final_norm: weights.vector(Vector::FinalNorm)?,
            caches: layers.iter().map(|_| Cache::new(&shape)).collect(),
            layers,
            turns: rope::table(&config, context),
            config,
        })
    }

    /// The model's configuration.
    #[must_use]
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// Positions in the cache.
    #[must_use]
    pub fn context(&self) -> usize {
        self.shape.context
    }

    /// Takes a token at a position and returns the final vector, before the head.
    ///
    /// # Errors
    /// [`GenerateError::UnknownToken`], or [`GenerateError::PromptTooLong`] outside of the cache.
    pub fn forward(&mut self, token: u32, position: usize) -> Result<Vec<f32>, GenerateError> {
        let half = self.config.head_dim / 2;
        let unknown = GenerateError::UnknownToken { token, vocabulary: self.config.vocabulary };
        let mut x = embed::embed(&self.embedding, token as usize).ok_or(unknown)?;
        let turns = self
            .turns
            .get(position * half..(position + 1) * half)
            .ok_or(GenerateError::PromptTooLong { tokens: position + 1, limit: self.shape.context })?;
        let epsilon = self.config.norm_epsilon;
        for (layer, cache) in self.layers.iter().zip(&mut self.caches) {
            let normed = gemv::rms_norm(&x, &layer.attention_norm, epsilon);
            let mut projected = match &layer.qkv_bias {
                None => gemv::store(&layer.qkv, &normed),
                Some(bias) => gemv::bias(&layer.qkv, &normed, bias),
            };
            let attended = attention::attend(&self.shape, &mut projected, turns, position, cache);
            gemv::add(&layer.attention_out, &attended, &mut x);
            let normed = gemv::rms_norm(&x, &layer.feed_forward_norm, epsilon);
            gemv::add(&layer.down, &gemv::silu_mul(&layer.gate_up, &normed), &mut x);
        }
        Ok(x)
    }

    /// The logits of a final vector.
    #[must_use]
    pub fn logits(&self, x: &[f32]) -> Vec<f32> {
        let normed = gemv::rms_norm(x, &self.final_norm, self.config.norm_epsilon);
        gemv::store(self.head.as_ref().unwrap_or(&self.embedding), &normed)
    }
}

impl CpuWeights {
    fn matrix(&mut self, matrix: Matrix) -> Result<Rows, LoadError> {
        self.matrices
            .remove(&matrix)
            .ok_or_else(|| LoadError::Tensor { tensor: format!("{matrix:?}"), reason: "is missing".into() })
    }

    fn vector(&mut self, vector: Vector) -> Result<Vec<f32>, LoadError> {
        self.vectors
            .remove(&vector)
            .ok_or_else(|| LoadError::Tensor { tensor: format!("{vector:?}"), reason: "is missing".into() })
    }

    fn layer(&mut self, layer: usize) -> Result<Layer, LoadError> {
        Ok(Layer {
            attention_norm: self.vector(Vector::AttentionNorm(layer))?,
            qkv: self.matrix(Matrix::Qkv(layer))?,
            qkv_bias: self.vectors.remove(&Vector::QkvBias(layer)),
            attention_out: self.matrix(Matrix::AttentionOut(layer))?,
            feed_forward_norm: self.vector(Vector::FeedForwardNorm(layer))?,
            gate_up: self.matrix(Matrix::GateUp(layer))?,
            down: self.matrix(Matrix::Down(layer))?,
        })
    }
}
