//! Names, shapes and places of an encoder's weights, and the way from a checkpoint to a store.

use std::collections::BTreeMap;

use crate::{
    error::LoadError,
    kernels::pack::{Format, Packed},
    loader::{safetensors::Tensor, stored::Stored, tensors::TensorSink},
    model::{
        bert::config::BertConfig,
        weights::{Layout, Run},
    },
};

/// A matrix of an encoder.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Matrix {
    /// A row per token of the vocabulary.
    Words,
    /// A row per position; always kept as f32.
    Positions,
    /// A row per kind of sentence; always kept as f32.
    Types,
    /// Queries, keys and values of a layer, one after another.
    Qkv(usize),
    /// The output projection of attention.
    AttentionOut(usize),
    /// Into the feed-forward part.
    Up(usize),
    /// Back from the feed-forward part.
    Down(usize),
}

/// A vector of an encoder.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Vector {
    /// The bias of a matrix.
    Bias(Matrix),
    /// The factors of a norm.
    Gain(Norm),
    /// What a norm adds.
    Shift(Norm),
}

/// A norm of an encoder.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Norm {
    /// After the embeddings.
    Embedding,
    /// After the attention of a layer.
    Attention(usize),
    /// After the feed-forward part of a layer.
    FeedForward(usize),
}

/// Where a tensor belongs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Home {
    /// Rows of a matrix, from this row on.
    Rows(Matrix, usize),
    /// Values of a vector, from this value on.
    Values(Vector, usize),
}

/// What a checkpoint will fill.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The encoder.
    pub config: BertConfig,
    /// How each matrix is laid out.
    pub layouts: BTreeMap<Matrix, Layout>,
    /// Length of each vector.
    pub vectors: BTreeMap<Vector, usize>,
}

impl Plan {
    /// Bytes that the weights take in memory.
    #[must_use]
    pub fn weight_bytes(&self) -> u64 {
        let row = |layout: &Layout| {
            layout.format.row_bytes(layout.columns) + layout.format.scale_bytes(layout.columns)
        };
        let matrices: usize = self.layouts.values().map(|layout| layout.rows * row(layout)).sum();
        (matrices + self.vectors.values().sum::<usize>() * 4) as u64
    }

    /// Number of weights.
    #[must_use]
    pub fn parameters(&self) -> u64 {
        let matrices: usize = self.layouts.values().map(|layout| layout.rows * layout.columns).sum();
        (matrices + self.vectors.values().sum::<usize>()) as u64
    }
}

/// Takes an encoder's weights as they arrive.
pub trait BertStore {
    /// Makes room. Called once, before anything else.
    ///
    /// # Errors
    /// Whatever keeps the store from making room.
    fn begin(&mut self, plan: &Plan) -> Result<(), LoadError>;

    /// Takes a run of packed rows, with the row of the whole matrix that the first one is.
    ///
    /// # Errors
    /// Whatever keeps the store from taking them.
    fn rows(&mut self, matrix: Matrix, place: (usize, Run), packed: &Packed) -> Result<(), LoadError>;

    /// Takes values of a vector, from `first` on.
    ///
    /// # Errors
    /// Whatever keeps the store from taking them.
    fn values(&mut self, vector: Vector, first: usize, values: &[f32]) -> Result<(), LoadError>;
}

/// Tensors that a checkpoint must have, under the names of Hugging Face checkpoints, with shapes and places.
fn expected(config: &BertConfig) -> BTreeMap<String, (Vec<usize>, Home)> {
    let mut list = BTreeMap::new();
    let (hidden, inner) = (config.hidden, config.feed_forward);
    let mut add = |name: String, shape: Vec<usize>, home: Home| list.insert(name, (shape, home));
    for (part, rows, matrix) in [
        ("word", config.vocabulary, Matrix::Words),
        ("position", config.positions, Matrix::Positions),
        ("token_type", config.types, Matrix::Types),
    ] {
        add(format!("embeddings.{part}_embeddings.weight"), vec![rows, hidden], Home::Rows(matrix, 0));
    }
    let mut norms = vec![("embeddings".to_owned(), Norm::Embedding)];
    for layer in 0..config.layers {
        let part = |part: &str| format!("encoder.layer.{layer}.{part}");
        norms.push((part("attention.output"), Norm::Attention(layer)));
        norms.push((part("output"), Norm::FeedForward(layer)));
        for (name, rows, columns, matrix, first) in [
            ("attention.self.query", hidden, hidden, Matrix::Qkv(layer), 0),
            ("attention.self.key", hidden, hidden, Matrix::Qkv(layer), hidden),
            ("attention.self.value", hidden, hidden, Matrix::Qkv(layer), 2 * hidden),
            ("attention.output.dense", hidden, hidden, Matrix::AttentionOut(layer), 0),
            ("intermediate.dense", inner, hidden, Matrix::Up(layer), 0),
            ("output.dense", hidden, inner, Matrix::Down(layer), 0),
        ] {
            let name = part(name);
            add(format!("{name}.weight"), vec![rows, columns], Home::Rows(matrix, first));
            add(format!("{name}.bias"), vec![rows], Home::Values(Vector::Bias(matrix), first));
        }
    }
    for (name, norm) in norms {
        add(format!("{name}.LayerNorm.weight"), vec![hidden], Home::Values(Vector::Gain(norm), 0));
        add(format!("{name}.LayerNorm.bias"), vec![hidden], Home::Values(Vector::Shift(norm), 0));
    }
    list
}

