// Each row on its own.
fn quad_rows(quad: u32) -> vec4<u32> {
    return min(vec4<u32>(quad * 4u) + vec4<u32>(0u, 1u, 2u, 3u), vec4<u32>(ROWS - 1u));
}

fn finish(quad: u32, index: u32, lid: u32, exponent: i32) {
    let row = quad * 4u + index;
    if (row < ROWS) { put(FIRST_ROW + row, partial[lid][index], exponents[row] + exponent); }
}
