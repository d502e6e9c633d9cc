//! The encoder's kernels against their twins on ragged shapes: several sentences, a few values more than a
//! workgroup has invocations, weights in shards.

#![allow(clippy::unwrap_used, clippy::panic, reason = "these are tests")]

mod support;

use futures::executor::block_on;
use lantern_wasm_miner::{
    kernels::{
        bert::{Attention, Embed, Norm, Pool},
        cpu::{
            bert::{self as twin, Output as TwinOutput},
            gemv::Rows,
            sample::philox,
        },
        gemm::{Gemm, Input, Tile},
        gemv::{Output, Shard},
        pack::{Format, Packed},
        state::{self, State},
    },
    runtime::{Gpu, buffers::Storage, recording::Recording},
};

/// Room for this many tokens; the sentences below fill a part of it.
const CHUNK: usize = 64;
const SENTENCES: [[usize; 2]; 4] = [[0, 3], [3, 4], [4, 37], [37, 43]];
const TOKENS: usize = 43;

/// Values between -1 and 1.
fn random(seed: u32, count: usize) -> Vec<f32> {
    (0..count)
        .map(|index| (philox([index as u32, 0, 0, 0], [seed, 0])[0] >> 8) as f32 / (1 << 23) as f32 - 1.0)
        .collect()
}

/// The same values with each run of `columns` padded to its stride, and room for a whole chunk.
fn padded(values: &[f32], columns: usize) -> Vec<f32> {
    let stride = Format::stride(columns);
    let mut padded = vec![0.0; CHUNK * stride];
    for (to, from) in padded.chunks_mut(stride).zip(values.chunks(columns)) {
        to[..columns].copy_from_slice(from);
    }
    padded
}

fn state(gpu: &Gpu) -> Storage {
    let mut state: State = bytemuck::Zeroable::zeroed();
    state.prompt_length = TOKENS as u32 + 1;
    let buffer = gpu.storage("state", state::BYTES).unwrap();
    gpu.write(&buffer, 0, bytemuck::bytes_of(&state));
    buffer
}

/// Entries of the batch, for tokens with these numbers.
fn batch(gpu: &Gpu, tokens: &[u32]) -> Storage {
    let mut entries = Vec::new();
    for [start, end] in SENTENCES {
        for (position, token) in tokens[start..end].iter().enumerate() {
            entries.push([*token, position as u32, start as u32, end as u32]);
        }
    }
    gpu.storage_with("batch", &entries).unwrap()
}

/// Reads tokens back without their padding, and looks that nothing was written after the last.
fn read(gpu: &Gpu, recording: &Recording, buffer: &Storage, columns: usize) -> Vec<f32> {
    let stride = Format::stride(columns);
    let all: Vec<f32> = block_on(gpu.read(&[recording], buffer, CHUNK * stride)).unwrap();
    assert!(all[TOKENS * stride..].iter().all(|x| *x == 0.0), "something follows the last token");
    all.chunks(stride).take(TOKENS).flat_map(|token| token[..columns].to_vec()).collect()
}

fn check(name: &str, got: &[f32], expected: &[f32]) {
    let difference = support::difference(got, expected);
    assert!(difference < 2e-5, "{name} differs by {difference} of the spread");
}

fn rows(format: Format, columns: usize, values: &[f32]) -> Rows {
    let mut packed = Packed::default();
    values.chunks(columns).for_each(|row| packed.push_row(format, row));
    Rows { format, columns, weights: packed.weights, scales: packed.scales }
}

/// Rows of a matrix as shards of at most `most` rows.
fn shards(gpu: &Gpu, rows: &Rows, most: usize) -> Vec<Shard> {
    let (weight, scale) = (rows.format.row_bytes(rows.columns), rows.format.scale_bytes(rows.columns));
    let shard = |first_row: usize| {
        let count = most.min(rows.len() - first_row);
        let part = |bytes: &[u8], size: usize| {
            gpu.storage_with("shard", &bytes[first_row * size..(first_row + count) * size]).unwrap()
        };
        Shard {
            weights: part(&rows.weights, weight),
            scales: (scale > 0).then(|| part(&rows.scales, scale)),
            rows: count,
            first_row,
        }
    };
    (0..rows.len()).step_by(most).map(shard).collect()
}

#[test]
#[cfg_attr(skip_gpu_tests, ignore = "LANTERN_SKIP_GPU_TESTS is set: no adapter here")]
fn bert_embed_adds_what_its_twin_adds() {
    let gpu = support::gpu();
    let columns = 70;
    for format in [Format::F32, Format::F16, Format::Q8_0] {
        let words = rows(format, columns, &random(1, 29 * columns));
        let positions = rows(Format::F32, columns, &random(2, 40 * columns));
        let kinds = rows(Format::F32, columns, &random(3, 2 * columns));
        let tokens: Vec<u32> = (0..TOKENS as u32).map(|index| index * 7 % 29).collect();
        let to = gpu.storage("to", (CHUNK * Format::stride(columns)) as u64 * 4).unwrap();
        let (state, batch) = (state(&gpu), batch(&gpu, &tokens));
        // A buffer that is dropped is gone, whatever was recorded with it.
        let (tables, words_shards) =
            ([shards(&gpu, &positions, 99), shards(&gpu, &kinds, 99)], shards(&gpu, &words, 10));
        let mut recording = Recording::default();
        let embed = Embed {
            format,
            columns,
            chunk: CHUNK,
            state: &state,
            batch: &batch,
            positions: &tables[0][0].weights,
            kinds: &tables[1][0].weights,
            to: &to,
        };
        for shard in &words_shards {
            block_on(embed.record(&gpu, shard, &mut recording)).unwrap();
        }
        let got = read(&gpu, &recording, &to, columns);
        let expected = twin::embed(&words, &positions, &kinds, (&tokens, &SENTENCES)).unwrap();
        check("bert_embed", &got, &expected);
    }
}

