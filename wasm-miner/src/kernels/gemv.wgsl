// Decode: one vector through one weight matrix (or one shard of its rows).
// Input: STRIDE columns through `input4`, prepared by the input part (plain, norm, merge).
// Output: four rows per group of LANES invocations, summed by the sum part (workgroup, subgroup), finished by the
// output part (store, bias, add, silu_mul). The sum part also holds the entry point.
// Dispatch: ceil(ROWS / rows per workgroup) workgroups, numbered along x then y.
@group(0) @binding(0) var<storage, read> state: State;

// What an invocation adds to its four rows.
fn share(quad: u32, lane: u32) -> vec4<f32> {
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
    return sum;
}
