//! Stake that changes hotkey, subnet or coldkey.

use super::mock::*;
use crate::{Error, Event, TransferToggle};
use frame_support::{assert_noop, assert_ok};
use subtensor_runtime_common::NetUid;

fn stake(netuid: NetUid, amount: u64) -> u64 {
    assert_ok!(SubtensorModule::add_stake(signed(coldkey()), hotkey(), netuid, amount.into()));
    position(&hotkey(), &coldkey(), netuid)
}

#[test]
fn another_hotkey_of_one_subnet_costs_nothing() {
    on_chain(|| {
        let alpha = stake(SUBNET, 100 * TAO);
        let paid = balance(&author());
        assert_ok!(SubtensorModule::move_stake(
            signed(coldkey()),
            hotkey(),
            other_hotkey(),
            SUBNET,
            SUBNET,
            alpha.into()
        ));
        assert_eq!(position(&hotkey(), &coldkey(), SUBNET), 0);
        assert_eq!(position(&other_hotkey(), &coldkey(), SUBNET), alpha);
        assert_eq!(balance(&author()), paid);
        let events: Vec<_> = System::events().into_iter().map(|record| record.event).collect();
        let [.., removed, added, moved] = events.as_slice() else { panic!("three events") };
        assert!(matches!(removed, RuntimeEvent::SubtensorModule(Event::StakeRemoved(.., 0))));
        assert!(matches!(added, RuntimeEvent::SubtensorModule(Event::StakeAdded(.., 0))));
        assert!(matches!(moved, RuntimeEvent::SubtensorModule(Event::StakeMoved(..))));
    });
}

#[test]
fn another_subnet_costs_one_fee() {
    on_chain(|| {
        let alpha = stake(SUBNET, 100 * TAO);
        let free = balance(&coldkey());
        assert_ok!(SubtensorModule::swap_stake(signed(coldkey()), hotkey(), SUBNET, WEIGHTED, alpha.into()));
        assert_eq!(position(&hotkey(), &coldkey(), SUBNET), 0);
        assert!(position(&hotkey(), &coldkey(), WEIGHTED) > 0);
        assert_eq!(balance(&coldkey()), free, "all proceeds are staked again");
        let fees: Vec<u64> = System::events()
            .into_iter()
            .filter_map(|record| match record.event {
                RuntimeEvent::SubtensorModule(Event::StakeRemoved(.., fee) | Event::StakeAdded(.., fee)) => {
                    Some(fee)
                }
                _ => None,
            })
            .collect();
        let [_, origin, destination] = fees.as_slice() else { panic!("three trades") };
        assert_eq!(u128::from(*origin), u128::from(alpha) * 33 / 65_535);
        assert_eq!(*destination, 0);
    });
}

#[test]
fn from_root_the_destination_takes_the_fee() {
    on_chain(|| {
        stake(NetUid::ROOT, 100 * TAO);
        assert_ok!(SubtensorModule::swap_stake(
            signed(coldkey()),
            hotkey(),
            NetUid::ROOT,
            SUBNET,
            (100 * TAO).into()
        ));
        let fee = System::events().into_iter().rev().find_map(|record| match record.event {
            RuntimeEvent::SubtensorModule(Event::StakeAdded(.., fee)) => Some(fee),
            _ => None,
        });
        assert_eq!(fee, Some(50_354_772));
    });
}

#[test]
fn another_coldkey_where_the_subnet_allows() {
    on_chain(|| {
        let alpha = stake(SUBNET, 100 * TAO);
        let call = || {
            SubtensorModule::transfer_stake(
                signed(coldkey()),
                other_coldkey(),
                hotkey(),
                SUBNET,
                SUBNET,
                alpha.into(),
            )
        };
        TransferToggle::<Test>::insert(SUBNET, false);
        assert_noop!(call(), Error::<Test>::TransferDisallowed);
        TransferToggle::<Test>::insert(SUBNET, true);
        assert_ok!(call());
        assert_eq!(position(&hotkey(), &other_coldkey(), SUBNET), alpha);
        assert_noop!(call(), Error::<Test>::NotEnoughStakeToWithdraw);
    });
}

#[test]
fn one_subnet_is_no_swap() {
    on_chain(|| {
        let alpha = stake(SUBNET, TAO);
        let call = SubtensorModule::swap_stake(signed(coldkey()), hotkey(), SUBNET, SUBNET, alpha.into());
        assert_eq!(call, Err(Error::<Test>::SameNetuid.into()));
    });
}

#[test]
fn a_swap_stops_at_the_ratio_of_prices() {
    on_chain(|| {
        let alpha = stake(SUBNET, 1_000 * TAO);
        let price = |netuid| u128::from(Swap::current_price(netuid).to_u64());
        use subtensor_runtime_common::SwapHandler as _;
        let ratio = |()| u64::try_from(price(SUBNET) * u128::from(TAO) / price(WEIGHTED)).unwrap();
        let limit = ratio(()) / 100 * 95;
        let call = |partial| {
            SubtensorModule::swap_stake_limit(
                signed(coldkey()),
                hotkey(),
                SUBNET,
                WEIGHTED,
                alpha.into(),
                limit.into(),
                partial,
            )
        };
        assert_noop!(call(false), Error::<Test>::SlippageTooHigh);
        assert_ok!(call(true));
        let left = position(&hotkey(), &coldkey(), SUBNET);
        assert!(left > 0 && left < alpha);
        assert!(ratio(()).abs_diff(limit) <= limit / 1_000, "{} for {limit}", ratio(()));
    });
}

#[test]
fn everything_at_once() {
    on_chain(|| {
        stake(NetUid::ROOT, 10 * TAO);
        stake(SUBNET, 10 * TAO);
        stake(WEIGHTED, 10 * TAO);
        assert_ok!(SubtensorModule::unstake_all_alpha(signed(coldkey()), hotkey()));
        assert_eq!(position(&hotkey(), &coldkey(), SUBNET), 0);
        assert_eq!(position(&hotkey(), &coldkey(), WEIGHTED), 0);
        let on_root = position(&hotkey(), &coldkey(), NetUid::ROOT);
        assert!((29 * TAO..30 * TAO).contains(&on_root), "{on_root}");
        assert_ok!(SubtensorModule::unstake_all(signed(coldkey()), hotkey()));
        assert_eq!(position(&hotkey(), &coldkey(), NetUid::ROOT), 0);
        assert!(balance(&coldkey()) > 99_999 * TAO);
    });
}
