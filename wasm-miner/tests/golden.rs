//! Whole models against torch: the CPU path and the GPU path, logits and greedy text.

#![allow(clippy::unwrap_used, clippy::panic, reason = "these are tests")]

mod support;

use std::{collections::BTreeMap, path::PathBuf};

use futures::executor::block_on;
use lantern_wasm_miner::{
    generate::{End, Generation, Model, Options},
    kernels::{cpu::sample::argmax, state::State},
    model::{config::Config, gpu::Ending},
};
use serde::Deserialize;

#[derive(Deserialize)]
struct Golden {
    tokens: Vec<u32>,
    argmax: Vec<usize>,
    rows: BTreeMap<String, Vec<f32>>,
    #[serde(default)]
    greedy_prompt: Vec<u32>,
    #[serde(default)]
    greedy: Vec<u32>,
}

fn load(folder: &str, golden: &str) -> (Config, Vec<u8>, Golden) {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let read =
        |path: PathBuf| std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let config = Config::parse(&read(root.join(folder).join("config.json"))).unwrap();
    let golden = serde_json::from_slice(&read(root.join(golden))).unwrap();
    (config, read(root.join(folder).join("model.safetensors")), golden)
}

fn demo() -> (Config, Vec<u8>, Golden) {
    load("../public/models/lantern-demo", "tests/fixtures/lantern_demo_golden.json")
}

/// Compares logits of every position that torch wrote down, and the best token of every position.
fn check(golden: &Golden, mut logits: impl FnMut(usize, u32) -> Vec<f32>) {
    let mut agreed = 0;
    for (position, token) in golden.tokens.iter().enumerate() {
        let got = logits(position, *token);
        if let Some(expected) = golden.rows.get(&position.to_string()) {
            let difference = support::difference(&got, expected);
            assert!(difference < 1e-3, "position {position}: {difference} of the spread");
        }
        agreed += usize::from(argmax(&got) == Some(golden.argmax[position]));
    }
    let share = agreed as f64 / golden.tokens.len() as f64;
    assert!(share >= 0.99, "the best token agrees in {share} of {} positions", golden.tokens.len());
}

fn check_cpu(folder: &str, golden: &str) {
    let (config, file, golden) = load(folder, golden);
    let (_, mut model) = support::load_cpu(&config, &file, None, golden.tokens.len());
    check(&golden, |position, token| {
        let x = model.forward(token, position).unwrap();
        model.logits(&x)
    });
}

fn check_gpu(folder: &str, golden: &str) {
    let (config, file, golden) = load(folder, golden);
    let context = golden.tokens.len();
    let model = support::load_gpu(&support::gpu(), &config, &file, None, (context, u64::MAX));
    let mut state: State = bytemuck::Zeroable::zeroed();
    (state.prompt_length, state.token_limit, state.position_limit) = (context as u32, 1, context as u32);
    state.end_token = u32::MAX;
    model.start(&state, &golden.tokens).unwrap();
    check(&golden, |position, _| {
        block_on(model.run(position, 1, Ending::Greedy)).unwrap();
        block_on(model.logits()).unwrap()
    });
}

/// As [`check_gpu`], but each compared row is reached by prefill of everything before it.
fn check_prefill(folder: &str, golden: &str) {
    let (config, file, golden) = load(folder, golden);
    let context = golden.tokens.len();
    let model = support::load_gpu(&support::gpu(), &config, &file, None, (context, u64::MAX));
    for (position, expected) in &golden.rows {
        let position: usize = position.parse().unwrap();
        let mut state: State = bytemuck::Zeroable::zeroed();
        (state.prompt_length, state.token_limit, state.end_token) = (position as u32 + 1, 1, u32::MAX);
        state.position_limit = context as u32;
        model.start(&state, &golden.tokens[..=position]).unwrap();
        let seen = block_on(model.prefill(position.next_multiple_of(model.chunk()))).unwrap().position;
        assert_eq!(seen as usize, position);
        block_on(model.run(position, 1, Ending::Greedy)).unwrap();
        let got = block_on(model.logits()).unwrap();
        let difference = support::difference(&got, expected);
        assert!(difference < 1e-3, "position {position}: {difference} of the spread");
        assert_eq!(argmax(&got), Some(golden.argmax[position]), "position {position}");
    }
}

#[test]
#[cfg_attr(skip_gpu_tests, ignore = "LANTERN_SKIP_GPU_TESTS is set: no adapter here")]
fn prefill_agrees_with_torch() {
    check_prefill("../public/models/lantern-demo", "tests/fixtures/lantern_demo_golden.json");
    check_prefill("tests/fixtures/tiny_qwen2", "tests/fixtures/tiny_qwen2/golden.json");
    check_prefill("tests/fixtures/tiny_llama3", "tests/fixtures/tiny_llama3/golden.json");
}

#[test]
fn demonstration_model_on_the_cpu() {
    check_cpu("../public/models/lantern-demo", "tests/fixtures/lantern_demo_golden.json");
}

#[test]
fn qwen2_on_the_cpu() {
    check_cpu("tests/fixtures/tiny_qwen2", "tests/fixtures/tiny_qwen2/golden.json");
}

