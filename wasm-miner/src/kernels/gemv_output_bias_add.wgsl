// Each row, with a bias, added to what is there.
@group(0) @binding(5) var<storage, read_write> output: array<f32>;

@group(0) @binding(6) var<storage, read> bias: array<f32>;

fn quad_rows(quad: u32) -> vec4<u32> {
    return min(vec4<u32>(quad * 4u) + vec4<u32>(0u, 1u, 2u, 3u), vec4<u32>(ROWS - 1u));
}

fn put_row(at: u32, row: u32, value: f32) {
    if (row < ROWS) { output[at + FIRST_ROW + row] += value + bias[FIRST_ROW + row]; }
}

fn finish(at: u32, quad: u32, values: vec4<f32>) {
    put_row(at, quad * 4u, values.x);
    put_row(at, quad * 4u + 1u, values.y);
    put_row(at, quad * 4u + 2u, values.z);
    put_row(at, quad * 4u + 3u, values.w);
}
