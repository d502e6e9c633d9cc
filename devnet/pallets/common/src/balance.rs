//! Amounts of TAO and of subnet alpha, both in their smallest unit.

use codec::{CompactAs, Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use core::{fmt, iter::Sum};
use frame_support::traits::Get;
use scale_info::TypeInfo;
use serde::{Deserialize, Serialize};

macro_rules! balance {
    ($(#[$doc:meta])* $name:ident, $constant:ident) => {
        $(#[$doc])*
        #[derive(
            Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode,
            DecodeWithMemTracking, MaxEncodedLen, TypeInfo, CompactAs, Serialize, Deserialize,
        )]
        #[serde(transparent)]
        pub struct $name(u64);

        impl $name {
            /// Nothing.
            pub const ZERO: Self = Self(0);
            /// The largest amount that can be written.
            pub const MAX: Self = Self(u64::MAX);

            /// Wraps an amount in the smallest unit.
            pub const fn new(amount: u64) -> Self {
                Self(amount)
            }

            /// The amount in the smallest unit.
            pub const fn to_u64(self) -> u64 {
                self.0
            }

            /// Whether there is nothing.
            pub const fn is_zero(self) -> bool {
                self.0 == 0
            }

            /// Sum, or `None` above the maximum.
            pub fn checked_add(self, other: Self) -> Option<Self> {
                self.0.checked_add(other.0).map(Self)
            }

            /// Difference, or `None` below zero.
            pub fn checked_sub(self, other: Self) -> Option<Self> {
                self.0.checked_sub(other.0).map(Self)
            }

            /// Sum, held at the maximum.
            pub fn saturating_add(self, other: Self) -> Self {
                Self(self.0.saturating_add(other.0))
            }

            /// Difference, held at zero.
            pub fn saturating_sub(self, other: Self) -> Self {
                Self(self.0.saturating_sub(other.0))
            }

            /// `self · numerator / denominator`, rounded down; `None` for a zero denominator or when the
            /// result does not fit.
            pub fn mul_ratio_floor(self, numerator: u128, denominator: u128) -> Option<Self> {
                let product = sp_core::U256::from(self.0).checked_mul(numerator.into())?;
                let quotient = product.checked_div(denominator.into())?;
                u64::try_from(quotient).ok().map(Self)
            }
        }

        impl From<u64> for $name {
            fn from(amount: u64) -> Self {
                Self(amount)
            }
        }

        impl From<$name> for u64 {
            fn from(amount: $name) -> Self {
                amount.0
            }
        }

        impl From<$name> for u128 {
            fn from(amount: $name) -> Self {
                amount.0.into()
            }
        }

        impl Sum for $name {
            fn sum<I: Iterator<Item = Self>>(amounts: I) -> Self {
                amounts.fold(Self::ZERO, Self::saturating_add)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        /// An amount as a storage default.
        pub struct $constant<const N: u64>;

        impl<const N: u64> Get<$name> for $constant<N> {
            fn get() -> $name {
                $name(N)
            }
        }
    };
}

balance! {
    /// An amount of TAO in rao: 1 TAO is 1,000,000,000 rao.
    TaoBalance, ConstTao
}
balance! {
    /// An amount of a subnet's alpha in rao-alpha: 1 alpha is 1,000,000,000 rao-alpha.
    AlphaBalance, ConstAlpha
}
