//! The bit-exact mode: whole models on the CPU and on the GPU, equal to the last bit.

#![allow(clippy::unwrap_used, clippy::panic, reason = "these are tests")]

mod support;

use std::{path::PathBuf, rc::Rc};

use futures::executor::block_on;
use lantern_wasm_miner::{
    error::LoadError,
    generate::{End, Generation, Model, Options as TextOptions},
    kernels::{cpu, pack::Format, state::State},
    loader::stream::{Loader, Options, Plan},
    model::{
        config::Config,
        exact::{
            Exact, Place,
            cpu::ExactCpu,
            gpu::{ExactGpu, GpuRows},
            weights::ExactWeights,
        },
        synthetic::{self, SyntheticShape},
    },
    runtime::Gpu,
};

const DEMO: &str = "../public/models/lantern-demo";
const TINY: [&str; 2] = ["tests/fixtures/tiny_qwen2", "tests/fixtures/tiny_llama3"];

fn read(path: &str) -> Vec<u8> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(path);
    std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn folder(path: &str) -> (Config, Vec<u8>) {
    let config = Config::parse(&read(&format!("{path}/config.json"))).unwrap();
    (config, read(&format!("{path}/model.safetensors")))
}

fn synthetic(shape: SyntheticShape) -> (Config, Vec<u8>) {
    let config = synthetic::config(shape);
    let mut file = Vec::new();
    synthetic::write(&config, 5, |bytes| {
        file.extend_from_slice(bytes);
        Ok::<_, ()>(())
    })
    .unwrap();
    (config, file)
}

fn load(
    config: &Config,
    file: &[u8],
    weights: &mut ExactWeights,
    shard_bytes: u64,
) -> Result<Plan, LoadError> {
    let mut loader = Loader::new(Options { config: config.clone(), format: Some(Format::Q8_0), shard_bytes });
    for piece in file.chunks(65_521) {
        loader.push(piece, weights)?;
    }
    Ok(loader.finish("test")?.0)
}

fn on_cpu(config: &Config, file: &[u8], context: usize) -> (ExactCpu, [u8; 32]) {
    let mut weights = ExactWeights::for_cpu();
    let plan = load(config, file, &mut weights, u64::MAX).unwrap();
    let digest = weights.digest(config).unwrap();
    (ExactCpu::new(&plan, &mut weights, context).unwrap(), digest)
}

fn on_gpu(
    gpu: &Rc<Gpu>,
    config: &Config,
    file: &[u8],
    context: usize,
    shard_bytes: u64,
) -> (ExactGpu, [u8; 32]) {
    let mut weights = ExactWeights::for_gpu(GpuRows::new(Rc::clone(gpu)), false);
    let plan = load(config, file, &mut weights, shard_bytes).unwrap();
    let digest = weights.digest(config).unwrap();
    (block_on(ExactGpu::new(&plan, &mut weights, context)).unwrap(), digest)
}

/// Reads a prompt and writes `count` tokens in both places; every logit, token and fingerprint has to be equal.
fn check_equal((config, file): (Config, Vec<u8>), prompt: &[u32], count: usize, shard_bytes: u64) {
    let context = prompt.len() + count;
    let (mut cpu, expected) = on_cpu(&config, &file, context);
    let (gpu, got) = on_gpu(&support::gpu(), &config, &file, context, shard_bytes);
    assert_eq!(got, expected, "the digest of the weights depends on the place");
    let mut state: State = bytemuck::Zeroable::zeroed();
    (state.prompt_length, state.token_limit) = (prompt.len() as u32, u32::MAX);
    (state.position_limit, state.end_token) = (context as u32 + 1, u32::MAX);
    gpu.start(&state, prompt).unwrap();
    block_on(gpu.run(prompt.len() - 1, true)).unwrap();
    for (position, token) in prompt.iter().enumerate().take(prompt.len() - 1) {
        cpu.forward(*token, position).unwrap();
    }
    let mut token = *prompt.last().unwrap();
    let (mut written, mut step) = (0, 1);
    while written < count {
        let tokens = step.min(count - written);
        let (_, choices) = block_on(gpu.run(tokens, false)).unwrap();
        let mut logits = Vec::new();
        for index in written..written + tokens {
            let x = cpu.forward(token, prompt.len() - 1 + index).unwrap();
            logits = cpu.logits(&x);
            token = cpu::exact::argmax(&logits).unwrap() as u32;
            let expected = (token, cpu::exact::fingerprint(&logits));
            assert_eq!(choices[index % 64], expected, "token {index}");
        }
        assert_eq!(block_on(gpu.logits()).unwrap(), logits, "logits after {written} + {tokens} tokens");
        written += tokens;
        step = (step * 2).min(32);
    }
}

