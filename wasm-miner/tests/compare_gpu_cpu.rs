//! Whole models on the GPU against their CPU twin, on ragged shapes and in every format.

#![allow(clippy::unwrap_used, clippy::panic, reason = "these are tests")]

mod support;

use futures::executor::block_on;
use lantern_wasm_miner::{
    kernels::{cpu::sample::argmax, pack::Format, state::State},
    model::{
        gpu::Ending,
        synthetic::{self, SyntheticShape},
    },
    runtime::variants::Variants,
};

const RAGGED: SyntheticShape = SyntheticShape {
    vocabulary: 1101,
    hidden: 100,
    feed_forward: 75,
    layers: 3,
    heads: 6,
    kv_heads: 2,
    head_dim: 20,
    context: 160,
    tied_head: true,
    qkv_bias: false,
};

/// `is_software` takes the variants of kernels that are usual on a CPU, else those of a graphics device.
fn check(shape: SyntheticShape, format: Option<Format>, shard_bytes: u64, is_software: bool) {
    let config = synthetic::config(shape);
    let mut file = Vec::new();
    synthetic::write(&config, 5, |bytes| {
        file.extend_from_slice(bytes);
        Ok::<_, ()>(())
    })
    .unwrap();
    let gpu = support::gpu();
    gpu.set_variants(Variants::usual(is_software));
    let (_, mut cpu) = support::load_cpu(&config, &file, format, 160);
    let model = support::load_gpu(&gpu, &config, &file, format, (160, shard_bytes));
    if shard_bytes == u64::MAX {
        assert_eq!(model.dispatches_per_token(), 5 * shape.layers + 4);
    }
    // Crosses the place where attention is cut into parts.
    let prompt: Vec<u32> = (0..140).map(|index| index * 7919 % shape.vocabulary as u32).collect();
    let mut state = bytemuck::Zeroable::zeroed();
    let State { prompt_length, token_limit, position_limit, end_token, .. } = &mut state;
    (*prompt_length, *token_limit, *position_limit, *end_token) = (140, 8, 160, u32::MAX);
    model.start(&state, &prompt).unwrap();
    block_on(model.run(0, prompt.len() - 1, Ending::Step)).unwrap();
    let (state, ring) = block_on(model.run(prompt.len() - 1, 1, Ending::Greedy)).unwrap();
    assert_eq!((state.position, state.generated, state.done), (140, 1, 0));
    let mut x = Vec::new();
    for (position, token) in prompt.iter().enumerate() {
        x = cpu.forward(*token, position).unwrap();
    }
    let expected = cpu.logits(&x);
    let got = block_on(model.logits()).unwrap();
    let difference = support::difference(&got, &expected);
    assert!(difference < 1e-3, "logits differ by {difference} of their spread");
    assert_eq!(ring[0] as usize, argmax(&got).unwrap());
    // Several tokens in one submission give the same text as one by one.
    let (state, ring) = block_on(model.run(140, 7, Ending::Greedy)).unwrap();
    assert_eq!((state.generated, state.done), (8, 1));
    let mut token = ring[0];
    for (index, chosen) in ring[1..8].iter().enumerate() {
        let x = cpu.forward(token, 140 + index).unwrap();
        let logits = cpu.logits(&x);
        let best = logits[argmax(&logits).unwrap()];
        // A near-tie may go either way; anything else is wrong.
        assert!(best - logits[*chosen as usize] < 0.02, "token {index}");
        token = *chosen;
    }
}

#[test]
#[cfg_attr(skip_gpu_tests, ignore = "LANTERN_SKIP_GPU_TESTS is set: no adapter here")]
fn ragged_f16() {
    check(RAGGED, None, u64::MAX, false);
}

#[test]
#[cfg_attr(skip_gpu_tests, ignore = "LANTERN_SKIP_GPU_TESTS is set: no adapter here")]
fn ragged_q8_0_in_small_shards_with_bias_and_own_head() {
    let shape = SyntheticShape { tied_head: false, qkv_bias: true, feed_forward: 301, ..RAGGED };
    check(shape, Some(Format::Q8_0), 65_000, false);
    check(shape, Some(Format::Q8_0), 65_000, true);
}

#[test]
#[cfg_attr(skip_gpu_tests, ignore = "LANTERN_SKIP_GPU_TESTS is set: no adapter here")]
fn wide_heads_f32() {
    let shape = SyntheticShape { head_dim: 192, heads: 2, kv_heads: 1, layers: 2, vocabulary: 67, ..RAGGED };
    check(shape, Some(Format::F32), 30_000, false);
    check(shape, Some(Format::F32), 30_000, true);
}

#[test]
#[cfg_attr(skip_gpu_tests, ignore = "LANTERN_SKIP_GPU_TESTS is set: no adapter here")]
fn bf16_with_a_head_per_key() {
    let shape = SyntheticShape { heads: 3, kv_heads: 3, head_dim: 32, layers: 1, ..RAGGED };
    check(shape, Some(Format::Bf16), u64::MAX, true);
}
