// Decode: one vector through one weight matrix (or one shard of its rows).
// Input: STRIDE columns through `input4`, prepared by the input part (plain, norm, merge).
// Output: four rows per group of LANES invocations, finished by the output part (store, add, silu_mul).
// Dispatch: ceil(ROWS / rows per workgroup) workgroups, numbered along x then y.
@group(0) @binding(0) var<storage, read> state: State;
var<workgroup> partial: array<vec4<f32>, WIDTH>;

@compute @workgroup_size(WIDTH)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>,
        @builtin(local_invocation_index) lid: u32) {
    if (state.done != 0u) { return; }
    let factor = prepare(lid);
    let lane = lid % LANES;
    let quad = (group.x + group.y * groups.x) * (WIDTH / LANES) + lid / LANES;
    let rows = quad_rows(quad);
    var sum = vec4<f32>();
    for (var chunk = lane; chunk < STRIDE / 16u; chunk += LANES) {
        let x0 = input4(chunk * 4u);
        let x1 = input4(chunk * 4u + 1u);
        let x2 = input4(chunk * 4u + 2u);
        let x3 = input4(chunk * 4u + 3u);
        sum += vec4<f32>(chunk_dot(rows.x, chunk, x0, x1, x2, x3), chunk_dot(rows.y, chunk, x0, x1, x2, x3),
                         chunk_dot(rows.z, chunk, x0, x1, x2, x3), chunk_dot(rows.w, chunk, x0, x1, x2, x3));
    }
    partial[lid] = sum;
    workgroupBarrier();
    for (var width = LANES / 2u; width > 0u; width /= 2u) {
        if (lane < width) { partial[lid] += partial[lid + width]; }
        workgroupBarrier();
    }
    if (lane == 0u) { finish(0u, quad, partial[lid] * factor); }
}
