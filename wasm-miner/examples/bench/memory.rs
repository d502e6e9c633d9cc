//! Matrices of at least 32 MiB through the GEMV kernel, against the bandwidth of a copy.

use std::error::Error;

use lantern_wasm_miner::{
    kernels::{
        gemv::{Gemv, Input, Output, Shard},
        pack::Format,
        state,
    },
    runtime::{Gpu, recording::Recording},
};
use serde_json::{Map, Value};

use super::clock::{median, now};

const RUNS: usize = 5;
/// Copies of the matrix take turns, so that no cache holds the next one.
const WORKING_SET: u64 = 256 << 20;

/// The matrices: name, rows, columns, format.
const MATRICES: [(&str, usize, usize, Format); 3] = [
    ("gate_up_q8_0_16384x2048", 16_384, 2048, Format::Q8_0),
    ("head_q8_0_49152x2048", 49_152, 2048, Format::Q8_0),
    ("square_f16_4096x4096", 4096, 4096, Format::F16),
];

/// The share of `copy` bytes per second that each matrix is read with.
pub(crate) async fn shares(gpu: &Gpu, copy: f64, seconds: f64) -> Result<Map<String, Value>, Box<dyn Error>> {
    let mut shares = Map::new();
    for (name, rows, columns, format) in MATRICES {
        let rate = bytes_per_second(gpu, (rows, columns, format), seconds).await?;
        super::say(&format!("gemv {name}: {:.2} GB/s", rate / 1e9));
        shares.insert(name.to_owned(), (rate / copy).into());
    }
    Ok(shares)
}

async fn bytes_per_second(
    gpu: &Gpu,
    (rows, columns, format): (usize, usize, Format),
    seconds: f64,
) -> Result<f64, Box<dyn Error>> {
    let weight_bytes = (rows * format.row_bytes(columns)) as u64;
    let scale_bytes = (rows * format.scale_bytes(columns)) as u64;
    let state = gpu.storage("state", state::BYTES)?;
    let from = gpu.storage_with("vector", &vec![0.5_f32; columns])?;
    let to = gpu.storage("results", rows as u64 * 4)?;
    let mut kept = Vec::new();
    let copies = if gpu.report().is_software { 1 } else { WORKING_SET.div_ceil(weight_bytes) };
    let mut recording = Recording::default();
    for _ in 0..copies {
        let scales = if scale_bytes > 0 { Some(gpu.storage("scales", scale_bytes)?) } else { None };
        let shard = Shard { weights: gpu.storage("weights", weight_bytes)?, scales, rows, first_row: 0 };
        let gemv = Gemv {
            name: "bench",
            format,
            columns,
            input: Input::Plain,
            output: Output::Store,
            state: &state,
            from: &from,
            to: &to,
        };
        gemv.record(gpu, &shard, &mut recording).await?;
        kept.push(shard);
    }
    let started = now();
    gpu.settle(&[&recording], &to).await?;
    let repeats = (seconds / RUNS as f64 / (now() - started)).clamp(1.0, 200.0) as usize;
    let mut rates = Vec::new();
    for _ in 0..RUNS {
        let started = now();
        gpu.settle(&vec![&recording; repeats], &to).await?;
        let read = (repeats as u64 * copies * (weight_bytes + scale_bytes)) as f64;
        rates.push(read / (now() - started));
    }
    Ok(median(&rates))
}
