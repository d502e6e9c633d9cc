//! Dot products of the miner's packed weights with vectors of floats.
//!
//! A crate of its own, because these few loops are compiled for speed while the rest of the miner's worker is
//! compiled for size. With running sums side by side they suit vector instructions, which every browser with WebGPU
//! has; WebAssembly gets them written out, since the compiler does not find those that turn bytes into floats.
//!
//! Rows are padded with zeros to whole blocks. A vector may end before the padding does.

pub mod packed;
mod sums;

use half::{bf16, f16};

use sums::Sums;

/// A row of 32-bit floats times a vector.
#[must_use]
pub fn f32(weights: &[u8], vector: &[f32]) -> f32 {
    let words = weights.as_chunks::<4>().0.as_chunks::<8>().0.iter();
    floats(words.map(|run| run.map(f32::from_le_bytes)), vector)
}

/// A row of half-precision floats times a vector.
#[must_use]
pub fn f16(weights: &[u8], vector: &[f32]) -> f32 {
    let halves = weights.as_chunks::<2>().0.as_chunks::<8>().0.iter();
    floats(halves.map(|run| run.map(|x| f16::from_le_bytes(x).to_f32())), vector)
}

/// A row of brain floats times a vector.
#[must_use]
pub fn bf16(weights: &[u8], vector: &[f32]) -> f32 {
    let halves = weights.as_chunks::<2>().0.as_chunks::<8>().0.iter();
    floats(halves.map(|run| run.map(|x| bf16::from_le_bytes(x).to_f32())), vector)
}

/// A row of Q8_0 times a vector.
#[must_use]
pub fn q8_0(weights: &[u8], scales: &[u8], vector: &[f32]) -> f32 {
    let runs = weights.as_chunks::<16>().0.as_chunks::<2>().0.iter().copied();
    blocks::<2, false>(runs.zip(packed::grids_q8_0(scales)), vector)
}

/// A row of Q4_0 times a vector.
#[must_use]
pub fn q4_0(weights: &[u8], scales: &[u8], vector: &[f32]) -> f32 {
    blocks::<2, true>(packed::nibble_blocks(weights).zip(packed::grids_q4_0(scales)), vector)
}

/// A row of Q4_K times a vector.
#[must_use]
pub fn q4_k(weights: &[u8], scales: &[u8], vector: &[f32]) -> f32 {
    blocks::<2, true>(packed::nibble_blocks(weights).zip(packed::grids_q4_k(scales)), vector)
}

/// A row of Q6_K times a vector.
#[must_use]
pub fn q6_k(weights: &[u8], scales: &[u8], vector: &[f32]) -> f32 {
    let runs = packed::six_bit_runs(weights).map(|run| [run]);
    blocks::<1, true>(runs.zip(packed::grids_q6_k(scales)), vector)
}

/// The dot product of a vector with blocks of `RUNS` runs of signed bytes `q` that stand for `step * q - start`; the
/// blocks are `(runs, [step, start])`. Without `STARTS`, every start is zero. The vector may end before the blocks do.
#[cfg_attr(target_arch = "wasm32", target_feature(enable = "simd128"))]
fn blocks<const RUNS: usize, const STARTS: bool>(
    blocks: impl Iterator<Item = ([[u8; 16]; RUNS], [f32; 2])>,
    vector: &[f32],
) -> f32 {
    let (runs, rest) = vector.as_chunks::<16>();
    let mut padded = [[0.0; 16]; RUNS];
    let whole = runs.as_chunks::<RUNS>();
    let rest = whole.1.as_flattened().iter().chain(rest);
    padded.as_flattened_mut().iter_mut().zip(rest).for_each(|(to, from)| *to = *from);
    let mut sums = Sums::zero();
    for ((numbers, [step, start]), floats) in blocks.zip(whole.0.iter().chain([&padded])) {
        let (mut products, mut plain) = (Sums::zero(), Sums::zero());
        for (numbers, floats) in numbers.iter().zip(floats) {
            products = products.products(numbers, floats);
            if STARTS {
                plain = plain.floats(floats);
            }
        }
        sums = sums.scaled(products, step);
        if STARTS {
            sums = sums.scaled(plain, -start);
        }
    }
    sums.total()
}

