//! Weight formats and how rows are laid out for the kernels.
//!
//! Every row is padded with zeros to a multiple of 64 columns, so that all reads are aligned vectors and a Q8_0
//! row has an even number of scales. Values and scales lie in two buffers. The CPU twins read the same bytes as
//! the shaders.
//!
//! Nibbles are kept by runs of 16 columns: four bytes hold columns 0..4 in their low halves and 4..8 in their high
//! halves, the next four hold columns 8..16 in the same way. A run is what one step of a kernel reads.

use half::{bf16, f16};

use crate::kernels::quantise;

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
    /// Blocks of 32 nibbles with one f16 scale: `scale * (q - 8)`.
    Q4_0,
    /// Blocks of 256 nibbles. 32 share a 6-bit scale and a 6-bit minimum, all share an f16 factor for each.
    Q4K,
    /// Blocks of 256 values of 6 bits. 16 share a signed byte as scale, all share an f16 factor.
    Q6K,
}

/// Values per Q8_0 and Q4_0 block.
pub const BLOCK: usize = 32;

/// Values per Q4_K and Q6_K block.
pub const SUPER_BLOCK: usize = 256;

/// Columns are padded to a multiple of this.
pub const COLUMN_STEP: usize = 64;

pub use lantern_lanes::packed::SUPER_SCALE_BYTES;

impl Format {
    /// All formats.
    pub const ALL: [Self; 7] =
        [Self::F32, Self::F16, Self::Bf16, Self::Q8_0, Self::Q4_0, Self::Q4K, Self::Q6K];

    /// Columns of a stored row. Formats with superblocks only take matrices that are a multiple of 256 wide.
    #[must_use]
    pub fn stride(columns: usize) -> usize {
        columns.next_multiple_of(COLUMN_STEP)
    }

    /// The unpadded row has to be a multiple of this many columns.
    #[must_use]
    pub fn column_unit(self) -> usize {
        match self {
            Self::Q4K | Self::Q6K => SUPER_BLOCK,
            _ => 1,
        }
    }

    /// Bytes of a stored row, without scales.
    #[must_use]
    pub fn row_bytes(self, columns: usize) -> usize {
        let stride = Self::stride(columns);
        match self {
            Self::F32 => stride * 4,
            Self::F16 | Self::Bf16 => stride * 2,
            Self::Q8_0 => stride,
            Self::Q4_0 | Self::Q4K => stride / 2,
            Self::Q6K => stride / 4 * 3,
        }
    }

    /// Bytes of a stored row's scales.
    #[must_use]
    pub fn scale_bytes(self, columns: usize) -> usize {
        let stride = Self::stride(columns);
        match self {
            Self::F32 | Self::F16 | Self::Bf16 => 0,
            Self::Q8_0 | Self::Q4_0 => stride / BLOCK * 2,
            Self::Q4K | Self::Q6K => stride.div_ceil(SUPER_BLOCK) * SUPER_SCALE_BYTES,
        }
    }

    /// The shader part that reads this format. It defines, for the binding of this shard's values and scales:
    ///
    /// - `chunk_dot(row, chunk, x0, x1, x2, x3) -> f32`: 16 columns of a row times 16 values,
    /// - `four(row, index) -> vec4<f32>`: columns `4 * index ..` of a row as numbers, bit for bit those of the
    ///   CPU.
    #[must_use]
    pub fn shader(self) -> &'static str {
        match self {
            Self::F32 => include_str!("weights_f32.wgsl"),
            Self::F16 => include_str!("weights_f16.wgsl"),
            Self::Bf16 => include_str!("weights_bf16.wgsl"),
            Self::Q8_0 => include_str!("weights_q8_0.wgsl"),
            Self::Q4_0 => include_str!("weights_q4_0.wgsl"),
            Self::Q4K => include_str!("weights_q4_k.wgsl"),
            Self::Q6K => include_str!("weights_q6_k.wgsl"),
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
        let padding = row.len().next_multiple_of(COLUMN_STEP.max(format.column_unit())) - row.len();
        let padded = row.iter().copied().chain(std::iter::repeat_n(0.0, padding));
        match format {
            Format::F32 => self.weights.extend(padded.flat_map(f32::to_le_bytes)),
            Format::F16 => self.weights.extend(padded.flat_map(|x| f16::from_f32(x).to_le_bytes())),
            Format::Bf16 => self.weights.extend(padded.flat_map(|x| bf16::from_f32(x).to_le_bytes())),
            Format::Q8_0 | Format::Q4_0 => {
                for block in padded.collect::<Vec<f32>>().as_chunks::<BLOCK>().0 {
                    if format == Format::Q8_0 {
                        self.push_q8_0(&quantise::q8_0(block));
                    } else {
                        self.push_q4_0(&quantise::q4_0(block));
                    }
                }
            }
            Format::Q4K | Format::Q6K => {
                for block in padded.collect::<Vec<f32>>().as_chunks::<SUPER_BLOCK>().0 {
                    if format == Format::Q4K {
                        self.push_q4_k(&quantise::q4_k(block));
                    } else {
                        self.push_q6_k(&quantise::q6_k(block));
                    }
                }
            }
        }
    }

