//! Integer arithmetic of the exact kernels: twin of `integer.wgsl`, and its specification.
//!
//! "Qn" means that an integer stands for itself divided by 2^n. A *wide* value is an `i64` in Q32, at most
//! [`LIMIT`] either way; shaders hold it as two words in two's complement. A *narrow* value is an `i32` in Q18, at
//! most [`NARROW_LIMIT`] either way. Every function here is total and has one right answer for each argument.

/// The largest wide value; two of them add up without overflow.
pub const LIMIT: i64 = (1 << 62) - 1;

/// The largest narrow value; two of them multiply to less than [`LIMIT`].
pub const NARROW_LIMIT: i64 = (1 << 31) - 1;

/// Fraction bits of a wide value.
pub const WIDE: i32 = 32;

/// Fraction bits of a narrow value.
pub const NARROW: i32 = 18;

/// `log2(e)` in Q30, to nearest.
pub const LOG2_E: u32 = 1_549_082_005;

/// Number of bits of a magnitude: 0 for 0, else the position of its highest bit plus one.
#[must_use]
pub fn bits(magnitude: u64) -> i32 {
    64 - magnitude.leading_zeros().cast_signed()
}

/// `value * 2^by`, rounded to nearest with halves towards plus infinity, and held between minus and plus
/// [`LIMIT`]. `|value|` is at most [`LIMIT`].
#[must_use]
pub fn scale(value: i64, by: i32) -> i64 {
    if by >= 0 {
        if value == 0 || bits(value.unsigned_abs()).saturating_add(by) <= 62 {
            return if value == 0 { 0 } else { value << by };
        }
        return if value < 0 { -LIMIT } else { LIMIT };
    }
    // Less than a half in magnitude.
    if by <= -63 {
        return 0;
    }
    (value + (1_i64 << (-by - 1))) >> -by
}

/// The sum, held between minus and plus [`LIMIT`].
#[must_use]
pub fn add(a: i64, b: i64) -> i64 {
    (a + b).clamp(-LIMIT, LIMIT)
}

/// `value * 2^by` as [`scale`] has it, held between minus and plus `limit`, which fits an `i32`.
#[must_use]
pub fn narrow(value: i64, by: i32, limit: i64) -> i32 {
    scale(value, by).clamp(-limit, limit) as i32
}

/// The exponent that brings numbers down to `wanted` bits: how far to shift right, never left. `magnitudes` is the
/// bitwise or of all magnitudes, whose highest bit is that of the largest.
#[must_use]
pub fn exponent(magnitudes: u64, wanted: i32) -> i32 {
    (bits(magnitudes) - wanted).max(0)
}

/// The bitwise or of all magnitudes.
#[must_use]
pub fn magnitudes(values: impl IntoIterator<Item = i64>) -> u64 {
    values.into_iter().fold(0, |all, value| all | value.unsigned_abs())
}

/// `1 / sqrt(n)` for `n` above zero, as `(inverse, k)`: it is `inverse * 2^(k - 63)`, with `inverse` in
/// 2^31..2^32 and `k` in 0..=31, at most 2^-30 of itself off.
///
/// `n` is moved left by `2k` bits into 2^62..2^64, where the root has 32 bits.
#[must_use]
pub fn inverse_root(n: u64) -> (u32, i32) {
    let k = (n | 1).leading_zeros() / 2;
    let root = (n << (2 * k)).isqrt().max(1 << 31);
    (((u64::MAX >> 1) / root) as u32, k.cast_signed())
}

/// Coefficients of 2^-f for f in 0..1, in Q31, with alternating signs: the polynomial of degree six that is right
/// at 0 and at six Chebyshev nodes.
pub const POWER: [u32; 7] =
    [2_147_483_648, 1_488_522_224, 515_881_603, 119_183_688, 20_609_476, 2_773_769, 246_789];

/// 2^-d for `d` in Q16, in Q`q` with `q` at most 30, rounded to nearest. The error is at most 2^-26 of the result
/// and half a unit; a larger `d` never gives more.
#[must_use]
pub fn power(d: u32, q: u32) -> u32 {
    let fraction = u64::from(d << 16);
    let mut sum = 0_u32;
    for coefficient in POWER.iter().rev() {
        sum = coefficient - ((fraction * u64::from(sum)) >> 32) as u32;
    }
    let by = (31 - q) + (d >> 16);
    if by > 31 { 0 } else { (sum + (1 << (by - 1))) >> by }
}

/// `floor(a * 2^30 / b)` for `a <= b` and `b` in 2^30..=2^31.
#[must_use]
pub fn ratio(a: u32, b: u32) -> u32 {
    ((u64::from(a) << 30) / u64::from(b)) as u32
}

/// The logistic function of a narrow value, in Q30; off by at most 2^-16.
///
/// With e = 2^(-|x| log2(e)) it is 1 / (1 + e) above zero and e / (1 + e) below.
#[must_use]
pub fn logistic(x: i32) -> u32 {
    let d = scale(i64::from(x.unsigned_abs()) * i64::from(LOG2_E), 16 - NARROW - 30) as u32;
    let e = power(d, 30);
    ratio(if x < 0 { e } else { 1 << 30 }, (1 << 30) + e)
}

