// Measures what the device gives for 32-bit integer operations, in the mixture that the hashes have: rotations,
// exclusive or, and-not, addition. CHAINS values depend on themselves alone, so that a device can work on them at
// the same time; STEPS steps of 14 operations each.
@group(0) @binding(0) var<storage, read_write> results: array<u32>;

fn right(x: u32, by: u32) -> u32 { return (x >> by) | (x << (32u - by)); }

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) at: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    let start = at.x + results[0];
//@ start
    for (var step = 0u; step < STEPS; step++) {
//@ steps
    }
    let all = 0u//@ sum
    ;
    // Never true, but the compiler cannot know.
    if (all == 0x9e3779b9u && start == 0x7f4a7c15u) { results[1] = all; }
}
