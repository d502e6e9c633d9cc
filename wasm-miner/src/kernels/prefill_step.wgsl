// The end of a chunk: moves on past its tokens. Dispatch: one workgroup.
@group(0) @binding(0) var<storage, read_write> state: State;

@compute @workgroup_size(1)
fn main() {
    if (state.done == 0u) { state.position += chunk_tokens(); }
}
