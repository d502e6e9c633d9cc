//! Parts of 65,535. The type changes its name with the runtime that the chain upgrades to, and keeps
//! its bytes.

use frame_support::traits::Get;

#[cfg(not(feature = "next"))]
pub use plain::{ratio_from_parts, ratio_parts, Ratio};
#[cfg(feature = "next")]
pub use wrapped::{ratio_from_parts, ratio_parts, Ratio};

/// The first runtime's: a bare number.
#[cfg(not(feature = "next"))]
mod plain {
    /// Parts of 65,535.
    pub type Ratio = u16;

    /// A ratio from its parts of 65,535.
    pub const fn ratio_from_parts(parts: u16) -> Ratio {
        parts
    }

    /// A ratio's parts of 65,535.
    pub const fn ratio_parts(ratio: Ratio) -> u16 {
        ratio
    }
}

/// The next runtime's: a type of its own.
#[cfg(feature = "next")]
mod wrapped {
    /// Parts of 65,535.
    pub type Ratio = sp_runtime::PerU16;

    /// A ratio from its parts of 65,535.
    pub fn ratio_from_parts(parts: u16) -> Ratio {
        Ratio::from_parts(parts)
    }

    /// A ratio's parts of 65,535.
    pub fn ratio_parts(ratio: Ratio) -> u16 {
        ratio.deconstruct()
    }
}

/// A ratio as a storage default, by its parts.
pub struct ConstRatio<const N: u16>;

impl<const N: u16> Get<Ratio> for ConstRatio<N> {
    fn get() -> Ratio {
        ratio_from_parts(N)
    }
}
