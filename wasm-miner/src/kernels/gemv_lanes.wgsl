// Decode as in `gemv.wgsl`, for devices that compute on the CPU: no barrier, no sum over invocations, and one address
// of the vector for all of them. Each invocation has four rows of its own.
// Dispatch: ceil(ROWS / 4 / WIDTH) workgroups, numbered along x then y.
@group(0) @binding(0) var<storage, read> state: State;

@compute @workgroup_size(WIDTH)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>,
        @builtin(local_invocation_index) lid: u32) {
    if (state.done != 0u) { return; }
    let factor = prepare(lid);
    let quad = (group.x + group.y * groups.x) * WIDTH + lid;
    let rows = quad_rows(quad);
    var sum = vec4<f32>();
    for (var chunk = 0u; chunk < STRIDE / 16u; chunk++) {
        let x0 = input4(chunk * 4u);
        let x1 = input4(chunk * 4u + 1u);
        let x2 = input4(chunk * 4u + 2u);
        let x3 = input4(chunk * 4u + 3u);
        sum += vec4<f32>(chunk_dot(rows.x, chunk, x0, x1, x2, x3), chunk_dot(rows.y, chunk, x0, x1, x2, x3),
                         chunk_dot(rows.z, chunk, x0, x1, x2, x3), chunk_dot(rows.w, chunk, x0, x1, x2, x3));
    }
    finish(0u, quad, sum * factor);
}