const RAGGED: SyntheticShape = SyntheticShape {
    vocabulary: 1101,
    hidden: 100,
    feed_forward: 75,
    layers: 2,
    heads: 6,
    kv_heads: 2,
    head_dim: 20,
    context: 320,
    tied_head: false,
    qkv_bias: true,
};

#[test]
#[cfg_attr(skip_gpu_tests, ignore = "LANTERN_SKIP_GPU_TESTS is set: no adapter here")]
fn ragged_shapes_are_equal() {
    // More positions than a workgroup has invocations; several shards.
    let prompt: Vec<u32> = (0..230).map(|index| index * 7919 % 1101).collect();
    check_equal(synthetic(RAGGED), &prompt, 40, 9000);
    let wide = SyntheticShape { head_dim: 256, heads: 1, kv_heads: 1, hidden: 64, layers: 1, ..RAGGED };
    check_equal(synthetic(wide), &prompt[..5], 9, u64::MAX);
    let slim = SyntheticShape { head_dim: 4, heads: 3, kv_heads: 3, hidden: 12, feed_forward: 1, ..RAGGED };
    check_equal(synthetic(slim), &prompt[..3], 9, u64::MAX);
}

#[test]
#[cfg_attr(skip_gpu_tests, ignore = "LANTERN_SKIP_GPU_TESTS is set: no adapter here")]
fn the_fixtures_are_equal() {
    for path in TINY {
        check_equal(folder(path), &[5, 90, 17], 61, u64::MAX);
    }
}

#[test]
#[cfg_attr(skip_gpu_tests, ignore = "LANTERN_SKIP_GPU_TESTS is set: no adapter here")]
fn the_demonstration_model_is_equal() {
    let prompt: Vec<u32> = std::iter::once(256).chain(b"The chain ".iter().copied().map(u32::from)).collect();
    check_equal(folder(DEMO), &prompt, 160, u64::MAX);
}

/// What each model's text hashes to. A change of the arithmetic changes these, and then every miner and validator
/// has to change at once: raise the version in the chain's tag with them.
#[derive(serde::Deserialize)]
struct Golden {
    model: String,
    prompt: Vec<u32>,
    tokens: u32,
    digest: String,
}

fn golden(name: &str) -> Golden {
    let mut all: std::collections::BTreeMap<String, Golden> =
        serde_json::from_slice(&read("tests/fixtures/exact_digests.json")).unwrap();
    all.remove(name).unwrap()
}

/// Writes the golden text of a model, in steps of `step` tokens.
fn check_digest(name: &str, (config, file): (Config, Vec<u8>), gpu: Option<&Rc<Gpu>>, step: usize) {
    let golden = golden(name);
    let (place, digest) = match gpu {
        None => {
            let (model, digest) = on_cpu(&config, &file, 256);
            (Place::Cpu(Box::new(model)), digest)
        }
        Some(gpu) => {
            let (model, digest) = on_gpu(gpu, &config, &file, 256, u64::MAX);
            (Place::Gpu(Box::new(model)), digest)
        }
    };
    assert_eq!(hex::encode(digest), golden.model, "the weights of {name}");
    let mut model = Model::Exact(Exact { digest, place });
    let options = TextOptions { max_tokens: golden.tokens, temperature: 0.0, top_k: 1, top_p: 1.0, seed: 0 };
    let mut text = Generation::start(&model, &golden.prompt, options).unwrap();
    while text.end().is_none() {
        assert!(block_on(text.advance(&mut model, step)).unwrap() > 0, "no progress");
    }
    let Model::Exact(exact) = &model else { panic!("{model:?}") };
    assert_eq!((text.end(), text.written().len()), (Some(End::Limit), golden.tokens as usize));
    assert_eq!(text.fingerprints().len(), text.written().len());
    assert_eq!(hex::encode(text.digest(exact)), golden.digest, "the text of {name}: {:?}", text.written());
}

