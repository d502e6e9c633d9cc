// 64-bit integers as two words, low word first, in two's complement; and the functions of integer.rs, bit for bit.
const LIMIT: vec2<u32> = vec2<u32>(0xffffffffu, 0x3fffffffu);
const NARROW_LIMIT: i32 = 0x7fffffff;
const NARROW: i32 = 18;
const LOG2_E: u32 = 1549082005u;

fn plus(a: vec2<u32>, b: vec2<u32>) -> vec2<u32> {
    let low = a.x + b.x;
    return vec2<u32>(low, a.y + b.y + select(0u, 1u, low < a.x));
}

fn minus(a: vec2<u32>, b: vec2<u32>) -> vec2<u32> {
    return vec2<u32>(a.x - b.x, a.y - b.y - select(0u, 1u, a.x < b.x));
}

fn is_negative(a: vec2<u32>) -> bool { return (a.y >> 31u) == 1u; }

fn magnitude(a: vec2<u32>) -> vec2<u32> { return select(a, minus(vec2<u32>(), a), is_negative(a)); }

// Both without a sign.
fn is_below(a: vec2<u32>, b: vec2<u32>) -> bool { return a.y < b.y || (a.y == b.y && a.x < b.x); }

fn left(a: vec2<u32>, by: u32) -> vec2<u32> {
    if (by == 0u) { return a; }
    if (by >= 32u) { return vec2<u32>(0u, a.x << (by - 32u)); }
    return vec2<u32>(a.x << by, (a.y << by) | (a.x >> (32u - by)));
}

// Without a sign; `by` below 64.
fn right(a: vec2<u32>, by: u32) -> vec2<u32> {
    if (by == 0u) { return a; }
    if (by >= 32u) { return vec2<u32>(a.y >> (by - 32u), 0u); }
    return vec2<u32>((a.x >> by) | (a.y << (32u - by)), a.y >> by);
}

// With a sign; `by` in 1..63.
fn right_signed(a: vec2<u32>, by: u32) -> vec2<u32> {
    let high = bitcast<i32>(a.y);
    if (by >= 32u) { return vec2<u32>(bitcast<u32>(high >> (by - 32u)), bitcast<u32>(high >> 31u)); }
    return vec2<u32>((a.x >> by) | (a.y << (32u - by)), bitcast<u32>(high >> by));
}

// 32 x 32 bits to 64, without signs.
fn product(a: u32, b: u32) -> vec2<u32> {
    let al = a & 0xffffu;
    let ah = a >> 16u;
    let bl = b & 0xffffu;
    let bh = b >> 16u;
    let middle = ah * bl + ((al * bl) >> 16u);
    let cross = al * bh + (middle & 0xffffu);
    return vec2<u32>(a * b, ah * bh + (middle >> 16u) + (cross >> 16u));
}

fn product_mixed(a: i32, b: u32) -> vec2<u32> {
    let whole = product(bitcast<u32>(a), b);
    return vec2<u32>(whole.x, whole.y - select(0u, b, a < 0));
}

fn product_signed(a: i32, b: i32) -> vec2<u32> {
    let whole = product_mixed(a, bitcast<u32>(b));
    return vec2<u32>(whole.x, whole.y - select(0u, bitcast<u32>(a), b < 0));
}

fn bits(a: vec2<u32>) -> i32 {
    if (a.y != 0u) { return 64 - i32(countLeadingZeros(a.y)); }
    return 32 - i32(countLeadingZeros(a.x));
}

fn scale(value: vec2<u32>, by: i32) -> vec2<u32> {
    if (by >= 0) {
        let used = bits(magnitude(value));
        if (used == 0) { return vec2<u32>(); }
        if (used + by <= 62) { return left(value, u32(by)); }
        return select(LIMIT, minus(vec2<u32>(), LIMIT), is_negative(value));
    }
    if (by <= -63) { return vec2<u32>(); }
    let down = u32(-by);
    return right_signed(plus(value, left(vec2<u32>(1u, 0u), down - 1u)), down);
}

fn add(a: vec2<u32>, b: vec2<u32>) -> vec2<u32> {
    let sum = plus(a, b);
    if (!is_below(LIMIT, magnitude(sum))) { return sum; }
    return select(LIMIT, minus(vec2<u32>(), LIMIT), is_negative(sum));
}

