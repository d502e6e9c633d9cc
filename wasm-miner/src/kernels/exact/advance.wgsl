// The end of a token: remembers the choice and its fingerprint and moves on, or stops. One invocation runs it.
// The ring holds TOKENS tokens, then as many fingerprints of four words.
@group(0) @binding(0) var<storage, read_write> state: State;

fn advance(choice: u32, print: vec4<u32>) {
    if (state.done != 0u) { return; }
    let next = state.position + 1u;
    state.position = next;
    if (next < state.prompt_length) { return; }
    let slot = state.generated % TOKENS;
    state.ring[slot] = choice;
    for (var index = 0u; index < 4u; index++) { state.ring[TOKENS + slot * 4u + index] = print[index]; }
    state.token = choice;
    state.generated += 1u;
    if (choice == state.end_token || state.generated >= state.token_limit || next >= state.position_limit) {
        state.done = 1u;
    }
}