#[test]
fn digests_on_the_cpu() {
    check_digest("lantern-demo", folder(DEMO), None, 7);
    check_digest("page", folder(DEMO), None, 100);
    check_digest("tiny_qwen2", folder(TINY[0]), None, 64);
    check_digest("tiny_llama3", folder(TINY[1]), None, 1);
    check_digest("ragged", synthetic(RAGGED), None, 8);
}

#[test]
#[cfg_attr(skip_gpu_tests, ignore = "LANTERN_SKIP_GPU_TESTS is set: no adapter here")]
fn digests_on_the_gpu() {
    let gpu = support::gpu();
    check_digest("lantern-demo", folder(DEMO), Some(&gpu), 48);
    check_digest("page", folder(DEMO), Some(&gpu), 48);
    check_digest("tiny_qwen2", folder(TINY[0]), Some(&gpu), 64);
    check_digest("tiny_llama3", folder(TINY[1]), Some(&gpu), 3);
    check_digest("ragged", synthetic(RAGGED), Some(&gpu), 13);
}

#[test]
fn drawing_is_refused() {
    let (config, file) = folder(DEMO);
    let (model, digest) = on_cpu(&config, &file, 16);
    let model = Model::Exact(Exact { digest, place: Place::Cpu(Box::new(model)) });
    let options = TextOptions { max_tokens: 1, temperature: 0.5, top_k: 1, top_p: 1.0, seed: 0 };
    let error = Generation::start(&model, &[1], options).unwrap_err().to_string();
    assert!(error.contains("temperature has to be 0"), "{error}");
}

/// Negative log-likelihood of a token, in nats.
fn loss(logits: &[f32], token: u32) -> f64 {
    let peak = logits.iter().copied().fold(f32::MIN, f32::max);
    let sum: f64 = logits.iter().map(|x| f64::from(x - peak).exp()).sum();
    sum.ln() - f64::from(logits[token as usize] - peak)
}

/// Teacher-forced against the float kernels with the weights as they are stored: the share of positions with the
/// same best token, and the perplexity of both.
fn quality(tokens: &[u32]) -> (f64, [f64; 2]) {
    let (config, file) = folder(DEMO);
    let (mut exact, _) = on_cpu(&config, &file, tokens.len());
    let (_, mut float) = support::load_cpu(&config, &file, None, tokens.len());
    let (mut agreed, mut losses) = (0, [0.0; 2]);
    for (position, pair) in tokens.windows(2).enumerate() {
        let x = exact.forward(pair[0], position).unwrap();
        let got: Vec<f32> = exact.logits(&x).iter().map(|logit| *logit as f32 / 262_144.0).collect();
        let x = float.forward(pair[0], position).unwrap();
        let expected = float.logits(&x);
        agreed += usize::from(cpu::sample::argmax(&got) == cpu::sample::argmax(&expected));
        losses[0] += loss(&got, pair[1]);
        losses[1] += loss(&expected, pair[1]);
    }
    let count = (tokens.len() - 1) as f64;
    (agreed as f64 / count, losses.map(|loss| (loss / count).exp()))
}

#[test]
fn quality_is_that_of_the_float_kernels() {
    let golden: serde_json::Value =
        serde_json::from_slice(&read("tests/fixtures/lantern_demo_golden.json")).unwrap();
    let known: Vec<u32> = serde_json::from_value(golden["tokens"].clone()).unwrap();
    // A text that the model was not trained on, so that it is often undecided.
    let foreign: Vec<u32> = read("../LICENSE").into_iter().take(512).map(u32::from).collect();
    for (name, tokens) in [("known", known), ("foreign", foreign)] {
        let (agreed, [exact, float]) = quality(&tokens);
        println!("{name}: the best token agrees in {agreed:.4}, perplexity {exact:.5} against {float:.5}");
        assert!(agreed >= 0.95, "{name}: {agreed}");
        assert!((exact / float - 1.0).abs() < 0.02, "{name}: {exact} {float}");
    }
}
