//! How checkpoints store values: floats, and the blocks of ggml. Each can be read as numbers, and each can be
//! repacked for the kernels where a kernel format holds the same numbers.

use half::{bf16, f16};

use crate::kernels::pack::{BLOCK, BlockQ4, BlockQ4K, BlockQ6K, BlockQ8, Format, Packed, SUPER_BLOCK};

/// How the values of a tensor are stored in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are ggml's and safetensors' own")]
pub enum Stored {
    F32,
    F16,
    Bf16,
    Q4_0,
    Q4_1,
    Q5_0,
    Q5_1,
    Q8_0,
    Q4K,
    Q5K,
    Q6K,
}

impl Stored {
    /// The type of a number in a GGUF header.
    #[must_use]
    pub fn of_ggml(number: u32) -> Option<Self> {
        Some(match number {
            0 => Self::F32,
            1 => Self::F16,
            2 => Self::Q4_0,
            3 => Self::Q4_1,
            6 => Self::Q5_0,
            7 => Self::Q5_1,
            8 => Self::Q8_0,
            12 => Self::Q4K,
            13 => Self::Q5K,
            14 => Self::Q6K,
            30 => Self::Bf16,
            _ => return None,
        })
    }

    /// Values of a block; 1 for plain floats.
    #[must_use]
    pub fn block_values(self) -> usize {
        match self {
            Self::F32 | Self::F16 | Self::Bf16 => 1,
            Self::Q4_0 | Self::Q4_1 | Self::Q5_0 | Self::Q5_1 | Self::Q8_0 => BLOCK,
            Self::Q4K | Self::Q5K | Self::Q6K => SUPER_BLOCK,
        }
    }

    /// Bytes of a block.
    #[must_use]
    pub fn block_bytes(self) -> usize {
        match self {
            Self::F32 => 4,
            Self::F16 | Self::Bf16 => 2,
            Self::Q4_0 => 18,
            Self::Q4_1 => 20,
            Self::Q5_0 => 22,
            Self::Q5_1 => 24,
            Self::Q8_0 => 34,
            Self::Q4K => 144,
            Self::Q5K => 176,
            Self::Q6K => 210,
        }
    }

    /// Bytes of so many values, or `None` where they are not whole blocks or too many to count.
    #[must_use]
    pub fn bytes(self, values: u64) -> Option<u64> {
        let block = self.block_values() as u64;
        values
            .is_multiple_of(block)
            .then(|| (values / block).checked_mul(self.block_bytes() as u64))
            .flatten()
    }

    /// The format that holds the same numbers in the least memory. Q4_1, Q5_1 and Q5_K have none of their own
    /// and are rounded to f16.
    #[must_use]
    pub fn format(self) -> Format {
        match self {
            Self::F32 => Format::F32,
            Self::F16 | Self::Q4_1 | Self::Q5_1 | Self::Q5K => Format::F16,
            Self::Bf16 => Format::Bf16,
            Self::Q4_0 => Format::Q4_0,
            Self::Q5_0 | Self::Q8_0 => Format::Q8_0,
            Self::Q4K => Format::Q4K,
            Self::Q6K => Format::Q6K,
        }
    }

    /// The format for a matrix whose parts are stored in two ways.
    #[must_use]
    pub fn common(a: Format, b: Format) -> Format {
        match (a, b) {
            _ if a == b => a,
            // Nibbles fit in bytes with the same scale.
            (Format::Q4_0, Format::Q8_0) | (Format::Q8_0, Format::Q4_0) => Format::Q8_0,
            // Anything else would round, which scores of attention are known to multiply.
            _ => Format::F32,
        }
    }

