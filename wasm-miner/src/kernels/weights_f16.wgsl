// Weights in f16, two in a u32, low half first. Unpacking needs no f16 arithmetic on the device.
@group(0) @binding(1) var<storage, read> weights: array<vec4<u32>>;

fn chunk_dot(row: u32, chunk: u32, x0: vec4<f32>, x1: vec4<f32>, x2: vec4<f32>, x3: vec4<f32>) -> f32 {
    let at = row * (STRIDE / 8u) + chunk * 2u;
    let a = weights[at];
    let b = weights[at + 1u];
    return dot(vec4<f32>(unpack2x16float(a.x), unpack2x16float(a.y)), x0)
        + dot(vec4<f32>(unpack2x16float(a.z), unpack2x16float(a.w)), x1)
        + dot(vec4<f32>(unpack2x16float(b.x), unpack2x16float(b.y)), x2)
        + dot(vec4<f32>(unpack2x16float(b.z), unpack2x16float(b.w)), x3);
}

fn four(row: u32, index: u32) -> vec4<f32> {
    let pair = weights[row * (STRIDE / 8u) + index / 2u];
    let half = select(pair.xy, pair.zw, (index & 1u) == 1u);
    return vec4<f32>(unpack2x16float(half.x), unpack2x16float(half.y));
}
