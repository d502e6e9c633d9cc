//! Single kernels of the bit-exact mode against their twins: equal on ragged shapes and on the largest numbers.

#![allow(clippy::unwrap_used, clippy::panic, reason = "these are tests")]
#![cfg(not(skip_gpu_tests))]

mod support;

use futures::executor::block_on;
use lantern_wasm_miner::{
    kernels::{
        cpu::{
            exact::{self as twin, Cache, Short},
            sample::philox,
        },
        exact::{
            Norm, Shape,
            dispatch::{self, Attention, Gemv, INTEGER, Output, STATE_BYTES, Shard},
            integer::{self, LIMIT, NARROW_LIMIT},
            rows::Rows,
        },
        pack::{BLOCK, Format, Packed},
        state::State,
    },
    runtime::{Gpu, buffers::Storage, pipeline::Source, recording::Recording},
};

/// Random words from a seed.
struct Random(u32, u32);

impl Random {
    fn word(&mut self) -> u32 {
        self.1 += 1;
        philox([self.1, 0, 0, 0], [self.0, 7])[0]
    }

    /// Any magnitude up to [`LIMIT`], small ones as often as large ones, and now and then an end of the range.
    fn wide(&mut self) -> i64 {
        let (low, high) = (u64::from(self.word()), u64::from(self.word()));
        match self.word() % 40 {
            0 => LIMIT,
            1 => -LIMIT,
            2 => 0,
            _ => ((low | high << 32).cast_signed() >> (2 + self.word() % 62)).clamp(-LIMIT, LIMIT),
        }
    }

    fn narrow(&mut self) -> i32 {
        (self.wide() >> (self.word() % 62)).clamp(-NARROW_LIMIT, NARROW_LIMIT) as i32
    }

    fn wides(&mut self, count: usize) -> Vec<i64> {
        let drop = self.word() % 62;
        (0..count).map(|_| self.wide() >> drop).collect()
    }
}

fn padded(values: &[i64]) -> Vec<i64> {
    let mut all = values.to_vec();
    all.resize(Format::stride(values.len()), 0);
    all
}

fn state(gpu: &Gpu, position: u32) -> Storage {
    let mut state: State = bytemuck::Zeroable::zeroed();
    state.position = position;
    let buffer = gpu.storage("state", STATE_BYTES).unwrap();
    gpu.write(&buffer, 0, bytemuck::bytes_of(&state));
    buffer
}

const PROBE: &str = "
@group(0) @binding(0) var<storage, read> input: array<vec4<u32>>;
@group(0) @binding(1) var<storage, read_write> output: array<u32>;
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) at: vec3<u32>) {
    if (at.x >= COUNT) { return; }
    let a = input[at.x].xy;
    let b = input[at.x].zw;
    let by = i32(b.x % 160u) - 90;
    let gate = max(bitcast<i32>(a.x), -NARROW_LIMIT);
    let up = max(bitcast<i32>(b.x), -NARROW_LIMIT);
    let divisor = right(magnitude(b), 1u) | vec2<u32>(1u, 0u);
    let scaled = scale(a, by);
    let whole = quotient(magnitude(a), divisor);
    let inverse = inverse_root(magnitude(a) | vec2<u32>(1u, 0u));
    let silu = silu_product(gate, up);
    let divided = divide(a, divisor);
    let turned = turn(gate, up, vec2<i32>(bitcast<i32>(b.y) >> 1u, bitcast<i32>(a.y) >> 1u));
    let sum = add(a, b);
    var out = array<u32, 20>(
        scaled.x, scaled.y, bitcast<u32>(narrow(a, by, 0x0fffffff)), whole.x, whole.y, inverse.number,
        u32(inverse.k), power(b.x, 30u), power(b.y & 0x3fffffu, 20u), logistic(gate), silu.x, silu.y, divided.x,
        divided.y, bitcast<u32>(turned.x), bitcast<u32>(turned.y), sum.x, sum.y, u32(bits(a)), scramble(a.x));
    for (var index = 0u; index < 20u; index++) { output[at.x * 20u + index] = out[index]; }
}
";

