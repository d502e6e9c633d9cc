//! Weights of the bit-exact mode on their way in: turned into integers once, on the CPU, and hashed as they go to
//! the place that computes with them.

use std::collections::BTreeMap;

use sha2::{Digest as _, Sha256};

use crate::{
    error::LoadError,
    kernels::{
        exact::{Norm, integer, rows::Rows},
        pack::{Format, Packed},
    },
    loader::stream::{Plan, WeightStore},
    model::{
        config::Config,
        exact::{Limits, gpu::GpuRows},
        weights::{self, Home, Layout, Matrix, Run, Vector},
    },
};

/// The longest row for which sums of products fit a wide number.
const MOST_COLUMNS: usize = 1 << 16;

/// Weights in the memory of the CPU.
#[derive(Debug, Default)]
pub(super) struct CpuRows {
    pub(super) matrices: BTreeMap<Matrix, Rows>,
    pub(super) vectors: BTreeMap<Vector, Vec<i64>>,
}

/// A tensor's digest in the making.
#[derive(Debug)]
struct Part {
    home: Home,
    /// Rows or values that belong to it, and how many came.
    count: usize,
    came: usize,
    hash: Sha256,
}

/// Takes weights as they arrive, for the CPU, for the device or for both.
#[derive(Debug, Default)]
pub struct ExactWeights {
    pub(super) cpu: Option<CpuRows>,
    pub(super) gpu: Option<GpuRows>,
    layouts: BTreeMap<Matrix, Layout>,
    parts: Vec<Part>,
}

impl ExactWeights {
    /// For the CPU.
    #[must_use]
    pub fn for_cpu() -> Self {
        Self { cpu: Some(CpuRows::default()), ..Self::default() }
    }

    /// For the device, and for the CPU too where that is wanted.
    #[must_use]
    pub fn for_gpu(rows: GpuRows, and_cpu: bool) -> Self {
        Self { cpu: and_cpu.then(CpuRows::default), gpu: Some(rows), ..Self::default() }
    }

    /// Whether weights are kept for the CPU.
    #[must_use]
    pub fn has_cpu(&self) -> bool {
        self.cpu.is_some()
    }

    /// Whether weights are kept for the device.
    #[must_use]
    pub fn has_gpu(&self) -> bool {
        self.gpu.is_some()
    }

    /// Keeps no weights for the CPU from now on.
    pub fn leave_cpu(&mut self) {
        self.cpu = None;
    }

    /// What the weights and the shape of the model hash to, whatever the order and the place they came in.
    ///
    /// # Errors
    /// [`LoadError::Tensor`] where something is missing, [`LoadError::Config`] for a shape without exact form.
    pub fn digest(&self, config: &Config) -> Result<[u8; 32], LoadError> {
        let mut hash = Sha256::new();
        hash.update(b"lantern-exact/1 model");
        let limits = Limits::of(config)?;
        let flags = [usize::from(config.tied_head), usize::from(config.qkv_bias)];
        let counts = [config.vocabulary, config.hidden, config.feed_forward, config.layers];
        let heads = [config.heads, config.kv_heads, config.head_dim];
        for number in flags.iter().chain(&counts).chain(&heads) {
            hash.update((*number as u64).to_le_bytes());
        }
        hash.update(limits.epsilon.to_le_bytes());
        limits.frequencies.iter().for_each(|step| hash.update(step.to_le_bytes()));
        for part in &self.parts {
            if part.came != part.count {
                let reason = format!("{} of {} rows came", part.came, part.count);
                return Err(LoadError::Tensor { tensor: format!("{:?}", part.home), reason });
            }
            hash.update(part.hash.clone().finalize());
        }
        Ok(hash.finalize().into())
    }

    /// The tensor that rows or values from `at` on belong to, where exactly they are the next to come.
    fn part(&mut self, home: Home, count: usize) -> Result<&mut Part, LoadError> {
        let next = |part: &&mut Part| {
            let is_next = match (part.home, home) {
                (Home::Rows(a, first), Home::Rows(b, at)) => a == b && first + part.came == at,
                (Home::Values(a, first), Home::Values(b, at)) => a == b && first + part.came == at,
                _ => false,
            };
            is_next && part.came + count <= part.count
        };
        let part = self.parts.iter_mut().find(next).ok_or_else(|| tensor(home, "rows out of turn"))?;
        part.came += count;
        Ok(part)
    }
}

fn tensor(home: Home, reason: &str) -> LoadError {
    LoadError::Tensor { tensor: format!("{home:?}"), reason: reason.into() }
}

/// The row of the matrix where a run starts, whatever its shards are.
fn first_row(layout: &Layout, run: Run) -> usize {
    let (first, size) = layout.shard_units(run.shard);
    if layout.paired && run.row >= size { layout.rows / 2 + first + run.row - size } else { first + run.row }
}

