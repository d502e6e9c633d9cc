// The end of a token: remembers the choice and moves on, or stops. One invocation runs it.
@group(0) @binding(0) var<storage, read_write> state: State;

fn advance(choice: u32) {
    if (state.done != 0u) { return; }
    let next = state.position + 1u;
    state.position = next;
    if (next < state.prompt_length) { return; }
    state.ring[state.generated % RING] = choice;
    state.token = choice;
    state.generated += 1u;
    if (choice == state.end_token || state.generated >= state.token_limit || next >= state.position_limit) {
        state.done = 1u;
    }
}
