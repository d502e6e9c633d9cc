// Decode: rotary embedding, append to the KV cache and online-softmax attention for one new token.
// Input: projected = [q: HEADS x HEAD_DIM][k: KV_HEADS x HEAD_DIM][v: KV_HEADS x HEAD_DIM], not yet rotated.
// Cache: [KV_HEADS][CONTEXT][HEAD_DIM], keys rotated. Output: per head and part an unnormalised vector, its
// largest score and its sum of exponentials.
// Dispatch: HEADS x SPLITS workgroups. Only positions before the current one are read from the cache; the
// current one is computed by every workgroup and written by one, so nothing races.
@group(0) @binding(0) var<storage, read> state: State;
@group(0) @binding(1) var<storage, read> projected: array<f32>;
@group(0) @binding(2) var<storage, read> rotation: array<vec2<f32>>;
@group(0) @binding(3) var<storage, read_write> keys: array<f32>;
@group(0) @binding(4) var<storage, read_write> values: array<f32>;
@group(0) @binding(5) var<storage, read_write> parts: array<f32>;
@group(0) @binding(6) var<storage, read_write> stats: array<vec2<f32>>;
const HALF: u32 = HEAD_DIM / 2u;
const KEY_BASE: u32 = HEADS * HEAD_DIM;
const VALUE_BASE: u32 = KEY_BASE + KV_HEADS * HEAD_DIM;
const PER_KV: u32 = HEADS / KV_HEADS;
var<workgroup> query: array<f32, HEAD_DIM>;
var<workgroup> key: array<f32, HEAD_DIM>;
var<workgroup> scores: array<f32, WIDTH>;

fn rotate(base: u32, index: u32, position: u32) -> vec2<f32> {
    let turn = rotation[position * HALF + index];
    let a = projected[base + index];
    let b = projected[base + index + HALF];
    return vec2<f32>(a * turn.x - b * turn.y, b * turn.x + a * turn.y);
}

@compute @workgroup_size(WIDTH)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lid: u32) {
    if (state.done != 0u) { return; }
    let head = group.x;
    let part = group.y;
    let kv = head / PER_KV;
    let now = state.position;
    let cache = kv * CONTEXT * HEAD_DIM;
    for (var index = lid; index < HALF; index += WIDTH) {
        let q = rotate(head * HEAD_DIM, index, now) * inverseSqrt(f32(HEAD_DIM));
        query[index] = q.x;
        query[index + HALF] = q.y;
        let k = rotate(KEY_BASE + kv * HEAD_DIM, index, now);
        key[index] = k.x;
        key[index + HALF] = k.y;
    }
    workgroupBarrier();
    if (part == 0u && head % PER_KV == 0u) {
        for (var index = lid; index < HEAD_DIM; index += WIDTH) {
            keys[cache + now * HEAD_DIM + index] = key[index];
            values[cache + now * HEAD_DIM + index] = projected[VALUE_BASE + kv * HEAD_DIM + index];
        }
    }
    let span = (now + SPLITS) / SPLITS;
    let begin = min(part * span, now + 1u);
    let end = min(begin + span, now + 1u);
    var peak = -1e30;
    var total = 0.0;
    var low = 0.0;
    var high = 0.0;
    for (var base = begin; base < end; base += WIDTH) {
        let position = base + lid;
        var score = -1e30;
        if (position < end) {
            score = 0.0;
            for (var index = 0u; index < HEAD_DIM; index++) {
                var k = key[index];
                if (position < now) { k = keys[cache + position * HEAD_DIM + index]; }
                score += query[index] * k;
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
        low *= fade;
        high *= fade;
        for (var index = 0u; index < count; index++) {
            let weight = scores[index];
            total += weight;
            low += weight * value_at(cache, kv, base + index, now, lid);
            if (WIDTH < HEAD_DIM) { high += weight * value_at(cache, kv, base + index, now, lid + WIDTH); }
        }
        peak = next;
        workgroupBarrier();
    }
    let out = head * SPLITS + part;
    if (lid < HEAD_DIM) { parts[out * HEAD_DIM + lid] = low; }
    if (lid + WIDTH < HEAD_DIM) { parts[out * HEAD_DIM + lid + WIDTH] = high; }
    if (lid == 0u) { stats[out] = vec2<f32>(peak, total); }
}

fn value_at(cache: u32, kv: u32, position: u32, now: u32, index: u32) -> f32 {
    if (index >= HEAD_DIM) { return 0.0; }
    if (position == now) { return projected[VALUE_BASE + kv * HEAD_DIM + index]; }
    return values[cache + position * HEAD_DIM + index];
}