    /// Whole blocks as numbers.
    #[must_use]
    pub fn decode(self, bytes: &[u8]) -> Vec<f32> {
        match self {
            Self::F32 => bytes.as_chunks::<4>().0.iter().map(|x| f32::from_le_bytes(*x)).collect(),
            Self::F16 => bytes.as_chunks::<2>().0.iter().map(|x| f16::from_le_bytes(*x).to_f32()).collect(),
            Self::Bf16 => bytes.as_chunks::<2>().0.iter().map(|x| bf16::from_le_bytes(*x).to_f32()).collect(),
            Self::Q4_0 => blocks(bytes, |block: &[u8; 18]| q4_0(block).numbers()),
            Self::Q4_1 => blocks(bytes, |block: &[u8; 20]| {
                let [a, b, c, d, nibbles @ ..] = block;
                let (step, start) = (half(*a, *b), half(*c, *d));
                split_nibbles(nibbles).map(|q| f32::from(q) * step + start)
            }),
            Self::Q5_0 => blocks(bytes, |block: &[u8; 22]| q5_0(block).numbers()),
            Self::Q5_1 => blocks(bytes, |block: &[u8; 24]| {
                let [a, b, c, d, e, f, g, h, nibbles @ ..] = block;
                let (step, start) = (half(*a, *b), half(*c, *d));
                five_bits([*e, *f, *g, *h], nibbles).map(|q| f32::from(q) * step + start)
            }),
            Self::Q8_0 => blocks(bytes, |block: &[u8; 34]| q8_0(block).numbers()),
            Self::Q4K => blocks(bytes, |block: &[u8; 144]| q4_k(block).numbers()),
            Self::Q5K => blocks(bytes, q5_k),
            Self::Q6K => blocks(bytes, |block: &[u8; 210]| q6_k(block).numbers()),
        }
    }

    /// Whether every number of whole blocks is finite. Only factors can be anything else.
    #[must_use]
    pub fn is_finite(self, bytes: &[u8]) -> bool {
        let factors: &[usize] = match self {
            Self::F32 => return self.decode(bytes).iter().all(|x| x.is_finite()),
            Self::Bf16 => {
                return bytes.as_chunks::<2>().0.iter().all(|x| bf16::from_le_bytes(*x).is_finite());
            }
            Self::F16 | Self::Q4_0 | Self::Q5_0 | Self::Q8_0 => &[0],
            Self::Q4_1 | Self::Q5_1 | Self::Q4K | Self::Q5K => &[0, 2],
            Self::Q6K => &[208],
        };
        let is_finite = |block: &[u8], at: usize| matches!(block.get(at..at + 2), Some([a, b]) if f16::from_le_bytes([*a, *b]).is_finite());
        let mut all = bytes.chunks_exact(self.block_bytes());
        all.all(|block| factors.iter().all(|at| is_finite(block, *at)))
    }

    /// Appends rows of `columns` values to `packed` without a change to any number, where `format` can hold
    /// them as they are. Says whether it did.
    pub fn repack(self, format: Format, columns: usize, bytes: &[u8], packed: &mut Packed) -> bool {
        let Some(row_bytes) = self.bytes(columns as u64).and_then(|bytes| usize::try_from(bytes).ok()) else {
            return false;
        };
        let padding = (Format::stride(columns) - columns) / BLOCK;
        for row in bytes.chunks_exact(row_bytes.max(1)) {
            match (self, format) {
                (Self::Q8_0, Format::Q8_0) => each(row, |block| packed.push_q8_0(&q8_0(block))),
                (Self::Q5_0, Format::Q8_0) => each(row, |block| packed.push_q8_0(&q5_0(block))),
                (Self::Q4_0, Format::Q8_0) => each(row, |block| packed.push_q8_0(&q4_0(block).widened())),
                (Self::Q4_0, Format::Q4_0) => each(row, |block| packed.push_q4_0(&q4_0(block))),
                (Self::Q4K, Format::Q4K) => each(row, |block| packed.push_q4_k(&q4_k(block))),
                (Self::Q6K, Format::Q6K) => each(row, |block| packed.push_q6_k(&q6_k(block))),
                _ => return false,
            }
            for _ in 0..padding {
                match format {
                    Format::Q8_0 => packed.push_q8_0(&BlockQ8 { scale: f16::ZERO, values: [0; BLOCK] }),
                    _ => packed.push_q4_0(&BlockQ4 { scale: f16::ZERO, values: [8; BLOCK] }),
                }
            }
        }
        true
    }
}

fn half(low: u8, high: u8) -> f32 {
    f16::from_le_bytes([low, high]).to_f32()
}

