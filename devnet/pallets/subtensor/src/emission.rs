//! The arithmetic of emission: how much a block emits, how it is shared among subnets, and how each
//! subnet's part is split. Pure functions over integers; `coinbase` applies them to storage.
//!
//! Amounts are rao or rao-alpha. Every division rounds down, and where a total is divided among
//! several, [`apportion`] makes the parts sum to the total.

use alloc::vec::Vec;
use sp_core::U256;

/// The most TAO there will ever be, and the most alpha of each subnet, in the smallest unit.
pub const MAX_SUPPLY: u64 = 21_000_000_000_000_000;

/// What a block emits before the first halving, in the smallest unit.
pub const INITIAL_BLOCK_EMISSION: u64 = 1_000_000_000;

/// One, as a number with 32 fractional bits.
pub const FIXED_32_ONE: u128 = 1 << 32;

/// What one block emits when `issuance` has been issued: `1e9 / 2^n` with
/// `n = floor(log2(1 / (1 − issuance / 21e15)))`, and nothing once all is issued.
///
/// The same schedule holds for TAO and for the alpha of each subnet. It halves at 10.5 million, at
/// 15.75 million, and so on: `n` is how often the remainder has been halved.
pub fn block_emission(issuance: u64) -> u64 {
    let remaining = MAX_SUPPLY.saturating_sub(issuance);
    match MAX_SUPPLY.checked_div(remaining) {
        Some(ratio) => INITIAL_BLOCK_EMISSION.checked_shr(ratio.ilog2()).unwrap_or(0),
        None => 0,
    }
}

/// Divides `total` by `weights`. The parts sum to `total` exactly, unless all weights are zero: then
/// every part is zero.
///
/// Part `i` is the difference of the rounded-down cumulative shares up to `i` and up to `i − 1`. It
/// departs from `total · weight / sum` by less than one unit, and what rounding leaves over goes to
/// whichever part the cumulative share next passes a whole unit in.
pub fn apportion(total: u64, weights: &[u128]) -> Vec<u64> {
    let sum = weights.iter().fold(U256::zero(), |sum, &weight| sum + U256::from(weight));
    let (mut cumulative, mut given) = (U256::zero(), 0u64);
    weights
        .iter()
        .map(|&weight| {
            cumulative += U256::from(weight);
            let upto = (U256::from(total) * cumulative).checked_div(sum).map_or(0, |upto| upto.low_u64());
            let part = upto.saturating_sub(given);
            given = upto;
            part
        })
        .collect()
}

/// `a · b / c`, rounded down; zero for a zero denominator, held at the largest number.
pub fn mul_div(a: u64, b: u128, c: u128) -> u64 {
    let quotient = (U256::from(a) * U256::from(b)).checked_div(U256::from(c));
    quotient.map_or(0, |quotient| u64::try_from(quotient).unwrap_or(u64::MAX))
}

/// A subnet's weight in the division of a block's TAO: moving price times the part of the miners'
/// incentive that was not withheld. Both are numbers with 32 fractional bits, and so is the result.
pub fn share_weight(moving_price: i128, miner_burned: u128) -> u128 {
    let kept = FIXED_32_ONE.saturating_sub(miner_burned);
    let price = u128::try_from(moving_price).unwrap_or(0);
    price.saturating_mul(kept) >> 32
}

/// The moving price after one more block: `a · min(price, 1) + (1 − a) · old` with
/// `a = moving_alpha · blocks / (blocks + halving_blocks)`.
///
/// `old`, `moving_alpha` and the result have 32 fractional bits; `price` is in rao per alpha, and
/// `blocks` counts from the subnet's first emission.
pub fn next_moving_price(
    old: i128,
    price: u64,
    moving_alpha: i128,
    blocks: u64,
    halving_blocks: u64,
) -> i128 {
    let old = u128::try_from(old).unwrap_or(0);
    let moving_alpha = u128::try_from(moving_alpha).unwrap_or(0);
    let span = u128::from(blocks).saturating_add(halving_blocks.into());
    let alpha = moving_alpha.saturating_mul(blocks.into()).checked_div(span).unwrap_or(0).min(FIXED_32_ONE);
    let price = (u128::from(price.min(INITIAL_BLOCK_EMISSION)) << 32) / 1_000_000_000;
    let new = alpha.saturating_mul(price) >> 32;
    // Rounding the kept part up lets a price at rest stay where it is.
    let kept = (FIXED_32_ONE - alpha).saturating_mul(old).div_ceil(FIXED_32_ONE);
    i128::try_from(new.saturating_add(kept)).unwrap_or(i128::MAX)
}

