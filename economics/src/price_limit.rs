//! Price limits and what a trade within them gives at least.
//!
//! The chain compares the limit with the pool's price *after* the trade. Every part of the trade happens at
//! a better price than that, so amount over limit is a floor that holds whatever happens in between.

use lantern_types::{AlphaBalance, Price, TaoBalance};

/// How far the price may move against the user, in parts per million of the price now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Tolerance(u32);

impl Tolerance {
    /// Half a per cent: what people choose most.
    pub const DEFAULT: Self = Self(5_000);

    /// From parts per million, at most half of the price.
    #[must_use]
    pub fn from_ppm(ppm: u32) -> Option<Self> {
        (ppm <= 500_000).then_some(Self(ppm))
    }

    /// Parts per million.
    #[must_use]
    pub const fn ppm(self) -> u32 {
        self.0
    }
}

/// Highest price to pay for alpha, rounded down: never looser than asked for.
#[must_use]
pub fn stake_limit(price: Price, tolerance: Tolerance) -> Price {
    scaled(price, 1_000_000_u64.saturating_add(u64::from(tolerance.0)), 0)
}

/// Lowest price to sell alpha at, rounded up: never looser than asked for.
#[must_use]
pub fn unstake_limit(price: Price, tolerance: Tolerance) -> Price {
    scaled(price, 1_000_000_u64.saturating_sub(u64::from(tolerance.0)), 999_999)
}

/// Alpha that `tao` after its fee buys at least, if the trade happens within `limit`.
#[must_use]
pub fn at_least_alpha(tao: TaoBalance, fee: TaoBalance, limit: Price) -> Option<AlphaBalance> {
    limit.alpha_floor(tao.checked_sub(fee)?)
}

/// TAO that `alpha` after its fee brings at least, if the trade happens within `limit`.
#[must_use]
pub fn at_least_tao(alpha: AlphaBalance, fee: AlphaBalance, limit: Price) -> Option<TaoBalance> {
    Some(limit.value_floor(alpha.checked_sub(fee)?))
}

fn scaled(price: Price, ppm: u64, round: u128) -> Price {
    let product = u128::from(price.rao_per_alpha()).saturating_mul(u128::from(ppm)).saturating_add(round);
    let scaled = product.checked_div(1_000_000).unwrap_or(0);
    Price::from_rao_per_alpha(u64::try_from(scaled).unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn limits_round_against_the_trade() {
        let price = Price::from_rao_per_alpha(33_333_333);
        assert_eq!(stake_limit(price, Tolerance::DEFAULT).rao_per_alpha(), 33_499_999);
        assert_eq!(unstake_limit(price, Tolerance::DEFAULT).rao_per_alpha(), 33_166_667);
        assert_eq!(Tolerance::from_ppm(500_001), None);
    }

    #[test]
    fn the_floor_follows_from_limit_and_fee() {
        let tao = TaoBalance::from_rao(10_000_000_000);
        let fee = TaoBalance::from_rao(5_000_000);
        let limit = Price::from_rao_per_alpha(50_000_000);
        assert_eq!(at_least_alpha(tao, fee, limit).map(AlphaBalance::rao), Some(199_900_000_000));
        assert_eq!(at_least_alpha(fee, tao, limit), None, "a fee above the amount leaves nothing");
    }

    proptest! {
        #[test]
        fn limits_enclose_the_price(rao in any::<u64>(), ppm in 0u32..=500_000) {
            let (price, tolerance) = (Price::from_rao_per_alpha(rao), Tolerance::from_ppm(ppm).expect("in range"));
            prop_assert!(stake_limit(price, tolerance) >= price);
            prop_assert!(unstake_limit(price, tolerance) <= price);
        }
    }
}