/// The dot product of a vector with runs of floats, which may go on after its end.
#[cfg_attr(target_arch = "wasm32", target_feature(enable = "simd128"))]
fn floats(weights: impl Iterator<Item = [f32; 8]>, vector: &[f32]) -> f32 {
    let (whole, rest) = vector.as_chunks::<8>();
    let mut padded = [0.0; 8];
    padded.iter_mut().zip(rest).for_each(|(to, from)| *to = *from);
    let mut sums = [0.0_f32; 8];
    for (weights, floats) in weights.zip(whole.iter().chain([&padded])) {
        for ((sum, weight), x) in sums.iter_mut().zip(weights).zip(floats) {
            *sum += weight * x;
        }
    }
    sums.iter().sum()
}

/// The dot product of two vectors of one length.
#[must_use]
#[cfg_attr(target_arch = "wasm32", target_feature(enable = "simd128"))]
pub fn dot(a: &[f32], b: &[f32]) -> f32 {
    let ((runs, rest), (_, other)) = (a.as_chunks::<8>(), b.as_chunks::<8>());
    let rest: f32 = rest.iter().zip(other).map(|(a, b)| a * b).sum();
    let whole = b.get(..runs.len() * 8).unwrap_or(b);
    floats(runs.iter().copied(), whole) + rest
}

/// Adds a vector times a factor to another one.
#[cfg_attr(target_arch = "wasm32", target_feature(enable = "simd128"))]
pub fn add_scaled(to: &mut [f32], vector: &[f32], factor: f32) {
    for (to, x) in to.iter_mut().zip(vector) {
        *to += x * factor;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ragged_vectors_end_inside_of_a_block() {
        // Sums of small whole numbers are exact in any order.
        let numbers: Vec<i8> = (0..96).map(|index: i8| index % 23 - 11).collect();
        let weights: Vec<u8> = numbers.iter().map(|number| number.cast_unsigned()).collect();
        let scales: Vec<u8> = [2.0, 0.5, 1.0].iter().flat_map(|x| f16::from_f32(*x).to_le_bytes()).collect();
        let as_floats: Vec<u8> = numbers.iter().flat_map(|number| f32::from(*number).to_le_bytes()).collect();
        for length in 0..=96_usize {
            let vector: Vec<f32> = (0_u8..).take(length).map(|index| f32::from(index % 7) - 2.0).collect();
            let products = |factors: [f32; 3]| -> f32 {
                let pairs = numbers.iter().zip(&vector).enumerate();
                pairs.map(|(at, (number, x))| f32::from(*number) * x * factors[at / 32]).sum()
            };
            assert_eq!(q8_0(&weights, &scales, &vector), products([2.0, 0.5, 1.0]), "{length} bytes");
            assert_eq!(f32(&as_floats, &vector), products([1.0; 3]), "{length} floats");
            let plain: Vec<f32> = numbers.iter().take(length).map(|number| f32::from(*number)).collect();
            assert_eq!(dot(&plain, &vector), products([1.0; 3]), "{length} of each");
        }
    }

    #[test]
    fn nibbles_and_their_start_are_taken_into_account() {
        // Two blocks of 32 nibbles, each byte 0x3a: 10 in the low half, 3 in the high one.
        let weights = [0x3a; 32];
        let scales: Vec<u8> = [1.0, 2.0].iter().flat_map(|x| f16::from_f32(*x).to_le_bytes()).collect();
        // Runs of four tens and four threes, less 8: 4 * 2 - 4 * 5 = -12 for eight columns of ones.
        for (length, expected) in [(64, -12.0 * 4.0 - 24.0 * 4.0), (40, -12.0 * 4.0 - 24.0), (8, -12.0)] {
            assert_eq!(q4_0(&weights, &scales, &vec![1.0; length]), expected, "{length}");
        }
    }
}
