// Prefill reads the prompt but for its last token, CHUNK tokens at a time. This many are left for this chunk.
fn chunk_tokens() -> u32 {
    let last = max(state.prompt_length, 1u) - 1u;
    return min(CHUNK, max(last, state.position) - state.position);
}
