// Weights in Q4_K: 256 nibbles in 8 blocks of 32, a * q - b with a and b a 6-bit number times an f16 factor each.
// Nibbles lie as in Q4_0. The scales of 256 columns are five words: both factors, then a byte for a and a byte for b
// of each block. Every product is exact in f32, so the numbers do not depend on whether a driver fuses.
@group(0) @binding(1) var<storage, read> weights: array<vec2<u32>>;
@group(0) @binding(2) var<storage, read> scales: array<u32>;

fn nibbles4(word: u32, shift: u32) -> vec4<f32> {
    return vec4<f32>((vec4<u32>(word, word >> 8u, word >> 16u, word >> 24u) >> vec4<u32>(shift)) & vec4<u32>(15u));
}

fn grid_of(row: u32, block: u32) -> vec2<f32> {
    let at = (row * (STRIDE / 256u) + block / 8u) * 5u;
    let pair = scales[at + 1u + block % 8u / 2u] >> ((block & 1u) * 16u);
    return unpack2x16float(scales[at]) * vec2<f32>(f32(pair & 255u), f32((pair >> 8u) & 255u));
}

fn chunk_dot(row: u32, chunk: u32, x0: vec4<f32>, x1: vec4<f32>, x2: vec4<f32>, x3: vec4<f32>) -> f32 {
    let q = weights[row * (STRIDE / 16u) + chunk];
    let sum = dot(nibbles4(q.x, 0u), x0) + dot(nibbles4(q.x, 4u), x1)
        + dot(nibbles4(q.y, 0u), x2) + dot(nibbles4(q.y, 4u), x3);
    let grid = grid_of(row, chunk / 2u);
    return sum * grid.x - dot(x0 + x1 + x2 + x3, vec4<f32>(1.0)) * grid.y;
}

fn four(row: u32, index: u32) -> vec4<f32> {
    let q = weights[row * (STRIDE / 16u) + index / 4u];
    let grid = grid_of(row, index / 8u);
    return nibbles4(q[(index / 2u) & 1u], (index & 1u) * 4u) * grid.x - grid.y;
}
