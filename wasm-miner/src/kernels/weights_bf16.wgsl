// Weights in bf16, two in a u32, low half first: the upper half of an f32 each.
@group(0) @binding(1) var<storage, read> weights: array<vec4<u32>>;

fn widen(pair: vec2<u32>) -> vec4<f32> {
    return bitcast<vec4<f32>>(vec4<u32>(pair.x << 16u, pair.x & 0xffff0000u, pair.y << 16u, pair.y & 0xffff0000u));
}

fn chunk_dot(row: u32, chunk: u32, x0: vec4<f32>, x1: vec4<f32>, x2: vec4<f32>, x3: vec4<f32>) -> f32 {
    let at = row * (STRIDE / 8u) + chunk * 2u;
    let a = weights[at];
    let b = weights[at + 1u];
    return dot(widen(a.xy), x0) + dot(widen(a.zw), x1) + dot(widen(b.xy), x2) + dot(widen(b.zw), x3);
}

fn four(row: u32, index: u32) -> vec4<f32> {
    let pair = weights[row * (STRIDE / 8u) + index / 2u];
    return widen(select(pair.xy, pair.zw, (index & 1u) == 1u));
}