fn expected(a: i64, b: i64) -> Vec<u32> {
    let words = |value: i64| [value as u32, (value >> 32) as u32];
    let [ax, ay] = words(a);
    let [bx, by_word] = words(b);
    let by = (bx % 160).cast_signed() - 90;
    let gate = ax.cast_signed().max(-i32::MAX);
    let up = bx.cast_signed().max(-i32::MAX);
    let divisor = b.unsigned_abs() >> 1 | 1;
    let (inverse, k) = integer::inverse_root(a.unsigned_abs() | 1);
    let (first, second) = integer::turn(gate, up, [by_word.cast_signed() >> 1, ay.cast_signed() >> 1]);
    let mut out = words(integer::scale(a, by)).to_vec();
    out.push(integer::narrow(a, by, 0x0fff_ffff).cast_unsigned());
    out.extend(words((a.unsigned_abs() / divisor).cast_signed()));
    out.extend([inverse, k.cast_unsigned(), integer::power(bx, 30), integer::power(by_word & 0x3f_ffff, 20)]);
    out.push(integer::logistic(gate));
    out.extend(words(integer::silu_product(gate, up)));
    out.extend(words(integer::divide(a, divisor)));
    out.extend([first.cast_unsigned(), second.cast_unsigned()]);
    out.extend(words(integer::add(a, b)));
    out.extend([integer::bits(a.cast_unsigned()).cast_unsigned(), integer::scramble(ax)]);
    out
}

#[test]
fn the_arithmetic_is_equal() {
    let gpu = support::gpu();
    let mut random = Random(1, 0);
    let mut pairs: Vec<[i64; 2]> = (0..20_000).map(|_| [random.wide(), random.wide()]).collect();
    let ends = [0, 1, -1, LIMIT, -LIMIT, 1 << 31, -(1 << 31), (1 << 32) - 1, 1 << 32, 1 << 61, -(1 << 61)];
    pairs.extend(ends.iter().flat_map(|a| ends.map(|b| [*a, b])));
    let input = gpu.storage_with("input", pairs.as_flattened()).unwrap();
    let output = gpu.storage("output", pairs.len() as u64 * 80).unwrap();
    let source = Source::new("probe").count("COUNT", pairs.len()).part(INTEGER).part(PROBE);
    let pipeline = block_on(gpu.pipeline(&source)).unwrap();
    let mut recording = Recording::default();
    let groups = pairs.len().div_ceil(64) as u32;
    recording.push(&gpu, &pipeline, &[(0, &input), (1, &output)], [groups, 1]);
    let got: Vec<u32> = block_on(gpu.read(&[&recording], &output, pairs.len() * 20)).unwrap();
    for ([a, b], got) in pairs.iter().zip(got.chunks(20)) {
        assert_eq!(got, expected(*a, *b), "{a} {b}");
    }
}

/// Rows of random bytes, -128 among them, with random scales of any size.
fn rows(random: &mut Random, rows: usize, columns: usize) -> Rows {
    let mut packed = Packed::default();
    for _ in 0..rows {
        let row = (0..Format::stride(columns)).map(|at| if at < columns { random.word() as u8 } else { 0 });
        packed.weights.extend(row);
        for _ in 0..Format::stride(columns) / BLOCK {
            packed.scales.extend(((random.word() % 0x7c00) as u16).to_le_bytes());
        }
    }
    Rows::of(columns, &packed).unwrap()
}

fn shard(gpu: &Gpu, rows: &Rows) -> Shard {
    Shard {
        weights: gpu.storage_with("weights", &rows.weights).unwrap(),
        scales: gpu.storage_with("scales", &rows.scales).unwrap(),
        exponents: gpu.storage_with("exponents", &rows.exponents).unwrap(),
        rows: rows.len(),
        first_row: 0,
    }
}

