//! What the integration tests share.
#![allow(dead_code, reason = "each test binary uses a part")]

use std::rc::Rc;

use futures::executor::block_on;
use lantern_wasm_miner::{
    kernels::pack::Format,
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
