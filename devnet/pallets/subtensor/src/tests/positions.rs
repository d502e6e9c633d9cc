//! Positions as shares of a hotkey's stake.

use super::mock::*;
use crate::{Alpha, AlphaV2, StakingHotkeys, TotalHotkeyAlpha, TotalHotkeyShares, TotalHotkeySharesV2};
use frame_support::assert_ok;
use proptest::prelude::*;
use subtensor_runtime_common::{AlphaBalance, U64F64};

fn stake(who: sp_runtime::AccountId32, amount: u64) {
    SubtensorModule::increase_stake_for_hotkey_and_coldkey_on_subnet(
        &hotkey(),
        &who,
        SUBNET,
        AlphaBalance::new(amount),
    );
}

fn unstake(who: sp_runtime::AccountId32, amount: u64) -> u64 {
    let amount = AlphaBalance::new(amount);
    let taken =
        SubtensorModule::decrease_stake_for_hotkey_and_coldkey_on_subnet(&hotkey(), &who, SUBNET, amount);
    taken.to_u64()
}

#[test]
fn dividends_reach_every_position_in_proportion() {
    on_chain(|| {
        stake(coldkey(), 300);
        stake(other_coldkey(), 100);
        SubtensorModule::increase_stake_for_hotkey_on_subnet(&hotkey(), SUBNET, AlphaBalance::new(10));
        // 410 · 3/4 and 410 · 1/4, rounded down.
        assert_eq!(position(&hotkey(), &coldkey(), SUBNET), 307);
        assert_eq!(position(&hotkey(), &other_coldkey(), SUBNET), 102);
        assert_eq!(StakingHotkeys::<Test>::get(coldkey()), vec![hotkey()]);
        assert_eq!(crate::NumStakingColdkeys::<Test>::get(), 2);
    });
}

#[test]
fn leaving_empties_the_maps() {
    on_chain(|| {
        stake(coldkey(), 7);
        assert_eq!(unstake(coldkey(), 9), 7);
        assert!(!AlphaV2::<Test>::contains_key((hotkey(), coldkey(), SUBNET)));
        assert!(!TotalHotkeySharesV2::<Test>::contains_key(hotkey(), SUBNET));
        assert!(!TotalHotkeyAlpha::<Test>::contains_key(hotkey(), SUBNET));
        assert_eq!(unstake(coldkey(), 1), 0);
    });
}

#[test]
fn pay_without_stakers_goes_to_the_first() {
    on_chain(|| {
        SubtensorModule::increase_stake_for_hotkey_on_subnet(&hotkey(), SUBNET, AlphaBalance::new(50));
        stake(coldkey(), 100);
        assert_eq!(position(&hotkey(), &coldkey(), SUBNET), 150);
    });
}

#[test]
fn old_shares_count_and_move_when_written() {
    on_chain(|| {
        let key = (hotkey(), coldkey(), SUBNET);
        let other_key = (hotkey(), other_coldkey(), SUBNET);
        Alpha::<Test>::insert(key.clone(), U64F64::from_bits(3 << 64));
        Alpha::<Test>::insert(other_key.clone(), U64F64::from_bits(1 << 64));
        TotalHotkeyShares::<Test>::insert(hotkey(), SUBNET, U64F64::from_bits(4 << 64));
        TotalHotkeyAlpha::<Test>::insert(hotkey(), SUBNET, AlphaBalance::new(1_000));
        assert_eq!(position(&hotkey(), &coldkey(), SUBNET), 750);

        stake(coldkey(), 1_000);
        assert_eq!(position(&hotkey(), &coldkey(), SUBNET), 1_750);
        assert_eq!(position(&hotkey(), &other_coldkey(), SUBNET), 250);
        assert!(!Alpha::<Test>::contains_key(key.clone()), "the position has moved");
        assert!(AlphaV2::<Test>::contains_key(key));
        assert!(Alpha::<Test>::contains_key(other_key), "the other one has not");
        assert!(!TotalHotkeyShares::<Test>::contains_key(hotkey(), SUBNET));
    });
}

#[test]
fn a_small_remainder_is_sold_along() {
    on_chain(|| {
        // Nominations need 0.002 alpha times ten.
        crate::NominatorMinRequiredStake::<Test>::put(10_000_000);
        let call = |who| SubtensorModule::add_stake(signed(who), hotkey(), SUBNET, TAO.into());
        assert_ok!(call(coldkey()));
        let all = position(&hotkey(), &coldkey(), SUBNET);
        let most = AlphaBalance::new(all - 19_999_999);
        assert_ok!(SubtensorModule::remove_stake(signed(coldkey()), hotkey(), SUBNET, most));
        assert_eq!(position(&hotkey(), &coldkey(), SUBNET), 0);
        assert_ok!(call(other_coldkey()));
        let all = position(&hotkey(), &other_coldkey(), SUBNET);
        let most = AlphaBalance::new(all - 20_000_000);
        assert_ok!(SubtensorModule::remove_stake(signed(other_coldkey()), hotkey(), SUBNET, most));
        assert_eq!(position(&hotkey(), &other_coldkey(), SUBNET), 20_000_000);
    });
}

proptest! {
    #[test]
    fn positions_never_exceed_the_whole(
        stakes in prop::collection::vec((1u8..=2, 1u64..1_000_000_000_000_000, any::<bool>(), 0u64..1_000_000), 1..40)
    ) {
        on_chain(|| {
            for (who, amount, add, dividend) in stakes {
                let before = position(&hotkey(), &account(who), SUBNET);
                let other = position(&hotkey(), &account(3 - who), SUBNET);
                if add {
                    stake(account(who), amount);
                    let after = position(&hotkey(), &account(who), SUBNET);
                    // A rao may be lost to rounding, none won, unless pay without stakers was waiting.
                    assert!(after + 1 >= before + amount, "{before} + {amount} = {after}");
                    if before + other > 0 {
                        assert!(after <= before + amount + 1, "{before} + {amount} = {after}");
                    }
                } else {
                    let taken = unstake(account(who), amount);
                    assert_eq!(taken, amount.min(before));
                    let after = position(&hotkey(), &account(who), SUBNET);
                    assert!(after.abs_diff(before - taken) <= 1, "{before} − {taken} = {after}");
                }
                // Nobody else's position moves by more than rounding.
                let other_after = position(&hotkey(), &account(3 - who), SUBNET);
                assert!(other_after.abs_diff(other) <= 1, "{other} became {other_after}");
                let total = TotalHotkeyAlpha::<Test>::get(hotkey(), SUBNET).to_u64();
                let sum: u64 = [1, 2].iter().map(|who| position(&hotkey(), &account(*who), SUBNET)).sum();
                assert!(sum <= total, "{sum} of {total}");
                if sum > 0 {
                    SubtensorModule::increase_stake_for_hotkey_on_subnet(
                        &hotkey(),
                        SUBNET,
                        AlphaBalance::new(dividend),
                    );
                }
            }
        });
    }
}
