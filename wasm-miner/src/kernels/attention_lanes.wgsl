// Decode attention as in `attention.wgsl`, for devices that compute on the CPU: small workgroups, whose barriers cost
// little, and four dimensions at a time. Same buffers, same dispatch.
@group(0) @binding(0) var<storage, read> state: State;
@group(0) @binding(1) var<storage, read> projected: array<f32>;
@group(0) @binding(2) var<storage, read> rotation: array<vec2<f32>>;
@group(0) @binding(3) var<storage, read_write> keys: array<vec4<f32>>;
@group(0) @binding(4) var<storage, read_write> values: array<vec4<f32>>;
@group(0) @binding(5) var<storage, read_write> parts: array<vec4<f32>>;
@group(0) @binding(6) var<storage, read_write> stats: array<vec2<f32>>;
const HALF: u32 = HEAD_DIM / 2u;
const QUADS: u32 = HEAD_DIM / 4u;
const KEY_BASE: u32 = HEADS * HEAD_DIM;
const VALUE_BASE: u32 = KEY_BASE + KV_HEADS * HEAD_DIM;
const PER_KV: u32 = HEADS / KV_HEADS;
var<workgroup> query: array<vec4<f32>, QUADS>;
var<workgroup> key: array<vec4<f32>, QUADS>;
var<workgroup> scores: array<f32, WIDTH>;

fn rotated(base: u32, dim: u32, position: u32) -> f32 {
    let turn = rotation[position * HALF + dim % HALF];
    let x = projected[base + dim];
    if (dim < HALF) { return x * turn.x - projected[base + dim + HALF] * turn.y; }
    return x * turn.x + projected[base + dim - HALF] * turn.y;
}

fn rotated4(base: u32, quad: u32, position: u32) -> vec4<f32> {
    let dim = quad * 4u;
    return vec4<f32>(rotated(base, dim, position), rotated(base, dim + 1u, position),
                     rotated(base, dim + 2u, position), rotated(base, dim + 3u, position));
}

@compute @workgroup_size(WIDTH)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lid: u32) {
    if (state.done != 0u) { return; }
    let head = group.x;
    let part = group.y;
    let kv = head / PER_KV;
    let now = state.position;
    let cache = kv * CONTEXT * QUADS;
    let value = VALUE_BASE + kv * HEAD_DIM + min(lid, QUADS - 1u) * 4u;
    let new_value = vec4<f32>(projected[value], projected[value + 1u], projected[value + 2u], projected[value + 3u]);
    if (lid < QUADS) {
        query[lid] = rotated4(head * HEAD_DIM, lid, now) * inverseSqrt(f32(HEAD_DIM));
        key[lid] = rotated4(KEY_BASE + kv * HEAD_DIM, lid, now);
        if (part == 0u && head % PER_KV == 0u) {
            keys[cache + now * QUADS + lid] = key[lid];
            values[cache + now * QUADS + lid] = new_value;
        }
    }
    workgroupBarrier();
    let span = (now + SPLITS) / SPLITS;
    let begin = min(part * span, now + 1u);
    let end = min(begin + span, now + 1u);
    var peak = -1e30;
    var total = 0.0;
    var sum = vec4<f32>();
    for (var base = begin; base < end; base += WIDTH) {
        let position = base + lid;
        var score = -1e30;
        if (position < end) {
            score = 0.0;
            for (var quad = 0u; quad < QUADS; quad++) {
                var k = key[quad];
                if (position < now) { k = keys[cache + position * QUADS + quad]; }
                score += dot(query[quad], k);
            }
        }
        scores[lid] = score;
        workgroupBarrier();
        let count = min(WIDTH, end - base);
        var next = peak;
        for (var index = 0u; index < count; index++) { next = max(next, scores[index]); }
        workgroupBarrier();
        scores[lid] = exp(score - next);
        workgroupBarrier();
        let fade = exp(peak - next);
        total *= fade;
        sum *= fade;
        for (var index = 0u; index < count; index++) {
            let weight = scores[index];
            total += weight;
            var v = new_value;
            if (base + index < now) { v = values[cache + (base + index) * QUADS + min(lid, QUADS - 1u)]; }
            sum += weight * v;
        }
        peak = next;
        workgroupBarrier();
    }
    let out = head * SPLITS + part;
    if (lid < QUADS) { parts[out * QUADS + lid] = sum; }
    if (lid == 0u) { stats[out] = vec2<f32>(peak, total); }
}