#[test]
#[cfg_attr(skip_gpu_tests, ignore = "LANTERN_SKIP_GPU_TESTS is set: no adapter here")]
fn bert_norm_agrees_with_its_twin() {
    let gpu = support::gpu();
    for columns in [1, 36, 64, 70, 300] {
        let (gain, shift) = (random(4, columns), random(5, columns));
        // Far from zero, where a variance from squares alone would lose its digits.
        let values: Vec<f32> = random(6, TOKENS * columns).iter().map(|x| x * 3.0 + 20.0).collect();
        let buffer = gpu.storage_with("values", &padded(&values, columns)).unwrap();
        let (state, gain_buffer, shift_buffer) = (
            state(&gpu),
            gpu.storage_with("gain", &gain).unwrap(),
            gpu.storage_with("shift", &shift).unwrap(),
        );
        let norm = Norm {
            columns,
            chunk: CHUNK,
            epsilon: 1e-5,
            state: &state,
            gain: &gain_buffer,
            shift: &shift_buffer,
            values: &buffer,
        };
        let mut recording = Recording::default();
        block_on(norm.record(&gpu, &mut recording)).unwrap();
        let got = read(&gpu, &recording, &buffer, columns);
        let mut expected = values;
        twin::norm(&mut expected, &gain, &shift, 1e-5);
        check("bert_norm", &got, &expected);
    }
}

#[test]
#[cfg_attr(skip_gpu_tests, ignore = "LANTERN_SKIP_GPU_TESTS is set: no adapter here")]
fn bert_attention_and_bert_pool_agree_with_their_twins() {
    let gpu = support::gpu();
    for (heads, head_dim) in [(1, 3), (3, 12), (2, 100)] {
        let hidden = heads * head_dim;
        let projected = random(7, TOKENS * 3 * hidden);
        let from = gpu.storage_with("from", &padded(&projected, 3 * hidden)).unwrap();
        let to = gpu.storage("to", (CHUNK * Format::stride(hidden)) as u64 * 4).unwrap();
        let (state, batch) = (state(&gpu), batch(&gpu, &[0; TOKENS]));
        let (positions, chunk) = (33, CHUNK);
        let attention = Attention {
            heads,
            head_dim,
            positions,
            chunk,
            state: &state,
            batch: &batch,
            from: &from,
            to: &to,
        };
        let mut recording = Recording::default();
        block_on(attention.record(&gpu, &mut recording)).unwrap();
        let expected = twin::attention(&projected, &SENTENCES, heads, head_dim);
        check("bert_attention", &read(&gpu, &recording, &to, hidden), &expected);

        let mut spans = vec![[SENTENCES.len() as u32, 0]];
        spans.extend(SENTENCES.map(|[start, end]| [start as u32, end as u32]));
        let spans = gpu.storage_with("spans", &spans).unwrap();
        let vectors = gpu.storage("vectors", (CHUNK * Format::stride(hidden)) as u64 * 4).unwrap();
        let pool = Pool { columns: hidden, chunk, sentences: CHUNK, spans: &spans, from: &to, to: &vectors };
        let mut recording = Recording::default();
        block_on(pool.record(&gpu, &mut recording)).unwrap();
        let got = read(&gpu, &recording, &vectors, hidden);
        let expected: Vec<f32> = twin::pool(&expected, &SENTENCES, hidden).concat();
        check("bert_pool", &got[..expected.len()], &expected);
        assert!(got[expected.len()..].iter().all(|x| *x == 0.0), "a vector after the last sentence");
    }
}

#[test]
#[cfg_attr(skip_gpu_tests, ignore = "LANTERN_SKIP_GPU_TESTS is set: no adapter here")]
fn products_with_bias_and_gelu_agree_with_their_twin() {
    let gpu = support::gpu();
    for (format, tile, rows_per_shard) in [(Format::F16, Tile::LANES, 47), (Format::Q8_0, Tile::WIDE, 99)] {
        let (columns, height) = (70, 93);
        let matrix = rows(format, columns, &random(8, height * columns));
        let (bias, values, before) =
            (random(9, height), random(10, TOKENS * columns), random(11, TOKENS * height));
        let (state, bias_buffer) = (state(&gpu), gpu.storage_with("bias", &bias).unwrap());
        let from = gpu.storage_with("from", &padded(&values, columns)).unwrap();
        for (output, kind) in [
            (Output::Bias(&bias_buffer), TwinOutput::Store),
            (Output::Gelu(&bias_buffer), TwinOutput::Gelu),
            (Output::BiasAdd(&bias_buffer), TwinOutput::Add),
        ] {
            let to = gpu.storage_with("to", &padded(&before, height)).unwrap();
            let shards = shards(&gpu, &matrix, rows_per_shard);
            let mut recording = Recording::default();
            let gemm = Gemm {
                name: "linear",
                format,
                columns,
                to_stride: Format::stride(height),
                chunk: CHUNK,
                tile,
                input: Input::Plain,
                output,
                state: &state,
                from: &from,
                to: &to,
            };
            for shard in &shards {
                block_on(gemm.record(&gpu, shard, &mut recording)).unwrap();
            }
            let mut expected = before.clone();
            twin::linear(&matrix, &bias, &values, kind, &mut expected);
            check("linear", &read(&gpu, &recording, &to, height), &expected);
        }
    }
}
