// The mean of each sentence's tokens, with length one. The length makes any factor vanish, so sums will do.
// Input: CHUNK tokens of STRIDE values; `sentences` starts with their number, then where each starts and ends.
// Output: a vector of COLUMNS values per sentence, STRIDE apart.
// Dispatch: SENTENCES workgroups, one per sentence; those after the last end at once.
@group(0) @binding(3) var<storage, read> sentences: array<vec2<u32>>;
@group(0) @binding(4) var<storage, read> values: array<f32>;
@group(0) @binding(5) var<storage, read_write> output: array<f32>;
var<workgroup> partial: array<f32, WIDTH>;

@compute @workgroup_size(WIDTH)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lid: u32) {
    if (group.x >= min(sentences[0].x, SENTENCES)) { return; }
    let span = sentences[group.x + 1u];
    let to = group.x * STRIDE;
    var squares = 0.0;
    for (var index = lid; index < COLUMNS; index += WIDTH) {
        var sum = 0.0;
        for (var token = span.x; token < min(span.y, CHUNK); token++) { sum += values[token * STRIDE + index]; }
        output[to + index] = sum;
        squares += sum * sum;
    }
    partial[lid] = squares;
    workgroupBarrier();
    for (var width = WIDTH / 2u; width > 0u; width /= 2u) {
        if (lid < width) { partial[lid] += partial[lid + width]; }
        workgroupBarrier();
    }
    let factor = 1.0 / max(sqrt(partial[0]), 1e-12);
    for (var index = lid; index < COLUMNS; index += WIDTH) { output[to + index] *= factor; }
}