    /// Appends a block of Q8_0.
    pub fn push_q8_0(&mut self, block: &BlockQ8) {
        self.weights.extend(block.values.iter().map(|q| q.cast_unsigned()));
        self.scales.extend(block.scale.to_le_bytes());
    }

    /// Appends a block of Q4_0.
    pub fn push_q4_0(&mut self, block: &BlockQ4) {
        self.push_nibbles(&block.values);
        self.scales.extend(block.scale.to_le_bytes());
    }

    /// Appends a block of Q4_K.
    pub fn push_q4_k(&mut self, block: &BlockQ4K) {
        self.push_nibbles(&block.values);
        self.scales.extend(block.scale.to_le_bytes());
        self.scales.extend(block.minimum.to_le_bytes());
        self.scales
            .extend(block.scales.iter().zip(&block.minimums).flat_map(|(scale, minimum)| [*scale, *minimum]));
    }

    /// Appends a block of Q6_K.
    pub fn push_q6_k(&mut self, block: &BlockQ6K) {
        for run in block.values.as_chunks::<16>().0 {
            self.push_nibbles(&run.map(|q| q & 15));
            let [a, b, c, d] = quads(run);
            for lane in 0..4 {
                let bits = |quad: &[u8; 4], shift: u32| quad.get(lane).map_or(0, |q| q >> 4 << shift);
                self.weights.push(bits(a, 0) | bits(b, 2) | bits(c, 4) | bits(d, 6));
            }
        }
        self.scales.extend(block.scale.to_le_bytes());
        self.scales.extend([0; 2]);
        self.scales.extend(block.scales.iter().map(|scale| scale.cast_unsigned()));
    }

    fn push_nibbles(&mut self, values: &[u8]) {
        for run in values.as_chunks::<16>().0 {
            let [a, b, c, d] = quads(run);
            self.weights.extend(a.iter().zip(b).map(|(low, high)| low | high << 4));
            self.weights.extend(c.iter().zip(d).map(|(low, high)| low | high << 4));
        }
    }
}

/// Four quads of a run of 16.
fn quads(run: &[u8; 16]) -> [&[u8; 4]; 4] {
    match run.as_chunks::<4>().0 {
        [a, b, c, d] => [a, b, c, d],
        // 16 is four times four.
        _ => [&[0; 4]; 4],
    }
}

/// 32 values `scale * q`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BlockQ8 {
    /// The scale.
    pub scale: f16,
    /// The values.
    pub values: [i8; BLOCK],
}

/// 32 values `scale * (q - 8)`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BlockQ4 {
    /// The scale.
    pub scale: f16,
    /// The values, 0..16.
    pub values: [u8; BLOCK],
}

/// 256 values `scale * scales[i / 32] * q - minimum * minimums[i / 32]`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BlockQ4K {
    /// The factor of all scales.
    pub scale: f16,
    /// The factor of all minimums.
    pub minimum: f16,
    /// The scales, 0..64.
    pub scales: [u8; 8],
    /// The minimums, 0..64.
    pub minimums: [u8; 8],
    /// The values, 0..16.
    pub values: [u8; SUPER_BLOCK],
}

/// 256 values `scale * scales[i / 16] * (q - 32)`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BlockQ6K {
    /// The factor of all scales.
    pub scale: f16,
    /// The scales.
    pub scales: [i8; 16],
    /// The values, 0..64.
    pub values: [u8; SUPER_BLOCK],
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
    fn nibbles_are_kept_by_runs_of_16() {
        let mut packed = Packed::default();
        let values = std::array::from_fn(|index| (index % 16) as u8);
        packed.push_q4_0(&BlockQ4 { scale: f16::ONE, values });
        assert_eq!(packed.weights[..8], [0x40, 0x51, 0x62, 0x73, 0xc8, 0xd9, 0xea, 0xfb]);
        assert_eq!(packed.weights[..8], packed.weights[8..]);
    }

    #[test]
    fn rows_are_padded_to_64_columns() {
        for format in Format::ALL {
            let columns = if format.column_unit() == 1 { 65 } else { 512 };
            let mut packed = Packed::default();
            packed.push_row(format, &vec![1.0; columns]);
            assert_eq!(packed.weights.len(), format.row_bytes(columns));
            assert_eq!(packed.scales.len(), format.scale_bytes(columns));
        }
    }
}
