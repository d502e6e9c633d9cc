//! Calls that must fail, and why.

use super::mock::*;
use crate::{Error, SubtokenEnabled};
use frame_support::{assert_noop, assert_ok, traits::fungible::Mutate as _};

type SwapError = pallet_swap::Error<Test>;

fn add(amount: u64) -> frame_support::dispatch::DispatchResult {
    SubtensorModule::add_stake(signed(coldkey()), hotkey(), SUBNET, amount.into())
}

fn remove(amount: u64) -> frame_support::dispatch::DispatchResult {
    SubtensorModule::remove_stake(signed(coldkey()), hotkey(), SUBNET, amount.into())
}

#[test]
fn the_least_purchase_is_two_million_rao_and_its_fee() {
    on_chain(|| {
        // floor(2,000,000 · 33 / 65535) = 1007
        assert_noop!(add(2_001_006), Error::<Test>::AmountTooLow);
        assert_ok!(add(2_001_007));
    });
}

#[test]
fn unknown_or_stopped_subnets() {
    on_chain(|| {
        let unknown = SubtensorModule::add_stake(signed(coldkey()), hotkey(), 9.into(), TAO.into());
        assert_eq!(unknown, Err(Error::<Test>::SubnetNotExists.into()));
        assert_ok!(add(TAO));
        SubtokenEnabled::<Test>::insert(SUBNET, false);
        assert_noop!(add(TAO), Error::<Test>::SubtokenDisabled);
        assert_noop!(remove(TAO), Error::<Test>::SubtokenDisabled);
    });
}

#[test]
fn a_hotkey_nobody_owns() {
    on_chain(|| {
        let call = |hotkey| SubtensorModule::add_stake(signed(coldkey()), hotkey, SUBNET, TAO.into());
        assert_noop!(call(account(50)), Error::<Test>::HotKeyAccountNotExists);
        assert_ok!(SubtensorModule::try_associate_hotkey(signed(coldkey()), account(50)));
        assert_ok!(call(account(50)));
        assert_eq!(crate::Owner::<Test>::get(account(50)), coldkey());
        assert_eq!(crate::OwnedHotkeys::<Test>::get(coldkey()), vec![account(50)]);
        // Somebody else's attempt changes nothing.
        assert_ok!(SubtensorModule::try_associate_hotkey(signed(other_coldkey()), account(50)));
        assert_eq!(crate::Owner::<Test>::get(account(50)), coldkey());
    });
}

#[test]
fn the_existential_deposit_stays() {
    on_chain(|| {
        Balances::set_balance(&coldkey(), TAO);
        assert_noop!(add(TAO), Error::<Test>::NotEnoughBalanceToStake);
        assert_noop!(add(TAO - 499), Error::<Test>::NotEnoughBalanceToStake);
        assert_ok!(add(TAO - 500));
        assert_eq!(balance(&coldkey()), 500);
    });
}

#[test]
fn more_than_a_thousand_times_the_pool() {
    on_chain(|| {
        Balances::set_balance(&coldkey(), u64::MAX / 2);
        crate::SubnetTAO::<Test>::insert(SUBNET, subtensor_runtime_common::TaoBalance::new(1_000_000));
        assert_noop!(add(1_000_000_001), Error::<Test>::InsufficientLiquidity);
        crate::SubnetTAO::<Test>::insert(SUBNET, subtensor_runtime_common::TaoBalance::new(999_999));
        assert_noop!(add(TAO / 2), SwapError::ReservesTooLow);
    });
}

#[test]
fn sales_without_stake_or_too_small() {
    on_chain(|| {
        assert_noop!(remove(TAO), Error::<Test>::NotEnoughStakeToWithdraw);
        assert_ok!(add(TAO));
        // A quarter of a TAO per alpha: 4 million rao-alpha are worth less than 2 million rao.
        assert_noop!(remove(4_000_000), Error::<Test>::AmountTooLow);
        assert_ok!(remove(9_000_000));
        // More than the position is the position.
        assert_ok!(remove(u64::MAX));
        assert_eq!(position(&hotkey(), &coldkey(), SUBNET), 0);
    });
}

#[test]
fn a_position_below_the_least_sale_can_still_be_left() {
    on_chain(|| {
        assert_ok!(add(2_100_000));
        let left = position(&hotkey(), &coldkey(), SUBNET) - 8_100_000;
        assert_ok!(remove(8_100_000));
        assert_eq!(position(&hotkey(), &coldkey(), SUBNET), left);
        assert_ok!(remove(left));
        assert_eq!(position(&hotkey(), &coldkey(), SUBNET), 0);
    });
}

#[test]
fn takes_stay_in_their_bounds() {
    on_chain(|| {
        let owner = || signed(account(3));
        let stranger = SubtensorModule::decrease_take(signed(coldkey()), hotkey(), 100);
        assert_eq!(stranger, Err(Error::<Test>::NonAssociatedColdKey.into()));
        assert_ok!(SubtensorModule::decrease_take(owner(), hotkey(), 5_000));
        let not_lower = SubtensorModule::decrease_take(owner(), hotkey(), 5_000);
        assert_eq!(not_lower, Err(Error::<Test>::DelegateTakeTooLow.into()));
        let above = SubtensorModule::increase_take(owner(), hotkey(), 11_797);
        assert_eq!(above, Err(Error::<Test>::DelegateTakeTooHigh.into()));
        assert_ok!(SubtensorModule::increase_take(owner(), hotkey(), 6_000));
        System::set_block_number(216_000);
        let too_soon = SubtensorModule::increase_take(owner(), hotkey(), 7_000);
        assert_eq!(too_soon, Err(Error::<Test>::DelegateTxRateLimitExceeded.into()));
        System::set_block_number(216_001);
        assert_ok!(SubtensorModule::increase_take(owner(), hotkey(), 7_000));
    });
}

#[test]
fn identities_need_a_registered_hotkey_and_short_fields() {
    on_chain(|| {
        let set = |name: Vec<u8>| {
            let none = Vec::new;
            SubtensorModule::set_identity(
                signed(account(3)),
                name,
                none(),
                none(),
                none(),
                none(),
                none(),
                none(),
            )
        };
        assert_noop!(set(b"Lantern".to_vec()), Error::<Test>::HotKeyNotRegisteredInNetwork);
        crate::IsNetworkMember::<Test>::insert(hotkey(), SUBNET, true);
        assert_noop!(set(vec![b'a'; 257]), Error::<Test>::InvalidIdentity);
        assert_ok!(set(b"Lantern".to_vec()));
        assert_eq!(crate::IdentitiesV2::<Test>::get(account(3)).unwrap().name, b"Lantern");
    });
}
