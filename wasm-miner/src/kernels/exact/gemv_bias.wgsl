// Each row to its place, with a bias, wide.
@group(0) @binding(5) var<storage, read_write> output: array<vec2<u32>>;
@group(0) @binding(6) var<storage, read> bias: array<vec2<u32>>;

fn put(place: u32, sum: vec2<u32>, by: i32) { output[place] = add(scale(sum, by), bias[place]); }
