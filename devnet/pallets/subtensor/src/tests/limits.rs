//! Trades with a limit price.

use super::mock::*;
use crate::Error;
use frame_support::{assert_noop, assert_ok, dispatch::DispatchResult};
use proptest::prelude::*;
use subtensor_runtime_common::{NetUid, SwapHandler as _};

type SwapError = pallet_swap::Error<Test>;

fn buy(netuid: NetUid, amount: u64, limit: u64, partial: bool) -> DispatchResult {
    SubtensorModule::add_stake_limit(
        signed(coldkey()),
        hotkey(),
        netuid,
        amount.into(),
        limit.into(),
        partial,
    )
}

fn sell(netuid: NetUid, amount: u64, limit: u64, partial: bool) -> DispatchResult {
    SubtensorModule::remove_stake_limit(
        signed(coldkey()),
        hotkey(),
        netuid,
        amount.into(),
        limit.into(),
        partial,
    )
}

fn price(netuid: NetUid) -> u64 {
    Swap::current_price(netuid).to_u64()
}

#[test]
fn a_purchase_stops_at_its_limit() {
    on_chain(|| {
        assert_eq!(price(SUBNET), 250_000_000);
        // The price rises by a hundredth for half a hundredth more TAO: 10,000 · (√1.01 − 1) = 49.87 TAO.
        assert_noop!(buy(SUBNET, 100 * TAO, 252_500_000, false), Error::<Test>::SlippageTooHigh);
        assert_ok!(buy(SUBNET, 100 * TAO, 252_500_000, true));
        let spent = 100_000 * TAO - balance(&coldkey());
        assert!((49_87 * TAO / 100..50 * TAO).contains(&spent), "{spent}");
        assert!((252_499_990..=252_500_000).contains(&price(SUBNET)), "{}", price(SUBNET));
        // What fits is traded whole.
        assert_ok!(buy(SUBNET, TAO, 260_000_000, false));
        assert_eq!(100_000 * TAO - balance(&coldkey()), spent + TAO);
    });
}

#[test]
fn a_sale_stops_at_its_limit() {
    on_chain(|| {
        assert_ok!(buy(SUBNET, 1_000 * TAO, u64::MAX, false));
        let (held, before) = (position(&hotkey(), &coldkey(), SUBNET), price(SUBNET));
        let limit = before / 100 * 99;
        assert_noop!(sell(SUBNET, held, limit, false), Error::<Test>::SlippageTooHigh);
        assert_ok!(sell(SUBNET, held, limit, true));
        assert!(position(&hotkey(), &coldkey(), SUBNET) > held / 2);
        // The fee is sold afterwards for the author; it moves the price by a few millionths more.
        assert!(price(SUBNET) >= limit / 1_000_000 * 999_990, "{}", price(SUBNET));
    });
}

#[test]
fn a_limit_that_is_passed_already() {
    on_chain(|| {
        assert_noop!(buy(SUBNET, TAO, 249_999_999, true), SwapError::PriceLimitExceeded);
        assert_ok!(buy(SUBNET, 10 * TAO, u64::MAX, false));
        assert_noop!(sell(SUBNET, TAO, TAO, true), SwapError::PriceLimitExceeded);
    });
}

#[test]
fn root_has_one_price() {
    on_chain(|| {
        let root = NetUid::ROOT;
        assert_noop!(buy(root, TAO, TAO - 1, true), SwapError::PriceLimitExceeded);
        assert_ok!(buy(root, TAO, TAO, false));
        assert_noop!(sell(root, TAO, TAO + 1, true), SwapError::PriceLimitExceeded);
        assert_ok!(sell(root, TAO, TAO, false));
    });
}

#[test]
fn a_whole_position_or_nothing() {
    on_chain(|| {
        assert_ok!(buy(SUBNET, 1_000 * TAO, u64::MAX, false));
        let call = |limit: Option<u64>| {
            let limit = limit.map(Into::into);
            SubtensorModule::remove_stake_full_limit(signed(coldkey()), hotkey(), SUBNET, limit)
        };
        assert_noop!(call(Some(price(SUBNET) / 100 * 99)), Error::<Test>::SlippageTooHigh);
        assert_ok!(call(Some(200_000_000)));
        assert_eq!(position(&hotkey(), &coldkey(), SUBNET), 0);
        assert_ok!(buy(SUBNET, 1_000 * TAO, u64::MAX, false));
        assert_ok!(call(None));
    });
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn the_price_never_ends_above_a_buyers_limit(
        amount in 2_010_000u64..50_000_000_000_000,
        thousandths in 1u64..2_000,
        weighted: bool,
    ) {
        on_chain(|| {
            let netuid = if weighted { WEIGHTED } else { SUBNET };
            let limit = price(netuid) + price(netuid) / 1_000 * thousandths;
            assert_ok!(buy(netuid, amount, limit, true));
            assert!(price(netuid) <= limit, "{} above {limit}", price(netuid));
        });
    }
}
