//! The decimal floating-point number that counts shares of a stake pool.

use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use core::cmp::Ordering;
use scale_info::TypeInfo;
use serde::{Deserialize, Serialize};
use sp_core::U256;

use crate::U64F64;

/// `mantissa · 10^exponent`, never negative. Unless zero, the mantissa lies in (1e20, 1e21], which
/// leaves twenty significant digits: enough that a share of all TAO is exact to a ten-thousandth rao.
///
/// Every operation rounds towards zero.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    Encode,
    Decode,
    DecodeWithMemTracking,
    MaxEncodedLen,
    TypeInfo,
    Serialize,
    Deserialize,
)]
pub struct SafeFloat {
    mantissa: u128,
    exponent: i64,
}

const MANTISSA_MAX: u128 = 1_000_000_000_000_000_000_000;
const MANTISSA_MIN: u128 = MANTISSA_MAX / 10;
/// Digits by which two numbers may differ before the smaller one disappears in a sum.
const ALIGNMENT_LIMIT: u64 = 40;

impl SafeFloat {
    /// Zero.
    pub const ZERO: SafeFloat = SafeFloat { mantissa: 0, exponent: 0 };

    /// The mantissa as stored.
    pub fn mantissa(self) -> u128 {
        self.mantissa
    }

    /// The exponent of ten as stored.
    pub fn exponent(self) -> i64 {
        self.exponent
    }

    /// Whether this is zero.
    pub fn is_zero(self) -> bool {
        self.mantissa == 0
    }

    /// The sum.
    pub fn plus(self, other: Self) -> Self {
        let Some((a, b, exponent)) = align(self, other) else {
            return larger(self, other);
        };
        normalize(a.saturating_add(b), exponent)
    }

    /// The difference, held at zero.
    pub fn saturating_sub(self, other: Self) -> Self {
        if self.cmp_value(other) != Ordering::Greater {
            return Self::ZERO;
        }
        let Some((a, b, exponent)) = align(self, other) else {
            return self;
        };
        normalize(a.saturating_sub(b), exponent)
    }

    /// `self · numerator / denominator`; `None` for a zero denominator.
    pub fn mul_div(self, numerator: Self, denominator: Self) -> Option<Self> {
        if denominator.is_zero() {
            return None;
        }
        if self.is_zero() || numerator.is_zero() {
            return Some(Self::ZERO);
        }
        // (1e21)² · 1e22 is below 2^213, so nothing can overflow.
        let product = U256::from(self.mantissa) * U256::from(numerator.mantissa);
        let scaled = product * pow10(22);
        let exponent = self
            .exponent
            .saturating_add(numerator.exponent)
            .saturating_sub(denominator.exponent)
            .saturating_sub(22);
        Some(normalize(scaled / U256::from(denominator.mantissa), exponent))
    }

    /// `amount · self / denominator`, rounded down; zero for a zero denominator.
    ///
    /// This is the value of a position: the pool's amount times the position's part of all shares.
    pub fn portion_of(self, amount: u64, denominator: Self) -> u64 {
        if self.is_zero() || denominator.is_zero() {
            return 0;
        }
        let product = U256::from(amount) * U256::from(self.mantissa);
        let shift = self.exponent.saturating_sub(denominator.exponent);
        let digits = shift.unsigned_abs();
        let value = if shift >= 0 {
            if digits > ALIGNMENT_LIMIT {
                return u64::MAX;
            }
            product.saturating_mul(pow10(digits)) / U256::from(denominator.mantissa)
        } else {
            if digits > ALIGNMENT_LIMIT {
                return 0;
            }
            product / (U256::from(denominator.mantissa) * pow10(digits))
        };
        u64::try_from(value).unwrap_or(u64::MAX)
    }

    /// Which of two numbers is greater.
    pub fn cmp_value(self, other: Self) -> Ordering {
        // Every number but zero has one normal form, so the exponents decide first.
        match (self.is_zero(), other.is_zero()) {
            (true, true) => return Ordering::Equal,
            (true, false) => return Ordering::Less,
            (false, true) => return Ordering::Greater,
            (false, false) => {}
        }
        self.exponent.cmp(&other.exponent).then(self.mantissa.cmp(&other.mantissa))
    }
}

impl From<u64> for SafeFloat {
    fn from(value: u64) -> Self {
        normalize(U256::from(value), 0)
    }
}

