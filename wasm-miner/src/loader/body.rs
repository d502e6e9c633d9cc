//! The part of a checkpoint after its header: each tensor's bytes become packed rows or values of their home.

use std::collections::BTreeMap;

use crate::{
    error::LoadError,
    kernels::pack::{Format, Packed},
    loader::{
        gguf,
        safetensors::Tensor,
        stored::Stored,
        stream::{Plan, WeightStore},
    },
    model::{
        config::{Config, RopeScaling},
        weights::{self, Home, Layout, Matrix},
    },
};

/// Rows are handed on once about this many bytes of the file are together.
const BATCH_BYTES: usize = 1 << 20;
/// The largest number of an f16. Scales and values beyond it cannot be kept in such formats.
const LARGEST_F16: f32 = 65_504.0;

/// What becomes of a tensor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Goal {
    Weights(Home),
    /// Rows that lie in the order of interleaved rotation, with the values per head.
    Interleaved(Home, usize),
    RopeFactors,
    Nothing,
}

/// The weights on their way.
pub(super) struct Body {
    pub(super) plan: Plan,
    /// Bytes of the file before the data.
    pub(super) data_start: u64,
    /// The tensors that are still to come, last first.
    coming: Vec<(Tensor, Goal)>,
    /// Bytes of the current tensor that are not handed on yet.
    pending: Vec<u8>,
    /// Bytes of the current tensor that are handed on.
    done: u64,
    /// Bytes that may follow the last tensor.
    padding: u64,
}

impl Body {
    /// The body of a safetensors file.
    pub(super) fn of_safetensors(
        config: &Config,
        tensors: Vec<Tensor>,
        header_bytes: u64,
        (format, shard_bytes): (Option<Format>, u64),
    ) -> Result<Self, LoadError> {
        let mut expected = expected(config);
        let data_bytes = tensors.last().map_or(0, |tensor| tensor.end);
        let mut coming = Vec::with_capacity(tensors.len());
        for tensor in tensors {
            let goal = match expected.remove(&tensor.name) {
                None => Goal::Nothing,
                Some(entry) => {
                    check(&tensor, &entry)?;
                    Goal::Weights(entry.home)
                }
            };
            coming.push((tensor, goal));
        }
        Self::new(config, coming, &expected, (8 + header_bytes, data_bytes, 0), (format, shard_bytes))
    }

    /// The body of a GGUF file.
    pub(super) fn of_gguf(
        model: &gguf::model::Model,
        header: gguf::Header,
        read: u64,
        (format, shard_bytes): (Option<Format>, u64),
    ) -> Result<Self, LoadError> {
        let config = &model.config;
        let mut expected = expected(config);
        let mut coming = vec![(gap(header.data_start - read), Goal::Nothing)];
        let mut at = 0;
        for mut tensor in header.tensors {
            coming.push((gap(tensor.begin - at), Goal::Nothing));
            at = tensor.end;
            let goal = if tensor.name == "rope_freqs.weight" {
                check(&tensor, &rope_factors(config))?;
                Goal::RopeFactors
            } else {
                let unknown = || LoadError::Tensor {
                    tensor: tensor.name.clone(),
                    reason: "is not a part of this family".into(),
                };
                let name = gguf::model::name_of(&tensor.name).ok_or_else(unknown)?;
                let entry = expected.remove(&name).ok_or_else(unknown)?;
                check(&tensor, &entry)?;
                let is_turned = name.ends_with("q_proj.weight") || name.ends_with("k_proj.weight");
                tensor.name = name;
                match entry.home {
                    home if is_turned && model.is_interleaved => Goal::Interleaved(home, config.head_dim),
                    home => Goal::Weights(home),
                }
            };
            coming.push((tensor, goal));
        }
        let padding = at.next_multiple_of(header.alignment) - at;
        let sizes = (header.data_start, header.data_bytes, padding);
        Self::new(config, coming, &expected, sizes, (format, shard_bytes))
    }