#[test]
fn llama3_rope_on_the_cpu() {
    check_cpu("tests/fixtures/tiny_llama3", "tests/fixtures/tiny_llama3/golden.json");
}

#[test]
#[cfg_attr(skip_gpu_tests, ignore = "LANTERN_SKIP_GPU_TESTS is set: no adapter here")]
fn demonstration_model_on_the_gpu() {
    check_gpu("../public/models/lantern-demo", "tests/fixtures/lantern_demo_golden.json");
}

#[test]
#[cfg_attr(skip_gpu_tests, ignore = "LANTERN_SKIP_GPU_TESTS is set: no adapter here")]
fn qwen2_on_the_gpu() {
    check_gpu("tests/fixtures/tiny_qwen2", "tests/fixtures/tiny_qwen2/golden.json");
}

#[test]
#[cfg_attr(skip_gpu_tests, ignore = "LANTERN_SKIP_GPU_TESTS is set: no adapter here")]
fn llama3_rope_on_the_gpu() {
    check_gpu("tests/fixtures/tiny_llama3", "tests/fixtures/tiny_llama3/golden.json");
}

const GREEDY: Options = Options { max_tokens: 48, temperature: 0.0, top_k: 1, top_p: 1.0, seed: 0 };

fn write(model: &mut Model, prompt: &[u32], options: Options, step: usize) -> (Vec<u32>, Option<End>) {
    let mut generation = Generation::start(model, prompt, options).unwrap();
    while generation.end().is_none() {
        assert!(block_on(generation.advance(model, step)).unwrap() > 0, "no progress");
    }
    (generation.written().to_vec(), generation.end())
}

#[test]
fn greedy_text_is_that_of_torch_on_the_cpu() {
    let (config, file, golden) = demo();
    let mut model = Model::Cpu(Box::new(support::load_cpu(&config, &file, None, 256).1));
    assert_eq!(write(&mut model, &golden.greedy_prompt, GREEDY, 8), (golden.greedy, Some(End::Limit)));
}

#[test]
#[cfg_attr(skip_gpu_tests, ignore = "LANTERN_SKIP_GPU_TESTS is set: no adapter here")]
fn text_on_the_gpu() {
    let (config, file, golden) = demo();
    let mut gpu =
        Model::Gpu(Box::new(support::load_gpu(&support::gpu(), &config, &file, None, (256, u64::MAX))));
    let mut cpu = Model::Cpu(Box::new(support::load_cpu(&config, &file, None, 256).1));
    let prompt = golden.greedy_prompt.as_slice();
    assert_eq!(write(&mut gpu, prompt, GREEDY, 8), (golden.greedy.clone(), Some(End::Limit)), "greedy, by 8");
    assert_eq!(write(&mut gpu, prompt, GREEDY, 1), (golden.greedy.clone(), Some(End::Limit)), "greedy, by 1");
    // Drawn text: the same seed gives the same text in any step, and the same as the CPU.
    let drawn = Options { max_tokens: 60, temperature: 0.9, top_k: 40, top_p: 0.95, seed: 0xfeed_0123_4567 };
    let start = &prompt[..1];
    let text = write(&mut gpu, start, drawn, 16);
    assert_eq!(text, write(&mut gpu, start, drawn, 5));
    assert_eq!(text, write(&mut cpu, start, drawn, 7));
    assert_ne!(text, write(&mut gpu, start, Options { seed: 1, ..drawn }, 16));
    // The end of the text, and a full context.
    let long = Options { max_tokens: 1000, ..GREEDY };
    let (ended, end) = write(&mut gpu, prompt, long, 32);
    assert_eq!((end, ended.last()), (Some(End::Token), Some(&257)));
    assert_eq!(write(&mut cpu, prompt, long, 32), (ended, end));
    let nearly_full: Vec<u32> = std::iter::repeat_n(prompt, 20).flatten().take(250).copied().collect();
    // Six positions are free, and the token after the last position needs none.
    let (written, end) = write(&mut gpu, &nearly_full, long, 32);
    assert_eq!((end, written.len()), (Some(End::Context), 7));
    assert_eq!(write(&mut cpu, &nearly_full, long, 32), (written, end));
}

#[test]
fn impossible_requests_are_refused() {
    let (config, file, _) = demo();
    let model = Model::Cpu(Box::new(support::load_cpu(&config, &file, None, 64).1));
    let check = |prompt: &[u32], options: Options, word: &str| {
        let error = Generation::start(&model, prompt, options).unwrap_err().to_string();
        assert!(error.contains(word), "{error}");
    };
    check(&[], GREEDY, "empty");
    check(&[258], GREEDY, "vocabulary");
    check(&[1; 64], GREEDY, "at most 63");
    check(&[1], Options { temperature: f32::NAN, ..GREEDY }, "temperature");
    check(&[1], Options { temperature: -1.0, ..GREEDY }, "temperature");
    check(&[1], Options { top_k: 0, ..GREEDY }, "top_k");
    check(&[1], Options { top_p: 0.0, ..GREEDY }, "top_p");
    check(&[1], Options { max_tokens: 0, ..GREEDY }, "max_tokens");
}