/// `gate * logistic(gate) * up` of two narrow values, wide.
#[must_use]
pub fn silu_product(gate: i32, up: i32) -> i64 {
    let silu = narrow(i64::from(gate) * i64::from(logistic(gate)), -30, NARROW_LIMIT);
    scale(i64::from(silu) * i64::from(up), WIDE - 2 * NARROW)
}

/// `a / b` to nearest, halves away from zero; `|a|` at most [`LIMIT`] and `b` in 1..2^61.
#[must_use]
pub fn divide(a: i64, b: u64) -> i64 {
    let quotient = ((a.unsigned_abs() + b / 2) / b).cast_signed();
    if a < 0 { -quotient } else { quotient }
}

/// A value pair turned by an angle whose cosine and sine are in Q30. All narrow.
#[must_use]
pub fn turn(a: i32, b: i32, [cos, sin]: [i32; 2]) -> (i32, i32) {
    let [a, b, cos, sin] = [a, b, cos, sin].map(i64::from);
    (narrow(a * cos - b * sin, -30, NARROW_LIMIT), narrow(b * cos + a * sin, -30, NARROW_LIMIT))
}

/// Scrambles a word so that every bit depends on every other (the finaliser of `MurmurHash3`).
#[must_use]
pub fn scramble(word: u32) -> u32 {
    let mut x = word;
    x = (x ^ (x >> 16)).wrapping_mul(0x85eb_ca6b);
    x = (x ^ (x >> 13)).wrapping_mul(0xc2b2_ae35);
    x ^ (x >> 16)
}

