// Prefill: causal attention of a chunk over the KV cache with an online softmax, so that no matrix of scores exists.
// Input: projected as in `prefill_append.wgsl`, whose keys and values are in the cache already.
// Output: attended = [CHUNK][TO_STRIDE], HEADS * HEAD_DIM values per token.
// A workgroup takes LINES lines of one key head; line = token * PER_KV + query head within the key head, so the
// query heads that share keys share their reading. Keys pass by in blocks of BLOCK.
// Dispatch: KV_HEADS x ceil(CHUNK * PER_KV / LINES) workgroups of WIDTH = LINES / 4 * BLOCK / 4 invocations.
@group(0) @binding(0) var<storage, read> state: State;
@group(0) @binding(1) var<storage, read> projected: array<f32>;
@group(0) @binding(2) var<storage, read> rotation: array<vec2<f32>>;
@group(0) @binding(3) var<storage, read> keys: array<vec4<f32>>;
@group(0) @binding(4) var<storage, read> values: array<vec4<f32>>;
@group(0) @binding(5) var<storage, read_write> attended: array<vec4<f32>>;
const HALF: u32 = HEAD_DIM / 2u;
const PER_KV: u32 = HEADS / KV_HEADS;
const DIM_QUADS: u32 = HEAD_DIM / 4u;
const LINE_QUADS: u32 = LINES / 4u;
const KEY_QUADS: u32 = BLOCK / 4u;
// For values an invocation owns eight lines of one quad of dimensions.
const TEAMS: u32 = LINES / 8u;
// Four lines of a dimension are one vector.
var<workgroup> queries: array<vec4<f32>, HEAD_DIM * LINE_QUADS>;
// Four lines of a key are one vector.
var<workgroup> weights: array<vec4<f32>, BLOCK * LINE_QUADS>;
var<workgroup> shared_quads: array<vec4<f32>, WIDTH>;
var<workgroup> fades: array<vec4<f32>, LINE_QUADS>;

@compute @workgroup_size(WIDTH)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lid: u32) {
    let first_line = group.y * LINES;
    let count = chunk_tokens();
    if (state.done != 0u || first_line / PER_KV >= count) { return; }
    let head = group.x;
    for (var item = lid; item < HALF * LINE_QUADS; item += WIDTH) {
        load_queries(head, first_line, item / LINE_QUADS, item % LINE_QUADS);
    }
    workgroupBarrier();
    let last_token = min((first_line + LINES - 1u) / PER_KV, count - 1u);
    let end = min(state.position + last_token + 1u, CONTEXT);
    let cache = head * CONTEXT;
    let line_quad = lid % LINE_QUADS;
    let key_quad = lid / LINE_QUADS;
    let lines = vec4<u32>(first_line + line_quad * 4u) + vec4<u32>(0u, 1u, 2u, 3u);
    let seen = vec4<u32>(state.position) + lines / PER_KV;
    let team = lid / DIM_QUADS;
    let dim_quad = lid % DIM_QUADS;
    var peak = vec4<f32>(-1e30);
    var total = vec4<f32>();
    var low = mat4x4<f32>();
    var high = mat4x4<f32>();
    for (var base = 0u; base < end; base += BLOCK) {
        var scores = score_block(cache, base + key_quad * 4u, line_quad);
        let key = base + key_quad * 4u;
        scores[0] = select(vec4<f32>(-1e30), scores[0], vec4<u32>(key) <= seen);
        scores[1] = select(vec4<f32>(-1e30), scores[1], vec4<u32>(key + 1u) <= seen);
        scores[2] = select(vec4<f32>(-1e30), scores[2], vec4<u32>(key + 2u) <= seen);
        scores[3] = select(vec4<f32>(-1e30), scores[3], vec4<u32>(key + 3u) <= seen);
        shared_quads[lid] = max(max(scores[0], scores[1]), max(scores[2], scores[3]));
        workgroupBarrier();
        var next = peak;
        for (var other = 0u; other < KEY_QUADS; other++) {
            next = max(next, shared_quads[other * LINE_QUADS + line_quad]);
        }
        let fade = exp(peak - next);
        if (key_quad == 0u) { fades[line_quad] = fade; }
        peak = next;
        let place = key_quad * 4u * LINE_QUADS + line_quad;
        scores[0] = exp(scores[0] - next);
        scores[1] = exp(scores[1] - next);
        scores[2] = exp(scores[2] - next);
        scores[3] = exp(scores[3] - next);
        weights[place] = scores[0];
        weights[place + LINE_QUADS] = scores[1];
        weights[place + 2u * LINE_QUADS] = scores[2];
        weights[place + 3u * LINE_QUADS] = scores[3];
        total = total * fade + scores[0] + scores[1] + scores[2] + scores[3];
        workgroupBarrier();
        if (team < TEAMS) {
            low = scaled(low, fades[team * 2u]);
            high = scaled(high, fades[team * 2u + 1u]);
            let found = min(BLOCK, end - base);
            for (var index = 0u; index < found; index++) {
                let value = values[(cache + base + index) * DIM_QUADS + dim_quad];
                low = outer(low, weights[index * LINE_QUADS + team * 2u], value);
                high = outer(high, weights[index * LINE_QUADS + team * 2u + 1u], value);
            }
        }
    }
    shared_quads[lid] = total;
    workgroupBarrier();
    if (team < TEAMS) {
        put_lines(head, first_line + team * 8u, dim_quad, low, sum_of(team * 2u), count);
        put_lines(head, first_line + team * 8u + 4u, dim_quad, high, sum_of(team * 2u + 1u), count);
    }
}

