//! Weights of the exact kernels: signed bytes in blocks of 32, with an integer scale per block and a power of two
//! per row.
//!
//! They are made from Q8_0 rows without any arithmetic on floats: the bytes stay, and a row's f16 scales become
//! 16-bit integers under the exponent of the largest. A weight is `byte * scale * 2^exponent`.

use crate::kernels::{
    exact::integer,
    pack::{BLOCK, Format, Packed},
};

/// Rows in the form of the exact kernels. Rows are padded as [`Format::Q8_0`] pads them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rows {
    /// Columns, unpadded.
    pub columns: usize,
    /// Signed bytes, [`Format::row_bytes`] per row.
    pub weights: Vec<u8>,
    /// Scales, one per block.
    pub scales: Vec<u16>,
    /// Exponents, one per row, in -39..=0.
    pub exponents: Vec<i32>,
}

impl Rows {
    /// Turns packed Q8_0 rows into exact ones. `None` where a scale is negative or not a finite number.
    #[must_use]
    pub fn of(columns: usize, packed: &Packed) -> Option<Self> {
        let mut rows = Self { columns, weights: packed.weights.clone(), ..Self::default() };
        for bytes in packed.scales.chunks_exact(Format::Q8_0.scale_bytes(columns).max(2)) {
            let halves = bytes.as_chunks::<2>().0.iter().map(|half| u16::from_le_bytes(*half));
            let parts = halves.map(half).collect::<Option<Vec<(u16, i32)>>>()?;
            let top = parts.iter().map(|(mantissa, by)| integer::bits(u64::from(*mantissa)) + by);
            let exponent =
                parts.iter().zip(top).filter(|((mantissa, _), _)| *mantissa > 0).map(|(_, top)| top);
            let exponent = exponent.max().map_or(0, |top| top - 16);
            rows.exponents.push(exponent);
            // The largest scale becomes 2^15 or more without rounding, so no other one exceeds 16 bits.
            let scales =
                parts.iter().map(|(mantissa, by)| integer::scale(i64::from(*mantissa), by - exponent));
            rows.scales.extend(scales.map(|scale| scale as u16));
        }
        Some(rows)
    }

    /// Number of rows.
    #[must_use]
    pub fn len(&self) -> usize {
        self.exponents.len()
    }

    /// Whether there are no rows.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.exponents.is_empty()
    }

    /// The bytes, scales and exponent of a row.
    #[must_use]
    pub fn row(&self, row: usize) -> Option<(&[u8], &[u16], i32)> {
        let stride = Format::stride(self.columns);
        let blocks = stride / BLOCK;
        Some((
            self.weights.get(row * stride..(row + 1) * stride)?,
            self.scales.get(row * blocks..(row + 1) * blocks)?,
            *self.exponents.get(row)?,
        ))
    }
}

/// An f16 that is not negative as a whole number times a power of two.
fn half(bits: u16) -> Option<(u16, i32)> {
    let (biased, fraction) = ((bits >> 10) & 31, bits & 0x3ff);
    if biased == 31 || (bits > 0x8000) {
        return None;
    }
    Some((if biased == 0 { fraction } else { fraction | 0x400 }, i32::from(biased.max(1)) - 25))
}

#[cfg(test)]
mod tests {
    use super::*;
    use half::f16;
    use proptest::prelude::*;

    fn packed(scales: &[f16]) -> Packed {
        Packed {
            weights: vec![1; scales.len() * BLOCK],
            scales: scales.iter().flat_map(|scale| scale.to_le_bytes()).collect(),
        }
    }

    proptest! {
        #[test]
        fn scales_keep_sixteen_bits_of_the_largest(words in proptest::collection::vec(0..0x7c00_u16, 6)) {
            let halves: Vec<f16> = words.iter().map(|word| f16::from_bits(*word)).collect();
            let rows = Rows::of(6 * BLOCK, &packed(&halves)).unwrap();
            let (_, scales, exponent) = rows.row(0).unwrap();
            prop_assert!((-39..=0).contains(&exponent));
            let unit = 2_f64.powi(exponent);
            for (scale, half) in scales.iter().zip(&halves) {
                prop_assert!((f64::from(*scale) * unit - half.to_f64()).abs() <= unit / 2.0);
            }
            prop_assert!(words.iter().all(|word| *word == 0) || scales.iter().any(|scale| *scale >= 1 << 15));
        }
    }

    #[test]
    fn scales_that_are_no_sizes_are_refused() {
        for bad in [f16::NAN, f16::INFINITY, f16::NEG_INFINITY, f16::from_f32(-1.0)] {
            assert_eq!(Rows::of(64, &packed(&[f16::ONE, bad])), None);
        }
        let zero = Rows::of(64, &packed(&[f16::NEG_ZERO, f16::ZERO])).unwrap();
        assert_eq!((zero.scales, zero.exponents), (vec![0, 0], vec![0]));
    }
}
