// Prefill: a chunk of vectors through one weight matrix (or one shard of its rows).
// Input: `input`, [CHUNK][STRIDE], through the input part (plain or norm). Output: [CHUNK][TO_STRIDE], finished by
// the output part of the GEMV (store, bias, add, silu_mul). Each workgroup computes TILE_TOKENS by TILE_ROWS sums
// from slices of DEPTH columns in workgroup memory, where four tokens (or rows) of a column are one vector.
// Dispatch: ceil(ROWS / TILE_ROWS) x (CHUNK / TILE_TOKENS) workgroups; tiles after the last token end at once.
@group(0) @binding(0) var<storage, read> state: State;
@group(0) @binding(3) var<storage, read> input: array<vec4<f32>>;
const TOKEN_QUADS: u32 = TILE_TOKENS / 4u;
const ROW_QUADS: u32 = TILE_ROWS / 4u;
const DEPTH_QUADS: u32 = DEPTH / 4u;
const LEFT_LOADS: u32 = TOKEN_QUADS * DEPTH_QUADS;
const RIGHT_LOADS: u32 = ROW_QUADS * DEPTH_QUADS;
// Where both fit, some invocations load the left side and the others the right side.
const RIGHT_FIRST: u32 = select(0u, LEFT_LOADS, LEFT_LOADS + RIGHT_LOADS <= WIDTH);
var<workgroup> left: array<vec4<f32>, DEPTH * TOKEN_QUADS>;
var<workgroup> right: array<vec4<f32>, DEPTH * ROW_QUADS>;

// Slots are swapped by column quad, so that neither writing nor reading a slice meets a busy memory bank.
fn left_slot(column: u32, quad: u32) -> u32 {
    return column * TOKEN_QUADS + (quad ^ ((column / 4u) % min(TOKEN_QUADS, 8u)));
}

fn right_slot(column: u32, quad: u32) -> u32 {
    return column * ROW_QUADS + (quad ^ ((column / 4u) % min(ROW_QUADS, 8u)));
}

// Four tokens at one quad of columns. Returns their squares.
fn load_left(token: u32, quad: u32, begin: u32, depth: u32) -> vec4<f32> {
    let index = begin + depth;
    let at = token * (STRIDE / 4u) + index;
    let x = mat4x4<f32>(input[at], input[at + STRIDE / 4u], input[at + STRIDE / 2u], input[at + STRIDE / 4u * 3u]);
    let side = transpose(mat4x4<f32>(shaped(x[0], index), shaped(x[1], index), shaped(x[2], index),
                                     shaped(x[3], index)));
    left[left_slot(depth * 4u, quad)] = side[0];
    left[left_slot(depth * 4u + 1u, quad)] = side[1];
    left[left_slot(depth * 4u + 2u, quad)] = side[2];
    left[left_slot(depth * 4u + 3u, quad)] = side[3];
    return vec4<f32>(dot(x[0], x[0]), dot(x[1], x[1]), dot(x[2], x[2]), dot(x[3], x[3]));
}

fn load_right(rows: vec4<u32>, quad: u32, begin: u32, depth: u32) {
    let index = begin + depth;
    let side = transpose(mat4x4<f32>(four(rows.x, index), four(rows.y, index), four(rows.z, index),
                                     four(rows.w, index)));
    right[right_slot(depth * 4u, quad)] = side[0];
    right[right_slot(depth * 4u + 1u, quad)] = side[1];
    right[right_slot(depth * 4u + 2u, quad)] = side[2];
    right[right_slot(depth * 4u + 3u, quad)] = side[3];
}

@compute @workgroup_size(WIDTH)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lid: u32) {
    let first_token = group.y * TILE_TOKENS;
    let first_row_quad = group.x * ROW_QUADS;
    if (state.done != 0u || first_token >= chunk_tokens()) { return; }
    var sums: Sums;
    var squares = vec4<f32>();
    for (var begin = 0u; begin < STRIDE / 4u; begin += DEPTH_QUADS) {
        if (lid < LEFT_LOADS) {
            let quad = lid / DEPTH_QUADS;
            squares += load_left(first_token + quad * 4u, quad, begin, lid % DEPTH_QUADS);
        }
        if (lid >= RIGHT_FIRST) {
            for (var load = lid - RIGHT_FIRST; load < RIGHT_LOADS; load += WIDTH) {
                let quad = load / DEPTH_QUADS;
                load_right(quad_rows(first_row_quad + quad), quad, begin, load % DEPTH_QUADS);
            }
        }
        workgroupBarrier();
        accumulate(&sums, lid);
        workgroupBarrier();
    }
    if (NORM) {
        if (lid < LEFT_LOADS) { left[lid] = squares; }
        workgroupBarrier();
    }
    put(&sums, lid, first_token, first_row_quad);
}
