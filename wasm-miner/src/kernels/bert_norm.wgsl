// LayerNorm in place: each token's COLUMNS values with mean 0 and variance 1, then scaled and shifted.
// Dispatch: CHUNK workgroups, one per token; those after the last token end at once.
@group(0) @binding(0) var<storage, read> state: State;
@group(0) @binding(3) var<storage, read> gain: array<f32>;
@group(0) @binding(4) var<storage, read> shift: array<f32>;
@group(0) @binding(5) var<storage, read_write> values: array<f32>;
var<workgroup> partial: array<f32, WIDTH>;

// The sum over all invocations; every one of them gets it.
fn total(lid: u32, value: f32) -> f32 {
    partial[lid] = value;
    workgroupBarrier();
    for (var width = WIDTH / 2u; width > 0u; width /= 2u) {
        if (lid < width) { partial[lid] += partial[lid + width]; }
        workgroupBarrier();
    }
    let sum = partial[0];
    // Nobody may write the next sum before everybody has read this one.
    workgroupBarrier();
    return sum;
}

@compute @workgroup_size(WIDTH)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lid: u32) {
    if (group.x >= chunk_tokens()) { return; }
    let first = group.x * STRIDE;
    var sum = 0.0;
    for (var index = lid; index < COLUMNS; index += WIDTH) { sum += values[first + index]; }
    let mean = total(lid, sum) / f32(COLUMNS);
    var squares = 0.0;
    for (var index = lid; index < COLUMNS; index += WIDTH) {
        let x = values[first + index] - mean;
        squares += x * x;
    }
    let factor = inverseSqrt(total(lid, squares) / f32(COLUMNS) + EPSILON);
    for (var index = lid; index < COLUMNS; index += WIDTH) {
        values[first + index] = (values[first + index] - mean) * factor * gain[index] + shift[index];
    }
}