/// The part of a subnet's validator emission that belongs to root stake, with 32 fractional bits:
/// `w · T0 / (w · T0 + A)` with the weight of root stake `w = tao_weight / (2^64 − 1)`, the TAO on
/// root `T0` and the subnet's alpha issuance `A`.
pub fn root_proportion(tao_weight: u64, root_tao: u64, alpha_issuance: u64) -> u128 {
    let root = U256::from(tao_weight) * U256::from(root_tao);
    let alpha = U256::from(alpha_issuance) * U256::from(u64::MAX);
    (root << 32).checked_div(root + alpha).map_or(0, |proportion| proportion.low_u128())
}

/// What of a subnet's TAO emission enters its pool, and with how much alpha.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Injection {
    /// TAO added to the pool's reserve.
    pub tao_in: u64,
    /// Alpha minted into the pool's reserve.
    pub alpha_in: u64,
    /// TAO that buys alpha from the pool instead, without fee. `tao_in + excess_tao` is the whole
    /// emission.
    pub excess_tao: u64,
}

/// Splits `tao` into injection and excess: `alpha_in = min(tao / price, root_proportion · alpha)`.
///
/// `price` is in rao per alpha, `alpha` the subnet's alpha emission of this block and
/// `root_proportion` has 32 fractional bits. Without a price all of it is excess.
pub fn injection(tao: u64, alpha: u64, root_proportion: u128, price: u64) -> Injection {
    let at_price = mul_div(tao, 1_000_000_000, price.into());
    let most = mul_div(alpha, root_proportion, FIXED_32_ONE);
    if price > 0 && at_price <= most {
        return Injection { tao_in: tao, alpha_in: at_price, excess_tao: 0 };
    }
    if price == 0 {
        return Injection { excess_tao: tao, ..Injection::default() };
    }
    let tao_in = mul_div(most, price.into(), 1_000_000_000).min(tao);
    Injection { tao_in, alpha_in: most, excess_tao: tao - tao_in }
}

/// A subnet's alpha emission of one block, by who waits for it. The parts sum to the emission.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AlphaSplit {
    /// The subnet owner's.
    pub owner_cut: u64,
    /// The miners'.
    pub server: u64,
    /// That of validators and those who stake alpha to them.
    pub validator: u64,
    /// That of those who stake TAO on root.
    pub root: u64,
}

