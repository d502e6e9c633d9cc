//! An encoder on the CPU: the oracle of the GPU's, and often the faster one for short sentences.

use std::collections::BTreeMap;

use crate::{
    error::{EmbedError, LoadError},
    kernels::{
        cpu::{
            bert::{self, Output},
            gemv::Rows,
        },
        pack::Packed,
    },
    model::{
        bert::{
            Batch,
            config::BertConfig,
            weights::{BertStore, Matrix, Norm, Plan, Vector},
        },
        weights::Run,
    },
};

/// Weights in the memory of the CPU, one shard per matrix.
#[derive(Debug, Default)]
pub struct CpuWeights {
    matrices: BTreeMap<Matrix, Rows>,
    vectors: BTreeMap<Vector, Vec<f32>>,
}

impl BertStore for CpuWeights {
    fn begin(&mut self, plan: &Plan) -> Result<(), LoadError> {
        for (matrix, layout) in &plan.layouts {
            self.matrices.insert(*matrix, Rows::zeroed(layout.format, layout.rows, layout.columns));
        }
        self.vectors = plan.vectors.iter().map(|(vector, length)| (*vector, vec![0.0; *length])).collect();
        Ok(())
    }

    fn rows(&mut self, matrix: Matrix, (first, _): (usize, Run), packed: &Packed) -> Result<(), LoadError> {
        let outside =
            || LoadError::Tensor { tensor: format!("{matrix:?}"), reason: "rows outside of it".into() };
        // The CPU keeps a matrix in one piece, whatever the shards of the device are.
        let rows = self.matrices.get_mut(&matrix).ok_or_else(outside)?;
        for (bytes, per_row, kept) in [
            (&packed.weights, rows.format.row_bytes(rows.columns), &mut rows.weights),
            (&packed.scales, rows.format.scale_bytes(rows.columns), &mut rows.scales),
        ] {
            let at = first * per_row;
            kept.get_mut(at..at + bytes.len()).ok_or_else(outside)?.copy_from_slice(bytes);
        }
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

/// A matrix with its bias.
struct Linear {
    rows: Rows,
    bias: Vec<f32>,
}

/// The weights of a norm.
struct NormWeights {
    gain: Vec<f32>,
    shift: Vec<f32>,
}

struct Layer {
    qkv: Linear,
    attention_out: Linear,
    attention_norm: NormWeights,
    up: Linear,
    down: Linear,
    norm: NormWeights,
}

/// An encoder on the CPU.
pub struct CpuEncoder {
    config: BertConfig,
    words: Rows,
    positions: Rows,
    kinds: Rows,
    norm: NormWeights,
    layers: Vec<Layer>,
}

impl std::fmt::Debug for CpuEncoder {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("CpuEncoder").field("config", &self.config).finish_non_exhaustive()
    }
}

impl CpuWeights {
    fn matrix(&mut self, matrix: Matrix) -> Result<Rows, LoadError> {
        let missing = || LoadError::Tensor { tensor: format!("{matrix:?}"), reason: "is missing".into() };
        self.matrices.remove(&matrix).ok_or_else(missing)
    }

    fn vector(&mut self, vector: Vector) -> Result<Vec<f32>, LoadError> {
        let missing = || LoadError::Tensor { tensor: format!("{vector:?}"), reason: "is missing".into() };
        self.vectors.remove(&vector).ok_or_else(missing)
    }

    fn linear(&mut self, matrix: Matrix) -> Result<Linear, LoadError> {
        Ok(Linear { rows: self.matrix(matrix)?, bias: self.vector(Vector::Bias(matrix))? })
    }

    fn norm(&mut self, norm: Norm) -> Result<NormWeights, LoadError> {
        Ok(NormWeights { gain: self.vector(Vector::Gain(norm))?, shift: self.vector(Vector::Shift(norm))? })
    }

    fn layer(&mut self, layer: usize) -> Result<Layer, LoadError> {
        Ok(Layer {
            qkv: self.linear(Matrix::Qkv(layer))?,
            attention_out: self.linear(Matrix::AttentionOut(layer))?,
            attention_norm: self.norm(Norm::Attention(layer))?,
            up: self.linear(Matrix::Up(layer))?,
            down: self.linear(Matrix::Down(layer))?,
            norm: self.norm(Norm::FeedForward(layer))?,
        })
    }
}

impl Linear {
    fn through(&self, from: &[f32], output: Output) -> Vec<f32> {
        let tokens = from.len().checked_div(self.rows.columns).unwrap_or(0);
        let mut to = vec![0.0; tokens * self.rows.len()];
        bert::linear(&self.rows, &self.bias, from, output, &mut to);
        to
    }
}

impl CpuEncoder {
    /// An encoder of these weights.
    ///
    /// # Errors
    /// [`LoadError::Tensor`] where the weights are not those of the plan.
    pub fn new(plan: &Plan, mut weights: CpuWeights) -> Result<Self, LoadError> {
        Ok(Self {
            config: plan.config.clone(),
            words: weights.matrix(Matrix::Words)?,
            positions: weights.matrix(Matrix::Positions)?,
            kinds: weights.matrix(Matrix::Types)?,
            norm: weights.norm(Norm::Embedding)?,
            layers: (0..plan.config.layers).map(|layer| weights.layer(layer)).collect::<Result<_, _>>()?,
        })
    }

    /// The encoder's configuration.
    #[must_use]
    pub fn config(&self) -> &BertConfig {
        &self.config
    }

    /// The vectors of a batch, one of `hidden` values per sentence, each of length one.
    ///
    /// # Errors
    /// [`EmbedError::UnknownToken`] where a token has no embedding.
    pub fn embed(&self, batch: &Batch) -> Result<Vec<Vec<f32>>, EmbedError> {
        let epsilon = self.config.norm_epsilon;
        let texts = (batch.tokens.as_slice(), batch.sentences.as_slice());
        let unknown = || EmbedError::UnknownToken {
            token: batch.tokens.iter().copied().max().unwrap_or(0),
            vocabulary: self.config.vocabulary,
        };
        let mut x = bert::embed(&self.words, &self.positions, &self.kinds, texts).ok_or_else(unknown)?;
        bert::norm(&mut x, &self.norm.gain, &self.norm.shift, epsilon);
        for layer in &self.layers {
            let projected = layer.qkv.through(&x, Output::Store);
            let attended =
                bert::attention(&projected, &batch.sentences, self.config.heads, self.config.head_dim());
            bert::linear(
                &layer.attention_out.rows,
                &layer.attention_out.bias,
                &attended,
                Output::Add,
                &mut x,
            );
            bert::norm(&mut x, &layer.attention_norm.gain, &layer.attention_norm.shift, epsilon);
            let inner = layer.up.through(&x, Output::Gelu);
            bert::linear(&layer.down.rows, &layer.down.bias, &inner, Output::Add, &mut x);
            bert::norm(&mut x, &layer.norm.gain, &layer.norm.shift, epsilon);
        }
        Ok(bert::pool(&x, &batch.sentences, self.config.hidden))
    }
}