fn each<const N: usize>(row: &[u8], mut act: impl FnMut(&[u8; N])) {
    for block in row.as_chunks::<N>().0 {
        act(block);
    }
}

fn blocks<const N: usize, const M: usize>(bytes: &[u8], numbers: impl Fn(&[u8; N]) -> [f32; M]) -> Vec<f32> {
    bytes.as_chunks::<N>().0.iter().flat_map(numbers).collect()
}

/// 32 nibbles: the low halves of 16 bytes, then their high halves.
fn split_nibbles(bytes: &[u8; 16]) -> [u8; BLOCK] {
    let mut values = [0; BLOCK];
    let (low, high) = values.split_at_mut(16);
    low.copy_from_slice(&bytes.map(|byte| byte & 15));
    high.copy_from_slice(&bytes.map(|byte| byte >> 4));
    values
}

fn five_bits(high: [u8; 4], nibbles: &[u8; 16]) -> [u8; BLOCK] {
    let high = u32::from_le_bytes(high);
    let mut values = split_nibbles(nibbles);
    for (index, value) in values.iter_mut().enumerate() {
        *value |= if high >> index & 1 == 1 { 16 } else { 0 };
    }
    values
}

fn q8_0(block: &[u8; 34]) -> BlockQ8 {
    let [a, b, values @ ..] = block;
    BlockQ8 { scale: f16::from_le_bytes([*a, *b]), values: values.map(u8::cast_signed) }
}

fn q4_0(block: &[u8; 18]) -> BlockQ4 {
    let [a, b, nibbles @ ..] = block;
    BlockQ4 { scale: f16::from_le_bytes([*a, *b]), values: split_nibbles(nibbles) }
}

/// Five bits less 16 are a signed byte with the same scale.
fn q5_0(block: &[u8; 22]) -> BlockQ8 {
    let [a, b, c, d, e, f, nibbles @ ..] = block;
    let values = five_bits([*c, *d, *e, *f], nibbles).map(|q| q.cast_signed() - 16);
    BlockQ8 { scale: f16::from_le_bytes([*a, *b]), values }
}

/// Eight scales and eight minimums of 6 bits from 12 bytes: the lower bits of the last four of each lie in the
/// last four bytes, their upper two bits on top of the first eight.
fn scales_k(bytes: &[u8; 12]) -> ([u8; 8], [u8; 8]) {
    let [a, b, c, d, e, f, g, h, rest @ ..] = *bytes;
    let (first, second) = ([a, b, c, d], [e, f, g, h]);
    let (mut scales, mut minimums) = ([0; 8], [0; 8]);
    for (index, ((first, second), rest)) in first.into_iter().zip(second).zip(rest).enumerate() {
        let mut put = |at: usize, scale: u8, minimum: u8| {
            if let (Some(to), Some(start)) = (scales.get_mut(at), minimums.get_mut(at)) {
                (*to, *start) = (scale, minimum);
            }
        };
        put(index, first & 63, second & 63);
        put(index + 4, rest & 15 | first >> 6 << 4, rest >> 4 | second >> 6 << 4);
    }
    (scales, minimums)
}

/// 256 nibbles: of each 32 bytes the low halves, then the high halves.
fn nibbles_k(bytes: &[u8; 128]) -> [u8; SUPER_BLOCK] {
    let mut values = [0; SUPER_BLOCK];
    for (bytes, values) in bytes.as_chunks::<32>().0.iter().zip(values.as_chunks_mut::<64>().0) {
        let (low, high) = values.split_at_mut(32);
        low.copy_from_slice(&bytes.map(|byte| byte & 15));
        high.copy_from_slice(&bytes.map(|byte| byte >> 4));
    }
    values
}

fn q4_k(block: &[u8; 144]) -> BlockQ4K {
    let (head, nibbles) = block.split_last_chunk::<128>().map_or((&[][..], &[0; 128]), |split| split);
    let [a, b, c, d, scales @ ..] = head.first_chunk::<16>().unwrap_or(&[0; 16]);
    let (scales, minimums) = scales_k(scales);
    let (scale, minimum) = (f16::from_le_bytes([*a, *b]), f16::from_le_bytes([*c, *d]));
    BlockQ4K { scale, minimum, scales, minimums, values: nibbles_k(nibbles) }
}

