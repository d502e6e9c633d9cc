//! Embedding and attention of one token against their twins: ragged heads, any split, the edges of the cache.

#![allow(clippy::unwrap_used, clippy::panic, reason = "these are tests")]

mod support;

use futures::executor::block_on;
use lantern_wasm_miner::{
    kernels::{
        attention::{Attention, Shape},
        cpu::{self, attention::Cache},
        embed::Embed,
        pack::Format,
        state::{self, State},
    },
    runtime::{
        Gpu,
        recording::Recording,
        variants::{Summing, Variants},
    },
};
use support::{Numbers, packed, shard};

fn state_at(position: usize) -> State {
    let mut state: State = bytemuck::Zeroable::zeroed();
    (state.position, state.prompt_length) = (position as u32, position as u32 + 1);
    (state.token_limit, state.position_limit, state.end_token) = (1, 100_000, u32::MAX);
    state
}

fn check_attention(gpu: &Gpu, shape: Shape, positions: &[usize]) {
    let Shape { heads, kv_heads, head_dim, context, splits } = shape;
    let mut numbers = Numbers::new((head_dim + splits) as u32);
    let width = (heads + 2 * kv_heads) * head_dim;
    let turns: Vec<[f32; 2]> = (0..context * head_dim / 2)
        .map(|index| (index as f32 * 0.37).sin_cos())
        .map(|(sin, cos)| [cos, sin])
        .collect();
    let rotation = gpu.storage_with("rotation", &turns).unwrap();
    let state = gpu.storage("state", state::BYTES).unwrap();
    let projected = gpu.storage("projected", width as u64 * 4).unwrap();
    let parts = gpu.storage("parts", (heads * splits * head_dim) as u64 * 4).unwrap();
    let stats = gpu.storage("stats", (heads * splits) as u64 * 8).unwrap();
    let mut cache = Cache::new(&shape);
    cache.keys.iter_mut().chain(&mut cache.values).for_each(|x| *x = numbers.signed());
    let keys = gpu.storage_with("keys", &cache.keys).unwrap();
    let values = gpu.storage_with("values", &cache.values).unwrap();
    let attention = Attention {
        shape,
        state: &state,
        projected: &projected,
        rotation: &rotation,
        keys: &keys,
        values: &values,
        parts: &parts,
        stats: &stats,
    };
    let mut recording = Recording::default();
    block_on(attention.record(gpu, &mut recording)).unwrap();
    for position in positions {
        let mut token: Vec<f32> = (0..width).map(|_| numbers.signed()).collect();
        gpu.write(&projected, 0, bytemuck::cast_slice(&token));
        gpu.write(&state, 0, bytemuck::bytes_of(&state_at(*position)));
        let turns = &turns[position * head_dim / 2..(position + 1) * head_dim / 2];
        let expected = cpu::attention::attend(&shape, &mut token, turns, *position, &mut cache);
        let got: Vec<f32> = block_on(gpu.read(&[&recording], &parts, heads * splits * head_dim)).unwrap();
        let stats: Vec<[f32; 2]> = block_on(gpu.read(&[], &stats, heads * splits)).unwrap();
        let got = cpu::gemv::merge(&got, &stats, heads, splits);
        let difference = support::difference(&got, &expected);
        assert!(difference < 1e-4, "{shape:?} at {position}: {difference}");
    }
    // The new token has joined the cache, and nothing else has changed.
    let stored: Vec<f32> = block_on(gpu.read(&[], &keys, cache.keys.len())).unwrap();
    assert!(support::difference(&stored, &cache.keys) < 1e-5, "keys of {shape:?}");
    let stored: Vec<f32> = block_on(gpu.read(&[], &values, cache.values.len())).unwrap();
    assert_eq!(stored, cache.values, "values of {shape:?}");
    gpu.health().unwrap();
}

#[test]
#[cfg_attr(skip_gpu_tests, ignore = "LANTERN_SKIP_GPU_TESTS is set: no adapter here")]
fn attention_at_every_edge() {
    let gpu = support::gpu();
    for gemv in [Summing::Workgroup, Summing::Lanes] {
        gpu.set_variants(Variants { gemv, ..gpu.variants() });
        for (heads, kv_heads, head_dim) in [(1, 1, 4), (6, 2, 20), (9, 3, 64), (3, 1, 132), (2, 2, 256)] {
            for splits in [1, 3] {
                let shape = Shape { heads, kv_heads, head_dim, context: 150, splits };
                check_attention(&gpu, shape, &[0, 1, 63, 64, 128, 149]);
            }
        }
    }
}

#[test]
#[cfg_attr(skip_gpu_tests, ignore = "LANTERN_SKIP_GPU_TESTS is set: no adapter here")]
fn impossible_heads_are_refused() {
    let gpu = support::gpu();
    let buffer = gpu.storage("any", 16).unwrap();
    for (heads, kv_heads, head_dim) in [(4, 0, 8), (4, 3, 8), (4, 2, 6), (4, 2, 260), (4, 2, 0)] {
        let attention = Attention {
            shape: Shape { heads, kv_heads, head_dim, context: 8, splits: 1 },
            state: &buffer,
            projected: &buffer,
            rotation: &buffer,
            keys: &buffer,
            values: &buffer,
            parts: &buffer,
            stats: &buffer,
        };
        let error = block_on(attention.record(&gpu, &mut Recording::default())).unwrap_err();
        assert!(error.to_string().contains("shape"), "{error}");
    }
}

#[test]
#[cfg_attr(skip_gpu_tests, ignore = "LANTERN_SKIP_GPU_TESTS is set: no adapter here")]
fn embeddings_come_from_their_shard_bit_for_bit() {
    let gpu = support::gpu();
    for format in Format::ALL {
        let columns = 70_usize.next_multiple_of(format.column_unit());
        let mut numbers = Numbers::new(columns as u32);
        let matrix: Vec<Vec<f32>> =
            (0..11).map(|_| (0..columns).map(|_| numbers.signed()).collect()).collect();
        let twin = packed(format, &matrix);
        let shards: Vec<_> = support::cut(&matrix, false, 4)
            .into_iter()
            .map(|(first, part)| shard(&gpu, &packed(format, &part), first))
            .collect();
        let state = gpu.storage("state", state::BYTES).unwrap();
        let prompt = gpu.storage_with("prompt", &[10_u32, 0, 3, 4]).unwrap();
        let to = gpu.storage("to", Format::stride(columns) as u64 * 4).unwrap();
        let embed = Embed { format, columns, state: &state, prompt: &prompt, to: &to };
        let mut recording = Recording::default();
        for shard in &shards {
            block_on(embed.record(&gpu, shard, &mut recording)).unwrap();
        }
        for (position, token) in [10, 0, 3, 4, 7].into_iter().enumerate() {
            // After the prompt the sampler's last choice counts.
            let mut start = state_at(position);
            (start.prompt_length, start.token) = (4, 7);
            gpu.write(&state, 0, bytemuck::bytes_of(&start));
            let got: Vec<f32> = block_on(gpu.read(&[&recording], &to, columns)).unwrap();
            assert_eq!(Some(got), cpu::embed::embed(&twin, token), "{format:?} token {token}");
        }
    }
}
