//! Single kernels against their twins: exact where sums are exact, on ragged shapes, with many workgroups.

#![allow(clippy::unwrap_used, clippy::panic, reason = "these are tests")]

mod support;

use futures::executor::block_on;
use lantern_wasm_miner::{
    kernels::{
        cpu,
        cpu::gemv::Rows,
        embed::Embed,
        gemv::{Gemv, Input, Output, Shard},
        pack::{Format, Packed},
        sample::{Sampler, candidate_bytes},
        state::{self, State},
    },
    runtime::{Gpu, recording::Recording},
};

fn random(seed: u32) -> impl FnMut() -> u32 {
    let mut counter = 0;
    move || {
        counter += 1;
        cpu::sample::philox([counter, 0, 0, 0], [seed, 0])[0]
    }
}

/// Zeros and ones: every sum is an exact integer in any order, so that results are equal, not close.
fn check_exact(gpu: &Gpu, format: Format, rows: usize, columns: usize) {
    let mut bit = random((rows * 31 + columns) as u32);
    let mut packed = Packed::default();
    // The largest value of a block whose steps are whole numbers.
    let one = match format {
        Format::Q4K => 15.0 * 63.0,
        Format::Q6K => 31.0 * 127.0,
        _ => 127.0,
    };
    for _ in 0..rows {
        let row: Vec<f32> = (0..columns).map(|_| (bit() & 1) as f32 * one).collect();
        packed.push_row(format, &row);
    }
    let mut vector: Vec<f32> = (0..columns).map(|_| (bit() & 1) as f32).collect();
    let twin = Rows { format, columns, weights: packed.weights.clone(), scales: packed.scales.clone() };
    let expected = cpu::gemv::store(&twin, &vector);
    vector.resize(Format::stride(columns), 0.0);
    let shard = Shard {
        weights: gpu.storage_with("weights", &packed.weights).unwrap(),
        scales: (!packed.scales.is_empty()).then(|| gpu.storage_with("scales", &packed.scales).unwrap()),
        rows,
        first_row: 0,
    };
    let state = gpu.storage("state", state::BYTES).unwrap();
    let from = gpu.storage_with("from", &vector).unwrap();
    let to = gpu.storage("to", rows as u64 * 4).unwrap();
    let gemv = Gemv {
        name: "gemv",
        format,
        columns,
        input: Input::Plain,
        output: Output::Store,
        state: &state,
        from: &from,
        to: &to,
    };
    let mut recording = Recording::default();
    block_on(gemv.record(gpu, &shard, &mut recording)).unwrap();
    let got: Vec<f32> = block_on(gpu.read(&[&recording], &to, rows)).unwrap();
    assert_eq!(got, expected, "{format:?} {rows} x {columns}");
    gpu.health().unwrap();
}

#[test]
#[cfg_attr(skip_gpu_tests, ignore = "LANTERN_SKIP_GPU_TESTS is set: no adapter here")]
fn gemv_is_exact_on_integers() {
    let gpu = support::gpu();
    for (rows, columns) in [(1, 1), (3, 65), (17, 100), (130, 577), (64, 2048)] {
        for format in [Format::F32, Format::F16, Format::Bf16, Format::Q8_0, Format::Q4_0] {
            check_exact(&gpu, format, rows, columns);
        }
    }
    for (rows, columns) in [(1, 256), (17, 512), (130, 768), (64, 2048)] {
        for format in [Format::Q4K, Format::Q6K] {
            check_exact(&gpu, format, rows, columns);
        }
    }
}

/// Any bits that a file may hold: all values of a block, all scales, factors of either sign.
fn random_rows(format: Format, rows: usize, columns: usize) -> Packed {
    let mut word = random(columns as u32);
    let mut bytes = |count: usize| -> Vec<u8> { (0..count).map(|_| (word() >> 11) as u8).collect() };
    let mut packed = Packed {
        weights: bytes(rows * format.row_bytes(columns)),
        scales: bytes(rows * format.scale_bytes(columns)),
    };
    // Factors are floats, and they are finite.
    let is_super = matches!(format, Format::Q4K | Format::Q6K);
    let (step, factors) = if is_super { (20, 4) } else { (4, 4) };
    for block in packed.scales.chunks_mut(step) {
        for half in block[..factors].chunks_mut(2) {
            half[1] = half[1] & 0x83 | 0x28;
        }
    }
    let values: &mut [u8] = &mut packed.weights;
    match format {
        Format::F32 => values.chunks_mut(4).for_each(|x| x[3] = x[3] & 0x81 | 0x3c),
        Format::F16 => values.chunks_mut(2).for_each(|x| x[1] = x[1] & 0x83 | 0x28),
        Format::Bf16 => values.chunks_mut(2).for_each(|x| x[1] = x[1] & 0x81 | 0x3c),
        _ => {}
    }
    packed
}