fn narrow(value: vec2<u32>, by: i32, limit: i32) -> i32 {
    let scaled = scale(value, by);
    let low = bitcast<i32>(scaled.x);
    if (bitcast<u32>(low >> 31u) == scaled.y) { return clamp(low, -limit, limit); }
    return select(limit, -limit, is_negative(scaled));
}

fn exponent_of(magnitudes: vec2<u32>, wanted: i32) -> i32 { return max(bits(magnitudes) - wanted, 0); }

// floor(a / b) without signs, `b` in 1..2^63, bit by bit.
fn quotient(a: vec2<u32>, b: vec2<u32>) -> vec2<u32> {
    var rest = vec2<u32>();
    var out = a;
    for (var step = 0u; step < 64u; step++) {
        rest = vec2<u32>((rest.x << 1u) | (out.y >> 31u), (rest.y << 1u) | (rest.x >> 31u));
        out = vec2<u32>(out.x << 1u, (out.y << 1u) | (out.x >> 31u));
        if (!is_below(rest, b)) {
            rest = minus(rest, b);
            out.x |= 1u;
        }
    }
    return out;
}

// The largest whole number whose square is at most `a`, bit by bit.
fn square_root(a: vec2<u32>) -> u32 {
    var rest = a;
    var root = vec2<u32>();
    var bit = vec2<u32>(0u, 0x40000000u);
    for (var step = 0u; step < 32u; step++) {
        let next = plus(root, bit);
        root = right(root, 1u);
        if (!is_below(rest, next)) {
            rest = minus(rest, next);
            root = plus(root, bit);
        }
        bit = right(bit, 2u);
    }
    return root.x;
}

struct Inverse { number: u32, k: i32 }

fn inverse_root(a: vec2<u32>) -> Inverse {
    let k = (64u - u32(bits(vec2<u32>(a.x | 1u, a.y)))) / 2u;
    let root = max(square_root(left(a, 2u * k)), 0x80000000u);
    return Inverse(quotient(vec2<u32>(0xffffffffu, 0x7fffffffu), vec2<u32>(root, 0u)).x, i32(k));
}

fn power(d: u32, q: u32) -> u32 {
    let f = d << 16u;
    var sum = 2773769u - product(f, 246789u).y;
    sum = 20609476u - product(f, sum).y;
    sum = 119183688u - product(f, sum).y;
    sum = 515881603u - product(f, sum).y;
    sum = 1488522224u - product(f, sum).y;
    sum = 2147483648u - product(f, sum).y;
    let by = (31u - q) + (d >> 16u);
    if (by > 31u) { return 0u; }
    return (sum + (1u << (by - 1u))) >> by;
}

// floor(a * 2^30 / b) for a <= b <= 2^31.
fn ratio(a: u32, b: u32) -> u32 {
    if (a >= b) { return 1u << 30u; }
    var rest = a;
    var out = 0u;
    for (var step = 0u; step < 30u; step++) {
        rest <<= 1u;
        out <<= 1u;
        if (rest >= b) {
            rest -= b;
            out |= 1u;
        }
    }
    return out;
}

fn logistic(x: i32) -> u32 {
    let d = scale(product(u32(abs(x)), LOG2_E), 16 - NARROW - 30).x;
    let e = power(d, 30u);
    return ratio(select(1u << 30u, e, x < 0), (1u << 30u) + e);
}

fn silu_product(gate: i32, up: i32) -> vec2<u32> {
    let silu = narrow(product_mixed(gate, logistic(gate)), -30, NARROW_LIMIT);
    return scale(product_signed(silu, up), 32 - 2 * NARROW);
}

// a / b to nearest, halves away from zero.
fn divide(a: vec2<u32>, b: vec2<u32>) -> vec2<u32> {
    let whole = quotient(plus(magnitude(a), right(b, 1u)), b);
    return select(whole, minus(vec2<u32>(), whole), is_negative(a));
}

fn turn(a: i32, b: i32, by: vec2<i32>) -> vec2<i32> {
    let first = minus(product_signed(a, by.x), product_signed(b, by.y));
    let second = plus(product_signed(b, by.x), product_signed(a, by.y));
    return vec2<i32>(narrow(first, -30, NARROW_LIMIT), narrow(second, -30, NARROW_LIMIT));
}

fn scramble(word: u32) -> u32 {
    var x = word;
    x = (x ^ (x >> 16u)) * 0x85ebca6bu;
    x = (x ^ (x >> 13u)) * 0xc2b2ae35u;
    return x ^ (x >> 16u);
}
