//! The small kernels of a token and of a chunk against their twins: where generation stands, the look-up of a chunk,
//! the copy. And what the products read in packed weights, bit for bit.

#![allow(clippy::unwrap_used, clippy::panic, reason = "these are tests")]

mod support;

use futures::executor::block_on;
use lantern_wasm_miner::{
    kernels::{
        bandwidth,
        cpu::{self, step},
        gemm::{self, Gemm, Tile},
        gemv::{self, Gemv, Output},
        pack::Format,
        prefill::Chunk,
        sample::{Sampler, candidate_bytes},
        state::{self, RING, State},
    },
    runtime::{Gpu, buffers::Storage, recording::Recording, variants::Summing},
};
use support::{Numbers, packed, shard};

/// Writes the state and a ring, runs, and reads both back.
fn run(
    gpu: &Gpu,
    recording: &Recording,
    buffer: &Storage,
    (state, ring): (&State, &[u32; RING]),
) -> (State, [u32; RING]) {
    gpu.write(buffer, 0, bytemuck::bytes_of(state));
    gpu.write(buffer, 64, bytemuck::cast_slice(ring));
    let words: Vec<u32> = block_on(gpu.read(&[recording], buffer, 16 + RING)).unwrap();
    (bytemuck::pod_read_unaligned(bytemuck::cast_slice(&words[..16])), words[16..].try_into().unwrap())
}

/// States of every kind: inside and at the end of the prompt, at each limit, ended, with a ring that comes around.
fn states(choice: u32) -> Vec<State> {
    let mut list = Vec::new();
    for (position, prompt_length) in [(0, 1), (0, 2), (4, 6), (5, 6), (9, 6), (98, 6)] {
        for (generated, token_limit) in [(0, 1), (0, 9), (7, 8), (63, 100), (64, 100), (130, 131)] {
            for (done, end_token) in [(0, u32::MAX), (0, choice), (1, u32::MAX)] {
                let mut state: State = bytemuck::Zeroable::zeroed();
                (state.position, state.prompt_length, state.token) = (position, prompt_length, 1234);
                (state.generated, state.token_limit, state.position_limit) = (generated, token_limit, 99);
                (state.done, state.end_token) = (done, end_token);
                (state.temperature, state.top_p, state.top_k, state.seed_low) = (0.7, 0.9, 5, 3);
                list.push(state);
            }
        }
    }
    list
}

#[test]
#[cfg_attr(skip_gpu_tests, ignore = "LANTERN_SKIP_GPU_TESTS is set: no adapter here")]
fn a_token_ends_as_its_twin_ends() {
    let gpu = support::gpu();
    let buffer = gpu.storage("state", state::BYTES).unwrap();
    let vocabulary = 300;
    let mut logits: Vec<f32> = (0..vocabulary).map(|index| index as f32 * -1e-3).collect();
    let choice = 77;
    // So far above the rest that a draw takes it too.
    logits[choice as usize] = 900.0;
    let logits = gpu.storage_with("logits", &logits).unwrap();
    let candidates = gpu.storage("candidates", candidate_bytes(vocabulary)).unwrap();
    let sampler = Sampler { state: &buffer, logits: &logits, candidates: &candidates, vocabulary };
    let (mut greedy, mut sampled, mut step) = Default::default();
    block_on(sampler.record_greedy(&gpu, &mut greedy)).unwrap();
    block_on(sampler.record_sampled(&gpu, &mut sampled)).unwrap();
    block_on(sampler.record_step(&gpu, &mut step)).unwrap();
    let ring: [u32; RING] = std::array::from_fn(|index| index as u32 + 1000);
    for (name, recording, choice) in [("greedy", &greedy, 77), ("sample", &sampled, 77), ("step", &step, 0)] {
        for before in states(choice) {
            let mut expected = (before, ring);
            step::advance(&mut expected.0, &mut expected.1, choice);
            assert_eq!(run(&gpu, recording, &buffer, (&before, &ring)), expected, "{name} {before:?}");
        }
    }
    gpu.health().unwrap();
}