fn check_gemv(gpu: &Gpu, random: &mut Random, count: usize, columns: usize) {
    let rows = rows(random, count, columns);
    let shard = shard(gpu, &rows);
    let vector = random.wides(columns);
    let there = random.wides(count);
    let short = Short::of(&vector);
    let from = gpu.storage_with("from", &padded(&vector)).unwrap();
    let bias = gpu.storage_with("bias", &there).unwrap();
    let state = state(gpu, 0);
    let run = |output: Output<'_>| -> Vec<i64> {
        let to = gpu.storage_with("to", &padded(&there)).unwrap();
        let gemv = Gemv { name: "gemv", columns, output, state: &state, from: &from, to: &to };
        let mut recording = Recording::default();
        block_on(gemv.record(gpu, &shard, &mut recording)).unwrap();
        block_on(gpu.read(&[&recording], &to, count)).unwrap()
    };
    let name = format!("{count} x {columns}");
    assert_eq!(run(Output::Store), twin::store(&rows, &short), "store {name}");
    assert_eq!(run(Output::Bias(&bias)), twin::bias(&rows, &short, &there), "bias {name}");
    let mut added = there.clone();
    twin::add(&rows, &short, &mut added);
    assert_eq!(run(Output::Add), added, "add {name}");
    if count.is_multiple_of(2) {
        assert_eq!(run(Output::SiluMul)[..count / 2], twin::silu_mul(&rows, &short), "silu_mul {name}");
    }
    let logits: Vec<i32> =
        run(Output::Logits).iter().flat_map(|two| [*two as i32, (*two >> 32) as i32]).collect();
    assert_eq!(logits[..count], twin::logits(&rows, &short), "logits {name}");
}

#[test]
fn products_are_equal() {
    let gpu = support::gpu();
    let mut random = Random(2, 0);
    for (rows, columns) in [(1, 1), (3, 65), (18, 100), (130, 577), (64, 2048), (6, 4160)] {
        for _ in 0..3 {
            check_gemv(&gpu, &mut random, rows, columns);
        }
    }
}

#[test]
fn norms_are_equal() {
    let gpu = support::gpu();
    let mut random = Random(3, 0);
    for columns in [1, 4, 65, 300, 2048] {
        for round in 0..6 {
            let vector = if round == 0 { vec![0; columns] } else { random.wides(columns) };
            let epsilon = if round % 2 == 0 { 0 } else { random.wide().unsigned_abs() };
            let norm = Norm { gains: (0..columns).map(|_| random.narrow()).collect(), epsilon };
            let state = state(&gpu, 0);
            let from = gpu.storage_with("from", &vector).unwrap();
            let gains = gpu.storage_with("gains", &norm.gains).unwrap();
            let to = gpu.storage("to", columns as u64 * 8).unwrap();
            let mut recording = Recording::default();
            let buffers = [&state, &from, &gains, &to];
            block_on(dispatch::norm(&gpu, (columns, epsilon), buffers, &mut recording)).unwrap();
            let got: Vec<i64> = block_on(gpu.read(&[&recording], &to, columns)).unwrap();
            assert_eq!(got, twin::norm(&vector, &norm), "{columns}, round {round}");
        }
    }
}

#[test]
fn attention_is_equal() {
    let gpu = support::gpu();
    let mut random = Random(4, 0);
    for (heads, kv_heads, head_dim) in [(6, 2, 20), (1, 1, 256), (3, 3, 4)] {
        let shape = Shape { heads, kv_heads, head_dim, context: 300 };
        let mut cache = Cache::new(&shape);
        let storage = |count: usize, each: usize| gpu.storage("", (count * each) as u64).unwrap();
        let cached = kv_heads * 300 * head_dim;
        let (keys, values) = (storage(cached, 4), storage(cached, 4));
        let (to, scores) = (storage(heads * head_dim, 8), storage(heads * 300, 4));
        let half = head_dim / 2;
        let turns: Vec<[i32; 2]> =
            (0..300 * half).map(|_| [(random.narrow() >> 1), (random.narrow() >> 1)]).collect();
        let rotation = gpu.storage_with("rotation", &turns).unwrap();
        for position in [0, 1, 2, 3, 64, 255, 256, 299] {
            let count = (heads + 2 * kv_heads) * head_dim;
            let vector: Vec<i64> = (0..count).map(|_| random.wide() >> (random.word() % 40)).collect();
            let (state, projected) =
                (state(&gpu, position as u32), gpu.storage_with("projected", &vector).unwrap());
            let attention = Attention {
                shape,
                state: &state,
                projected: &projected,
                rotation: &rotation,
                keys: &keys,
                values: &values,
                to: &to,
                scores: &scores,
            };
            let mut recording = Recording::default();
            block_on(attention.record(&gpu, &mut recording)).unwrap();
            let got: Vec<i64> = block_on(gpu.read(&[&recording], &to, heads * head_dim)).unwrap();
            let turns = &turns[position * half..(position + 1) * half];
            let expected = twin::attend(&shape, &vector, turns, position, &mut cache);
            assert_eq!(got, expected, "{shape:?} at {position}");
        }
    }
}
