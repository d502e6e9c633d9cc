// Looks the current token up in one shard of the embedding matrix.
// Input: the token from the prompt, or the one that the sampler chose last. Output: STRIDE values.
// Dispatch: ceil(STRIDE / 4 / WIDTH) workgroups; a shard without the token writes nothing.
@group(0) @binding(0) var<storage, read> state: State;
@group(0) @binding(3) var<storage, read> prompt: array<u32>;
@group(0) @binding(5) var<storage, read_write> output: array<vec4<f32>>;

@compute @workgroup_size(WIDTH)
fn main(@builtin(global_invocation_id) at: vec3<u32>) {
    if (state.done != 0u || at.x >= STRIDE / 4u) { return; }
    var token = state.token;
    if (state.position < state.prompt_length) { token = prompt[state.position]; }
    if (token >= FIRST_ROW && token < FIRST_ROW + ROWS) { output[at.x] = four(token - FIRST_ROW, at.x); }
}
