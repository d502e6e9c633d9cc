//! The start-up self-test: does this device compute what the CPU computes, and how fast is its memory?

use std::rc::Rc;

use crate::{
    error::{GenerateError, KernelError, LoadError},
    kernels::{
        bandwidth, cpu,
        pack::Format,
        pow::{PowKernel, Search},
        state::State,
    },
    loader::stream::{Loader, Options},
    model::{
        cpu::{CpuModel, CpuWeights},
        gpu::{Ending, GpuModel, GpuWeights},
        synthetic::{self, SyntheticShape},
    },
    runtime::{Gpu, recording::Recording},
};

/// One comparison of the self-test.
#[derive(Debug, Clone, PartialEq)]
pub struct Check {
    /// What was compared.
    pub name: &'static str,
    /// The largest difference as a share of the spread; 0 or 1 for exact kernels.
    pub difference: f64,
    /// The largest difference allowed.
    pub allowed: f64,
}

/// A small model with ragged shapes that goes through every kernel of a decoder.
const PROBE: SyntheticShape = SyntheticShape {
    vocabulary: 149,
    hidden: 100,
    feed_forward: 70,
    layers: 2,
    heads: 5,
    kv_heads: 1,
    head_dim: 20,
    context: 16,
    tied_head: true,
    qkv_bias: true,
};

/// Compares the kernels with their twins. An error means that a kernel does not run at all.
///
/// # Errors
/// [`LoadError::Kernel`] where the driver refuses a kernel or the device fails.
pub async fn check(gpu: &Rc<Gpu>) -> Result<Vec<Check>, LoadError> {
    let mut checks = Vec::new();
    for (name, format) in [("decoder, f16 weights", Format::F16), ("decoder, Q8_0 weights", Format::Q8_0)] {
        checks.push(Check { name, difference: decoder(gpu, format).await?, allowed: 1e-3 });
    }
    checks.push(Check { name: "copy", difference: copy(gpu).await?, allowed: 0.0 });
    checks.push(Check { name: "proof of work", difference: pow(gpu).await?, allowed: 0.0 });
    Ok(checks)
}

async fn decoder(gpu: &Rc<Gpu>, format: Format) -> Result<f64, LoadError> {
    let config = synthetic::config(PROBE);
    let options = Options { config: config.clone(), format: Some(format), shard_bytes: u64::MAX };
    let (mut cpu_weights, mut gpu_weights) = (CpuWeights::default(), GpuWeights::new(Rc::clone(gpu)));
    let mut for_cpu = Loader::new(options.clone());
    let mut for_gpu = Loader::new(options);
    synthetic::write(&config, 3, |bytes| {
        for_cpu.push(bytes, &mut cpu_weights)?;
        for_gpu.push(bytes, &mut gpu_weights)
    })?;
    let (plan, ..) = for_cpu.finish("self-test")?;
    let mut cpu = CpuModel::new(&plan, cpu_weights, PROBE.context)?;
    let model = GpuModel::new(&plan, gpu_weights, PROBE.context).await?;
    let prompt = [7, 100, 3, 148, 0, 55];
    let mut x = Vec::new();
    for (position, token) in prompt.iter().enumerate() {
        x = cpu.forward(*token, position).map_err(wrong)?;
    }
    let expected = cpu.logits(&x);
    let by_steps = decode(&model, &prompt, false, &expected).await.map_err(wrong)?;
    let by_chunks = decode(&model, &prompt, true, &expected).await.map_err(wrong)?;
    Ok(by_steps.max(by_chunks))
}

fn wrong(error: GenerateError) -> LoadError {
    match error {
        GenerateError::Kernel(error) => LoadError::Kernel(error),
        other => {
            LoadError::Kernel(KernelError::WrongNumbers { kernel: "decoder", detail: other.to_string() })
        }
    }
}

