// Moves on inside the prompt, where no token has to be chosen. Dispatch: one workgroup.
@compute @workgroup_size(1)
fn main() { advance(0u, vec4<u32>()); }
