//! Every variant, prologue and epilogue of the GEMV against its twin: ragged shapes, one row, shards, more workgroups
//! than one direction takes.

#![allow(clippy::unwrap_used, clippy::panic, reason = "these are tests")]

mod support;

use futures::executor::block_on;
use lantern_wasm_miner::{
    kernels::{
        cpu,
        gemv::{Gemv, Input, Output, Shard},
        pack::Format,
        state,
    },
    runtime::{
        Gpu,
        recording::Recording,
        variants::{self, Summing},
    },
};
use support::{Numbers, packed, shard};

/// The variants that this device can run.
fn variants_of(gpu: &Gpu) -> Vec<Summing> {
    let mut list = vec![Summing::Workgroup, Summing::Lanes];
    if gpu.report().has_subgroups {
        list.push(Summing::Subgroup);
    }
    list
}

#[derive(Debug, Clone, Copy)]
struct Case {
    summing: Summing,
    format: Format,
    rows: usize,
    columns: usize,
    /// Rows, or pairs, of a shard.
    units: usize,
    input: &'static str,
    output: &'static str,
}

const HEADS: usize = 5;
const SPLITS: usize = 3;

fn check(gpu: &Gpu, case: Case) {
    let Case { summing, format, rows, columns, units, input, output } = case;
    let mut numbers = Numbers::new((rows * 31 + columns) as u32);
    let mut list = |count: usize| -> Vec<f32> { (0..count).map(|_| numbers.signed()).collect() };
    let matrix: Vec<Vec<f32>> = (0..rows).map(|_| list(columns)).collect();
    let twin = packed(format, &matrix);
    let results = if output == "silu_mul" { rows / 2 } else { rows };
    let (gain, bias, before) = (list(columns), list(results), list(results));
    let stride = Format::stride(columns);
    let vector = list(columns);
    let parts = list(HEADS * SPLITS * (columns / HEADS));
    let stats: Vec<[f32; 2]> =
        list(HEADS * SPLITS).into_iter().map(|peak| [peak * 3.0, 1.0 + peak.abs()]).collect();
    let (from, prepared) = match input {
        "norm" => (support::padded(&vector, stride), cpu::gemv::rms_norm(&vector, &gain, 1e-5)),
        "merge" => (parts.clone(), cpu::gemv::merge(&parts, &stats, HEADS, SPLITS)),
        _ => (support::padded(&vector, stride), vector),
    };
    let expected = match output {
        "bias" => cpu::gemv::bias(&twin, &prepared, &bias),
        "silu_mul" => cpu::gemv::silu_mul(&twin, &prepared),
        "add" => {
            let mut to = before.clone();
            cpu::gemv::add(&twin, &prepared, &mut to);
            to
        }
        _ => cpu::gemv::store(&twin, &prepared),
    };
    let gain = gpu.storage_with("gain", &support::padded(&gain, stride)).unwrap();
    let stats = gpu.storage_with("stats", &stats).unwrap();
    let bias = gpu.storage_with("bias", &bias).unwrap();
    let from = gpu.storage_with("from", &from).unwrap();
    let to = gpu.storage_with("to", &before).unwrap();
    let state = gpu.storage("state", state::BYTES).unwrap();
    let gemv = Gemv {
        name: "gemv",
        format,
        columns,
        input: match input {
            "norm" => Input::Norm { gain: &gain, epsilon: 1e-5 },
            "merge" => {
                Input::Merge { stats: &stats, heads: HEADS, head_dim: columns / HEADS, splits: SPLITS }
            }
            _ => Input::Plain,
        },
        output: match output {
            "bias" => Output::Bias(&bias),
            "silu_mul" => Output::SiluMul,
            "add" => Output::Add,
            _ => Output::Store,
        },
        state: &state,
        from: &from,
        to: &to,
    };
    let mut recording = Recording::default();
    let cut = support::cut(&matrix, output == "silu_mul", units);
    let shards: Vec<Shard> =
        cut.iter().map(|(first, part)| shard(gpu, &packed(format, part), *first)).collect();
    for shard in &shards {
        block_on(gemv.record_as(summing, gpu, shard, &mut recording)).unwrap();
    }
    let got: Vec<f32> = block_on(gpu.read(&[&recording], &to, results)).unwrap();
    let difference = support::difference(&got, &expected);
    assert!(difference < 2e-5, "{case:?}: {difference}");
    gpu.health().unwrap();
}