#[test]
#[cfg_attr(skip_gpu_tests, ignore = "LANTERN_SKIP_GPU_TESTS is set: no adapter here")]
fn dequantisation_is_bit_equal() {
    let gpu = support::gpu();
    let (rows, columns) = (5, 512);
    for format in Format::ALL {
        let packed = random_rows(format, rows, columns);
        let shard = Shard {
            weights: gpu.storage_with("weights", &packed.weights).unwrap(),
            scales: (!packed.scales.is_empty()).then(|| gpu.storage_with("scales", &packed.scales).unwrap()),
            rows,
            first_row: 0,
        };
        let twin = Rows { format, columns, weights: packed.weights, scales: packed.scales };
        let buffer = gpu.storage("state", state::BYTES).unwrap();
        let mut state: State = bytemuck::Zeroable::zeroed();
        (state.prompt_length, state.token_limit, state.position_limit) = (rows as u32, 1, rows as u32);
        let prompt = gpu.storage_with("prompt", &(0..rows as u32).collect::<Vec<_>>()).unwrap();
        let to = gpu.storage("to", columns as u64 * 4).unwrap();
        let embed = Embed { format, columns, state: &buffer, prompt: &prompt, to: &to };
        let mut recording = Recording::default();
        block_on(embed.record(&gpu, &shard, &mut recording)).unwrap();
        for row in 0..rows {
            state.position = row as u32;
            gpu.write(&buffer, 0, bytemuck::bytes_of(&state));
            let got: Vec<u32> = block_on(gpu.read(&[&recording], &to, columns)).unwrap();
            let expected: Vec<u32> = twin.row(row).into_iter().map(f32::to_bits).collect();
            assert_eq!(got, expected, "{format:?} row {row}");
            // The dot product unpacks by itself: a unit vector brings each number back.
            for column in [0, 7, 130, columns - 1] {
                let mut unit = vec![0.0; columns];
                unit[column] = 1.0;
                let (dot, value) = (twin.dot(row, &unit), f32::from_bits(expected[column]));
                assert!((dot - value).abs() <= 2e-5 * value.abs().max(1.0), "{format:?}: {dot} {value}");
            }
        }
    }
    gpu.health().unwrap();
}

fn check_sampler(vocabulary: usize, logits: &[f32]) {
    let gpu = support::gpu();
    let buffer = gpu.storage("state", state::BYTES).unwrap();
    let logits_buffer = gpu.storage_with("logits", logits).unwrap();
    let candidates = gpu.storage("candidates", candidate_bytes(vocabulary)).unwrap();
    let sampler = Sampler { state: &buffer, logits: &logits_buffer, candidates: &candidates, vocabulary };
    let (mut greedy, mut sampled) = (Recording::default(), Recording::default());
    block_on(sampler.record_greedy(&gpu, &mut greedy)).unwrap();
    block_on(sampler.record_sampled(&gpu, &mut sampled)).unwrap();
    let run = |recording: &Recording, state: State| {
        gpu.write(&buffer, 0, bytemuck::bytes_of(&state));
        let words: Vec<u32> = block_on(gpu.read(&[recording], &buffer, 16)).unwrap();
        assert_eq!(words[0], state.position + 1);
        words[2] as usize
    };
    let mut state: State = bytemuck::Zeroable::zeroed();
    (state.token_limit, state.position_limit, state.end_token) = (100, 100_000, u32::MAX);
    assert_eq!(Some(run(&greedy, state)), cpu::sample::argmax(logits));
    let mut agreed = 0;
    for position in 0..60 {
        let (temperature, top_p) = (0.5 + position as f32 / 40.0, 0.6 + (position % 5) as f32 / 10.0);
        let (top_k, seed) = (1 + position * 7 % 64, u64::from(position) << 33 | 5);
        state.position = position;
        (state.temperature, state.top_p, state.top_k) = (temperature, top_p, top_k);
        (state.seed_low, state.seed_high) = (seed as u32, (seed >> 32) as u32);
        let draw = cpu::sample::Draw { temperature, top_k: top_k as usize, top_p, seed };
        agreed += usize::from(Some(run(&sampled, state)) == cpu::sample::sample(logits, position, &draw));
    }
    // A random number may fall between two sums that differ by rounding; that is rare.
    assert!(agreed >= 59, "{agreed} of 60 draws agree at {vocabulary}");
}

#[test]
#[cfg_attr(skip_gpu_tests, ignore = "LANTERN_SKIP_GPU_TESTS is set: no adapter here")]
fn the_sampler_draws_what_its_twin_draws() {
    for vocabulary in [1, 2, 258, 1025, 20_011] {
        let mut word = random(vocabulary as u32);
        // Few distinct values make many ties.
        let logits: Vec<f32> = (0..vocabulary).map(|_| (word() % 200) as f32 / 20.0 - 5.0).collect();
        check_sampler(vocabulary, &logits);
    }
}
