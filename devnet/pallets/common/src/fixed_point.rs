//! Fixed-point numbers as the chain stores them: one field `bits`, with the binary point implied by
//! the type. Arithmetic is that of the `fixed` crate; these wrappers carry the encoding.

use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use frame_support::traits::Get;
use scale_info::{build::Fields, Path, Type, TypeInfo, TypeParameter};
use serde::{Deserialize, Serialize};

macro_rules! fixed_point {
    ($(#[$doc:meta])* $name:ident { bits: $bits:ty }, fraction $fraction:literal, path $path:literal) => {
        $(#[$doc])*
        #[derive(
            Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Encode, Decode,
            DecodeWithMemTracking, MaxEncodedLen, Serialize, Deserialize,
        )]
        pub struct $name {
            /// The value times two to the power of the number of fractional bits.
            pub bits: $bits,
        }

        impl $name {
            /// Number of bits behind the binary point.
            pub const FRACTION_BITS: u32 = $fraction;
            /// Zero.
            pub const ZERO: Self = Self { bits: 0 };
            /// One.
            pub const ONE: Self = Self { bits: 1 << $fraction };

            /// A number from its bits.
            pub const fn from_bits(bits: $bits) -> Self {
                Self { bits }
            }

            /// The same number as a `fixed` type, for arithmetic.
            pub const fn to_fixed(self) -> fixed::types::$name {
                fixed::types::$name::from_bits(self.bits)
            }
        }

        impl From<fixed::types::$name> for $name {
            fn from(value: fixed::types::$name) -> Self {
                Self { bits: value.to_bits() }
            }
        }

        // The chain's own type is generic over the position of the binary point; clients look at the
        // path and at the single field.
        impl TypeInfo for $name {
            type Identity = Self;

            fn type_info() -> Type {
                Type::builder()
                    .path(Path::new($path, "substrate_fixed"))
                    .type_params([TypeParameter::new("Frac", None)])
                    .composite(
                        Fields::named()
                            .field(|f| f.ty::<$bits>().name("bits").type_name(stringify!($bits))),
                    )
            }
        }
    };
}

fixed_point! {
    /// Signed, 96 whole and 32 fractional bits.
    I96F32 { bits: i128 }, fraction 32, path "FixedI128"
}
fixed_point! {
    /// Signed, 64 whole and 64 fractional bits.
    I64F64 { bits: i128 }, fraction 64, path "FixedI128"
}
fixed_point! {
    /// Unsigned, 96 whole and 32 fractional bits.
    U96F32 { bits: u128 }, fraction 32, path "FixedU128"
}
fixed_point! {
    /// Unsigned, 64 whole and 64 fractional bits.
    U64F64 { bits: u128 }, fraction 64, path "FixedU128"
}
fixed_point! {
    /// Signed, 32 whole and 32 fractional bits.
    I32F32 { bits: i64 }, fraction 32, path "FixedI64"
}

/// A fixed-point number as a storage default, by its bits.
pub struct ConstFixed<const BITS: u128>;

impl<const BITS: u128> Get<U64F64> for ConstFixed<BITS> {
    fn get() -> U64F64 {
        U64F64::from_bits(BITS)
    }
}

impl<const BITS: u128> Get<I96F32> for ConstFixed<BITS> {
    fn get() -> I96F32 {
        // Storage defaults are small positive numbers; the largest positive number stands in for others.
        I96F32::from_bits(i128::try_from(BITS).unwrap_or(i128::MAX))
    }
}
