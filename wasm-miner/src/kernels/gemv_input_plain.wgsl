// The vector as it is.
@group(0) @binding(3) var<storage, read> input: array<vec4<f32>>;

fn prepare(lid: u32) -> f32 { return 1.0; }

fn input4(index: u32) -> vec4<f32> { return input[index]; }
