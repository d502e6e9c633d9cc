// Copies COUNT vectors: measures what the device's memory gives to a kernel.
// Dispatch: enough workgroups for one vector per invocation.
@group(0) @binding(0) var<storage, read> from_here: array<vec4<u32>>;
@group(0) @binding(1) var<storage, read_write> to_there: array<vec4<u32>>;

@compute @workgroup_size(WIDTH)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>,
        @builtin(local_invocation_index) lid: u32) {
    let index = (group.x + group.y * groups.x) * WIDTH + lid;
    if (index < COUNT) { to_there[index] = from_here[index]; }
}
