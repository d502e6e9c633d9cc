//! Natural logarithm and exponential on integers, the same on every machine.
//!
//! Numbers are fixed-point with 120 fractional bits in 256. Both functions are within
//! [`error_bound`] of the exact value for every input that is allowed, which the tests compare with
//! independent figures.

use sp_core::U256;

/// Bits behind the binary point.
pub(crate) const FRACTION_BITS: usize = 120;

/// How far a result may be from the exact value: 2^-110, of which truncation uses less than half.
pub(crate) fn error_bound() -> U256 {
    U256::one() << (FRACTION_BITS - 110)
}

/// One.
pub(crate) fn one() -> U256 {
    U256::one() << FRACTION_BITS
}

/// The logarithm of two, truncated.
fn ln_2() -> U256 {
    // floor(ln 2 · 2^120)
    U256([0xABC9_E3B3_9803_F2F6, 0x00B1_7217_F7D1_CF79, 0, 0])
}

fn multiply(a: U256, b: U256) -> U256 {
    (a * b) >> FRACTION_BITS
}

/// ln(`value`) for an integer of at least one.
pub(crate) fn ln(value: U256) -> U256 {
    debug_assert!(!value.is_zero(), "the logarithm of zero");
    let exponent = value.bits().saturating_sub(1);
    // The mantissa lies in [1, 2); bits beyond the 120th are dropped.
    let mantissa = if exponent > FRACTION_BITS {
        value >> (exponent - FRACTION_BITS)
    } else {
        value << (FRACTION_BITS - exponent)
    };
    // ln m = 2 · (z + z³/3 + z⁵/5 + …) with z = (m − 1)/(m + 1), at most a third.
    let z = ((mantissa - one()) << FRACTION_BITS) / (mantissa + one());
    let square = multiply(z, z);
    let mut term = z;
    let mut sum = U256::zero();
    let mut divisor = 1u32;
    while !term.is_zero() {
        sum += term / U256::from(divisor);
        term = multiply(term, square);
        divisor += 2;
    }
    ln_2() * U256::from(exponent) + (sum << 1)
}

/// e^−`x`.
pub(crate) fn exp_negative(x: U256) -> U256 {
    let halvings = x / ln_2();
    if halvings > U256::from(FRACTION_BITS) {
        return U256::zero();
    }
    let rest = x - halvings * ln_2();
    // e^−r as the reciprocal of e^r, which has no cancelling terms.
    let reciprocal = (U256::one() << (2 * FRACTION_BITS)) / exp_series(rest);
    reciprocal >> halvings.low_u32()
}

/// e^`x` for `x` up to 64.
pub(crate) fn exp(x: U256) -> Option<U256> {
    let doublings = x / ln_2();
    if doublings > U256::from(92) {
        return None;
    }
    let rest = x - doublings * ln_2();
    Some(exp_series(rest) << doublings.low_u32())
}

/// e^r by its series, for r below ln 2.
fn exp_series(r: U256) -> U256 {
    let mut term = one();
    let mut sum = U256::zero();
    let mut divisor = 1u32;
    while !term.is_zero() {
        sum += term;
        term = multiply(term, r) / U256::from(divisor);
        divisor += 1;
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    fn to_f64(x: U256) -> f64 {
        // The upper 64 bits are enough for a double.
        let shift = x.bits().saturating_sub(64);
        (x >> shift).low_u64() as f64 * 2f64.powi(shift as i32 - FRACTION_BITS as i32)
    }

    fn parse(decimal: &str) -> U256 {
        // "0.6931…" with at most 36 digits after the point, rounded down to 120 bits.
        let (whole, fraction) = decimal.split_once('.').unwrap();
        let digits = U256::from_dec_str(&format!("{whole}{fraction}")).unwrap();
        let scale = U256::from(10u8).pow(U256::from(fraction.len()));
        (digits << FRACTION_BITS) / scale
    }

    fn check(value: U256, decimal: &str) {
        let expected = parse(decimal);
        let difference = value.max(expected) - value.min(expected);
        assert!(difference <= error_bound(), "{value} is {difference} from {decimal}");
    }

    // Decimal expansions from tables of constants.
    #[test]
    fn known_values() {
        check(ln(U256::from(2)), "0.693147180559945309417232121458176568");
        check(ln(U256::from(10)), "2.302585092994045684017991454684364207");
        check(ln(U256::from(3)), "1.098612288668109691395245236922525704");
        assert_eq!(ln(U256::one()), U256::zero());
        check(exp_negative(one()), "0.367879441171442321595523770161460867");
        check(exp(one()).unwrap(), "2.718281828459045235360287471352662497");
        assert_eq!(exp_negative(U256::zero()), one());
    }

    #[test]
    fn small_and_large_arguments() {
        for value in [7u64, 1_000, 1_000_000_007, u64::MAX] {
            let expected = (value as f64).ln();
            assert!((to_f64(ln(value.into())) - expected).abs() < 1e-13 * expected);
        }
        for x in [1e-9, 0.1, 0.7, 3.0, 20.0] {
            let fixed = U256::from((x * 2f64.powi(58)) as u64) << (FRACTION_BITS - 58);
            assert!((to_f64(exp_negative(fixed)) / (-x).exp() - 1.0).abs() < 1e-14);
            assert!((to_f64(exp(fixed).unwrap()) / x.exp() - 1.0).abs() < 1e-14);
        }
    }
}
