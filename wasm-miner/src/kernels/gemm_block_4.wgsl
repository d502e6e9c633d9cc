// Four tokens by four rows per invocation.
const ACROSS: u32 = TILE_ROWS / 4u;

struct Sums {
    all: mat4x4<f32>,
}

fn accumulate(sums: ptr<function, Sums>, lid: u32) {
    let token = lid / ACROSS;
    let row = lid % ACROSS;
    for (var column = 0u; column < DEPTH; column++) {
        (*sums).all = outer((*sums).all, left[left_slot(column, token)], right[right_slot(column, row)]);
    }
}

fn put(sums: ptr<function, Sums>, lid: u32, first_token: u32, first_row_quad: u32) {
    let token = lid / ACROSS;
    put_block(first_token + token * 4u, token, first_row_quad + lid % ACROSS, (*sums).all);
}
