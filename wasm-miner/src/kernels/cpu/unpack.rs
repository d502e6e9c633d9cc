//! Twin of `four` in the `weights_*.wgsl` parts: packed rows back to numbers, bit for bit.

use half::{bf16, f16};

use crate::kernels::pack::{Format, SUPER_SCALE_BYTES};

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
            let scales = pairs(scales).into_iter().map(|x| [f16::from_le_bytes(x).to_f32(), 0.0]);
            spread(runs, scales.flat_map(|grid| [grid; 2]))
        }
        // The minimum of 8 steps is a part of `q` there, so that the product is the only rounding: none at all.
        Format::Q4_0 => spread(
            nibble_runs(weights).map(|run| run.map(|q| q - 8.0)),
            grids_q4_0(scales).flat_map(|[step, _]| [[step, 0.0]; 2]),
        ),
        Format::Q4K => spread(nibble_runs(weights), grids_q4_k(scales).flat_map(|grid| [grid; 2])),
        Format::Q6K => spread(
            six_bit_runs(weights).map(|run| run.map(|q| q - 32.0)),
            grids_q6_k(scales).map(|[step, _]| [step, 0.0]),
        ),
    }
}

fn spread(runs: impl Iterator<Item = [f32; 16]>, grids: impl Iterator<Item = [f32; 2]>) -> Vec<f32> {
    runs.zip(grids).flat_map(|(run, [step, start])| run.map(|q| q * step - start)).collect()
}

/// Runs of 16 nibbles, 0..16, in the order of columns.
pub fn nibble_runs(weights: &[u8]) -> impl Iterator<Item = [f32; 16]> {
    weights.as_chunks::<8>().0.iter().map(|run| nibbles(run).map(f32::from))
}

fn nibbles(run: &[u8; 8]) -> [u8; 16] {
    let mut values = [0; 16];
    for (word, values) in run.as_chunks::<4>().0.iter().zip(values.as_chunks_mut::<8>().0) {
        let (low, high) = values.split_at_mut(4);
        low.copy_from_slice(&word.map(|byte| byte & 15));
        high.copy_from_slice(&word.map(|byte| byte >> 4));
    }
    values
}

/// Runs of 16 values of 6 bits, 0..64, in the order of columns.
pub fn six_bit_runs(weights: &[u8]) -> impl Iterator<Item = [f32; 16]> {
    weights.as_chunks::<12>().0.iter().map(|run| {
        let [low @ .., a, b, c, d] = run;
        let mut values = nibbles(low);
        for (quad, shift) in values.as_chunks_mut::<4>().0.iter_mut().zip([0, 2, 4, 6]) {
            for (value, bits) in quad.iter_mut().zip([a, b, c, d]) {
                *value |= (bits >> shift & 3) << 4;
            }
        }
        values.map(f32::from)
    })
}

/// Step and start of each block of 32: `step * q - start`.
pub fn grids_q4_0(scales: &[u8]) -> impl Iterator<Item = [f32; 2]> {
    scales.as_chunks::<2>().0.iter().map(|scale| {
        let scale = f16::from_le_bytes(*scale).to_f32();
        [scale, scale * 8.0]
    })
}

/// Step and start of each block of 32: `step * q - start`.
pub fn grids_q4_k(scales: &[u8]) -> impl Iterator<Item = [f32; 2]> {
    scales.as_chunks::<SUPER_SCALE_BYTES>().0.iter().flat_map(|all| {
        let [a, b, c, d, numbers @ ..] = all;
        let (scale, minimum) = (f16::from_le_bytes([*a, *b]).to_f32(), f16::from_le_bytes([*c, *d]).to_f32());
        let grid = |pair: &[u8; 2]| [scale * f32::from(pair[0]), minimum * f32::from(pair[1])];
        numbers.as_chunks::<2>().0.iter().map(grid).collect::<Vec<_>>()
    })
}

/// Step and start of each block of 16: `step * q - start`.
pub fn grids_q6_k(scales: &[u8]) -> impl Iterator<Item = [f32; 2]> {
    scales.as_chunks::<SUPER_SCALE_BYTES>().0.iter().flat_map(|all| {
        let [a, b, _, _, numbers @ ..] = all;
        let scale = f16::from_le_bytes([*a, *b]).to_f32();
        let grid = |number: &u8| [scale * f32::from(number.cast_signed()), 32.0];
        numbers.iter().map(grid).map(|[step, start]| [step, step * start]).collect::<Vec<_>>()
    })
}