/// The name of a tensor without the prefix that models for a task put before it.
fn plain_name(name: &str) -> &str {
    name.strip_prefix("bert.").unwrap_or(name)
}

/// Brings a checkpoint's tensors into a store.
pub struct Filler<'a> {
    config: &'a BertConfig,
    format: Option<Format>,
    shard_bytes: u64,
    homes: BTreeMap<String, Home>,
    plan: Option<Plan>,
    store: &'a mut dyn BertStore,
}

impl std::fmt::Debug for Filler<'_> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Filler").field("plan", &self.plan).finish_non_exhaustive()
    }
}

impl<'a> Filler<'a> {
    /// A filler that keeps matrices in `format`, or as they are stored, in shards of at most `shard_bytes`.
    pub fn new(
        config: &'a BertConfig,
        format: Option<Format>,
        shard_bytes: u64,
        store: &'a mut dyn BertStore,
    ) -> Self {
        Self { config, format, shard_bytes, homes: BTreeMap::new(), plan: None, store }
    }

    /// What was filled.
    ///
    /// # Errors
    /// [`LoadError::Header`] where no header came.
    pub fn finish(self) -> Result<Plan, LoadError> {
        self.plan.ok_or_else(|| LoadError::Header { reason: "there is none".into() })
    }

    fn make_plan(&mut self, tensors: &[Tensor]) -> Result<Plan, LoadError> {
        let mut missing = expected(self.config);
        let mut shapes: BTreeMap<Matrix, (usize, usize, Format)> = BTreeMap::new();
        let mut vectors = BTreeMap::new();
        for tensor in tensors {
            let Some((shape, home)) = missing.remove(plain_name(&tensor.name)) else { continue };
            check(tensor, &shape)?;
            self.homes.insert(tensor.name.clone(), home);
            match (home, shape.as_slice()) {
                (Home::Rows(matrix, _), [rows, columns]) => {
                    let stored = tensor.stored.map_or(Format::F32, Stored::format);
                    shapes.entry(matrix).or_insert((0, *columns, stored)).0 += rows;
                }
                (Home::Values(vector, _), _) => {
                    *vectors.entry(vector).or_insert(0) += shape.iter().product::<usize>();
                }
                (Home::Rows(..), _) => {}
            }
        }
        if let Some(name) = missing.into_keys().next() {
            return Err(LoadError::Tensor { tensor: name, reason: "is missing".into() });
        }
        let layout = |(matrix, (rows, columns, stored))| {
            let format = match matrix {
                Matrix::Positions | Matrix::Types => Format::F32,
                _ => self.format.unwrap_or(stored),
            };
            (matrix, Layout::new(rows, columns, format, false, self.shard_bytes))
        };
        let layouts = shapes.into_iter().map(layout).collect();
        Ok(Plan { config: self.config.clone(), layouts, vectors })
    }
}

fn check(tensor: &Tensor, shape: &[usize]) -> Result<(), LoadError> {
    let refuse = |reason: String| Err(LoadError::Tensor { tensor: tensor.name.clone(), reason });
    if tensor.stored.is_none() {
        return refuse("its type is not one of F32, F16, BF16".into());
    }
    if tensor.shape != shape {
        return refuse(format!("its shape is {:?}, the configuration says {shape:?}", tensor.shape));
    }
    Ok(())
}

impl TensorSink for Filler<'_> {
    fn begin(&mut self, tensors: &[Tensor]) -> Result<(), LoadError> {
        let plan = self.make_plan(tensors)?;
        self.store.begin(&plan)?;
        self.plan = Some(plan);
        Ok(())
    }

    fn wants(&self, tensor: &Tensor) -> bool {
        self.homes.contains_key(&tensor.name)
    }

    fn values(&mut self, tensor: &Tensor, first: usize, values: &[f32]) -> Result<(), LoadError> {
        match self.homes.get(&tensor.name) {
            None => Ok(()),
            Some(Home::Values(vector, start)) => self.store.values(*vector, start + first, values),
            Some(Home::Rows(matrix, start)) => {
                let layout = self.plan.as_ref().and_then(|plan| plan.layouts.get(matrix));
                let Some(layout) = layout else { return Ok(()) };
                let columns = layout.columns;
                let mut rows = values.chunks(columns);
                let mut row = start + first / columns;
                for run in layout.runs(row, values.len() / columns) {
                    let mut packed = Packed::default();
                    for row in rows.by_ref().take(run.count) {
                        packed.push_row(layout.format, row);
                    }
                    self.store.rows(*matrix, (row, run), &packed)?;
                    row += run.count;
                }
                Ok(())
            }
        }
    }
}
