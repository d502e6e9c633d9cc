//! Unsigned Q64.64 arithmetic: 64 bits before the point, 64 after it, rounded down.

/// 1 in Q64.64.
pub(crate) const ONE: u128 = 1 << 64;
const LOW: u128 = ONE.wrapping_sub(1);

/// `numerator / denominator`, rounded down; nothing where the denominator is zero.
pub(crate) fn ratio(numerator: u64, denominator: u64) -> Option<u128> {
    (u128::from(numerator) << 64).checked_div(u128::from(denominator))
}

/// The product, rounded down; nothing where it reaches 2⁶⁴.
pub(crate) fn mul(a: u128, b: u128) -> Option<u128> {
    let (a_high, a_low) = (a >> 64, a & LOW);
    let (b_high, b_low) = (b >> 64, b & LOW);
    let high = a_high.checked_mul(b_high)?;
    if high >= ONE {
        return None;
    }
    // Each cross product is below 2¹²⁸, their sum may not be.
    (high << 64)
        .checked_add(a_high.checked_mul(b_low)?)?
        .checked_add(a_low.checked_mul(b_high)?)?
        .checked_add(a_low.checked_mul(b_low)? >> 64)
}

/// `base` to the power of `exponent`, rounded down at every step; nothing where it reaches 2⁶⁴.
pub(crate) fn pow(base: u128, exponent: u64) -> Option<u128> {
    let mut result = ONE;
    let mut square = base;
    let mut left = exponent;
    while left != 0 {
        if left & 1 == 1 {
            result = mul(result, square)?;
        }
        left >>= 1;
        if left != 0 {
            square = mul(square, square)?;
        }
    }
    Some(result)
}

/// Millionths, rounded down; nothing where they do not fit.
pub(crate) fn to_ppm(value: u128) -> Option<u64> {
    let whole = (value >> 64).checked_mul(1_000_000)?;
    let fraction = (value & LOW).checked_mul(1_000_000)? >> 64;
    u64::try_from(whole.checked_add(fraction)?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn known_powers() {
        assert_eq!(pow(ONE, 1_000_000), Some(ONE));
        assert_eq!(pow(ONE << 1, 10), Some(ONE << 10));
        assert_eq!(pow(ONE << 1, 64), None, "2⁶⁴ does not fit");
        assert_eq!(to_ppm(ONE >> 1), Some(500_000));
    }

    proptest! {
        #[test]
        fn a_product_is_the_floor_of_the_exact_one(a in any::<u64>(), b in any::<u64>()) {
            // Both factors below one: the exact product fits 128 bits.
            let exact = (u128::from(a) * u128::from(b)) >> 64;
            prop_assert_eq!(mul(u128::from(a), u128::from(b)), Some(exact));
        }

        #[test]
        fn nothing_panics(a in any::<u128>(), b in any::<u128>(), n in any::<u64>()) {
            let _outcome = (mul(a, b), pow(a, n), to_ppm(a));
        }
    }
}
