// Eight tokens by eight rows per invocation: two quads of each, half a tile apart.
const ACROSS: u32 = TILE_ROWS / 8u;
const DOWN: u32 = TILE_TOKENS / 8u;

struct Sums {
    low_low: mat4x4<f32>,
    low_high: mat4x4<f32>,
    high_low: mat4x4<f32>,
    high_high: mat4x4<f32>,
}

fn accumulate(sums: ptr<function, Sums>, lid: u32) {
    let token = lid / ACROSS;
    let row = lid % ACROSS;
    for (var column = 0u; column < DEPTH; column++) {
        let low_tokens = left[left_slot(column, token)];
        let high_tokens = left[left_slot(column, token + DOWN)];
        let low_rows = right[right_slot(column, row)];
        let high_rows = right[right_slot(column, row + ACROSS)];
        (*sums).low_low = outer((*sums).low_low, low_tokens, low_rows);
        (*sums).low_high = outer((*sums).low_high, low_tokens, high_rows);
        (*sums).high_low = outer((*sums).high_low, high_tokens, low_rows);
        (*sums).high_high = outer((*sums).high_high, high_tokens, high_rows);
    }
}

fn put(sums: ptr<function, Sums>, lid: u32, first_token: u32, first_row_quad: u32) {
    let low = lid / ACROSS;
    let row = first_row_quad + lid % ACROSS;
    put_block(first_token + low * 4u, low, row, (*sums).low_low);
    put_block(first_token + low * 4u, low, row + ACROSS, (*sums).low_high);
    let high = low + DOWN;
    put_block(first_token + high * 4u, high, row, (*sums).high_low);
    put_block(first_token + high * 4u, high, row + ACROSS, (*sums).high_high);
}
