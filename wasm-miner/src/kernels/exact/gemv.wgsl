// One wide vector through one weight matrix (or one shard of its rows), in integers.
// Input: STRIDE wide values, brought to 16 bits under one exponent by every workgroup for itself, TILE at a time.
// Output: four rows per group of LANES invocations, as a 64-bit sum and an exponent, finished by the output part.
// Dispatch: ceil(ROWS / rows per workgroup) workgroups, numbered along x then y.
@group(0) @binding(0) var<storage, read> state: State;
@group(0) @binding(1) var<storage, read> weights: array<vec4<u32>>;
@group(0) @binding(2) var<storage, read> scales: array<u32>;
@group(0) @binding(3) var<storage, read> input: array<vec2<u32>>;
@group(0) @binding(4) var<storage, read> exponents: array<i32>;
var<workgroup> shared_words: array<vec2<u32>, WIDTH>;
var<workgroup> partial: array<array<vec2<u32>, 4>, WIDTH>;
const TILE: u32 = 2048u;
var<workgroup> numbers: array<vec4<i32>, TILE / 4u>;

fn number(at: u32, exponent: i32) -> i32 { return narrow(input[at], -exponent, 32767); }

fn bytes4(word: u32) -> vec4<i32> {
    return vec4<i32>(vec4<u32>(word << 24u, word << 16u, word << 8u, word)) >> vec4<u32>(24u);
}

fn chunk_dot(row: u32, chunk: u32, x0: vec4<i32>, x1: vec4<i32>, x2: vec4<i32>, x3: vec4<i32>) -> i32 {
    let q = weights[row * (STRIDE / 16u) + chunk];
    return dot(bytes4(q.x), x0) + dot(bytes4(q.y), x1) + dot(bytes4(q.z), x2) + dot(bytes4(q.w), x3);
}

fn scaled(row: u32, block: u32, value: i32) -> vec2<u32> {
    let pair = scales[row * (STRIDE / 64u) + block / 2u];
    return product_mixed(value, select(pair & 0xffffu, pair >> 16u, (block & 1u) == 1u));
}

@compute @workgroup_size(WIDTH)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>,
        @builtin(local_invocation_index) lid: u32) {
    if (state.done != 0u) { return; }
    var seen = vec2<u32>();
    for (var index = lid; index < STRIDE; index += WIDTH) { seen |= magnitude(input[index]); }
    shared_words[lid] = seen;
    workgroupBarrier();
    for (var width = WIDTH / 2u; width > 0u; width /= 2u) {
        if (lid < width) { shared_words[lid] |= shared_words[lid + width]; }
        workgroupBarrier();
    }
    let exponent = exponent_of(shared_words[0], 15);
    let lane = lid % LANES;
    let quad = (group.x + group.y * groups.x) * (WIDTH / LANES) + lid / LANES;
    let rows = quad_rows(quad);
    var sums = array<vec2<u32>, 4>();
    for (var tile = 0u; tile < STRIDE; tile += TILE) {
        let end = min(tile + TILE, STRIDE);
        for (var at = tile + lid * 4u; at < end; at += WIDTH * 4u) {
            numbers[(at - tile) / 4u] = vec4<i32>(number(at, exponent), number(at + 1u, exponent),
                                                  number(at + 2u, exponent), number(at + 3u, exponent));
        }
        workgroupBarrier();
        for (var block = tile / 32u + lane; block < end / 32u; block += LANES) {
            var dots = vec4<i32>();
            for (var chunk = block * 2u; chunk < block * 2u + 2u; chunk++) {
                let at = chunk * 4u - tile / 4u;
                let x0 = numbers[at];
                let x1 = numbers[at + 1u];
                let x2 = numbers[at + 2u];
                let x3 = numbers[at + 3u];
                dots += vec4<i32>(
                    chunk_dot(rows.x, chunk, x0, x1, x2, x3), chunk_dot(rows.y, chunk, x0, x1, x2, x3),
                    chunk_dot(rows.z, chunk, x0, x1, x2, x3), chunk_dot(rows.w, chunk, x0, x1, x2, x3));
            }
            sums[0] = plus(sums[0], scaled(rows.x, block, dots.x));
            sums[1] = plus(sums[1], scaled(rows.y, block, dots.y));
            sums[2] = plus(sums[2], scaled(rows.z, block, dots.z));
            sums[3] = plus(sums[3], scaled(rows.w, block, dots.w));
        }
        workgroupBarrier();
    }
    partial[lid] = sums;
    workgroupBarrier();
    for (var width = LANES / 2u; width > 0u; width /= 2u) {
        if (lane < width) {
            for (var index = 0u; index < 4u; index++) {
                partial[lid][index] = plus(partial[lid][index], partial[lid + width][index]);
            }
        }
        workgroupBarrier();
    }
    if (lane == 0u) {
        for (var index = 0u; index < 4u; index += 1u) { finish(quad, index, lid, exponent); }
    }
}
