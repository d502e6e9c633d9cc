// Each row to its place, narrow.
@group(0) @binding(5) var<storage, read_write> output: array<i32>;

fn put(place: u32, sum: vec2<u32>, by: i32) { output[place] = narrow(sum, by + NARROW - 32, NARROW_LIMIT); }
