//! Floats to blocks: ggml's plain rules for Q8_0 and Q4_0, and the nearest values on an even grid for Q4_K and
//! Q6_K. ggml searches for better grids there; files keep what it found, and only floats come through here.

use half::f16;

use crate::kernels::pack::{BLOCK, BlockQ4, BlockQ4K, BlockQ6K, BlockQ8, SUPER_BLOCK};

fn inverse(scale: f32) -> f32 {
    if scale == 0.0 { 0.0 } else { 1.0 / scale }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the value is clamped first")]
fn level(value: f32, last: u8) -> u8 {
    value.clamp(0.0, f32::from(last)) as u8
}

/// Scale = largest magnitude / 127, values rounded to nearest with ties away from zero, before the scale itself
/// is rounded to f16.
#[must_use]
pub fn q8_0(block: &[f32; BLOCK]) -> BlockQ8 {
    let scale = block.iter().fold(0.0_f32, |peak, x| peak.max(x.abs())) / 127.0;
    let inverse = inverse(scale);
    #[expect(clippy::cast_possible_truncation, reason = "|x * inverse| is at most 127 after rounding")]
    let values = block.map(|x| (x * inverse).round() as i8);
    BlockQ8 { scale: f16::from_f32(scale), values }
}

/// Scale = the value of largest magnitude / -8, values are `x / scale + 8.5` cut to a whole number.
#[must_use]
pub fn q4_0(block: &[f32; BLOCK]) -> BlockQ4 {
    let peak = block.iter().fold(0.0_f32, |peak, x| if x.abs() > peak.abs() { *x } else { peak });
    let scale = peak / -8.0;
    let inverse = inverse(scale);
    BlockQ4 { scale: f16::from_f32(scale), values: block.map(|x| level(x * inverse + 8.5, 15)) }
}

/// Each 32 values get the grid from their smallest (at most zero) to their largest in 15 steps, with step and
/// start rounded to 6 bits.
#[must_use]
pub fn q4_k(block: &[f32; SUPER_BLOCK]) -> BlockQ4K {
    let mut grids = [(0.0_f32, 0.0_f32); 8];
    for (grid, values) in grids.iter_mut().zip(block.as_chunks::<32>().0) {
        let low = values.iter().fold(0.0_f32, |low, x| low.min(*x));
        let high = values.iter().fold(low, |high, x| high.max(*x));
        *grid = ((high - low) / 15.0, -low);
    }
    let scale = f16::from_f32(grids.iter().fold(0.0_f32, |peak, grid| peak.max(grid.0)) / 63.0);
    let minimum = f16::from_f32(grids.iter().fold(0.0_f32, |peak, grid| peak.max(grid.1)) / 63.0);
    let scales = grids.map(|grid| level((grid.0 * inverse(scale.to_f32())).round(), 63));
    let minimums = grids.map(|grid| level((grid.1 * inverse(minimum.to_f32())).round(), 63));
    let mut values = [0; SUPER_BLOCK];
    let grids = scales.iter().zip(&minimums);
    let runs = block.as_chunks::<32>().0.iter().zip(values.as_chunks_mut::<32>().0);
    for ((from, to), (step, start)) in runs.zip(grids) {
        let inverse = inverse(scale.to_f32() * f32::from(*step));
        let start = minimum.to_f32() * f32::from(*start);
        *to = from.map(|x| level(((x + start) * inverse).round(), 15));
    }
    BlockQ4K { scale, minimum, scales, minimums, values }
}

/// Each 16 values get the grid from minus to plus their largest magnitude in 31 steps to each side, with the step
/// rounded to 7 bits.
#[must_use]
pub fn q6_k(block: &[f32; SUPER_BLOCK]) -> BlockQ6K {
    let mut steps = [0.0_f32; 16];
    for (step, values) in steps.iter_mut().zip(block.as_chunks::<16>().0) {
        *step = values.iter().fold(0.0_f32, |peak, x| peak.max(x.abs())) / 31.0;
    }
    let scale = f16::from_f32(steps.iter().fold(0.0_f32, |peak, step| peak.max(*step)) / 127.0);
    let scales = steps.map(|step| level((step * inverse(scale.to_f32())).round(), 127).cast_signed());
    let mut values = [0; SUPER_BLOCK];
    let runs = block.as_chunks::<16>().0.iter().zip(values.as_chunks_mut::<16>().0);
    for ((from, to), step) in runs.zip(&scales) {
        let inverse = inverse(scale.to_f32() * f32::from(*step));
        *to = from.map(|x| level((x * inverse).round() + 32.0, 63));
    }
    BlockQ6K { scale, scales, values }
}
