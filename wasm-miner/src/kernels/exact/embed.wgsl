// Looks the current token up in one shard of the embedding matrix.
// Input: the token from the prompt, or the one chosen last. Output: STRIDE wide values.
// Dispatch: ceil(STRIDE / 4 / WIDTH) workgroups; a shard without the token writes nothing.
@group(0) @binding(0) var<storage, read> state: State;
@group(0) @binding(1) var<storage, read> weights: array<u32>;
@group(0) @binding(2) var<storage, read> scales: array<u32>;
@group(0) @binding(3) var<storage, read> prompt: array<u32>;
@group(0) @binding(4) var<storage, read> exponents: array<i32>;
@group(0) @binding(5) var<storage, read_write> output: array<vec2<u32>>;

@compute @workgroup_size(WIDTH)
fn main(@builtin(global_invocation_id) at: vec3<u32>) {
    if (state.done != 0u || at.x >= STRIDE / 4u) { return; }
    var token = state.token;
    if (state.position < state.prompt_length) { token = prompt[state.position]; }
    if (token < FIRST_ROW || token >= FIRST_ROW + ROWS) { return; }
    let row = token - FIRST_ROW;
    let word = weights[row * (STRIDE / 4u) + at.x];
    let block = at.x / 8u;
    let pair = scales[row * (STRIDE / 64u) + block / 2u];
    let size = i32(select(pair & 0xffffu, pair >> 16u, (block & 1u) == 1u));
    for (var index = 0u; index < 4u; index++) {
        let byte = bitcast<i32>(word << (24u - 8u * index)) >> 24u;
        let value = byte * size;
        let wide = vec2<u32>(bitcast<u32>(value), bitcast<u32>(value >> 31u));
        output[at.x * 4u + index] = scale(wide, exponents[row] + 32);
    }
}
