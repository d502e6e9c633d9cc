// Attention without a mask: a token looks at all tokens of its sentence.
// Input: CHUNK tokens of FROM_STRIDE values: queries, keys, values, each of HEADS * HEAD_DIM. Output: CHUNK tokens of
// TO_STRIDE values, head after head.
// Dispatch: HEADS x CHUNK workgroups, one per head and token; those after the last token end at once.
@group(0) @binding(0) var<storage, read> state: State;
@group(0) @binding(3) var<storage, read> batch: array<vec4<u32>>;
@group(0) @binding(4) var<storage, read> projected: array<f32>;
@group(0) @binding(5) var<storage, read_write> output: array<f32>;
const HIDDEN: u32 = HEADS * HEAD_DIM;
// A score per token of the sentence.
var<workgroup> scores: array<f32, POSITIONS>;
var<workgroup> partial: array<f32, WIDTH>;

fn peak_of(lid: u32, value: f32) -> f32 {
    partial[lid] = value;
    workgroupBarrier();
    for (var width = WIDTH / 2u; width > 0u; width /= 2u) {
        if (lid < width) { partial[lid] = max(partial[lid], partial[lid + width]); }
        workgroupBarrier();
    }
    let peak = partial[0];
    workgroupBarrier();
    return peak;
}

fn total(lid: u32, value: f32) -> f32 {
    partial[lid] = value;
    workgroupBarrier();
    for (var width = WIDTH / 2u; width > 0u; width /= 2u) {
        if (lid < width) { partial[lid] += partial[lid + width]; }
        workgroupBarrier();
    }
    let sum = partial[0];
    workgroupBarrier();
    return sum;
}

@compute @workgroup_size(WIDTH)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lid: u32) {
    let token = group.y;
    if (token >= chunk_tokens()) { return; }
    let entry = batch[token];
    // The host sends no sentence longer than POSITIONS; this keeps indices in range whatever it sends.
    let length = min(entry.w - entry.z, POSITIONS);
    let query = token * FROM_STRIDE + group.x * HEAD_DIM;
    let first = entry.z * FROM_STRIDE + group.x * HEAD_DIM;
    var peak = -1e30;
    for (var other = lid; other < length; other += WIDTH) {
        let key = first + other * FROM_STRIDE + HIDDEN;
        var score = 0.0;
        for (var index = 0u; index < HEAD_DIM; index++) { score += projected[query + index] * projected[key + index]; }
        scores[other] = score * SCALE;
        peak = max(peak, score * SCALE);
    }
    peak = peak_of(lid, peak);
    var sum = 0.0;
    for (var other = lid; other < length; other += WIDTH) {
        let share = exp(scores[other] - peak);
        scores[other] = share;
        sum += share;
    }
    let factor = 1.0 / total(lid, sum);
    for (var index = lid; index < HEAD_DIM; index += WIDTH) {
        var value = 0.0;
        for (var other = 0u; other < length; other++) {
            value += scores[other] * projected[first + other * FROM_STRIDE + 2u * HIDDEN + index];
        }
        output[token * TO_STRIDE + group.x * HEAD_DIM + index] = value * factor;
    }
}
