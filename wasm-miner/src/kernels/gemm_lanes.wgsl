// Prefill as in `gemm.wgsl`, for devices that compute on the CPU: there every access to workgroup memory costs as
// much as one to a buffer, a barrier costs more, and an address that all invocations share costs least. So each
// invocation has four rows of its own and 16 tokens that the whole workgroup shares.
// Dispatch: ceil(ROWS / 4 / WIDTH) x ceil(CHUNK / 16) workgroups; those after the last token end at once.
@group(0) @binding(0) var<storage, read> state: State;
@group(0) @binding(3) var<storage, read> input: array<vec4<f32>>;
const DEPTH_QUADS: u32 = WIDTH / 4u;
// Squares of four tokens each, for the norm.
var<workgroup> left: array<vec4<f32>, WIDTH>;

// Four tokens at one quad of columns by four rows.
fn more(sum: mat4x4<f32>, at: u32, index: u32, rows: mat4x4<f32>) -> mat4x4<f32> {
    return mat4x4<f32>(sum[0] + shaped(input[at], index) * rows,
                       sum[1] + shaped(input[at + STRIDE / 4u], index) * rows,
                       sum[2] + shaped(input[at + STRIDE / 2u], index) * rows,
                       sum[3] + shaped(input[at + STRIDE / 4u * 3u], index) * rows);
}

fn squares(token: u32, depth: u32) -> vec4<f32> {
    var sum = vec4<f32>();
    for (var index = depth; index < STRIDE / 4u; index += DEPTH_QUADS) {
        let at = token * (STRIDE / 4u) + index;
        let a = input[at];
        let b = input[at + STRIDE / 4u];
        let c = input[at + STRIDE / 2u];
        let d = input[at + STRIDE / 4u * 3u];
        sum += vec4<f32>(dot(a, a), dot(b, b), dot(c, c), dot(d, d));
    }
    return sum;
}

@compute @workgroup_size(WIDTH)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lid: u32) {
    let token = group.y * 16u;
    if (state.done != 0u || token >= chunk_tokens()) { return; }
    if (NORM) {
        left[lid] = squares(token + lid / DEPTH_QUADS * 4u, lid % DEPTH_QUADS);
        workgroupBarrier();
    }
    let quad = group.x * WIDTH + lid;
    let rows = quad_rows(quad);
    var a = mat4x4<f32>();
    var b = mat4x4<f32>();
    var c = mat4x4<f32>();
    var d = mat4x4<f32>();
    for (var index = 0u; index < STRIDE / 4u; index++) {
        let weight = mat4x4<f32>(four(rows.x, index), four(rows.y, index), four(rows.z, index), four(rows.w, index));
        let at = token * (STRIDE / 4u) + index;
        a = more(a, at, index, weight);
        b = more(b, at + STRIDE, index, weight);
        c = more(c, at + STRIDE * 2u, index, weight);
        d = more(d, at + STRIDE * 3u, index, weight);
    }
    put_block(token, 0u, quad, a);
    put_block(token + 4u, 1u, quad, b);
    put_block(token + 8u, 2u, quad, c);
    put_block(token + 12u, 3u, quad, d);
}
