//! Tokens per second of a model of synthetic weights: speed does not depend on their values.

use std::{error::Error, rc::Rc};

use lantern_wasm_miner::{
    kernels::{cpu::sample::argmax, pack::Format, state::State},
    loader::stream::Plan,
    model::{
        gpu::{Ending, GpuModel},
        synthetic::SyntheticShape,
        weights::Matrix,
    },
    runtime::Gpu,
};

use super::{
    clock::{median, now},
    shapes,
};

/// Tokens of the prompt before the text that is timed.
pub(crate) const PROMPT: usize = 64;
/// Tokens of the prompt whose reading is timed: more where the device is fast.
const LONG_PROMPT: usize = 1024;
/// The most tokens per submission, and how long one should take.
const PER_SUBMISSION: usize = 16;
const SUBMISSION_SECONDS: f64 = 0.25;
/// The text stays well inside of the context.
const LONGEST_TEXT: usize = 256;

/// What one shape gave, as medians of several runs.
pub(crate) struct Measured {
    /// Tokens per second, one at a time.
    pub(crate) decode: f64,
    /// Bytes of weights read per second over the bytes per second that a copy moves.
    pub(crate) bandwidth_share: f64,
    /// Tokens of prompt per second.
    pub(crate) prefill: f64,
    /// Two operations per parameter of the layers and token of prompt, in 10^12 per second. The head is not
    /// counted, since reading a prompt needs no logits, nor are scores and rotations.
    pub(crate) prefill_tflops: f64,
    pub(crate) dispatches_per_token: usize,
    pub(crate) host_us_per_dispatch: f64,
    pub(crate) weight_bytes: u64,
}

/// Prepares a text of which `position` tokens have been read already.
fn start(model: &GpuModel, length: usize, position: usize) -> Result<(), Box<dyn Error>> {
    let vocabulary = model.config().vocabulary as u32;
    let prompt: Vec<u32> = (0..length as u32).map(|index| index * 7 % vocabulary).collect();
    let mut state: State = bytemuck::Zeroable::zeroed();
    (state.prompt_length, state.token_limit) = (length as u32, u32::MAX);
    state.position = position as u32;
    (state.position_limit, state.end_token) = (model.context() as u32, u32::MAX);
    Ok(model.start(&state, &prompt)?)
}

/// Reads `length - 1` tokens of prompt and returns the seconds.
async fn prefill(model: &GpuModel, length: usize) -> Result<f64, Box<dyn Error>> {
    start(model, length, 0)?;
    let started = now();
    let after = model.prefill(length.next_multiple_of(model.chunk())).await?;
    let seconds = now() - started;
    if after.position as usize != length - 1 {
        return Err(format!("prefill stopped at {} of {length} tokens", after.position).into());
    }
    Ok(seconds)
}

/// Writes tokens after the short prompt, which has been read, and returns the seconds.
async fn write(model: &GpuModel, tokens: usize, at_once: usize) -> Result<f64, Box<dyn Error>> {
    start(model, PROMPT, PROMPT - 1)?;
    let started = now();
    for at in (0..tokens).step_by(at_once) {
        model.run(PROMPT - 1 + at, at_once, Ending::Greedy).await?;
    }
    Ok(now() - started)
}

/// Measures a shape: `runs` runs that share `seconds`, and the middle of them. `copy` is the device's bandwidth in
/// bytes per second.
pub(crate) async fn on_gpu(
    gpu: &Rc<Gpu>,
    shape: SyntheticShape,
    format: Format,
    (copy, seconds, runs): (f64, f64, usize),
) -> Result<Measured, Box<dyn Error>> {
    let (plan, model) = shapes::on_gpu(gpu, shape, format).await?;
    // The first of each warms up, and says how much fits into the time.
    prefill(&model, PROMPT).await?;
    let first = write(&model, 2, 2).await? / 2.0;
    let at_once = (SUBMISSION_SECONDS / first).clamp(1.0, PER_SUBMISSION as f64) as usize;
    let submissions = (seconds / runs as f64 / first / at_once as f64).max(1.0) as usize;
    let tokens = submissions.min(LONGEST_TEXT / at_once) * at_once;
    let (mut decodes, mut prefills, mut hosts) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..runs {
        decodes.push(tokens as f64 / write(&model, tokens, at_once).await?);
        // The host's share, without waiting for the device; then the queue is emptied.
        let started = now();
        let dispatches = model.submit(PROMPT - 1, at_once, Ending::Greedy);
        hosts.push((now() - started) * 1e6 / dispatches as f64);
        model.logits().await?;
    }
    let length = if gpu.report().is_software { PROMPT } else { LONG_PROMPT };
    // Where reading takes long, three runs have to do.
    let is_long = prefill(&model, length).await? > seconds;
    for _ in 0..if is_long { runs.min(3) } else { runs } {
        prefills.push((length - 1) as f64 / prefill(&model, length).await?);
    }
    let (decode, prefill) = (median(&decodes), median(&prefills));
    Ok(Measured {
        decode,
        bandwidth_share: plan.weight_bytes() as f64 * decode / copy,
        prefill,
        prefill_tflops: 2.0 * layer_parameters(&plan) as f64 * prefill / 1e12,
        dispatches_per_token: model.dispatches_per_token(),
        host_us_per_dispatch: median(&hosts),
        weight_bytes: plan.weight_bytes(),
    })
}

fn layer_parameters(plan: &Plan) -> usize {
    let in_layers = |matrix: &Matrix| !matches!(matrix, Matrix::Embedding | Matrix::Head);
    let layers = plan.layouts.iter().filter(|(matrix, _)| in_layers(matrix));
    layers.map(|(_, layout)| layout.rows * layout.columns).sum()
}

/// Tokens per second of the CPU tier, which is one thread.
pub(crate) fn on_cpu(
    shape: SyntheticShape,
    format: Format,
    (seconds, runs): (f64, usize),
) -> Result<f64, Box<dyn Error>> {
    let mut model = shapes::on_cpu(shape, format)?;
    let mut position = 0;
    let mut token = 1;
    for _ in 0..8 {
        model.forward(token, position)?;
        position += 1;
    }
    let mut rates = Vec::new();
    for _ in 0..runs {
        let started = now();
        let mut tokens = 0_u32;
        while now() - started < seconds / runs as f64 && position < model.context() {
            let x = model.forward(token, position)?;
            token = argmax(&model.logits(&x)).map_or(0, |token| token as u32);
            position += 1;
            tokens += 1;
        }
        if tokens > 0 {
            rates.push(f64::from(tokens) / (now() - started));
        }
    }
    Ok(median(&rates))
}
