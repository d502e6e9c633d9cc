//! Twins of `advance.wgsl`, which ends `greedy.wgsl`, `sample.wgsl` and `step.wgsl`, and of `prefill_step.wgsl`.

use crate::kernels::state::{RING, State};

/// The end of a token: remembers the choice and moves on, or stops.
pub fn advance(state: &mut State, ring: &mut [u32; RING], choice: u32) {
    if state.done != 0 {
        return;
    }
    state.position += 1;
    if state.position < state.prompt_length {
        return;
    }
    if let Some(slot) = ring.get_mut(state.generated as usize % RING) {
        *slot = choice;
    }
    state.token = choice;
    state.generated += 1;
    let is_full = state.generated >= state.token_limit || state.position >= state.position_limit;
    if choice == state.end_token || is_full {
        state.done = 1;
    }
}

/// The end of a chunk of at most `chunk` tokens, which never takes the last token of the prompt.
pub fn prefill(state: &mut State, chunk: u32) {
    if state.done == 0 {
        let left = state.prompt_length.saturating_sub(1).saturating_sub(state.position);
        state.position += left.min(chunk);
    }
}
