// Sums over LANES invocations by exchange inside of a subgroup, then by way of workgroup memory where a subgroup is
// smaller than LANES. Only for devices that offer subgroups; the self-test compares it with the other way.
var<workgroup> partial: array<vec4<f32>, WIDTH>;

@compute @workgroup_size(WIDTH)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>,
        @builtin(local_invocation_index) lid: u32, @builtin(subgroup_size) size: u32) {
    if (state.done != 0u) { return; }
    let factor = prepare(lid);
    let lane = lid % LANES;
    let quad = (group.x + group.y * groups.x) * (WIDTH / LANES) + lid / LANES;
    var sum = share(quad, lane);
    let together = min(size, LANES);
    for (var width = together / 2u; width > 0u; width /= 2u) { sum += subgroupShuffleXor(sum, width); }
    if (together < LANES) {
        partial[lid] = sum;
        workgroupBarrier();
        for (var width = LANES / 2u; width >= together; width /= 2u) {
            if (lane < width) { partial[lid] += partial[lid + width]; }
            workgroupBarrier();
        }
        sum = partial[lid];
    }
    if (lane == 0u) { finish(0u, quad, sum * factor); }
}