impl From<U64F64> for SafeFloat {
    fn from(value: U64F64) -> Self {
        // bits · 10^38 stays below 2^255 for every 128-bit number.
        let scaled = U256::from(value.bits) * pow10(38);
        normalize(scaled >> 64, -38)
    }
}

fn pow10(digits: u64) -> U256 {
    U256::from(10u8).pow(U256::from(digits))
}

fn larger(a: SafeFloat, b: SafeFloat) -> SafeFloat {
    if a.cmp_value(b) == Ordering::Less {
        b
    } else {
        a
    }
}

/// Both mantissas at the smaller exponent, or `None` if they are too far apart to matter.
fn align(a: SafeFloat, b: SafeFloat) -> Option<(U256, U256, i64)> {
    if a.is_zero() {
        return Some((U256::zero(), b.mantissa.into(), b.exponent));
    }
    if b.is_zero() {
        return Some((a.mantissa.into(), U256::zero(), a.exponent));
    }
    let digits = a.exponent.abs_diff(b.exponent);
    if digits > ALIGNMENT_LIMIT {
        return None;
    }
    let (mantissa_a, mantissa_b) = (U256::from(a.mantissa), U256::from(b.mantissa));
    Some(if a.exponent >= b.exponent {
        (mantissa_a * pow10(digits), mantissa_b, b.exponent)
    } else {
        (mantissa_a, mantissa_b * pow10(digits), a.exponent)
    })
}

fn normalize(mut mantissa: U256, mut exponent: i64) -> SafeFloat {
    if mantissa.is_zero() {
        return SafeFloat::ZERO;
    }
    let (low, high) = (U256::from(MANTISSA_MIN), U256::from(MANTISSA_MAX));
    while mantissa > high {
        mantissa /= U256::from(10u8);
        exponent = exponent.saturating_add(1);
    }
    while mantissa <= low {
        mantissa *= U256::from(10u8);
        exponent = exponent.saturating_sub(1);
    }
    SafeFloat { mantissa: mantissa.low_u128(), exponent }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn float(value: u64) -> SafeFloat {
        SafeFloat::from(value)
    }

    #[test]
    fn mantissas_are_normalised() {
        for value in [1, 9, 10, 11, 999, 1_000_000, u64::MAX] {
            let float = float(value);
            assert!(float.mantissa > MANTISSA_MIN && float.mantissa <= MANTISSA_MAX, "{float:?}");
        }
        assert_eq!(float(0), SafeFloat::ZERO);
    }

    #[test]
    fn old_shares_convert() {
        let one_and_a_half = U64F64::from_bits(3 << 63);
        assert_eq!(SafeFloat::from(one_and_a_half), float(3).mul_div(float(1), float(2)).unwrap());
    }

    #[test]
    fn encoding_is_mantissa_then_exponent() {
        let bytes = float(1).encode();
        assert_eq!(bytes.len(), 24);
        assert_eq!(bytes[..16], MANTISSA_MAX.to_le_bytes());
        assert_eq!(bytes[16..], (-21i64).to_le_bytes());
    }

    proptest! {
        #[test]
        fn whole_share_is_whole_amount(amount: u64, share in 1u64..) {
            prop_assert_eq!(float(share).portion_of(amount, float(share)), amount);
        }

        #[test]
        fn portion_equals_integer_division(amount: u64, share: u64, total in 1u64..) {
            let share = share.min(total);
            let expected = u128::from(amount) * u128::from(share) / u128::from(total);
            prop_assert_eq!(u128::from(float(share).portion_of(amount, float(total))), expected);
        }

        #[test]
        fn sums_and_differences_are_exact(a: u32, b: u32) {
            let (a, b) = (u64::from(a), u64::from(b));
            prop_assert_eq!(float(a).plus(float(b)), float(a + b));
            prop_assert_eq!(float(a).saturating_sub(float(b)), float(a.saturating_sub(b)));
        }

        #[test]
        fn mul_div_rounds_down(a: u64, b: u64, c in 1u64..) {
            let result = float(a).mul_div(float(b), float(c)).unwrap();
            let unit = float(1).portion_of(u64::MAX, float(1));
            prop_assert_eq!(unit, u64::MAX);
            let back = result.mul_div(float(c), float(1)).unwrap();
            let exact = float(a).mul_div(float(b), float(1)).unwrap();
            prop_assert!(back.cmp_value(exact) != Ordering::Greater);
        }
    }
}