/// A finite f32 as an integer in Q`q`, to nearest with halves away from zero; `None` where it does not fit in
/// `limit`. Works on the bits alone.
#[must_use]
pub fn fixed(value: f32, q: i32, limit: i64) -> Option<i64> {
    let word = value.to_bits();
    let (biased, fraction) = ((word >> 23 & 0xff).cast_signed(), i64::from(word & 0x7f_ffff));
    if biased == 255 {
        return None;
    }
    let mantissa = if biased == 0 { fraction } else { fraction | 1 << 23 };
    let by = q + biased.max(1) - 150;
    let magnitude = if mantissa == 0 { 0 } else { scale(mantissa, by) };
    let signed = if word >> 31 == 1 { -magnitude } else { magnitude };
    (magnitude <= limit && magnitude < LIMIT).then_some(signed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// `2^by * value` with halves up, in 128 bits.
    fn scaled(value: i64, by: i32) -> i128 {
        let exact = if by >= 0 {
            i128::from(value) << by.min(64)
        } else {
            let by = by.max(-100);
            (i128::from(value) + (1_i128 << (-by - 1))) >> -by
        };
        exact.clamp(-i128::from(LIMIT), i128::from(LIMIT))
    }

    proptest! {
        #[test]
        fn scale_is_the_rounded_product(value in -LIMIT..=LIMIT, drop in 0..63, by in -90..70) {
            for value in [value, value >> drop] {
                prop_assert_eq!(i128::from(scale(value, by)), scaled(value, by));
            }
        }

        #[test]
        fn scale_keeps_order(a in -LIMIT..=LIMIT, b in -LIMIT..=LIMIT, by in -90..70) {
            prop_assert_eq!(scale(a.min(b), by), scale(a, by).min(scale(b, by)));
        }

        #[test]
        fn the_exponent_leaves_as_many_bits_as_wanted(
            values in proptest::collection::vec(-LIMIT..=LIMIT, 1..9), drop in 0..63
        ) {
            let values: Vec<i64> = values.iter().map(|value| value >> drop).collect();
            let by = exponent(magnitudes(values.iter().copied()), 15);
            let peak = values.iter().map(|value| value.unsigned_abs()).max().unwrap();
            prop_assert!(peak >> by <= 32_767);
            prop_assert!(by == 0 || peak >> by > 16_383);
        }

        #[test]
        fn the_inverse_root_is_close(n in 1..u64::MAX, drop in 0..64_u32) {
            let n: u64 = (n >> drop).max(1);
            let (inverse, k) = inverse_root(n);
            prop_assert!(inverse >= 1 << 31 && (0..=31).contains(&k));
            let expected = 1.0 / (n as f64).sqrt();
            let got = f64::from(inverse) * 2_f64.powi(k - 63);
            prop_assert!((got / expected - 1.0).abs() < 2_f64.powi(-30), "{} {}", got, expected);
        }

        #[test]
        fn the_inverse_root_falls(n in 1..u64::MAX - 1, drop in 0..64_u32, more in 1..1000_u64) {
            let n: u64 = (n >> drop).max(1);
            // Compared as inverse * 2^k: what comes later is at most as large.
            let [a, b] = [n, n.saturating_add(more)].map(|n| {
                let (inverse, k) = inverse_root(n);
                u128::from(inverse) << k
            });
            prop_assert!(a >= b);
        }

        #[test]
        fn ratio_is_the_quotient(a in 0..=1_u32 << 30, extra in 0..=1_u32 << 30) {
            let b = (1 << 30) + extra;
            prop_assert_eq!(u128::from(ratio(a, b)), (u128::from(a) << 30) / u128::from(b));
        }

        #[test]
        fn divide_is_to_nearest(a in -LIMIT..=LIMIT, drop in 0..62_u32, b in 1..1_u64 << 61) {
            let b: u64 = (b >> drop).max(1);
            let exact = i128::from(a) * 2 + i128::from(a.signum()) * i128::from(b - b % 2);
            prop_assert_eq!(i128::from(divide(a, b)), exact / (2 * i128::from(b)));
        }

        #[test]
        fn products_of_narrow_values_are_wide(a in -NARROW_LIMIT..=NARROW_LIMIT, angle in 0.0..7.0_f64) {
            let unit = f64::from(1 << 30);
            let turned = turn(a as i32, -a as i32, [(angle.cos() * unit) as i32, (angle.sin() * unit) as i32]);
            let expected = (a as f64 * (angle.cos() + angle.sin())).clamp(-2_147_483_647.0, 2_147_483_647.0);
            prop_assert!((f64::from(turned.0) - expected).abs() < 8.0);
        }

        #[test]
        fn silu_product_is_close(gate in -9_000_000..9_000_000_i32, up in -9_000_000..9_000_000_i32) {
            let (g, u) = (f64::from(gate) / 262_144.0, f64::from(up) / 262_144.0);
            let got = silu_product(gate, up) as f64 / 4_294_967_296.0;
            let expected = g / (1.0 + (-g).exp()) * u;
            prop_assert!((got - expected).abs() <= 2_f64.powi(-16) * (1.0 + g.abs()) * (1.0 + u.abs()));
        }

        #[test]
        fn a_float_becomes_the_nearest_fixed_number(word in any::<u32>(), q in 0..40) {
            let value = f32::from_bits(word);
            let exact = f64::from(value) * 2_f64.powi(q);
            match fixed(value, q, 1 << 50) {
                Some(got) => prop_assert_eq!(got as f64, exact.round()),
                None => prop_assert!(!exact.is_finite() || exact.abs().round() > 2_f64.powi(50)),
            }
        }
    }

    #[test]
    fn every_power_is_close_and_falls() {
        let mut last = u32::MAX;
        for d in 0..=0xffff_u32 {
            let got = power(d, 30);
            let expected = (-f64::from(d) / 65_536.0).exp2() * 2_f64.powi(30);
            assert!((f64::from(got) - expected).abs() <= 0.5 + expected * 2_f64.powi(-26), "{d}");
            assert!(got < last, "{d}");
            last = got;
        }
        for (d, q, expected) in
            [(0, 30, 1 << 30), (0, 20, 1 << 20), (1 << 16, 20, 1 << 19), (20 << 16, 20, 1), (21 << 16, 20, 0)]
        {
            assert_eq!(power(d, q), expected, "{d} {q}");
        }
        assert_eq!((power(32 << 16, 30), power(u32::MAX, 30)), (0, 0));
        for d in (0..1_500_000).step_by(7) {
            assert!(power(d, 20) >= power(d + 7, 20), "{d}");
        }
    }

    #[test]
    fn the_logistic_function_is_close_and_rises() {
        let mut last = 0;
        for x in (-4_500_000..4_500_000).step_by(61) {
            let got = f64::from(logistic(x)) / 2_f64.powi(30);
            let expected = 1.0 / (1.0 + (-f64::from(x) / 262_144.0).exp());
            assert!((got - expected).abs() < 2_f64.powi(-16), "{x}: {got} {expected}");
            assert!(logistic(x) >= last, "{x}");
            last = logistic(x);
        }
        assert_eq!((logistic(i32::MAX), logistic(-i32::MAX), logistic(0)), (1 << 30, 0, 1 << 29));
    }

    #[test]
    fn edges() {
        assert_eq!((scale(LIMIT, 1), scale(-LIMIT, 70), scale(0, 70)), (LIMIT, -LIMIT, 0));
        assert_eq!((scale(1, -1), scale(-1, -1), scale(3, -1), scale(-3, -1)), (1, 0, 2, -1));
        assert_eq!((scale(LIMIT, -62), scale(LIMIT, -63), scale(-LIMIT, -200)), (1, 0, 0));
        assert_eq!((add(LIMIT, LIMIT), add(-LIMIT, -1)), (LIMIT, -LIMIT));
        assert_eq!(inverse_root(1), (u32::MAX, 31));
        assert_eq!(
            (fixed(f32::NAN, 1, 9), fixed(f32::INFINITY, 1, 9), fixed(-0.0, 9, 0)),
            (None, None, Some(0))
        );
        assert_eq!((fixed(f32::MAX, 32, LIMIT), fixed(-1.5, 1, 3), fixed(1.5, 1, 2)), (None, Some(-3), None));
    }
}
