// RMS norm of a wide vector: x * gain / sqrt(mean(x^2) + epsilon). Dispatch: one workgroup.
@group(0) @binding(0) var<storage, read> state: State;
@group(0) @binding(3) var<storage, read> input: array<vec2<u32>>;
@group(0) @binding(4) var<storage, read> gains: array<i32>;
@group(0) @binding(5) var<storage, read_write> output: array<vec2<u32>>;
var<workgroup> shared_words: array<vec2<u32>, WIDTH>;
var<workgroup> inverse: Inverse;
var<workgroup> is_zero: u32;

@compute @workgroup_size(WIDTH)
fn main(@builtin(local_invocation_index) lid: u32) {
    if (state.done != 0u) { return; }
    var seen = vec2<u32>();
    for (var index = lid; index < COLUMNS; index += WIDTH) { seen |= magnitude(input[index]); }
    shared_words[lid] = seen;
    workgroupBarrier();
    for (var width = WIDTH / 2u; width > 0u; width /= 2u) {
        if (lid < width) { shared_words[lid] |= shared_words[lid + width]; }
        workgroupBarrier();
    }
    let exponent = exponent_of(shared_words[0], 24);
    workgroupBarrier();
    var squares = vec2<u32>();
    for (var index = lid; index < COLUMNS; index += WIDTH) {
        let x = bitcast<i32>(scale(input[index], -exponent).x);
        squares = plus(squares, product_signed(x, x));
    }
    shared_words[lid] = squares;
    workgroupBarrier();
    for (var width = WIDTH / 2u; width > 0u; width /= 2u) {
        if (lid < width) { shared_words[lid] = plus(shared_words[lid], shared_words[lid + width]); }
        workgroupBarrier();
    }
    if (lid == 0u) {
        let mean = quotient(shared_words[0], vec2<u32>(COLUMNS, 0u));
        var epsilon = vec2<u32>();
        if (exponent < 32) { epsilon = right(vec2<u32>(EPSILON_LOW, EPSILON_HIGH), u32(2 * exponent)); }
        let square = plus(mean, epsilon);
        is_zero = select(0u, 1u, all(square == vec2<u32>()));
        inverse = inverse_root(square);
    }
    workgroupBarrier();
    let factor = inverse;
    let zero = is_zero != 0u;
    for (var index = lid; index < COLUMNS; index += WIDTH) {
        let x = bitcast<i32>(scale(input[index], -exponent).x);
        let unit = narrow(product_mixed(x, factor.number), factor.k - 63 + UNIT, NARROW_LIMIT);
        let value = scale(product_signed(unit, gains[index]), 32 - UNIT - GAIN);
        output[index] = select(value, vec2<u32>(), zero);
    }
}
