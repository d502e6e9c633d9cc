// SwiGLU: a shard holds ROWS / 2 gate rows, then as many up rows; silu(gate) * up to its place, wide.
@group(0) @binding(5) var<storage, read_write> output: array<vec2<u32>>;

fn quad_rows(quad: u32) -> vec4<u32> {
    let pair = min(vec2<u32>(quad * 2u, quad * 2u + 1u), vec2<u32>(ROWS / 2u - 1u));
    return vec4<u32>(pair.x, pair.x + ROWS / 2u, pair.y, pair.y + ROWS / 2u);
}

fn half_of(lid: u32, index: u32, row: u32, exponent: i32) -> i32 {
    return narrow(partial[lid][index], exponents[row] + exponent + NARROW - 32, NARROW_LIMIT);
}

fn finish(quad: u32, index: u32, lid: u32, exponent: i32) {
    let pair = quad * 2u + index / 2u;
    if (index % 2u == 0u && pair < ROWS / 2u) {
        let gate = half_of(lid, index, pair, exponent);
        let up = half_of(lid, index + 1u, pair + ROWS / 2u, exponent);
        output[FIRST_ROW + pair] = silu_product(gate, up);
    }
}
