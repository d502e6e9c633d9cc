//! Measures the engine natively and prints JSON: `cargo run --release --example bench -- [shape …]`.
//!
//! Shapes are `135m`, `360m`, `1b` and `tiny`; weights are synthetic, in Q8_0, since speed does not depend on
//! their values. Without shapes a software adapter measures `tiny`, and a real one `135m` and `1b`.

#![expect(clippy::print_stdout, reason = "the result is printed")]

use std::{error::Error, rc::Rc, time::Instant};

use futures::executor::block_on;
use lantern_wasm_miner::{
    kernels::{pack::Format, state::State},
    loader::stream::{Loader, Options},
    model::{
        gpu::{Ending, GpuModel, GpuWeights},
        synthetic::{self, LLAMA_1B, SMOL_135M, SyntheticShape},
    },
    pow::{GpuMiner, Solver, Work},
    runtime::{Gpu, tier},
};
use serde_json::{Map, Value, json};

const PROMPT: usize = 64;
const TEXT: usize = 128;
const PER_SUBMISSION: usize = 16;

fn main() -> Result<(), Box<dyn Error>> {
    let gpu = Rc::new(block_on(Gpu::open())?);
    let started = Instant::now();
    let speed = block_on(tier::measure(&gpu, || started.elapsed().as_secs_f64()))?;
    let mut shapes: Vec<String> = std::env::args().skip(1).filter(|arg| !arg.starts_with('-')).collect();
    if shapes.is_empty() {
        let usual: &[&str] = if gpu.report().is_software { &["tiny"] } else { &["135m", "1b"] };
        shapes = usual.iter().map(|shape| (*shape).to_owned()).collect();
    }
    let (mut decode, mut share) = (Map::new(), Map::new());
    let mut last = Value::Null;
    for name in &shapes {
        let measured = block_on(measure(&gpu, shape(name)?, speed.copy_bytes_per_second))?;
        decode.insert(name.clone(), measured.decode.into());
        share.insert(name.clone(), measured.share.into());
        last = json!({
            "prefill_tflops": measured.prefill_tflops,
            "dispatches_per_token": measured.dispatches,
            "host_us_per_dispatch": measured.host_us,
        });
    }
    let report = gpu.report();
    let result = json!({
        "adapter": format!("{} ({}, {})", report.name, report.backend, report.driver),
        "is_software": report.is_software,
        "copy_bytes_per_second": speed.copy_bytes_per_second,
        "decode_tok_s": decode,
        "bandwidth_share": share,
        "last_shape": last,
        "pow_hashes_per_second": block_on(pow_rate(&gpu))?,
    });
    println!("{}", serde_json::to_string_pretty(&result)?);
    Ok(())
}

fn shape(name: &str) -> Result<SyntheticShape, Box<dyn Error>> {
    Ok(match name {
        "tiny" => SyntheticShape { layers: 4, vocabulary: 4096, ..SMOL_135M },
        "135m" => SMOL_135M,
        "360m" => SyntheticShape {
            layers: 32,
            hidden: 960,
            feed_forward: 2560,
            heads: 15,
            kv_heads: 5,
            ..SMOL_135M
        },
        "1b" => LLAMA_1B,
        other => return Err(format!("{other} is not one of tiny, 135m, 360m, 1b").into()),
    })
}

struct Measured {
    decode: f64,
    share: f64,
    prefill_tflops: f64,
    dispatches: usize,
    host_us: f64,
}

async fn measure(gpu: &Rc<Gpu>, shape: SyntheticShape, copy: f64) -> Result<Measured, Box<dyn Error>> {
    let config = synthetic::config(shape);
    let shard_bytes = gpu.report().max_binding_bytes.min(128 << 20);
    let mut loader = Loader::new(Options { config: config.clone(), format: Some(Format::Q8_0), shard_bytes });
    let mut weights = GpuWeights::new(Rc::clone(gpu));
    synthetic::write(&config, 1, |bytes| loader.push(bytes, &mut weights))?;
    let (plan, ..) = loader.finish("synthetic")?;
    let model = GpuModel::new(&plan, weights, 1024).await?;
    let prompt: Vec<u32> = (0..PROMPT as u32).collect();
    let mut state: State = bytemuck::Zeroable::zeroed();
    (state.prompt_length, state.token_limit, state.position_limit) = (PROMPT as u32, 100_000, 1024);
    state.end_token = u32::MAX;
    let (mut decode, mut prefill) = (f64::INFINITY, f64::INFINITY);
    for _ in 0..3 {
        model.start(&state, &prompt)?;
        let started = Instant::now();
        model.run(0, PROMPT - 1, Ending::Step).await?;
        prefill = prefill.min(started.elapsed().as_secs_f64());
        let started = Instant::now();
        for at in (0..TEXT).step_by(PER_SUBMISSION) {
            model.run(PROMPT - 1 + at, PER_SUBMISSION, Ending::Greedy).await?;
        }
        decode = decode.min(started.elapsed().as_secs_f64());
    }
    // The host's share, without waiting for the device; then the queue is emptied.
    let started = Instant::now();
    let dispatches = model.submit(PROMPT - 1, PER_SUBMISSION, Ending::Greedy);
    let host = started.elapsed().as_secs_f64();
    model.logits().await?;
    let decode_rate = TEXT as f64 / decode;
    Ok(Measured {
        decode: decode_rate,
        share: plan.weight_bytes() as f64 * decode_rate / copy,
        prefill_tflops: 2.0 * plan.parameters() as f64 * (PROMPT - 1) as f64 / prefill / 1e12,
        dispatches: model.dispatches_per_token(),
        host_us: host * 1e6 / dispatches as f64,
    })
}

async fn pow_rate(gpu: &Rc<Gpu>) -> Result<f64, Box<dyn Error>> {
    let miner = GpuMiner::new(Rc::clone(gpu)).await?;
    // No seal meets this difficulty.
    let work =
        Work { netuid: 1, block_hash: [1; 32], hotkey: [2; 32], coldkey: [3; 32], difficulty: u64::MAX };
    let mut solver = Solver::new(work, 0);
    let (mut count, mut rate) = (1_u64 << 14, 0.0);
    for _ in 0..12 {
        let started = Instant::now();
        let step = solver.step_gpu(&miner, count).await?;
        let seconds = started.elapsed().as_secs_f64();
        rate = step.tried as f64 / seconds;
        if seconds < 0.2 {
            count = (count * 2).min(1 << 28);
        }
    }
    Ok(rate)
}