/// Splits a block's alpha: the owner's cut (`owner_cut / 65535`), then half of the rest to miners and
/// half to validators, of which `root_proportion` (32 fractional bits) goes to root stake. The odd
/// unit of each halving falls to the validators' side.
pub fn split_alpha(alpha: u64, owner_cut: u16, root_proportion: u128) -> AlphaSplit {
    let owner_cut = mul_div(alpha, owner_cut.into(), u16::MAX.into());
    let rest = alpha.saturating_sub(owner_cut);
    let server = rest / 2;
    let validators = rest - server;
    let root = mul_div(validators, root_proportion.min(FIXED_32_ONE), FIXED_32_ONE);
    AlphaSplit { owner_cut, server, validator: validators - root, root }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const TAO: u64 = 1_000_000_000;

    #[test]
    fn emission_halves_when_half_of_the_rest_is_issued() {
        let halvings = [
            (10_500_000, TAO, TAO / 2),
            (15_750_000, TAO / 2, TAO / 4),
            (18_375_000, TAO / 4, TAO / 8),
            (19_687_500, TAO / 8, TAO / 16),
            (20_343_750, TAO / 16, TAO / 32),
        ];
        assert_eq!(block_emission(0), TAO);
        for (issued, before, after) in halvings {
            assert_eq!(block_emission(issued * TAO - 1), before, "below {issued}");
            assert_eq!(block_emission(issued * TAO), after, "at {issued}");
            assert_eq!(block_emission(issued * TAO + 1), after, "above {issued}");
        }
        // Near the end the schedule reaches zero, and there is nothing beyond the cap.
        assert_eq!(block_emission(MAX_SUPPLY - 1), 0);
        assert_eq!(block_emission(MAX_SUPPLY), 0);
        assert_eq!(block_emission(u64::MAX), 0);
    }

    #[test]
    fn a_block_at_the_boundary_is_emitted_at_the_new_rate() {
        // Half a TAO before the boundary one more whole TAO is emitted; the next block halves.
        let mut issuance = 10_500_000 * TAO - TAO / 2;
        let first = block_emission(issuance);
        issuance += first;
        assert_eq!((first, block_emission(issuance)), (TAO, TAO / 2));
    }

    #[test]
    fn alpha_is_split_18_41_41() {
        let split = split_alpha(TAO, 11_796, 0);
        assert_eq!(split.owner_cut, 179_995_422);
        assert_eq!(split.server, 410_002_289);
        assert_eq!((split.validator, split.root), (410_002_289, 0));
        let with_root = split_alpha(TAO, 11_796, FIXED_32_ONE / 4);
        assert_eq!((with_root.validator, with_root.root), (307_501_717, 102_500_572));
    }

    #[test]
    fn injection_is_capped_by_the_root_proportion() {
        // 0.01 TAO at a price of 0.05 would take 0.2 alpha; a quarter of one alpha may enter.
        let free = injection(TAO / 100, TAO, FIXED_32_ONE / 4, TAO / 20);
        assert_eq!(free, Injection { tao_in: TAO / 100, alpha_in: TAO / 5, excess_tao: 0 });
        let capped = injection(TAO / 100, TAO, FIXED_32_ONE / 10, TAO / 20);
        let expected = Injection { tao_in: 4_999_999, alpha_in: 99_999_999, excess_tao: 5_000_001 };
        assert_eq!(FIXED_32_ONE / 10 * 10, FIXED_32_ONE - 6, "a tenth is rounded down");
        assert_eq!(capped, expected);
    }

    #[test]
    fn moving_price_follows_slowly_and_is_capped_at_one() {
        let alpha = 12_884; // 0.000003
        let half = (FIXED_32_ONE / 2) as i128;
        let first = next_moving_price(half, 2 * TAO, alpha, 201_600, 201_600);
        // a = 0.0000015, and the price counts as one.
        let moved = first - half;
        assert_eq!(moved, (12_884 / 2) / 2);
        assert_eq!(next_moving_price(half, TAO / 2, alpha, 1_000_000, 201_600), half);
        assert_eq!(next_moving_price(half, 0, alpha, 0, 201_600), half);
    }

    #[test]
    fn root_proportion_weighs_root_stake() {
        assert_eq!(root_proportion(u64::MAX, 3 * TAO, TAO), FIXED_32_ONE / 4 * 3);
        assert_eq!(root_proportion(971_718_665_099_567_868, 0, TAO), 0);
        assert_eq!(root_proportion(0, 0, 0), 0);
    }

    proptest! {
        #[test]
        fn parts_sum_to_the_total(total: u64, weights in prop::collection::vec(any::<u128>(), 0..40)) {
            let parts = apportion(total, &weights);
            prop_assert_eq!(parts.len(), weights.len());
            let sum: u128 = parts.iter().map(|&part| u128::from(part)).sum();
            let expected = if weights.iter().all(|&weight| weight == 0) { 0 } else { total };
            prop_assert_eq!(sum, u128::from(expected));
        }

        #[test]
        fn each_part_is_within_one_of_its_share(total: u64, weights in prop::collection::vec(0u64.., 1..40)) {
            let wide: Vec<u128> = weights.iter().map(|&weight| weight.into()).collect();
            let sum: u128 = wide.iter().sum();
            prop_assume!(sum > 0);
            for (part, weight) in apportion(total, &wide).into_iter().zip(&wide) {
                let exact = mul_div(total, *weight, sum);
                prop_assert!(part == exact || part == exact + 1, "{part} for {exact}");
                prop_assert!(*weight > 0 || part == 0);
            }
        }

        #[test]
        fn splits_lose_nothing(alpha in 0..=TAO, cut: u16, proportion in 0..=FIXED_32_ONE) {
            let split = split_alpha(alpha, cut, proportion);
            prop_assert_eq!(split.owner_cut + split.server + split.validator + split.root, alpha);
        }

        #[test]
        fn injections_lose_nothing(tao in 0..=TAO, alpha in 0..=TAO, proportion in 0..=FIXED_32_ONE, price: u64) {
            let injection = injection(tao, alpha, proportion, price);
            prop_assert_eq!(injection.tao_in + injection.excess_tao, tao);
            prop_assert!(injection.alpha_in <= alpha);
        }

        #[test]
        fn emission_never_rises(a: u64, b: u64) {
            prop_assert!(block_emission(a.min(b)) >= block_emission(a.max(b)));
        }
    }
}
