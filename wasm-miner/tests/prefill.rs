//! Prefill: products and attention of whole chunks against their twins, and against as many decode steps.

#![allow(clippy::unwrap_used, clippy::panic, reason = "these are tests")]

mod support;

use futures::executor::block_on;
use lantern_wasm_miner::{
    kernels::{
        attention::Shape,
        cpu::{self, attention::Cache, gemv::Rows},
        gemm::{Gemm, Input, Tile},
        gemv::{Output, Shard},
        pack::Format,
        prefill::{Attention, Chunk},
        state::{self, State},
    },
    model::{
        gpu::{Ending, GpuModel},
        synthetic::{self, SyntheticShape},
    },
    runtime::{Gpu, recording::Recording, variants::Variants},
};
use support::{Numbers, packed, shard};

const TILES: [Tile; 5] = [Tile::DEEP, Tile::WIDE, Tile::LARGE, Tile::SHORT, Tile::LANES];

/// A state in which a chunk that starts at `position` has `tokens` tokens.
fn state_of(position: usize, tokens: usize) -> State {
    let mut state: State = bytemuck::Zeroable::zeroed();
    (state.position, state.prompt_length) = (position as u32, (position + tokens + 1) as u32);
    (state.token_limit, state.position_limit, state.end_token) = (1, 100_000, u32::MAX);
    state
}

fn pad(vectors: &[Vec<f32>], stride: usize) -> Vec<f32> {
    vectors.iter().flat_map(|vector| support::padded(vector, stride)).collect()
}

/// One product of a chunk of `tokens` tokens: a case of prologue, epilogue, format, tile and shape.
struct Case {
    tile: Tile,
    format: Format,
    rows: usize,
    columns: usize,
    tokens: usize,
    norm: bool,
    output: &'static str,
}

/// Runs the case in two shards and returns what came and what the twin says, tokens one after another.
fn product(gpu: &Gpu, case: &Case, mut number: impl FnMut() -> f32) -> (Vec<f32>, Vec<f32>) {
    let Case { tile, format, rows, columns, tokens, norm, output } = *case;
    let chunk = tokens.next_multiple_of(tile.tokens);
    let matrix: Vec<Vec<f32>> =
        (0..rows).map(|_| (0..columns).map(|_| number() * support::one(format)).collect()).collect();
    let vectors: Vec<Vec<f32>> = (0..tokens).map(|_| (0..columns).map(|_| number()).collect()).collect();
    let gain: Vec<f32> = (0..columns).map(|_| number()).collect();
    let results = if output == "silu_mul" { rows / 2 } else { rows };
    let bias: Vec<f32> = (0..results).map(|_| number()).collect();
    let before: Vec<Vec<f32>> = (0..tokens).map(|_| (0..results).map(|_| number()).collect()).collect();
    let normed = if norm { cpu::gemm::rms_norm(&vectors, &gain, 1e-5) } else { vectors.clone() };
    let twin: Rows = packed(format, &matrix);
    let expected: Vec<Vec<f32>> = match output {
        "store" => cpu::gemm::store(&twin, &normed),
        "bias" => cpu::gemm::bias(&twin, &normed, &bias),
        "silu_mul" => cpu::gemm::silu_mul(&twin, &normed),
        _ => {
            let mut to = before.clone();
            cpu::gemm::add(&twin, &normed, &mut to);
            to
        }
    };
    let stride = Format::stride(columns);
    let to_stride = Format::stride(results);
    let mut input = pad(&vectors, stride);
    input.resize(chunk * stride, f32::NAN);
    let from = gpu.storage_with("from", &input).unwrap();
    let mut start = pad(&before, to_stride);
    start.resize(chunk * to_stride, 7.5);
    let to = gpu.storage_with("to", &start).unwrap();
    let gain = gpu.storage_with("gain", &support::padded(&gain, stride)).unwrap();
    let bias = gpu.storage_with("bias", &bias).unwrap();
    let state = gpu.storage("state", state::BYTES).unwrap();
    gpu.write(&state, 0, bytemuck::bytes_of(&state_of(3, tokens)));
    let gemm = Gemm {
        name: "gemm",
        format,
        columns,
        to_stride,
        chunk,
        tile,
        input: if norm { Input::Norm { gain: &gain, epsilon: 1e-5 } } else { Input::Plain },
        output: match output {
            "store" => Output::Store,
            "bias" => Output::Bias(&bias),
            "silu_mul" => Output::SiluMul,
            _ => Output::Add,
        },
        state: &state,
        from: &from,
        to: &to,
    };
    let mut recording = Recording::default();
    let cut = support::cut(&matrix, output == "silu_mul", results.div_ceil(2));
    let shards: Vec<Shard> =
        cut.iter().map(|(first, part)| shard(gpu, &packed(format, part), *first)).collect();
    for shard in &shards {
        block_on(gemm.record(gpu, shard, &mut recording)).unwrap();
    }
    let got: Vec<f32> = block_on(gpu.read(&[&recording], &to, chunk * to_stride)).unwrap();
    gpu.health().unwrap();
    // What belongs to no token stays as it was.
    assert!(got[tokens * to_stride..].iter().all(|x| *x == 7.5), "wrote behind the last token");
    let got = got.chunks(to_stride).take(tokens).flat_map(|row| row[..results].to_vec()).collect();
    (got, expected.concat())
}

