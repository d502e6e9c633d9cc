// Prefill: looks the chunk's tokens up in one shard of the embedding matrix. Output: [CHUNK][STRIDE].
// Dispatch: ceil(STRIDE / 4 / WIDTH) x CHUNK workgroups; a shard without a token writes nothing for it.
@group(0) @binding(0) var<storage, read> state: State;
@group(0) @binding(3) var<storage, read> prompt: array<u32>;
@group(0) @binding(5) var<storage, read_write> output: array<vec4<f32>>;

@compute @workgroup_size(WIDTH)
fn main(@builtin(global_invocation_id) at: vec3<u32>) {
    if (state.done != 0u || at.x >= STRIDE / 4u || at.y >= chunk_tokens()) { return; }
    let token = prompt[state.position + at.y];
    if (token >= FIRST_ROW && token < FIRST_ROW + ROWS) {
        output[at.y * (STRIDE / 4u) + at.x] = four(token - FIRST_ROW, at.x);
    }
}