    fn new(
        config: &Config,
        mut coming: Vec<(Tensor, Goal)>,
        missing: &BTreeMap<String, weights::Expected>,
        (data_start, data_bytes, padding): (u64, u64, u64),
        (format, shard_bytes): (Option<Format>, u64),
    ) -> Result<Self, LoadError> {
        if let Some(name) = missing.keys().next() {
            return Err(LoadError::Tensor { tensor: name.clone(), reason: "is missing".into() });
        }
        let mut formats: BTreeMap<Matrix, Format> = BTreeMap::new();
        for (tensor, goal) in &coming {
            if let (
                Goal::Weights(Home::Rows(matrix, _)) | Goal::Interleaved(Home::Rows(matrix, _), _),
                Some(stored),
            ) = (goal, tensor.stored)
            {
                let format = stored.format();
                formats
                    .entry(*matrix)
                    .and_modify(|common| *common = Stored::common(*common, format))
                    .or_insert(format);
            }
        }
        coming.reverse();
        let layout = |(matrix, rows, columns): (Matrix, usize, usize)| {
            let stored = formats.get(&matrix).copied().unwrap_or(Format::F32);
            let paired = matches!(matrix, Matrix::GateUp(_));
            (matrix, Layout::new(rows, columns, format.unwrap_or(stored), paired, shard_bytes))
        };
        let plan = Plan {
            config: config.clone(),
            layouts: weights::matrices(config).into_iter().map(layout).collect(),
            vectors: weights::vectors(config).into_iter().collect(),
            data_bytes,
        };
        Ok(Self { plan, data_start, coming, pending: Vec::new(), done: 0, padding })
    }

    /// Whether all tensors have come.
    pub(super) fn is_complete(&self) -> bool {
        self.coming.is_empty()
    }

    /// Takes the next bytes.
    pub(super) fn push(&mut self, mut rest: &[u8], store: &mut dyn WeightStore) -> Result<(), LoadError> {
        while let Some((tensor, goal)) = self.coming.last() {
            let left = (tensor.end - tensor.begin).saturating_sub(self.done);
            if *goal == Goal::Nothing {
                let passed = usize::try_from(left).unwrap_or(usize::MAX).min(rest.len());
                rest = rest.get(passed..).unwrap_or(&[]);
                self.done += passed as u64;
                if (passed as u64) < left {
                    return Ok(());
                }
            } else {
                let step = step(tensor, *goal);
                let batch = (BATCH_BYTES / step).max(1) * step;
                let wanted = usize::try_from(left).unwrap_or(usize::MAX).min(batch);
                rest = fill(&mut self.pending, wanted, rest);
                if self.pending.len() < wanted {
                    return Ok(());
                }
                hand_on(&mut self.plan, tensor, *goal, (self.done, &self.pending), store)?;
                self.pending.clear();
                self.done += wanted as u64;
                if (wanted as u64) < left {
                    continue;
                }
            }
            self.coming.pop();
            self.done = 0;
        }
        let passed = usize::try_from(self.padding).unwrap_or(usize::MAX).min(rest.len());
        self.padding -= passed as u64;
        if rest.len() > passed {
            let reason = format!("{} bytes follow the last tensor", rest.len() - passed);
            return Err(LoadError::Header { reason });
        }
        Ok(())
    }
}

/// Moves bytes from `from` until `to` has `length`; returns the rest.
pub(super) fn fill<'a>(to: &mut Vec<u8>, length: usize, from: &'a [u8]) -> &'a [u8] {
    let (taken, rest) = from.split_at(from.len().min(length.saturating_sub(to.len())));
    to.extend_from_slice(taken);
    rest
}

fn expected(config: &Config) -> BTreeMap<String, weights::Expected> {
    weights::expected(config).into_iter().map(|entry| (entry.name.clone(), entry)).collect()
}

fn rope_factors(config: &Config) -> weights::Expected {
    let home = Home::Values(weights::Vector::FinalNorm, 0);
    weights::Expected { name: "rope_freqs.weight".into(), shape: vec![config.head_dim / 2], home }
}

/// Bytes between tensors.
fn gap(bytes: u64) -> Tensor {
    Tensor { name: String::new(), stored: None, shape: Vec::new(), begin: 0, end: bytes }
}

fn check(tensor: &Tensor, entry: &weights::Expected) -> Result<(), LoadError> {
    let refuse = |reason: String| Err(LoadError::Tensor { tensor: tensor.name.clone(), reason });
    let Some(stored) = tensor.stored else {
        return refuse("its type is not one of F32, F16, BF16".into());
    };
    if tensor.shape != entry.shape {
        return refuse(format!("its shape is {:?}, the configuration says {:?}", tensor.shape, entry.shape));
    }
    let values = tensor.shape.iter().try_fold(1_u64, |product, side| product.checked_mul(*side as u64));
    if values.and_then(|values| stored.bytes(values)) != tensor.end.checked_sub(tensor.begin) {
        return refuse("its length does not fit its shape".into());
    }
    Ok(())
}

