// Weights in Q8_0: 32 signed bytes share one f16 scale. Bytes and scales lie in two buffers, so both are aligned;
// a row has an even number of blocks, so its scales start at a whole u32.
@group(0) @binding(1) var<storage, read> weights: array<vec4<u32>>;
@group(0) @binding(2) var<storage, read> scales: array<u32>;

fn bytes4(word: u32) -> vec4<f32> {
    return vec4<f32>(vec4<i32>(vec4<u32>(word << 24u, word << 16u, word << 8u, word)) >> vec4<u32>(24u));
}

fn scale_of(row: u32, block: u32) -> f32 {
    let pair = unpack2x16float(scales[row * (STRIDE / 64u) + block / 2u]);
    return select(pair.x, pair.y, (block & 1u) == 1u);
}

fn chunk_dot(row: u32, chunk: u32, x0: vec4<f32>, x1: vec4<f32>, x2: vec4<f32>, x3: vec4<f32>) -> f32 {
    let q = weights[row * (STRIDE / 16u) + chunk];
    let sum = dot(bytes4(q.x), x0) + dot(bytes4(q.y), x1) + dot(bytes4(q.z), x2) + dot(bytes4(q.w), x3);
    return sum * scale_of(row, chunk / 2u);
}

fn four(row: u32, index: u32) -> vec4<f32> {
    let q = weights[row * (STRIDE / 16u) + index / 4u];
    return bytes4(q[index & 3u]) * scale_of(row, index / 8u);
}
