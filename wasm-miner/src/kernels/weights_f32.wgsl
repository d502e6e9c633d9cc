// Weights in f32. A chunk is 16 columns: four vectors. Rows are STRIDE columns long, a multiple of 64.
@group(0) @binding(1) var<storage, read> weights: array<vec4<f32>>;

fn chunk_dot(row: u32, chunk: u32, x0: vec4<f32>, x1: vec4<f32>, x2: vec4<f32>, x3: vec4<f32>) -> f32 {
    let at = row * (STRIDE / 4u) + chunk * 4u;
    return dot(weights[at], x0) + dot(weights[at + 1u], x1) + dot(weights[at + 2u], x2) + dot(weights[at + 3u], x3);
}

fn four(row: u32, index: u32) -> vec4<f32> {
    return weights[row * (STRIDE / 4u) + index];
}
