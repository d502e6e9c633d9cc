// Weights in Q6_K: 256 values of 6 bits in 16 blocks of 16, scale * (q - 32), the scale a signed byte times an f16
// factor. A chunk of 16 columns is three words: the low nibbles as in Q4_0, then the upper bits, two per value: byte i
// holds those of columns i, 4 + i, 8 + i, 12 + i from its lowest bits on. Scales of 256 columns are five words.
@group(0) @binding(1) var<storage, read> weights: array<u32>;
@group(0) @binding(2) var<storage, read> scales: array<u32>;

fn six4(low: u32, high: u32, quad: u32) -> vec4<f32> {
    let word = ((low >> ((quad & 1u) * 4u)) & 0x0f0f0f0fu) | (((high >> (quad * 2u)) & 0x03030303u) << 4u);
    return vec4<f32>(vec4<u32>(word, word >> 8u, word >> 16u, word >> 24u) & vec4<u32>(63u)) - 32.0;
}

fn scale_of(row: u32, chunk: u32) -> f32 {
    let at = (row * (STRIDE / 256u) + chunk / 16u) * 5u;
    let word = scales[at + 1u + chunk % 16u / 4u];
    let signed = bitcast<i32>(word << (24u - (chunk & 3u) * 8u)) >> 24u;
    return unpack2x16float(scales[at]).x * f32(signed);
}

fn chunk_dot(row: u32, chunk: u32, x0: vec4<f32>, x1: vec4<f32>, x2: vec4<f32>, x3: vec4<f32>) -> f32 {
    let at = (row * (STRIDE / 16u) + chunk) * 3u;
    let low = weights[at];
    let next = weights[at + 1u];
    let high = weights[at + 2u];
    let sum = dot(six4(low, high, 0u), x0) + dot(six4(low, high, 1u), x1)
        + dot(six4(next, high, 2u), x2) + dot(six4(next, high, 3u), x3);
    return sum * scale_of(row, chunk);
}

fn four(row: u32, index: u32) -> vec4<f32> {
    let chunk = index / 4u;
    let quad = index & 3u;
    let at = (row * (STRIDE / 16u) + chunk) * 3u;
    return six4(weights[at + quad / 2u], weights[at + 2u], quad) * scale_of(row, chunk);
}
