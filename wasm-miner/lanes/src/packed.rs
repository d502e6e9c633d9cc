//! Numbers and scales of packed rows.

use half::f16;

/// Bytes of a superblock's scales as packed: one word for the factors, four for 16 bytes of scales.
pub const SUPER_SCALE_BYTES: usize = 20;

/// Blocks of 32 nibbles, 0..16, in the order of columns.
pub fn nibble_blocks(weights: &[u8]) -> impl Iterator<Item = [[u8; 16]; 2]> {
    weights.as_chunks::<8>().0.as_chunks::<2>().0.iter().map(|block| block.map(nibbles))
}

fn nibbles(run: [u8; 8]) -> [u8; 16] {
    const LOW: u32 = 0x0f0f_0f0f;
    let mut values = [0; 16];
    for (word, values) in run.as_chunks::<4>().0.iter().zip(values.as_chunks_mut::<8>().0) {
        let word = u32::from_le_bytes(*word);
        *values = (u64::from(word & LOW) | u64::from(word >> 4 & LOW) << 32).to_le_bytes();
    }
    values
}

/// Runs of 16 values of 6 bits, 0..64, in the order of columns.
pub fn six_bit_runs(weights: &[u8]) -> impl Iterator<Item = [u8; 16]> {
    weights.as_chunks::<12>().0.iter().map(|run| {
        let [low @ .., a, b, c, d] = *run;
        let (mut values, high) = (nibbles(low), u32::from_le_bytes([a, b, c, d]));
        for (quad, shift) in values.as_chunks_mut::<4>().0.iter_mut().zip([0, 2, 4, 6]) {
            let low = u32::from_le_bytes(*quad);
            *quad = (low | (high >> shift & 0x0303_0303) << 4).to_le_bytes();
        }
        values
    })
}

/// Step and start of each block of 32: `step * q - start`, where the start is zero.
pub fn grids_q8_0(scales: &[u8]) -> impl Iterator<Item = [f32; 2]> {
    scales.as_chunks::<2>().0.iter().map(|scale| [f16::from_le_bytes(*scale).to_f32(), 0.0])
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
        let grid = |[a, b]: [u8; 2]| [scale * f32::from(a), minimum * f32::from(b)];
        numbers.as_chunks::<2>().0.first_chunk::<8>().map_or([[0.0; 2]; 8], |pairs| pairs.map(grid))
    })
}

/// Step and start of each block of 16: `step * q - start`.
pub fn grids_q6_k(scales: &[u8]) -> impl Iterator<Item = [f32; 2]> {
    scales.as_chunks::<SUPER_SCALE_BYTES>().0.iter().flat_map(|all| {
        let [a, b, _, _, numbers @ ..] = all;
        let scale = f16::from_le_bytes([*a, *b]).to_f32();
        numbers.map(|number| scale * f32::from(number.cast_signed())).map(|step| [step, step * 32.0])
    })
}
