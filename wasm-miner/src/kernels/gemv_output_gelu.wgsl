// Each row, with a bias, through GELU in its exact form, x * Phi(x), to its place.
@group(0) @binding(5) var<storage, read_write> output: array<f32>;

@group(0) @binding(6) var<storage, read> bias: array<f32>;

fn quad_rows(quad: u32) -> vec4<u32> {
    return min(vec4<u32>(quad * 4u) + vec4<u32>(0u, 1u, 2u, 3u), vec4<u32>(ROWS - 1u));
}

// The error function by Abramowitz and Stegun, 7.1.26, with an error of at most 1.5e-7: as good as f32.
fn error_function(x: f32) -> f32 {
    let t = 1.0 / (1.0 + 0.3275911 * abs(x));
    let p = ((((1.0614054 * t - 1.4531521) * t + 1.4214138) * t - 0.28449672) * t + 0.2548296) * t;
    return sign(x) * (1.0 - p * exp(-x * x));
}

fn put_row(at: u32, row: u32, value: f32) {
    if (row >= ROWS) { return; }
    let x = value + bias[FIRST_ROW + row];
    output[at + FIRST_ROW + row] = 0.5 * x * (1.0 + error_function(x * 0.70710677));
}

fn finish(at: u32, quad: u32, values: vec4<f32>) {
    put_row(at, quad * 4u, values.x);
    put_row(at, quad * 4u + 1u, values.y);
    put_row(at, quad * 4u + 2u, values.z);
    put_row(at, quad * 4u + 3u, values.w);
}
