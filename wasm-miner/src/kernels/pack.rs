//! Weight formats and how rows are laid out for the kernels.
//!
//! Every row is padded with zeros to a multiple of 64 columns, so that all reads are aligned vectors and a Q8_0
//! row has an even number of scales. The CPU twins read the same bytes as the shaders.

use half::{bf16, f16};

/// How a weight matrix is stored on the device.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Format {
    /// 32-bit floats.
    F32,
    /// Half-precision floats.
    F16,
    /// Brain floats: the upper half of an f32.
    Bf16,
    /// Blocks of 32 signed bytes with one f16 scale.
    Q8_0,
}

/// Values per Q8_0 block.
pub const BLOCK: usize = 32;

/// Columns are padded to a multiple of this.
pub const COLUMN_STEP: usize = 64;

impl Format {
    /// Columns of a stored row.
    #[must_use]
    pub fn stride(columns: usize) -> usize {
        columns.next_multiple_of(COLUMN_STEP)
    }

    /// Bytes of a stored row, without scales.
    #[must_use]
    pub fn row_bytes(self, columns: usize) -> usize {
        let stride = Self::stride(columns);
        match self {
            Self::F32 => stride * 4,
            Self::F16 | Self::Bf16 => stride * 2,
            Self::Q8_0 => stride,
        }
    }

    /// Bytes of a stored row's scales.
    #[must_use]
    pub fn scale_bytes(self, columns: usize) -> usize {
        if self == Self::Q8_0 { Self::stride(columns) / BLOCK * 2 } else { 0 }
    }

    /// The shader part that reads this format.
    #[must_use]
    pub fn shader(self) -> &'static str {
        match self {
            Self::F32 => include_str!("weights_f32.wgsl"),
            Self::F16 => include_str!("weights_f16.wgsl"),
            Self::Bf16 => include_str!("weights_bf16.wgsl"),
            Self::Q8_0 => include_str!("weights_q8_0.wgsl"),
        }
    }
}

/// Rows in their stored form.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Packed {
    /// The values, [`Format::row_bytes`] per row.
    pub weights: Vec<u8>,
    /// The scales, [`Format::scale_bytes`] per row.
    pub scales: Vec<u8>,
}

impl Packed {
    /// Appends one row.
    pub fn push_row(&mut self, format: Format, row: &[f32]) {
        let padding = Format::stride(row.len()) - row.len();
        let padded = row.iter().copied().chain(std::iter::repeat_n(0.0, padding));
        match format {
            Format::F32 => self.weights.extend(padded.flat_map(f32::to_le_bytes)),
            Format::F16 => self.weights.extend(padded.flat_map(|x| f16::from_f32(x).to_le_bytes())),
            Format::Bf16 => self.weights.extend(padded.flat_map(|x| bf16::from_f32(x).to_le_bytes())),
            Format::Q8_0 => {
                let padded: Vec<f32> = padded.collect();
                for block in padded.chunks(BLOCK) {
                    self.push_block(block);
                }
            }
        }
    }

    /// Quantises a block by ggml's rule: scale = largest magnitude / 127, values rounded to nearest with ties
    /// away from zero, before the scale itself is rounded to f16.
    fn push_block(&mut self, block: &[f32]) {
        let peak = block.iter().fold(0.0_f32, |peak, x| peak.max(x.abs()));
        let scale = peak / 127.0;
        let inverse = if scale > 0.0 { 1.0 / scale } else { 0.0 };
        #[expect(clippy::cast_possible_truncation, reason = "|x * inverse| is at most 127 after rounding")]
        self.weights.extend(block.iter().map(|x| ((x * inverse).round() as i8).cast_unsigned()));
        self.scales.extend(f16::from_f32(scale).to_le_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn q8_0_follows_the_rule() {
        let mut packed = Packed::default();
        let mut row = vec![0.0; 64];
        row[0] = -254.0;
        row[1] = 127.0;
        row[2] = 1.0;
        packed.push_row(Format::Q8_0, &row);
        assert_eq!(&packed.weights[..4], &[129, 64, 1, 0], "-127, round(63.5) = 64, round(0.5) = 1");
        assert_eq!(packed.scales, [0, 0x40, 0, 0], "scale 2.0 as f16, then an empty block");
    }

    #[test]
    fn rows_are_padded_to_64_columns() {
        for format in [Format::F32, Format::F16, Format::Bf16, Format::Q8_0] {
            let mut packed = Packed::default();
            packed.push_row(format, &[1.0; 65]);
            assert_eq!(packed.weights.len(), format.row_bytes(65));
            assert_eq!(packed.scales.len(), format.scale_bytes(65));
        }
    }
}
