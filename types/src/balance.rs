//! Amounts of TAO and of a subnet's alpha, in their smallest unit, and prices between them.

use crate::format;
use alloc::string::String;
use core::fmt;
use parity_scale_codec::{Decode, Encode};
use serde::{Deserialize, Serialize};

/// Why a text is not an amount.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AmountError {
    /// Nothing was given.
    #[error("enter an amount")]
    Empty,
    /// A character that is neither a digit nor the decimal point, or a second point.
    #[error("use digits and one decimal point")]
    NotANumber,
    /// More than nine digits after the point.
    #[error("the smallest unit is 0.000000001")]
    TooPrecise,
    /// More than 64 bits of the smallest unit.
    #[error("this is more than there will ever be")]
    TooLarge,
}

macro_rules! amount {
    ($name:ident, $unit:literal) => {
        #[doc = concat!("An amount in ", $unit, ": 1 000 000 000 make one whole.")]
        ///
        /// There are no operators: sums are checked and rounding is named.
        #[derive(
            Clone,
            Copy,
            PartialEq,
            Eq,
            PartialOrd,
            Ord,
            Hash,
            Encode,
            Decode,
            Serialize,
            Deserialize,
            Default,
        )]
        pub struct $name(u64);

        impl $name {
            /// Nothing.
            pub const ZERO: Self = Self(0);
            /// The largest amount that the chain can express.
            pub const MAX: Self = Self(u64::MAX);

            #[doc = concat!("From a count of ", $unit, ".")]
            #[must_use]
            pub const fn from_rao(rao: u64) -> Self {
                Self(rao)
            }

            #[doc = concat!("The count of ", $unit, ".")]
            #[must_use]
            pub const fn rao(self) -> u64 {
                self.0
            }

            /// Whether this is nothing.
            #[must_use]
            pub const fn is_zero(self) -> bool {
                self.0 == 0
            }

            /// The sum, or nothing where it does not fit.
            #[must_use]
            pub const fn checked_add(self, other: Self) -> Option<Self> {
                match self.0.checked_add(other.0) {
                    Some(sum) => Some(Self(sum)),
                    None => None,
                }
            }

            /// The difference, or nothing where it would be negative.
            #[must_use]
            pub const fn checked_sub(self, other: Self) -> Option<Self> {
                match self.0.checked_sub(other.0) {
                    Some(difference) => Some(Self(difference)),
                    None => None,
                }
            }

            /// Reads a decimal amount as a person types it: `12`, `0.5`, `.25`, with thin or plain
            /// spaces between groups.
            ///
            /// # Errors
            /// Says what is wrong with the text; nothing is rounded.
            pub fn parse(text: &str) -> Result<Self, AmountError> {
                format::parse_nano(text).map(Self)
            }

            /// All nine places, without grouping: the exact inverse of [`parse`](Self::parse).
            #[must_use]
            pub fn to_exact(self) -> String {
                format::nano_exact(self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!("{} ", $unit), self.0)
            }
        }
    };
}

amount!(TaoBalance, "rao");
amount!(AlphaBalance, "alpha rao");

/// A spot price in rao per whole alpha, as `SwapRuntimeApi_current_alpha_price` gives it (rounded down).
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode, Serialize, Deserialize, Default,
)]
pub struct Price(u64);

impl Price {
    /// One TAO for one alpha: the price on the root network.
    pub const ONE: Self = Self(1_000_000_000);

    /// From rao per whole alpha.
    #[must_use]
    pub const fn from_rao_per_alpha(rao: u64) -> Self {
        Self(rao)
    }

    /// Rao per whole alpha.
    #[must_use]
    pub const fn rao_per_alpha(self) -> u64 {
        self.0
    }

    /// Value of an amount of alpha at this price, rounded down. It knows neither slippage nor fee.
    #[must_use]
    pub fn value_floor(self, alpha: AlphaBalance) -> TaoBalance {
        let product = u128::from(self.0).saturating_mul(u128::from(alpha.rao()));
        TaoBalance(u64::try_from(product.checked_div(1_000_000_000).unwrap_or(0)).unwrap_or(u64::MAX))
    }

    /// Alpha that an amount of TAO is worth at this price, rounded down; nothing at a price of zero.
    #[must_use]
    pub fn alpha_floor(self, tao: TaoBalance) -> Option<AlphaBalance> {
        let alpha = u128::from(tao.rao()).saturating_mul(1_000_000_000).checked_div(u128::from(self.0))?;
        u64::try_from(alpha).ok().map(AlphaBalance)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString as _;
    use proptest::prelude::*;

    fn check(text: &str, expected: Result<u64, AmountError>) {
        assert_eq!(TaoBalance::parse(text).map(TaoBalance::rao), expected, "{text:?}");
    }

    #[test]
    fn amounts_are_read_as_people_type_them() {
        check("1", Ok(1_000_000_000));
        check(" 0.5 ", Ok(500_000_000));
        check(".25", Ok(250_000_000));
        check("7.", Ok(7_000_000_000));
        check("1\u{2009}284.5021", Ok(1_284_502_100_000));
        check("0.000000001", Ok(1));
        check("18446744073.709551615", Ok(u64::MAX));
    }

    #[test]
    fn wrong_amounts_are_named_not_rounded() {
        check("", Err(AmountError::Empty));
        check(".", Err(AmountError::NotANumber));
        check("1,5", Err(AmountError::NotANumber));
        check("1.2.3", Err(AmountError::NotANumber));
        check("-1", Err(AmountError::NotANumber));
        check("0.0000000001", Err(AmountError::TooPrecise));
        check("18446744073.709551616", Err(AmountError::TooLarge));
        check("99999999999999999999999999999999999999999", Err(AmountError::TooLarge));
    }

    #[test]
    fn a_price_values_alpha_rounding_down() {
        let price = Price::from_rao_per_alpha(333_333_333);
        assert_eq!(price.value_floor(AlphaBalance::from_rao(2)), TaoBalance::ZERO);
        assert_eq!(price.value_floor(AlphaBalance::from_rao(4)).rao(), 1);
        assert_eq!(Price::ONE.value_floor(AlphaBalance::MAX), TaoBalance::MAX);
        assert_eq!(Price::from_rao_per_alpha(0).alpha_floor(TaoBalance::from_rao(1)), None);
    }

    proptest! {
        #[test]
        fn exact_text_reads_back(rao in any::<u64>()) {
            prop_assert_eq!(TaoBalance::parse(&TaoBalance::from_rao(rao).to_exact()), Ok(TaoBalance::from_rao(rao)));
        }

        #[test]
        fn any_text_is_an_amount_or_an_error(text in ".*") {
            let _outcome = AlphaBalance::parse(&text).map(|amount| amount.to_exact().to_string());
        }
    }
}
