//! Names, shapes and places of weights: which tensor of a checkpoint goes to which rows of which matrix.

use crate::{kernels::pack::Format, model::config::Config};

/// A matrix of the model as the kernels see it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Matrix {
    /// The embedding, and the head where it is tied.
    Embedding,
    /// A head of its own.
    Head,
    /// Queries, keys and values of a layer, one after another.
    Qkv(usize),
    /// The output projection of attention.
    AttentionOut(usize),
    /// Gate and up of a layer: in each shard its gates, then its ups.
    GateUp(usize),
    /// The way back from the feed-forward part.
    Down(usize),
}

/// A vector of the model.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Vector {
    /// The norm before the head.
    FinalNorm,
    /// The norm before attention.
    AttentionNorm(usize),
    /// The norm before the feed-forward part.
    FeedForwardNorm(usize),
    /// The bias of queries, keys and values.
    QkvBias(usize),
}

/// Where a tensor belongs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Home {
    /// Rows of a matrix, from this row on. For [`Matrix::GateUp`] ups count from the number of gates.
    Rows(Matrix, usize),
    /// Values of a vector, from this value on.
    Values(Vector, usize),
}

/// A tensor that a checkpoint must have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expected {
    /// Its name in the checkpoint.
    pub name: String,
    /// Its shape.
    pub shape: Vec<usize>,
    /// Where it belongs.
    pub home: Home,
}

/// Every tensor of a model, under the names of Hugging Face checkpoints.
#[must_use]
pub fn expected(config: &Config) -> Vec<Expected> {
    let mut list = Vec::new();
    let mut add = |name: String, shape: Vec<usize>, home: Home| list.push(Expected { name, shape, home });
    let (hidden, inner) = (config.hidden, config.feed_forward);
    let (query, key) = (config.heads * config.head_dim, config.kv_heads * config.head_dim);
    add(
        "model.embed_tokens.weight".into(),
        vec![config.vocabulary, hidden],
        Home::Rows(Matrix::Embedding, 0),
    );
    if !config.tied_head {
        add("lm_head.weight".into(), vec![config.vocabulary, hidden], Home::Rows(Matrix::Head, 0));
    }
    add("model.norm.weight".into(), vec![hidden], Home::Values(Vector::FinalNorm, 0));
    for layer in 0..config.layers {
        let name = |part: &str| format!("model.layers.{layer}.{part}");
        let norm = |part: &str| name(&format!("{part}_layernorm.weight"));
        add(norm("input"), vec![hidden], Home::Values(Vector::AttentionNorm(layer), 0));
        add(norm("post_attention"), vec![hidden], Home::Values(Vector::FeedForwardNorm(layer), 0));
        for (part, rows, first) in [("q", query, 0), ("k", key, query), ("v", key, query + key)] {
            let tensor = name(&format!("self_attn.{part}_proj"));
            add(format!("{tensor}.weight"), vec![rows, hidden], Home::Rows(Matrix::Qkv(layer), first));
            if config.qkv_bias {
                add(format!("{tensor}.bias"), vec![rows], Home::Values(Vector::QkvBias(layer), first));
            }
        }
        add(name("self_attn.o_proj.weight"), vec![hidden, query], Home::Rows(Matrix::AttentionOut(layer), 0));
        add(name("mlp.gate_proj.weight"), vec![inner, hidden], Home::Rows(Matrix::GateUp(layer), 0));
        add(name("mlp.up_proj.weight"), vec![inner, hidden], Home::Rows(Matrix::GateUp(layer), inner));
        add(name("mlp.down_proj.weight"), vec![hidden, inner], Home::Rows(Matrix::Down(layer), 0));
    }
    list
}

/// How the rows of a matrix are cut into shards that fit a binding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Layout {
    /// Rows in all.
    pub rows: usize,
    /// Columns.
    pub columns: usize,
    /// Format.
    pub format: Format,
    /// Whether rows are pairs of gate and up.
    pub paired: bool,
    /// Units per shard: rows, or pairs where rows are paired.
    units_per_shard: usize,
}

/// A run of rows inside a shard.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Run {
    /// The shard.
    pub shard: usize,
    /// The first row inside of the shard.
    pub row: usize,
    /// How many rows.
    pub count: usize,
}