#[test]
#[cfg_attr(skip_gpu_tests, ignore = "LANTERN_SKIP_GPU_TESTS is set: no adapter here")]
fn products_of_zeros_and_ones_are_exact() {
    let gpu = support::gpu();
    let check = |tile, format, (rows, columns, tokens)| {
        let mut numbers = Numbers::new(rows as u32);
        let case = Case { tile, format, rows, columns, tokens, norm: false, output: "store" };
        let (got, expected) = product(&gpu, &case, || numbers.bit());
        assert_eq!(got, expected, "{tile:?} {format:?} {tokens} x {columns} x {rows}");
    };
    for tile in TILES {
        check(tile, Format::F32, (130, 200, 70));
    }
    for format in Format::ALL {
        let unit = format.column_unit();
        check(Tile::DEEP, format, (67, (65 / unit + 1) * unit, 5));
        check(Tile::LANES, format, (1, unit, 1));
    }
}

#[test]
#[cfg_attr(skip_gpu_tests, ignore = "LANTERN_SKIP_GPU_TESTS is set: no adapter here")]
fn every_prologue_with_every_epilogue() {
    let gpu = support::gpu();
    let mut numbers = Numbers::new(9);
    for tile in TILES {
        for (norm, output) in [(true, "store"), (false, "bias"), (false, "add"), (true, "silu_mul")] {
            let case = Case { tile, format: Format::F16, rows: 74, columns: 100, tokens: 67, norm, output };
            let (got, expected) = product(&gpu, &case, || numbers.signed() * 0.1);
            let difference = support::difference(&got, &expected);
            assert!(difference < 1e-4, "{tile:?} norm {norm} {output}: {difference}");
        }
    }
}

fn check_attention(gpu: &Gpu, shape: Shape, first: usize, tokens: usize) {
    let Shape { heads, kv_heads, head_dim, context, .. } = shape;
    let chunk = tokens.next_multiple_of(16);
    let width = (heads + 2 * kv_heads) * head_dim;
    let mut numbers = Numbers::new(head_dim as u32);
    let mut projected: Vec<Vec<f32>> =
        (0..first + tokens).map(|_| (0..width).map(|_| numbers.signed()).collect()).collect();
    let turns: Vec<[f32; 2]> = (0..context * head_dim / 2)
        .map(|index| (index as f32 * 0.37).sin_cos())
        .map(|(sin, cos)| [cos, sin])
        .collect();
    let stride = Format::stride(width);
    let to_stride = Format::stride(heads * head_dim);
    let mut input = pad(&projected[first..], stride);
    input.resize(chunk * stride, f32::NAN);
    let mut cache = Cache::new(&shape);
    let (before, new) = projected.split_at_mut(first);
    assert_eq!(cpu::prefill::attend(&shape, before, &turns, 0, &mut cache).len(), first);
    let keys = gpu.storage_with("keys", &cache.keys).unwrap();
    let values = gpu.storage_with("values", &cache.values).unwrap();
    let expected = cpu::prefill::attend(&shape, new, &turns, first, &mut cache).concat();
    let state = gpu.storage("state", state::BYTES).unwrap();
    gpu.write(&state, 0, bytemuck::bytes_of(&state_of(first, tokens)));
    let rotation = gpu.storage_with("rotation", &turns).unwrap();
    let projected = gpu.storage_with("projected", &input).unwrap();
    let attended = gpu.storage("attended", (chunk * to_stride * 4) as u64).unwrap();
    let attention = Attention {
        shape,
        projected: &projected,
        rotation: &rotation,
        keys: &keys,
        values: &values,
        attended: &attended,
    };
    let mut recording = Recording::default();
    let chunk = Chunk { tokens: chunk, state: &state };
    block_on(chunk.record_attention(gpu, &attention, &mut recording)).unwrap();
    let got: Vec<f32> = block_on(gpu.read(&[&recording], &attended, chunk.tokens * to_stride)).unwrap();
    let got: Vec<f32> =
        got.chunks(to_stride).take(tokens).flat_map(|row| row[..heads * head_dim].to_vec()).collect();
    let difference = support::difference(&got, &expected);
    assert!(difference < 1e-4, "{shape:?} {first} + {tokens}: {difference}");
    let stored: Vec<f32> = block_on(gpu.read(&[], &keys, cache.keys.len())).unwrap();
    assert!(support::difference(&stored, &cache.keys) < 1e-5, "keys of {shape:?}");
    let stored: Vec<f32> = block_on(gpu.read(&[], &values, cache.values.len())).unwrap();
    assert_eq!(stored, cache.values, "values of {shape:?}");
    gpu.health().unwrap();
}

