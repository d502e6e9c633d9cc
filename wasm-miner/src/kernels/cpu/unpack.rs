//! Twin of `four` in the `weights_*.wgsl` parts: packed rows back to numbers, bit for bit.

use half::{bf16, f16};
use lantern_lanes::packed::{grids_q4_0, grids_q4_k, grids_q6_k, grids_q8_0, nibble_blocks, six_bit_runs};

use crate::kernels::pack::Format;

/// A packed row as numbers, with its padding.
#[must_use]
pub fn row(format: Format, weights: &[u8], scales: &[u8]) -> Vec<f32> {
    let pairs = |bytes: &'_ [u8]| bytes.as_chunks::<2>().0.to_vec();
    match format {
        Format::F32 => weights.as_chunks::<4>().0.iter().map(|x| f32::from_le_bytes(*x)).collect(),
        Format::F16 => pairs(weights).into_iter().map(|x| f16::from_le_bytes(x).to_f32()).collect(),
        Format::Bf16 => pairs(weights).into_iter().map(|x| bf16::from_le_bytes(x).to_f32()).collect(),
        Format::Q8_0 => {
            let runs = weights.as_chunks::<16>().0.iter();
            let runs = runs.map(|run| run.map(|q| f32::from(q.cast_signed())));
            spread(runs, grids_q8_0(scales).flat_map(|grid| [grid; 2]))
        }
        // The minimum of 8 steps is a part of `q` there, so that the product is the only rounding: none at all.
        Format::Q4_0 => spread(
            nibble_runs(weights).map(|run| run.map(|q| q - 8.0)),
            grids_q4_0(scales).flat_map(|[step, _]| [[step, 0.0]; 2]),
        ),
        Format::Q4K => spread(nibble_runs(weights), grids_q4_k(scales).flat_map(|grid| [grid; 2])),
        Format::Q6K => spread(
            six_bit_runs(weights).map(|run| run.map(|q| f32::from(q) - 32.0)),
            grids_q6_k(scales).map(|[step, _]| [step, 0.0]),
        ),
    }
}

fn nibble_runs(weights: &[u8]) -> impl Iterator<Item = [f32; 16]> {
    nibble_blocks(weights).flatten().map(|run| run.map(f32::from))
}

fn spread(runs: impl Iterator<Item = [f32; 16]>, grids: impl Iterator<Item = [f32; 2]>) -> Vec<f32> {
    runs.zip(grids).flat_map(|(run, [step, start])| run.map(|q| q * step - start)).collect()
}