/// Reads a prompt step by step or by prefill, and compares the logits and the choice of its last token.
async fn decode(
    model: &GpuModel,
    prompt: &[u32; 6],
    prefill: bool,
    expected: &[f32],
) -> Result<f64, GenerateError> {
    let mut state: State = bytemuck::Zeroable::zeroed();
    (state.prompt_length, state.token_limit, state.position_limit) = (6, 1, 16);
    model.start(&state, prompt)?;
    if prefill {
        model.prefill(5).await?;
    } else {
        model.run(0, 5, Ending::Step).await?;
    }
    let (_, ring) = model.run(5, 1, Ending::Greedy).await?;
    let got = model.logits().await?;
    let chosen = ring.first().map(|token| *token as usize);
    Ok(if chosen == cpu::sample::argmax(&got) { difference(&got, expected) } else { f64::INFINITY })
}

fn difference(got: &[f32], expected: &[f32]) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "a few hundred values")]
    let count = expected.len() as f64;
    let mean = expected.iter().copied().map(f64::from).sum::<f64>() / count;
    let spread = (expected.iter().map(|x| (f64::from(*x) - mean).powi(2)).sum::<f64>() / count).sqrt();
    let worst = got.iter().zip(expected).map(|(a, b)| f64::from((a - b).abs()));
    worst.fold(0.0, |worst: f64, x| if x.is_nan() { f64::INFINITY } else { worst.max(x) }) / spread
}

async fn copy(gpu: &Gpu) -> Result<f64, KernelError> {
    let content: Vec<u32> = (0..4093 * 4).collect();
    let from = gpu.storage_with("copy from", &content)?;
    let to = gpu.storage("copy to", from.bytes())?;
    let mut recording = Recording::default();
    bandwidth::record(gpu, &from, &to, content.len() * 4, &mut recording).await?;
    let got: Vec<u32> = gpu.read(&[&recording], &to, content.len()).await?;
    Ok(if got == content { 0.0 } else { 1.0 })
}

async fn pow(gpu: &Gpu) -> Result<f64, KernelError> {
    let kernel = PowKernel::new(gpu, 4).await?;
    let state = [1, 2, 3, 4, 5, 6, 7, 0x8000_0000];
    let search = Search { states: vec![state], target_top: u32::MAX / 200, first: 11, count: 1500 };
    let (mut hits, more) = kernel.run(gpu, &search).await?;
    hits.sort_by_key(|hit| (hit.slot, hit.high));
    Ok(if !more && hits == cpu::pow::run(&search) { 0.0 } else { 1.0 })
}

/// What the memory and the queue give.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Speed {
    /// Bytes per second that a copying kernel reads and writes together.
    pub copy_bytes_per_second: f64,
    /// Seconds for a trip to the device and back with nothing to do.
    pub round_trip_seconds: f64,
}

/// Measures the device; `now` tells seconds.
///
/// # Errors
/// [`KernelError`] where the device fails.
pub async fn measure(gpu: &Gpu, now: impl Fn() -> f64) -> Result<Speed, KernelError> {
    let bytes = if gpu.report().is_software { 8 << 20 } else { 64 << 20 };
    let from = gpu.storage("bandwidth from", bytes)?;
    let to = gpu.storage("bandwidth to", bytes)?;
    let mut recording = Recording::default();
    bandwidth::record(gpu, &from, &to, usize::try_from(bytes).unwrap_or(0), &mut recording).await?;
    gpu.settle(&[&recording], &to).await?;
    let mut round_trip_seconds = f64::INFINITY;
    for _ in 0..3 {
        let started = now();
        gpu.settle(&[], &to).await?;
        round_trip_seconds = round_trip_seconds.min(now() - started);
    }
    let mut repeats = 1;
    loop {
        let started = now();
        gpu.settle(&vec![&recording; repeats], &to).await?;
        let seconds = now() - started - round_trip_seconds;
        if seconds > 0.03 || repeats >= 256 {
            #[expect(clippy::cast_precision_loss, reason = "a measurement")]
            let moved = (bytes * 2 * repeats as u64) as f64;
            return Ok(Speed { copy_bytes_per_second: moved / seconds.max(1e-9), round_trip_seconds });
        }
        repeats *= 4;
    }
}