impl WeightStore for ExactWeights {
    fn begin(&mut self, plan: &Plan) -> Result<(), LoadError> {
        Limits::of(&plan.config)?;
        for (matrix, layout) in &plan.layouts {
            if layout.format != Format::Q8_0 || layout.columns > MOST_COLUMNS {
                let reason = format!("{matrix:?} has {} columns in {:?}", layout.columns, layout.format);
                return Err(LoadError::Config { reason: format!("{reason}: it has no bit-exact form") });
            }
        }
        let part = |entry: weights::Expected| {
            let count = match entry.home {
                Home::Rows(..) => entry.shape.first().copied().unwrap_or(0),
                Home::Values(..) => entry.shape.iter().product(),
            };
            Part { home: entry.home, count, came: 0, hash: Sha256::new() }
        };
        self.parts = weights::expected(&plan.config).into_iter().map(part).collect();
        self.layouts = plan.layouts.clone();
        if let Some(gpu) = &mut self.gpu {
            gpu.begin(plan)?;
        }
        if let Some(cpu) = &mut self.cpu {
            cpu.begin(plan);
        }
        Ok(())
    }

    fn rows(&mut self, matrix: Matrix, run: Run, packed: &Packed) -> Result<(), LoadError> {
        let missing = || tensor(Home::Rows(matrix, run.row), "is not expected");
        let layout = *self.layouts.get(&matrix).ok_or_else(missing)?;
        let first = first_row(&layout, run);
        let home = Home::Rows(matrix, first);
        let rows = Rows::of(layout.columns, packed)
            .ok_or_else(|| tensor(home, "has a scale that is negative or not a finite number"))?;
        let part = self.part(home, rows.len())?;
        for (weights, scales, exponent) in (0..rows.len()).filter_map(|row| rows.row(row)) {
            part.hash.update(weights);
            part.hash.update(bytemuck::cast_slice(scales));
            part.hash.update(exponent.to_le_bytes());
        }
        if let Some(gpu) = &mut self.gpu {
            gpu.rows(matrix, run, &rows)?;
        }
        if let Some(cpu) = &mut self.cpu {
            cpu.rows(matrix, first, &rows).ok_or_else(missing)?;
        }
        Ok(())
    }

    fn values(&mut self, vector: Vector, first: usize, values: &[f32]) -> Result<(), LoadError> {
        let home = Home::Values(vector, first);
        let (q, limit) = match vector {
            Vector::QkvBias(_) => (integer::WIDE, integer::LIMIT),
            _ => (Norm::GAIN, integer::NARROW_LIMIT),
        };
        let values =
            values.iter().map(|value| integer::fixed(*value, q, limit)).collect::<Option<Vec<i64>>>();
        let values = values.ok_or_else(|| tensor(home, "has a value too large for a bit-exact form"))?;
        let part = self.part(home, values.len())?;
        values.iter().for_each(|value| part.hash.update(value.to_le_bytes()));
        if let Some(gpu) = &mut self.gpu {
            gpu.values(vector, first, &values)?;
        }
        if let Some(cpu) = &mut self.cpu {
            let to = cpu.vectors.get_mut(&vector).and_then(|all| all.get_mut(first..first + values.len()));
            to.ok_or_else(|| tensor(home, "is not expected"))?.copy_from_slice(&values);
        }
        Ok(())
    }
}

impl CpuRows {
    fn begin(&mut self, plan: &Plan) {
        for (matrix, layout) in &plan.layouts {
            let blocks = layout.rows * layout.format.scale_bytes(layout.columns) / 2;
            let rows = Rows {
                columns: layout.columns,
                weights: vec![0; layout.rows * layout.format.row_bytes(layout.columns)],
                scales: vec![0; blocks],
                exponents: vec![0; layout.rows],
            };
            self.matrices.insert(*matrix, rows);
        }
        self.vectors = plan.vectors.iter().map(|(vector, length)| (*vector, vec![0; *length])).collect();
    }

    fn rows(&mut self, matrix: Matrix, first: usize, rows: &Rows) -> Option<()> {
        fn put<T: Copy>(to: &mut [T], first: usize, from: &[T], rows: usize) -> Option<()> {
            let at = first * from.len().checked_div(rows)?;
            to.get_mut(at..at + from.len())?.copy_from_slice(from);
            Some(())
        }
        let to = self.matrices.get_mut(&matrix)?;
        put(&mut to.weights, first, &rows.weights, rows.len())?;
        put(&mut to.scales, first, &rows.scales, rows.len())?;
        put(&mut to.exponents, first, &rows.exponents, rows.len())
    }
}
