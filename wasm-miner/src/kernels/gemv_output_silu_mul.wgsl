// SwiGLU: a shard holds ROWS / 2 gate rows, then as many up rows; silu(gate) * up to its place.
@group(0) @binding(5) var<storage, read_write> output: array<f32>;

fn quad_rows(quad: u32) -> vec4<u32> {
    let pair = min(vec2<u32>(quad * 2u, quad * 2u + 1u), vec2<u32>(ROWS / 2u - 1u));
    return vec4<u32>(pair.x, pair.x + ROWS / 2u, pair.y, pair.y + ROWS / 2u);
}

fn put_pair(at: u32, pair: u32, gate: f32, up: f32) {
    if (pair < ROWS / 2u) { output[at + FIRST_ROW + pair] = gate / (1.0 + exp(-gate)) * up; }
}

fn finish(at: u32, quad: u32, values: vec4<f32>) {
    put_pair(at, quad * 2u, values.x, values.y);
    put_pair(at, quad * 2u + 1u, values.z, values.w);
}