#[test]
#[cfg_attr(skip_gpu_tests, ignore = "LANTERN_SKIP_GPU_TESTS is set: no adapter here")]
fn attention_of_a_chunk() {
    let gpu = support::gpu();
    for (heads, kv_heads, head_dim) in [(1, 1, 4), (6, 2, 20), (9, 3, 64), (2, 1, 128), (3, 1, 192)] {
        let shape = Shape { heads, kv_heads, head_dim, context: 150, splits: 1 };
        check_attention(&gpu, shape, 0, 1);
        check_attention(&gpu, shape, 71, 79);
    }
}

const RAGGED: SyntheticShape = SyntheticShape {
    vocabulary: 601,
    hidden: 100,
    feed_forward: 75,
    layers: 2,
    heads: 6,
    kv_heads: 2,
    head_dim: 20,
    context: 320,
    tied_head: true,
    qkv_bias: true,
};

/// The logits after the prompt and the text that follows, once by prefill and once by decode steps.
fn both_ways(model: &GpuModel, prompt: &[u32]) -> [(Vec<f32>, Vec<u32>); 2] {
    let mut state = state_of(0, prompt.len() - 1);
    state.token_limit = 12;
    let finish = |position: usize| {
        block_on(model.run(position, 1, Ending::Greedy)).unwrap();
        let logits = block_on(model.logits()).unwrap();
        let (_, ring) = block_on(model.run(position + 1, 11, Ending::Greedy)).unwrap();
        (logits, ring[..12].to_vec())
    };
    model.start(&state, prompt).unwrap();
    let mut position = 0;
    while position + 1 < prompt.len() {
        let after = block_on(model.prefill(1)).unwrap().position as usize;
        assert_eq!(after, (position + model.chunk()).min(prompt.len() - 1));
        position = after;
    }
    // A chunk more than there is changes nothing.
    assert_eq!(block_on(model.prefill(1)).unwrap().position as usize, position);
    let by_chunks = finish(position);
    model.start(&state, prompt).unwrap();
    block_on(model.run(0, prompt.len() - 1, Ending::Step)).unwrap();
    [by_chunks, finish(prompt.len() - 1)]
}

#[test]
#[cfg_attr(skip_gpu_tests, ignore = "LANTERN_SKIP_GPU_TESTS is set: no adapter here")]
fn prefill_of_n_equals_n_decode_steps() {
    let gpu = support::gpu();
    let config = synthetic::config(RAGGED);
    let mut file = Vec::new();
    synthetic::write(&config, 8, |bytes| {
        file.extend_from_slice(bytes);
        Ok::<_, ()>(())
    })
    .unwrap();
    for (is_software, format, shard_bytes) in [(false, None, u64::MAX), (true, Some(Format::Q8_0), 20_000)] {
        // What is usual on a graphics device, which a CPU is slow at, then what is usual on a CPU.
        gpu.set_variants(Variants::usual(is_software));
        let model = support::load_gpu(&gpu, &config, &file, format, (320, shard_bytes));
        let chunk = model.chunk();
        let lengths = [1, 2, chunk + 1, 3, chunk, chunk + 2, 300];
        for length in lengths.into_iter().take(if is_software { 7 } else { 3 }) {
            let prompt: Vec<u32> = (0..length).map(|index| index as u32 * 7919 % 601).collect();
            let [chunks, steps] = both_ways(&model, &prompt);
            let difference = support::difference(&chunks.0, &steps.0);
            assert!(difference < 1e-3, "{length} tokens: {difference} of the spread");
            assert_eq!(chunks.1, steps.1, "the text after {length} tokens");
        }
    }
}
