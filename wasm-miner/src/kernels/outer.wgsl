// The sum with the product of four values by four values added: column i grows by left[i] * right.
fn outer(sum: mat4x4<f32>, left: vec4<f32>, right: vec4<f32>) -> mat4x4<f32> {
    return mat4x4<f32>(sum[0] + left.x * right, sum[1] + left.y * right, sum[2] + left.z * right,
                       sum[3] + left.w * right);
}