fn row_bytes(tensor: &Tensor) -> usize {
    let columns = tensor.shape.last().copied().unwrap_or(1).max(1) as u64;
    let bytes = tensor.stored.and_then(|stored| stored.bytes(columns)).unwrap_or(1);
    usize::try_from(bytes).unwrap_or(usize::MAX)
}

/// Bytes that are handed on together: a row, or the rows of a head.
fn step(tensor: &Tensor, goal: Goal) -> usize {
    let rows = if let Goal::Interleaved(_, head_dim) = goal { head_dim } else { 1 };
    row_bytes(tensor).saturating_mul(rows).max(1)
}

fn hand_on(
    plan: &mut Plan,
    tensor: &Tensor,
    goal: Goal,
    (done, bytes): (u64, &[u8]),
    store: &mut dyn WeightStore,
) -> Result<(), LoadError> {
    let stored = tensor.stored.unwrap_or(Stored::F32);
    if !stored.is_finite(bytes) {
        return Err(LoadError::NotFinite { tensor: tensor.name.clone() });
    }
    let row_bytes = row_bytes(tensor);
    let first = usize::try_from(done).unwrap_or(usize::MAX) / row_bytes;
    match goal {
        Goal::Nothing => Ok(()),
        Goal::RopeFactors => {
            let factors = stored.decode(bytes);
            if factors.iter().any(|factor| *factor <= 0.0) {
                return Err(LoadError::Config { reason: "a rope factor is not above zero".into() });
            }
            plan.config.rope = RopeScaling::Factors(factors);
            Ok(())
        }
        // A vector is a single row.
        Goal::Weights(Home::Values(vector, at)) | Goal::Interleaved(Home::Values(vector, at), _) => {
            store.values(vector, at, &stored.decode(bytes))
        }
        Goal::Weights(Home::Rows(matrix, at)) => rows(plan, tensor, (matrix, at + first), bytes, store),
        Goal::Interleaved(Home::Rows(matrix, at), head_dim) => {
            let turned = in_halves(bytes, row_bytes, head_dim);
            rows(plan, tensor, (matrix, at + first), &turned, store)
        }
    }
}

/// Puts the rows of each head into the order of rotation in halves: of every two rows, the first goes to the first
/// half of the head and the second to its second half.
fn in_halves(bytes: &[u8], row_bytes: usize, head_dim: usize) -> Vec<u8> {
    let mut turned = Vec::with_capacity(bytes.len());
    for head in bytes.chunks(row_bytes * head_dim) {
        for second in [false, true] {
            let rows = head.chunks(row_bytes).skip(usize::from(second)).step_by(2);
            turned.extend(rows.flatten());
        }
    }
    turned
}

fn rows(
    plan: &Plan,
    tensor: &Tensor,
    (matrix, first): (Matrix, usize),
    bytes: &[u8],
    store: &mut dyn WeightStore,
) -> Result<(), LoadError> {
    let (Some(layout), Some(stored)) = (plan.layouts.get(&matrix), tensor.stored) else { return Ok(()) };
    let row_bytes = row_bytes(tensor);
    let mut rest = bytes;
    for run in layout.runs(first, bytes.len() / row_bytes) {
        let (part, after) = rest.split_at(rest.len().min(run.count * row_bytes));
        rest = after;
        let mut packed = Packed::default();
        if !stored.repack(layout.format, layout.columns, part, &mut packed) {
            let numbers = stored.decode(part);
            let is_narrow = !matches!(layout.format, Format::F32 | Format::Bf16);
            if is_narrow && numbers.iter().any(|x| x.abs() > LARGEST_F16) {
                let reason = format!("a value is too large to be kept in {:?}", layout.format);
                return Err(LoadError::Tensor { tensor: tensor.name.clone(), reason });
            }
            for row in numbers.chunks(layout.columns) {
                packed.push_row(layout.format, row);
            }
        }
        store.rows(matrix, run, &packed)?;
    }
    Ok(())
}
