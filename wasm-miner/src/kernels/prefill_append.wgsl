// Prefill: rotates the chunk's keys and puts keys and values into the KV cache, laid out as in `attention.wgsl`.
// Input: projected = [CHUNK][PROJECTED], per token queries, keys and values, not yet rotated.
// Dispatch: ceil(KV_HEADS * HEAD_DIM / 2 / WIDTH) x CHUNK workgroups, one pair of values per invocation.
@group(0) @binding(0) var<storage, read> state: State;
@group(0) @binding(1) var<storage, read> projected: array<f32>;
@group(0) @binding(2) var<storage, read> rotation: array<vec2<f32>>;
@group(0) @binding(3) var<storage, read_write> keys: array<f32>;
@group(0) @binding(4) var<storage, read_write> values: array<f32>;
const HALF: u32 = HEAD_DIM / 2u;

@compute @workgroup_size(WIDTH)
fn main(@builtin(global_invocation_id) at: vec3<u32>) {
    if (state.done != 0u || at.x >= KV_HEADS * HALF || at.y >= chunk_tokens()) { return; }
    let head = at.x / HALF;
    let index = at.x % HALF;
    let position = state.position + at.y;
    let turn = rotation[position * HALF + index];
    let key = at.y * PROJECTED + (HEADS + head) * HEAD_DIM + index;
    let a = projected[key];
    let b = projected[key + HALF];
    let slot = (head * CONTEXT + position) * HEAD_DIM + index;
    keys[slot] = a * turn.x - b * turn.y;
    keys[slot + HALF] = b * turn.x + a * turn.y;
    let value = key + KV_HEADS * HEAD_DIM;
    values[slot] = projected[value];
    values[slot + HALF] = projected[value + HALF];
}
