// Sums over LANES invocations by way of workgroup memory.
var<workgroup> partial: array<vec4<f32>, WIDTH>;

@compute @workgroup_size(WIDTH)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>,
        @builtin(local_invocation_index) lid: u32) {
    if (state.done != 0u) { return; }
    let factor = prepare(lid);
    let lane = lid % LANES;
    let quad = (group.x + group.y * groups.x) * (WIDTH / LANES) + lid / LANES;
    partial[lid] = share(quad, lane);
    workgroupBarrier();
    for (var width = LANES / 2u; width > 0u; width /= 2u) {
        if (lane < width) { partial[lid] += partial[lid + width]; }
        workgroupBarrier();
    }
    if (lane == 0u) { finish(0u, quad, partial[lid] * factor); }
}
