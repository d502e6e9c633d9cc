// Each row to its place, wide.
@group(0) @binding(5) var<storage, read_write> output: array<vec2<u32>>;

fn put(place: u32, sum: vec2<u32>, by: i32) { output[place] = scale(sum, by); }
