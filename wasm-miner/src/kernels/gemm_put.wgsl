// Finishes four tokens by one quad of rows; tokens after the last are left out.
fn put_block(token: u32, token_quad: u32, row_quad: u32, sum: mat4x4<f32>) {
    let scale = factors(token_quad);
    let count = chunk_tokens();
    if (token < count) { finish(token * TO_STRIDE, row_quad, sum[0] * scale.x); }
    if (token + 1u < count) { finish((token + 1u) * TO_STRIDE, row_quad, sum[1] * scale.y); }
    if (token + 2u < count) { finish((token + 2u) * TO_STRIDE, row_quad, sum[2] * scale.z); }
    if (token + 3u < count) { finish((token + 3u) * TO_STRIDE, row_quad, sum[3] * scale.w); }
}
