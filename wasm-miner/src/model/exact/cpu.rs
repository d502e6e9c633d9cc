//! The exact forward pass on the CPU: the specification of the device's, and what runs where there is none.

use crate::{
    error::{GenerateError, LoadError},
    kernels::{
        cpu::exact::{self as twin, Cache, Short},
        exact::{Norm, Shape, rotation, rows::Rows},
    },
    loader::stream::Plan,
    model::{
        config::Config,
        exact::{Limits, weights::ExactWeights},
        weights::{Matrix, Vector},
    },
};

struct Layer {
    attention_norm: Norm,
    qkv: Rows,
    qkv_bias: Option<Vec<i64>>,
    attention_out: Rows,
    feed_forward_norm: Norm,
    gate_up: Rows,
    down: Rows,
    cache: Cache,
}

/// A model on the CPU with its KV cache.
pub struct ExactCpu {
    config: Config,
    shape: Shape,
    embedding: Rows,
    head: Option<Rows>,
    final_norm: Norm,
    layers: Vec<Layer>,
    turns: Vec<[i32; 2]>,
}

impl std::fmt::Debug for ExactCpu {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("ExactCpu").field("config", &self.config).finish_non_exhaustive()
    }
}

impl ExactCpu {
    /// A model of at most `context` positions, from weights that were kept for the CPU. It takes them out.
    ///
    /// # Errors
    /// [`LoadError::Tensor`] where weights are missing, [`LoadError::Config`] for a shape without exact form.
    pub fn new(plan: &Plan, weights: &mut ExactWeights, context: usize) -> Result<Self, LoadError> {
        let config = plan.config.clone();
        let limits = Limits::of(&config)?;
        let shape = Limits::shape(&config, context);
        let mut taken = Taken { weights, epsilon: limits.epsilon };
        let layers = (0..config.layers).map(|layer| taken.layer(layer, &shape));
        let layers = layers.collect::<Result<Vec<_>, _>>()?;
        Ok(Self {
            embedding: taken.matrix(Matrix::Embedding)?,
            head: if config.tied_head { None } else { Some(taken.matrix(Matrix::Head)?) },
            final_norm: taken.norm(Vector::FinalNorm)?,
            layers,
            turns: rotation::table(&config, shape.context)?,
            shape,
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

    /// Takes a token at a position and returns the final vector, wide, before the head.
    ///
    /// # Errors
    /// [`GenerateError::UnknownToken`], or [`GenerateError::PromptTooLong`] outside of the cache.
    pub fn forward(&mut self, token: u32, position: usize) -> Result<Vec<i64>, GenerateError> {
        let half = self.config.head_dim / 2;
        let unknown = GenerateError::UnknownToken { token, vocabulary: self.config.vocabulary };
        let mut x = twin::embed(&self.embedding, token as usize).ok_or(unknown)?;
        let turns = self
            .turns
            .get(position * half..(position + 1) * half)
            .ok_or(GenerateError::PromptTooLong { tokens: position + 1, limit: self.shape.context })?;
        for layer in &mut self.layers {
            let normed = Short::of(&twin::norm(&x, &layer.attention_norm));
            let projected = match &layer.qkv_bias {
                None => twin::store(&layer.qkv, &normed),
                Some(bias) => twin::bias(&layer.qkv, &normed, bias),
            };
            let attended = twin::attend(&self.shape, &projected, turns, position, &mut layer.cache);
            twin::add(&layer.attention_out, &Short::of(&attended), &mut x);
            let normed = Short::of(&twin::norm(&x, &layer.feed_forward_norm));
            let inner = twin::silu_mul(&layer.gate_up, &normed);
            twin::add(&layer.down, &Short::of(&inner), &mut x);
        }
        Ok(x)
    }

    /// The logits of a final vector, narrow.
    #[must_use]
    pub fn logits(&self, x: &[i64]) -> Vec<i32> {
        let normed = Short::of(&twin::norm(x, &self.final_norm));
        twin::logits(self.head.as_ref().unwrap_or(&self.embedding), &normed)
    }
}

/// Weights that move into the model.
struct Taken<'a> {
    weights: &'a mut ExactWeights,
    epsilon: u64,
}

impl Taken<'_> {
    fn matrix(&mut self, matrix: Matrix) -> Result<Rows, LoadError> {
        let missing = || LoadError::Tensor { tensor: format!("{matrix:?}"), reason: "is missing".into() };
        self.weights.cpu.as_mut().and_then(|cpu| cpu.matrices.remove(&matrix)).ok_or_else(missing)
    }

    fn vector(&mut self, vector: Vector) -> Result<Vec<i64>, LoadError> {
        let missing = || LoadError::Tensor { tensor: format!("{vector:?}"), reason: "is missing".into() };
        self.weights.cpu.as_mut().and_then(|cpu| cpu.vectors.remove(&vector)).ok_or_else(missing)
    }

    fn norm(&mut self, vector: Vector) -> Result<Norm, LoadError> {
        // Gains were held to the range of an i32 when they came.
        let gains = self.vector(vector)?.into_iter().map(|gain| gain as i32).collect();
        Ok(Norm { gains, epsilon: self.epsilon })
    }

    fn layer(&mut self, layer: usize, shape: &Shape) -> Result<Layer, LoadError> {
        Ok(Layer {
            attention_norm: self.norm(Vector::AttentionNorm(layer))?,
            qkv: self.matrix(Matrix::Qkv(layer))?,
            qkv_bias: self.vector(Vector::QkvBias(layer)).ok(),
            attention_out: self.matrix(Matrix::AttentionOut(layer))?,
            feed_forward_norm: self.norm(Vector::FeedForwardNorm(layer))?,
            gate_up: self.matrix(Matrix::GateUp(layer))?,
            down: self.matrix(Matrix::Down(layer))?,
            cache: Cache::new(shape),
        })
    }
}