#[test]
#[cfg_attr(skip_gpu_tests, ignore = "LANTERN_SKIP_GPU_TESTS is set: no adapter here")]
fn prologues_with_epilogues() {
    let gpu = support::gpu();
    for summing in variants_of(&gpu) {
        for (input, output) in [
            ("plain", "store"),
            ("plain", "add"),
            ("norm", "bias"),
            ("norm", "silu_mul"),
            ("norm", "store"),
            ("merge", "add"),
        ] {
            let case =
                Case { summing, format: Format::F16, rows: 74, columns: 100, units: 74, input, output };
            check(&gpu, case);
        }
    }
}

#[test]
#[cfg_attr(skip_gpu_tests, ignore = "LANTERN_SKIP_GPU_TESTS is set: no adapter here")]
fn every_format_with_shard_edges_and_few_rows() {
    let gpu = support::gpu();
    for summing in variants_of(&gpu) {
        for format in Format::ALL {
            let columns = 300_usize.next_multiple_of(format.column_unit());
            let case =
                Case { summing, format, rows: 38, columns, units: 9, input: "norm", output: "silu_mul" };
            check(&gpu, case);
        }
        for (rows, columns) in [(2, 4), (5, 4), (31, 1030)] {
            let format = Format::F32;
            check(&gpu, Case { summing, format, rows, columns, units: 3, input: "plain", output: "add" });
        }
    }
}

/// A vocabulary so large, or rows so narrow, that the workgroups need two directions.
#[test]
#[cfg_attr(skip_gpu_tests, ignore = "LANTERN_SKIP_GPU_TESTS is set: no adapter here")]
fn more_workgroups_than_one_direction_takes() {
    let gpu = support::gpu();
    // 32 rows per workgroup of the lanes variant, 64 columns of half a byte each, all alike: q - 8.
    let rows = 65_600 * 32 + 5;
    let format = Format::Q4_0;
    let weights: Vec<u8> = (0..rows).flat_map(|row| [(row % 16 * 17) as u8; 32]).collect();
    let scales = vec![half::f16::ONE.to_bits(); rows * 2];
    let shard = Shard {
        weights: gpu.storage_with("weights", &weights).unwrap(),
        scales: Some(gpu.storage_with("scales", &scales).unwrap()),
        rows,
        first_row: 0,
    };
    let state = gpu.storage("state", state::BYTES).unwrap();
    let mut vector = vec![0.0_f32; 64];
    vector[3] = 1.0;
    let from = gpu.storage_with("from", &vector).unwrap();
    let to = gpu.storage("to", rows as u64 * 4).unwrap();
    let (input, output) = (Input::Plain, Output::Store);
    let gemv = Gemv { name: "gemv", format, columns: 4, input, output, state: &state, from: &from, to: &to };
    let mut recording = Recording::default();
    block_on(gemv.record_as(Summing::Lanes, &gpu, &shard, &mut recording)).unwrap();
    let got: Vec<f32> = block_on(gpu.read(&[&recording], &to, rows)).unwrap();
    let wrong = got.iter().enumerate().find(|(row, x)| **x != (row % 16) as f32 - 8.0);
    assert_eq!(wrong, None);
    gpu.health().unwrap();
}

#[test]
#[cfg_attr(skip_gpu_tests, ignore = "LANTERN_SKIP_GPU_TESTS is set: no adapter here")]
fn the_fastest_right_variant_is_taken() {
    let gpu = support::gpu();
    let started = std::time::Instant::now();
    let timings = block_on(variants::choose(&gpu, || started.elapsed().as_secs_f64())).unwrap();
    for kernel in ["gemv", "gemm"] {
        let of_kernel: Vec<_> = timings.iter().filter(|timing| timing.kernel == kernel).collect();
        let rates: Vec<f64> = of_kernel.iter().map(|timing| timing.operations_per_second.unwrap()).collect();
        let best = rates.iter().copied().fold(0.0, f64::max);
        assert!(best > 1e6, "{timings:?}");
        let chosen: Vec<_> = of_kernel.iter().filter(|timing| timing.is_chosen).collect();
        assert_eq!(chosen.len(), 1, "{timings:?}");
        assert_eq!(chosen[0].operations_per_second, Some(best), "{timings:?}");
    }
    assert_eq!(timings.iter().any(|timing| timing.variant == "subgroup"), gpu.report().has_subgroups);
    gpu.health().unwrap();
}
