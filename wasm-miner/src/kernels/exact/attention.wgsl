// Rotary embedding, KV cache and attention for one new token, in integers.
// Input: projected = [q: HEADS x HEAD_DIM][k: KV_HEADS x HEAD_DIM][v: KV_HEADS x HEAD_DIM], wide, not yet turned.
// Cache: [KV_HEADS][CONTEXT][HEAD_DIM], narrow, keys turned. Scratch: CONTEXT scores, then weights, per head.
// Output: a wide vector per head. Dispatch: HEADS workgroups; WIDTH is at least HEAD_DIM.
// Only positions before the current one are read from the cache; the current one is computed by every workgroup
// and written by one, so nothing races.
@group(0) @binding(0) var<storage, read> state: State;
@group(0) @binding(1) var<storage, read> projected: array<vec2<u32>>;
@group(0) @binding(2) var<storage, read> rotation: array<vec2<i32>>;
@group(0) @binding(3) var<storage, read_write> keys: array<i32>;
@group(0) @binding(4) var<storage, read_write> values: array<i32>;
@group(0) @binding(5) var<storage, read_write> output: array<vec2<u32>>;
@group(0) @binding(6) var<storage, read_write> scores: array<u32>;
const HALF: u32 = HEAD_DIM / 2u;
const KEY_BASE: u32 = HEADS * HEAD_DIM;
const VALUE_BASE: u32 = KEY_BASE + KV_HEADS * HEAD_DIM;
const PER_KV: u32 = HEADS / KV_HEADS;
const PARTS: u32 = WIDTH / HEAD_DIM;
const QUERY_LIMIT: i32 = (1 << u32(QUERY_BITS)) - 1;
const SCORE_SHIFT: i32 = 16 - 48 - NARROW;
var<workgroup> long_query: array<vec2<u32>, HEAD_DIM>;
var<workgroup> query: array<i32, HEAD_DIM>;
var<workgroup> key: array<i32, HEAD_DIM>;
var<workgroup> own: array<i32, HEAD_DIM>;
var<workgroup> shared_words: array<vec2<u32>, WIDTH>;
var<workgroup> peaks: array<i32, WIDTH>;

fn narrowed(at: u32) -> i32 { return narrow(projected[at], NARROW - 32, NARROW_LIMIT); }

fn turned(base: u32, index: u32, position: u32) -> vec2<i32> {
    return turn(narrowed(base + index), narrowed(base + index + HALF), rotation[position * HALF + index]);
}

fn prepare(head: u32, kv: u32, now: u32, lid: u32) -> i32 {
    var seen = vec2<u32>();
    for (var index = lid; index < HALF; index += WIDTH) {
        let q = turned(head * HEAD_DIM, index, now);
        let low = product_mixed(q.x, SCORE_FACTOR);
        let high = product_mixed(q.y, SCORE_FACTOR);
        long_query[index] = low;
        long_query[index + HALF] = high;
        seen |= magnitude(low) | magnitude(high);
        let k = turned(KEY_BASE + kv * HEAD_DIM, index, now);
        key[index] = k.x;
        key[index + HALF] = k.y;
    }
    for (var index = lid; index < HEAD_DIM; index += WIDTH) {
        own[index] = narrow(projected[VALUE_BASE + kv * HEAD_DIM + index], NARROW - 32, VALUE_LIMIT);
    }
    shared_words[lid] = seen;
    workgroupBarrier();
    for (var width = WIDTH / 2u; width > 0u; width /= 2u) {
        if (lid < width) { shared_words[lid] |= shared_words[lid + width]; }
        workgroupBarrier();
    }
    let exponent = exponent_of(shared_words[0], QUERY_BITS);
    for (var index = lid; index < HEAD_DIM; index += WIDTH) {
        query[index] = narrow(long_query[index], -exponent, QUERY_LIMIT);
    }
    workgroupBarrier();
    return exponent;
}

fn score(cache: u32, position: u32, now: u32, exponent: i32) -> i32 {
    var sum = vec2<u32>();
    for (var index = 0u; index < HEAD_DIM; index++) {
        var k = key[index];
        if (position < now) { k = keys[cache + position * HEAD_DIM + index]; }
        sum = plus(sum, product_signed(query[index], k));
    }
    return narrow(sum, exponent + SCORE_SHIFT, NARROW_LIMIT);
}

@compute @workgroup_size(WIDTH)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lid: u32) {
    if (state.done != 0u) { return; }
    let head = group.x;
    let kv = head / PER_KV;
    let now = state.position;
    let cache = kv * CONTEXT * HEAD_DIM;
    let exponent = prepare(head, kv, now, lid);
    if (head % PER_KV == 0u) {
        for (var index = lid; index < HEAD_DIM; index += WIDTH) {
            keys[cache + now * HEAD_DIM + index] = key[index];
            values[cache + now * HEAD_DIM + index] = own[index];
        }
    }
    var peak = -NARROW_LIMIT;
    for (var position = lid; position <= now; position += WIDTH) {
        let mine = score(cache, position, now, exponent);
        scores[head * CONTEXT + position] = bitcast<u32>(mine);
        peak = max(peak, mine);
    }
    peaks[lid] = peak;
    workgroupBarrier();
    for (var width = WIDTH / 2u; width > 0u; width /= 2u) {
        if (lid < width) { peaks[lid] = max(peaks[lid], peaks[lid + width]); }
        workgroupBarrier();
    }
    peak = peaks[0];
    var total = vec2<u32>();
    for (var position = lid; position <= now; position += WIDTH) {
        let at = head * CONTEXT + position;
        let weight = power(bitcast<u32>(peak) - scores[at], WEIGHT);
        scores[at] = weight;
        total = plus(total, vec2<u32>(weight, 0u));
    }
    shared_words[lid] = total;
    storageBarrier();
    workgroupBarrier();
    for (var width = WIDTH / 2u; width > 0u; width /= 2u) {
        if (lid < width) { shared_words[lid] = plus(shared_words[lid], shared_words[lid + width]); }
        workgroupBarrier();
    }
    total = shared_words[0];
    workgroupBarrier();
    let place = lid % HEAD_DIM;
    let part = lid / HEAD_DIM;
    var sum = vec2<u32>();
    if (part < PARTS) {
        for (var position = part; position <= now; position += PARTS) {
            var value = own[place];
            if (position < now) { value = values[cache + position * HEAD_DIM + place]; }
            sum = plus(sum, product_mixed(value, scores[head * CONTEXT + position]));
        }
    }
    shared_words[lid] = sum;
    workgroupBarrier();
    if (part == 0u) {
        for (var other = 1u; other < PARTS; other++) { sum = plus(sum, shared_words[lid + other * HEAD_DIM]); }
        output[head * HEAD_DIM + place] = scale(divide(sum, total), 32 - NARROW);
    }
}
