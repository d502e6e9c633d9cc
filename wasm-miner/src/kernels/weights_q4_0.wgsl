// Weights in Q4_0: 32 nibbles share one f16 scale, scale * (q - 8). A chunk of 16 columns is two words; the bytes of
// a word hold four columns in their low halves and the next four in their high halves.
@group(0) @binding(1) var<storage, read> weights: array<vec2<u32>>;
@group(0) @binding(2) var<storage, read> scales: array<u32>;

fn nibbles4(word: u32, shift: u32) -> vec4<f32> {
    return vec4<f32>((vec4<u32>(word, word >> 8u, word >> 16u, word >> 24u) >> vec4<u32>(shift)) & vec4<u32>(15u)) - 8.0;
}

fn scale_of(row: u32, block: u32) -> f32 {
    let pair = unpack2x16float(scales[row * (STRIDE / 64u) + block / 2u]);
    return select(pair.x, pair.y, (block & 1u) == 1u);
}

fn chunk_dot(row: u32, chunk: u32, x0: vec4<f32>, x1: vec4<f32>, x2: vec4<f32>, x3: vec4<f32>) -> f32 {
    let q = weights[row * (STRIDE / 16u) + chunk];
    let sum = dot(nibbles4(q.x, 0u), x0) + dot(nibbles4(q.x, 4u), x1)
        + dot(nibbles4(q.y, 0u), x2) + dot(nibbles4(q.y, 4u), x3);
    return sum * scale_of(row, chunk / 2u);
}

fn four(row: u32, index: u32) -> vec4<f32> {
    let q = weights[row * (STRIDE / 16u) + index / 4u];
    return nibbles4(q[(index / 2u) & 1u], (index & 1u) * 4u) * scale_of(row, index / 8u);
}