fn q5_k(block: &[u8; 176]) -> [f32; SUPER_BLOCK] {
    let (head, nibbles) = block.split_last_chunk::<128>().map_or((&[][..], &[0; 128]), |split| split);
    let (head, high) = head.split_last_chunk::<32>().map_or((&[][..], &[0; 32]), |split| split);
    let [a, b, c, d, scales @ ..] = head.first_chunk::<16>().unwrap_or(&[0; 16]);
    let (scales, minimums) = scales_k(scales);
    let (scale, minimum) = (half(*a, *b), half(*c, *d));
    let mut numbers = [0.0; SUPER_BLOCK];
    let values = nibbles_k(nibbles);
    let runs = numbers.as_chunks_mut::<32>().0.iter_mut().zip(values.as_chunks::<32>().0);
    for (bit, ((to, from), (step, start))) in runs.zip(scales.iter().zip(&minimums)).enumerate() {
        let (step, start) = (scale * f32::from(*step), minimum * f32::from(*start));
        for ((to, low), high) in to.iter_mut().zip(from).zip(high) {
            *to = step * f32::from(low | (high >> bit & 1) << 4) - start;
        }
    }
    numbers
}

fn q6_k(block: &[u8; 210]) -> BlockQ6K {
    let (low, rest) = block.split_first_chunk::<128>().map_or((&[0; 128], &[][..]), |split| split);
    let (high, rest) = rest.split_first_chunk::<64>().map_or((&[0; 64], &[][..]), |split| split);
    let [scales @ .., a, b] = rest.first_chunk::<18>().unwrap_or(&[0; 18]);
    let mut values = [0; SUPER_BLOCK];
    // Each half of the block: 64 bytes of nibbles in four runs of 32, and 32 bytes with two bits for each run.
    let halves = low.as_chunks::<64>().0.iter().zip(high.as_chunks::<32>().0);
    for ((low, high), values) in halves.zip(values.as_chunks_mut::<128>().0) {
        for (index, value) in values.iter_mut().enumerate() {
            let (run, column) = (index / 32, index % 32);
            let nibbles = low.get(run % 2 * 32 + column).copied().unwrap_or(0);
            let bits = high.get(column).copied().unwrap_or(0) >> (2 * run) & 3;
            *value = (if run < 2 { nibbles & 15 } else { nibbles >> 4 }) | bits << 4;
        }
    }
    BlockQ6K { scale: f16::from_le_bytes([*a, *b]), scales: scales.map(u8::cast_signed), values }
}

impl BlockQ8 {
    fn numbers(&self) -> [f32; BLOCK] {
        self.values.map(|q| self.scale.to_f32() * f32::from(q))
    }
}

impl BlockQ4 {
    fn numbers(&self) -> [f32; BLOCK] {
        self.widened().numbers()
    }

    fn widened(&self) -> BlockQ8 {
        BlockQ8 { scale: self.scale, values: self.values.map(|q| q.cast_signed() - 8) }
    }
}

impl BlockQ4K {
    fn numbers(&self) -> [f32; SUPER_BLOCK] {
        let mut numbers = [0.0; SUPER_BLOCK];
        let runs = numbers.as_chunks_mut::<32>().0.iter_mut().zip(self.values.as_chunks::<32>().0);
        for ((to, from), (step, start)) in runs.zip(self.scales.iter().zip(&self.minimums)) {
            let step = self.scale.to_f32() * f32::from(*step);
            let start = self.minimum.to_f32() * f32::from(*start);
            *to = from.map(|q| step * f32::from(q) - start);
        }
        numbers
    }
}

impl BlockQ6K {
    fn numbers(&self) -> [f32; SUPER_BLOCK] {
        let mut numbers = [0.0; SUPER_BLOCK];
        let runs = numbers.as_chunks_mut::<16>().0.iter_mut().zip(self.values.as_chunks::<16>().0);
        for ((to, from), step) in runs.zip(&self.scales) {
            let step = self.scale.to_f32() * f32::from(*step);
            *to = from.map(|q| step * (f32::from(q) - 32.0));
        }
        numbers
    }
}