// Rotates four lines of queries at a pair of dimensions, divided by the root of the head dimension.
fn load_queries(head: u32, first_line: u32, index: u32, quad: u32) {
    var low = vec4<f32>();
    var high = vec4<f32>();
    for (var item = 0u; item < 4u; item++) {
        let line = first_line + quad * 4u + item;
        let token = min(line / PER_KV, CHUNK - 1u);
        let turn = rotation[min(state.position + token, CONTEXT - 1u) * HALF + index];
        let at = token * PROJECTED + (head * PER_KV + line % PER_KV) * HEAD_DIM + index;
        let a = projected[at];
        let b = projected[at + HALF];
        low[item] = (a * turn.x - b * turn.y) * inverseSqrt(f32(HEAD_DIM));
        high[item] = (b * turn.x + a * turn.y) * inverseSqrt(f32(HEAD_DIM));
    }
    queries[index * LINE_QUADS + quad] = low;
    queries[(index + HALF) * LINE_QUADS + quad] = high;
}

// Four keys by four lines: column i holds the scores of key i.
fn score_block(cache: u32, key: u32, line_quad: u32) -> mat4x4<f32> {
    let at = vec4<u32>(cache) + min(vec4<u32>(key) + vec4<u32>(0u, 1u, 2u, 3u), vec4<u32>(CONTEXT - 1u));
    var scores = mat4x4<f32>();
    for (var quad = 0u; quad < DIM_QUADS; quad++) {
        let side = transpose(mat4x4<f32>(keys[at.x * DIM_QUADS + quad], keys[at.y * DIM_QUADS + quad],
                                         keys[at.z * DIM_QUADS + quad], keys[at.w * DIM_QUADS + quad]));
        let place = quad * 4u * LINE_QUADS + line_quad;
        scores = outer(scores, side[0], queries[place]);
        scores = outer(scores, side[1], queries[place + LINE_QUADS]);
        scores = outer(scores, side[2], queries[place + 2u * LINE_QUADS]);
        scores = outer(scores, side[3], queries[place + 3u * LINE_QUADS]);
    }
    return scores;
}

fn scaled(sums: mat4x4<f32>, by: vec4<f32>) -> mat4x4<f32> {
    return mat4x4<f32>(sums[0] * by.x, sums[1] * by.y, sums[2] * by.z, sums[3] * by.w);
}

fn sum_of(line_quad: u32) -> vec4<f32> {
    var sum = vec4<f32>();
    for (var other = 0u; other < KEY_QUADS; other++) { sum += shared_quads[other * LINE_QUADS + line_quad]; }
    return sum;
}

fn put_lines(head: u32, line: u32, dim_quad: u32, sums: mat4x4<f32>, total: vec4<f32>, count: u32) {
    put_line(head, line, dim_quad, sums[0] / total.x, count);
    put_line(head, line + 1u, dim_quad, sums[1] / total.y, count);
    put_line(head, line + 2u, dim_quad, sums[2] / total.z, count);
    put_line(head, line + 3u, dim_quad, sums[3] / total.w, count);
}

fn put_line(head: u32, line: u32, dim_quad: u32, value: vec4<f32>, count: u32) {
    let token = line / PER_KV;
    if (token < count) {
        attended[token * (TO_STRIDE / 4u) + (head * PER_KV + line % PER_KV) * DIM_QUADS + dim_quad] = value;
    }
}