#[test]
#[cfg_attr(skip_gpu_tests, ignore = "LANTERN_SKIP_GPU_TESTS is set: no adapter here")]
fn a_chunk_ends_as_its_twin_ends() {
    let gpu = support::gpu();
    let buffer = gpu.storage("state", state::BYTES).unwrap();
    let ring = [5; RING];
    for tokens in [1, 16, 128] {
        let mut recording = Recording::default();
        block_on(Chunk { tokens, state: &buffer }.record_step(&gpu, &mut recording)).unwrap();
        for before in states(9) {
            let mut expected = before;
            step::prefill(&mut expected, tokens as u32);
            let got = run(&gpu, &recording, &buffer, (&before, &ring));
            assert_eq!(got, (expected, ring), "{tokens} {before:?}");
        }
    }
    gpu.health().unwrap();
}

#[test]
#[cfg_attr(skip_gpu_tests, ignore = "LANTERN_SKIP_GPU_TESTS is set: no adapter here")]
fn a_chunk_is_looked_up_bit_for_bit() {
    let gpu = support::gpu();
    let chunk = 32;
    for format in Format::ALL {
        let columns = 70_usize.next_multiple_of(format.column_unit());
        let stride = Format::stride(columns);
        let mut numbers = Numbers::new(columns as u32);
        let matrix: Vec<Vec<f32>> =
            (0..23).map(|_| (0..columns).map(|_| numbers.signed()).collect()).collect();
        let twin = packed(format, &matrix);
        let shards: Vec<_> = support::cut(&matrix, false, 9)
            .into_iter()
            .map(|(first, part)| shard(&gpu, &packed(format, &part), first))
            .collect();
        let tokens: Vec<u32> = (0..40).map(|index| index * 7 % 23).collect();
        let prompt = gpu.storage_with("prompt", &tokens).unwrap();
        let buffer = gpu.storage("state", state::BYTES).unwrap();
        let to = gpu.storage("to", (chunk * stride * 4) as u64).unwrap();
        let mut recording = Recording::default();
        for shard in &shards {
            let matrix = (format, columns, shard);
            let chunk = Chunk { tokens: chunk, state: &buffer };
            block_on(chunk.record_embed(&gpu, matrix, (&prompt, &to), &mut recording)).unwrap();
        }
        // A whole chunk, then a part of one that ends before the prompt's last token.
        for (position, count) in [(3, 32), (20, 19), (39, 0)] {
            let mut state: State = bytemuck::Zeroable::zeroed();
            (state.position, state.prompt_length) = (position as u32, 40);
            gpu.write(&buffer, 0, bytemuck::bytes_of(&state));
            gpu.write(&to, 0, bytemuck::cast_slice(&vec![7.5_f32; chunk * stride]));
            let got: Vec<f32> = block_on(gpu.read(&[&recording], &to, chunk * stride)).unwrap();
            let expected = cpu::prefill::embed(&twin, &tokens[position..position + count]).unwrap();
            for (got, expected) in got.chunks(stride).zip(&expected) {
                assert_eq!(got[..columns], *expected, "{format:?} at {position}");
            }
            assert!(got[count * stride..].iter().all(|x| *x == 7.5), "{format:?}: wrote behind the chunk");
        }
    }
    gpu.health().unwrap();
}

