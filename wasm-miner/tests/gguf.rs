//! GGUF files: blocks against the numbers that the `gguf` package reads, whole models against torch.

#![allow(clippy::unwrap_used, clippy::panic, reason = "these are tests")]

mod support;

use std::{collections::BTreeMap, path::PathBuf, rc::Rc};

use futures::executor::block_on;
use lantern_wasm_miner::{
    error::LoadError,
    kernels::{
        cpu::{gemv::Rows, sample::argmax},
        pack::{Format, Packed},
        state::State,
    },
    loader::{
        stored::Stored,
        stream::{Loader, Plan, WeightStore},
    },
    model::{
        cpu::{CpuModel, CpuWeights},
        gpu::{Ending, GpuModel, GpuWeights},
    },
};
use serde::Deserialize;

#[derive(Deserialize)]
struct Blocks {
    number: u32,
    blocks: String,
    numbers: Vec<u32>,
}

#[derive(Deserialize)]
struct Golden {
    tokens: Vec<u32>,
    argmax: Vec<usize>,
    rows: BTreeMap<String, Vec<f32>>,
}

fn read(name: &str) -> Vec<u8> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(name);
    std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

#[test]
fn blocks_are_those_of_ggml() {
    let all: BTreeMap<String, serde_json::Value> = serde_json::from_slice(&read("ggml_blocks.json")).unwrap();
    let mut seen = 0;
    for (name, value) in all.into_iter().filter(|(name, _)| name != "made_with") {
        let expected: Blocks = serde_json::from_value(value).unwrap();
        let stored = Stored::of_ggml(expected.number).unwrap();
        let bytes = hex::decode(expected.blocks).unwrap();
        let bits = |numbers: Vec<f32>| numbers.into_iter().map(f32::to_bits).collect::<Vec<_>>();
        assert_eq!(bits(stored.decode(&bytes)), expected.numbers, "{name}");
        assert!(stored.is_finite(&bytes), "{name}");
        // What the kernels read is the same, wherever blocks are kept as they are.
        let mut packed = Packed::default();
        if stored.repack(stored.format(), 256, &bytes, &mut packed) {
            let (format, columns) = (stored.format(), 256);
            let rows = Rows { format, columns, weights: packed.weights, scales: packed.scales };
            let numbers = (0..rows.len()).flat_map(|row| rows.row(row)).collect();
            assert_eq!(bits(numbers), expected.numbers, "{name} as {format:?}");
        }
        seen += 1;
    }
    assert_eq!(seen, 11);
}

#[test]
fn rows_that_are_not_a_multiple_of_64_are_padded() {
    let numbers: Vec<f32> = (0..96).map(|x| x as f32 - 40.0).collect();
    let mut whole = Packed::default();
    whole.push_row(Format::Q4_0, &numbers);
    let mut blocks = Vec::new();
    for block in numbers.as_chunks::<32>().0 {
        let block = lantern_wasm_miner::kernels::quantise::q4_0(block);
        blocks.extend(block.scale.to_le_bytes());
        blocks.extend((0..16).map(|index| block.values[index] | block.values[index + 16] << 4));
    }
    for format in [Format::Q4_0, Format::Q8_0] {
        let mut packed = Packed::default();
        assert!(Stored::Q4_0.repack(format, 96, &blocks, &mut packed));
        let rows = Rows { format, columns: 96, weights: packed.weights, scales: packed.scales };
        assert_eq!((rows.len(), rows.row(0)), (1, Stored::Q4_0.decode(&blocks)));
    }
}

fn load(
    file: &[u8],
    format: Option<Format>,
    piece: usize,
    store: &mut dyn WeightStore,
) -> Result<Plan, LoadError> {
    let mut loader = Loader::gguf(format, 60_000);
    for piece in file.chunks(piece) {
        loader.push(piece, store)?;
    }
    let model = loader.take_model().unwrap();
    assert_eq!(model.vocabulary.tokens.len(), model.config.vocabulary);
    Ok(loader.finish("test.gguf")?.0)
}

fn check(golden: &Golden, allowed: f32, mut logits: impl FnMut(usize, u32) -> Vec<f32>) {
    let mut agreed = 0;
    for (position, token) in golden.tokens.iter().enumerate() {
        let got = logits(position, *token);
        if let Some(expected) = golden.rows.get(&position.to_string()) {
            let difference = support::difference(&got, expected);
            assert!(difference < allowed, "position {position}: {difference} of the spread");
        }
        agreed += usize::from(argmax(&got) == Some(golden.argmax[position]));
    }
    assert!(agreed + 1 >= golden.tokens.len(), "the best token agrees in {agreed} positions");
}

fn golden(name: &str) -> Golden {
    serde_json::from_slice(&read(&format!("{name}.golden.json"))).unwrap()
}

fn check_cpu(name: &str, format: Option<Format>, allowed: f32) {
    let golden = golden(name);
    let mut weights = CpuWeights::default();
    let mut loader = Loader::gguf(format, u64::MAX);
    for piece in read(&format!("{name}.gguf")).chunks(4999) {
        loader.push(piece, &mut weights).unwrap();
    }
    let (plan, ..) = loader.finish(name).unwrap();
    let mut model = CpuModel::new(&plan, weights, golden.tokens.len()).unwrap();
    check(&golden, allowed, |position, token| {
        let x = model.forward(token, position).unwrap();
        model.logits(&x)
    });
}

fn check_gpu(name: &str, format: Option<Format>, allowed: f32) {
    let golden = golden(name);
    let context = golden.tokens.len();
    let gpu = support::gpu();
    let mut weights = GpuWeights::new(Rc::clone(&gpu));
    let plan = load(&read(&format!("{name}.gguf")), format, 33_333, &mut weights).unwrap();
    let model = block_on(GpuModel::new(&plan, weights, context)).unwrap();
    let mut state: State = bytemuck::Zeroable::zeroed();
    (state.prompt_length, state.token_limit, state.position_limit) = (context as u32, 1, context as u32);
    state.end_token = u32::MAX;
    model.start(&state, &golden.tokens).unwrap();
    check(&golden, allowed, |position, _| {
        block_on(model.run(position, 1, Ending::Greedy)).unwrap();
        block_on(model.logits()).unwrap()
    });
}

#[test]
fn llama_in_k_quants_on_the_cpu() {
    check_cpu("tiny_llama", None, 1e-3);
}

#[test]
fn qwen2_in_mixed_types_on_the_cpu() {
    check_cpu("tiny_qwen2", None, 1e-3);
}

#[test]
#[cfg_attr(skip_gpu_tests, ignore = "LANTERN_SKIP_GPU_TESTS is set: no adapter here")]
fn llama_in_k_quants_on_the_gpu() {
    check_gpu("tiny_llama", None, 1e-3);
}

#[test]
#[cfg_attr(skip_gpu_tests, ignore = "LANTERN_SKIP_GPU_TESTS is set: no adapter here")]
fn qwen2_in_mixed_types_on_the_gpu() {
    check_gpu("tiny_qwen2", None, 1e-3);
}
