//! The shapes that are measured, by name, and synthetic models of them.

use std::rc::Rc;

use lantern_wasm_miner::{
    error::LoadError,
    kernels::pack::Format,
    loader::stream::{Loader, Options, Plan},
    model::{
        cpu::{CpuModel, CpuWeights},
        gpu::{GpuModel, GpuWeights},
        synthetic::{self, LLAMA_1B, SMOL_135M, SyntheticShape},
    },
    runtime::Gpu,
};

/// Positions of every model that is measured.
pub(crate) const CONTEXT: usize = 1024;

/// The shape of the demonstration model.
const DEMO: SyntheticShape = SyntheticShape {
    vocabulary: 258,
    hidden: 128,
    feed_forward: 352,
    layers: 5,
    heads: 4,
    kv_heads: 2,
    head_dim: 32,
    context: 1024,
    tied_head: true,
    qkv_bias: false,
};

/// A model of 15 million parameters, the size of the best known toy models.
const TOY_15M: SyntheticShape = SyntheticShape {
    vocabulary: 32_000,
    hidden: 288,
    feed_forward: 768,
    layers: 6,
    heads: 6,
    kv_heads: 6,
    head_dim: 48,
    ..DEMO
};

/// Every shape, smallest first.
pub(crate) const SHAPES: [(&str, SyntheticShape); 5] = [
    ("demo", DEMO),
    ("15m", TOY_15M),
    ("135m", SMOL_135M),
    (
        "360m",
        SyntheticShape { layers: 32, hidden: 960, feed_forward: 2560, heads: 15, kv_heads: 5, ..SMOL_135M },
    ),
    ("1b", LLAMA_1B),
];

/// A format by the name that the command line gives.
pub(crate) fn format(name: &str) -> Option<Format> {
    match name {
        "q8_0" => Some(Format::Q8_0),
        "f16" => Some(Format::F16),
        "f32" => Some(Format::F32),
        _ => None,
    }
}

/// A shape by its name.
pub(crate) fn shape(name: &str) -> Option<SyntheticShape> {
    SHAPES.iter().find(|(known, _)| *known == name).map(|(_, shape)| *shape)
}

/// Weights from a seed on the device.
pub(crate) async fn on_gpu(
    gpu: &Rc<Gpu>,
    shape: SyntheticShape,
    format: Format,
) -> Result<(Plan, GpuModel), LoadError> {
    let config = synthetic::config(shape);
    let shard_bytes = gpu.report().max_binding_bytes.min(128 << 20);
    let mut loader = Loader::new(Options { config: config.clone(), format: Some(format), shard_bytes });
    let mut weights = GpuWeights::new(Rc::clone(gpu));
    synthetic::write(&config, 1, |bytes| loader.push(bytes, &mut weights))?;
    let (plan, ..) = loader.finish("synthetic")?;
    let model = GpuModel::new(&plan, weights, CONTEXT).await?;
    Ok((plan, model))
}

/// The same weights in the memory of the CPU.
pub(crate) fn on_cpu(shape: SyntheticShape, format: Format) -> Result<CpuModel, LoadError> {
    let config = synthetic::config(shape);
    let mut loader =
        Loader::new(Options { config: config.clone(), format: Some(format), shard_bytes: u64::MAX });
    let mut weights = CpuWeights::default();
    synthetic::write(&config, 1, |bytes| loader.push(bytes, &mut weights))?;
    let (plan, ..) = loader.finish("synthetic")?;
    CpuModel::new(&plan, weights, CONTEXT)
}