#[test]
#[cfg_attr(skip_gpu_tests, ignore = "LANTERN_SKIP_GPU_TESTS is set: no adapter here")]
fn the_copy_copies_that_much_and_no_more() {
    let gpu = support::gpu();
    for vectors in [1, 255, 257, 5003] {
        let mut numbers = Numbers::new(vectors as u32);
        let content: Vec<u32> = (0..vectors * 4 + 64).map(|_| numbers.word()).collect();
        let from = gpu.storage_with("from", &content).unwrap();
        let to = gpu.storage("to", from.bytes()).unwrap();
        let mut recording = Recording::default();
        block_on(bandwidth::record(&gpu, &from, &to, vectors * 16, &mut recording)).unwrap();
        let got: Vec<u32> = block_on(gpu.read(&[&recording], &to, content.len())).unwrap();
        let mut expected = vec![0; content.len()];
        let bytes: &mut [u8] = bytemuck::cast_slice_mut(&mut expected[..vectors * 4]);
        cpu::bandwidth::copy(bytemuck::cast_slice(&content), bytes);
        assert_eq!(got, expected, "{vectors} vectors");
    }
    gpu.health().unwrap();
}

/// A matrix times a unit vector is a column of the matrix: every product has to unpack it as the CPU does.
#[test]
#[cfg_attr(skip_gpu_tests, ignore = "LANTERN_SKIP_GPU_TESTS is set: no adapter here")]
fn every_product_reads_the_weights_bit_for_bit() {
    let gpu = support::gpu();
    let (rows, columns) = (37, 512);
    let tokens = [0, 31, 32, 77, 255, 256, 300, 511];
    let buffer = gpu.storage("state", state::BYTES).unwrap();
    let mut state: State = bytemuck::Zeroable::zeroed();
    state.prompt_length = tokens.len() as u32 + 1;
    gpu.write(&buffer, 0, bytemuck::bytes_of(&state));
    let mut units = vec![0.0_f32; 128 * columns];
    for (row, column) in tokens.iter().enumerate() {
        units[row * columns + column] = 1.0;
    }
    let to_stride = Format::stride(rows);
    for format in Format::ALL {
        let mut numbers = Numbers::new(5);
        let matrix: Vec<Vec<f32>> =
            (0..rows).map(|_| (0..columns).map(|_| numbers.signed()).collect()).collect();
        let twin = packed(format, &matrix);
        let expected = |column: usize| -> Vec<f32> { (0..rows).map(|row| twin.row(row)[column]).collect() };
        let weights = shard(&gpu, &twin, 0);
        let to = gpu.storage("to", (128 * to_stride * 4) as u64).unwrap();
        let mut summings = vec![Summing::Workgroup, Summing::Lanes];
        summings.extend(gpu.report().has_subgroups.then_some(Summing::Subgroup));
        for summing in summings {
            for (index, column) in tokens.iter().enumerate() {
                let unit = &units[index * columns..(index + 1) * columns];
                let from = gpu.storage_with("from", unit).unwrap();
                let (input, output) = (gemv::Input::Plain, Output::Store);
                let gemv = Gemv {
                    name: "gemv",
                    format,
                    columns,
                    input,
                    output,
                    state: &buffer,
                    from: &from,
                    to: &to,
                };
                let mut recording = Recording::default();
                block_on(gemv.record_as(summing, &gpu, &weights, &mut recording)).unwrap();
                let got: Vec<f32> = block_on(gpu.read(&[&recording], &to, rows)).unwrap();
                assert_eq!(got, expected(*column), "{format:?} {summing:?} column {column}");
            }
        }
        let from = gpu.storage_with("from", &units).unwrap();
        for tile in [Tile::LANES, Tile::SHORT] {
            let gemm = Gemm {
                name: "gemm",
                format,
                columns,
                to_stride,
                chunk: tile.tokens,
                tile,
                input: gemm::Input::Plain,
                output: Output::Store,
                state: &buffer,
                from: &from,
                to: &to,
            };
            let mut recording = Recording::default();
            block_on(gemm.record(&gpu, &weights, &mut recording)).unwrap();
            let got: Vec<f32> = block_on(gpu.read(&[&recording], &to, tokens.len() * to_stride)).unwrap();
            for (got, column) in got.chunks(to_stride).zip(tokens) {
                assert_eq!(got[..rows], expected(column), "{format:?} {tile:?} column {column}");
            }
        }
    }
    gpu.health().unwrap();
}
