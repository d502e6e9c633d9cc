//! What the integration tests share.
#![allow(dead_code, reason = "each test binary uses a part")]

pub(crate) mod bench;

use std::rc::Rc;

use futures::executor::block_on;
use lantern_wasm_miner::{
    kernels::{
        cpu::{gemv::Rows, sample::philox},
        gemv::Shard,
        pack::{Format, Packed},
    },
    loader::stream::{Loader, Options, Plan},
    model::{
        config::Config,
        cpu::{CpuModel, CpuWeights},
        gpu::{GpuModel, GpuWeights},
    },
    runtime::Gpu,
};

/// The adapter of this machine. A test that needs one fails without it, unless the build was told to skip it.
pub(crate) fn gpu() -> Rc<Gpu> {
    match block_on(Gpu::open()) {
        Ok(gpu) => Rc::new(gpu),
        Err(error) => panic!("{error}; set LANTERN_SKIP_GPU_TESTS=1 to leave these tests out, visibly"),
    }
}

/// Random numbers from a seed.
pub(crate) struct Numbers {
    seed: u32,
    counter: u32,
}

impl Numbers {
    pub(crate) fn new(seed: u32) -> Self {
        Self { seed, counter: 0 }
    }

    pub(crate) fn word(&mut self) -> u32 {
        self.counter += 1;
        philox([self.counter, 0, 0, 0], [self.seed, 0])[0]
    }

    /// 0 or 1.
    pub(crate) fn bit(&mut self) -> f32 {
        (self.word() & 1) as f32
    }

    /// Between -1 and 1.
    pub(crate) fn signed(&mut self) -> f32 {
        (self.word() >> 8) as f32 / 8_388_608.0 - 1.0
    }
}

/// A vector with zeros behind it.
pub(crate) fn padded(vector: &[f32], stride: usize) -> Vec<f32> {
    let mut padded = vector.to_vec();
    padded.resize(stride, 0.0);
    padded
}

/// A value that a block of zeros and of this value holds exactly, with whole numbers as steps.
pub(crate) fn one(format: Format) -> f32 {
    match format {
        Format::Q4K => 15.0 * 63.0,
        Format::Q6K => 31.0 * 127.0,
        _ => 127.0,
    }
}

/// A matrix in its packed form.
pub(crate) fn packed(format: Format, matrix: &[Vec<f32>]) -> Rows {
    let mut packed = Packed::default();
    for row in matrix {
        packed.push_row(format, row);
    }
    let columns = matrix.first().map_or(0, Vec::len);
    Rows { format, columns, weights: packed.weights, scales: packed.scales }
}

/// Packed rows on the device, whose first result goes to `first_row`.
pub(crate) fn shard(gpu: &Gpu, rows: &Rows, first_row: usize) -> Shard {
    Shard {
        weights: gpu.storage_with("weights", &rows.weights).unwrap(),
        scales: (!rows.scales.is_empty()).then(|| gpu.storage_with("scales", &rows.scales).unwrap()),
        rows: rows.len(),
        first_row,
    }
}

/// Cuts a matrix into shards of `units` rows, or of `units` pairs of gate and up. With the first unit of each.
pub(crate) fn cut(matrix: &[Vec<f32>], paired: bool, units: usize) -> Vec<(usize, Vec<Vec<f32>>)> {
    let half = if paired { matrix.len() / 2 } else { matrix.len() };
    let (gates, ups) = matrix.split_at(half);
    let shards = gates.chunks(units).enumerate().map(|(index, gates)| {
        let ups = ups.iter().skip(index * units).take(gates.len());
        (index * units, gates.iter().chain(ups).cloned().collect())
    });
    shards.collect()
}

/// Largest difference over the spread (standard deviation) of what is expected.
pub(crate) fn difference(got: &[f32], expected: &[f32]) -> f32 {
    assert_eq!(got.len(), expected.len());
    let count = expected.len() as f32;
    let mean = expected.iter().sum::<f32>() / count;
    let spread = (expected.iter().map(|x| (x - mean).powi(2)).sum::<f32>() / count).sqrt();
    let worst = got
        .iter()
        .zip(expected)
        .map(|(a, b)| (a - b).abs())
        .fold(0.0_f32, |worst, x| if x.is_nan() { f32::INFINITY } else { worst.max(x) });
    worst / spread.max(1e-12)
}

fn options(config: &Config, format: Option<Format>, shard_bytes: u64) -> Options {
    Options { config: config.clone(), format, shard_bytes }
}

/// Loads a checkpoint for the CPU.
pub(crate) fn load_cpu(
    config: &Config,
    file: &[u8],
    format: Option<Format>,
    context: usize,
) -> (Plan, CpuModel) {
    let mut weights = CpuWeights::default();
    let mut loader = Loader::new(options(config, format, u64::MAX));
    for piece in file.chunks(65_521) {
        loader.push(piece, &mut weights).unwrap();
    }
    let (plan, ..) = loader.finish("test").unwrap();
    let model = CpuModel::new(&plan, weights, context).unwrap();
    (plan, model)
}

/// Loads a checkpoint for the GPU, cut into shards of at most `shard_bytes`.
pub(crate) fn load_gpu(
    gpu: &Rc<Gpu>,
    config: &Config,
    file: &[u8],
    format: Option<Format>,
    (context, shard_bytes): (usize, u64),
) -> GpuModel {
    let mut weights = GpuWeights::new(Rc::clone(gpu));
    let mut loader = Loader::new(options(config, format, shard_bytes));
    for piece in file.chunks(100_003) {
        loader.push(piece, &mut weights).unwrap();
    }
    let (plan, ..) = loader.finish("test").unwrap();
    block_on(GpuModel::new(&plan, weights, context)).unwrap()
}