impl Layout {
    /// Cuts `rows` so that no shard is larger than `limit` bytes, but at least one unit each.
    #[must_use]
    pub fn new(rows: usize, columns: usize, format: Format, paired: bool, limit: u64) -> Self {
        let unit = if paired { 2 } else { 1 };
        let bytes = format.row_bytes(columns) * unit;
        let fitting = usize::try_from(limit).unwrap_or(usize::MAX) / bytes.max(1);
        let units = rows / unit;
        Self { rows, columns, format, paired, units_per_shard: fitting.clamp(1, units.max(1)) }
    }

    fn units(&self) -> usize {
        if self.paired { self.rows / 2 } else { self.rows }
    }

    /// Number of shards.
    #[must_use]
    pub fn shards(&self) -> usize {
        self.units().div_ceil(self.units_per_shard)
    }

    /// First unit and number of units of a shard.
    #[must_use]
    pub fn shard_units(&self, shard: usize) -> (usize, usize) {
        let first = shard * self.units_per_shard;
        (first, self.units_per_shard.min(self.units().saturating_sub(first)))
    }

    /// Rows of a shard.
    #[must_use]
    pub fn shard_rows(&self, shard: usize) -> usize {
        self.shard_units(shard).1 * if self.paired { 2 } else { 1 }
    }

    /// Where `count` rows from `row` on go. Rows of a paired matrix count all gates first, then all ups.
    #[must_use]
    pub fn runs(&self, row: usize, count: usize) -> Vec<Run> {
        let units = self.units();
        let mut runs = Vec::new();
        let mut at = row;
        let end = (row + count).min(self.rows);
        while at < end {
            let (unit, second) = if self.paired && at >= units { (at - units, true) } else { (at, false) };
            let shard = unit / self.units_per_shard;
            let (first, size) = self.shard_units(shard);
            let inside = unit - first;
            let boundary = if self.paired && !second { units } else { self.rows };
            let count = (size - inside).min(end - at).min(boundary - at);
            runs.push(Run { shard, row: if second { inside + size } else { inside }, count });
            at += count;
        }
        runs
    }
}

/// The matrices of a model with their rows and columns.
#[must_use]
pub fn matrices(config: &Config) -> Vec<(Matrix, usize, usize)> {
    let hidden = config.hidden;
    let mut list = vec![(Matrix::Embedding, config.vocabulary, hidden)];
    if !config.tied_head {
        list.push((Matrix::Head, config.vocabulary, hidden));
    }
    for layer in 0..config.layers {
        list.push((Matrix::Qkv(layer), config.projected(), hidden));
        list.push((Matrix::AttentionOut(layer), hidden, config.heads * config.head_dim));
        list.push((Matrix::GateUp(layer), 2 * config.feed_forward, hidden));
        list.push((Matrix::Down(layer), hidden, config.feed_forward));
    }
    list
}

/// The vectors of a model with their lengths.
#[must_use]
pub fn vectors(config: &Config) -> Vec<(Vector, usize)> {
    let mut list = vec![(Vector::FinalNorm, config.hidden)];
    for layer in 0..config.layers {
        list.push((Vector::AttentionNorm(layer), config.hidden));
        list.push((Vector::FeedForwardNorm(layer), config.hidden));
        if config.qkv_bias {
            list.push((Vector::QkvBias(layer), config.projected()));
        }
    }
    list
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_rows_are_cut_in_order() {
        let layout = Layout::new(10, 64, Format::Q8_0, false, 4 * 64);
        assert_eq!(layout.shards(), 3);
        assert_eq!(
            layout.runs(2, 7),
            [
                Run { shard: 0, row: 2, count: 2 },
                Run { shard: 1, row: 0, count: 4 },
                Run { shard: 2, row: 0, count: 1 }
            ]
        );
    }

    #[test]
    fn pairs_stay_together() {
        let layout = Layout::new(10, 64, Format::Q8_0, true, 4 * 64);
        assert_eq!((layout.shards(), layout.shard_rows(0), layout.shard_rows(2)), (3, 4, 2));
        assert_eq!(
            layout.runs(0, 10),
            [
                Run { shard: 0, row: 0, count: 2 },
                Run { shard: 1, row: 0, count: 2 },
                Run { shard: 2, row: 0, count: 1 },
                Run { shard: 0, row: 2, count: 2 },
                Run { shard: 1, row: 2, count: 2 },
                Run { shard: 2, row: 1, count: 1 },
            ]
        );
    }
}
