//! Burned alpha, fees from stake, announced endpoints and what owners of subnets do.

use super::mock::*;
use crate::{Axons, Error, Event, IsNetworkMember, SubnetAlphaOut, SubnetOwner, SubtokenEnabled};
use frame_support::{assert_noop, assert_ok};
use subtensor_runtime_common::{NetUid, TaoBalance};

fn stake(amount: u64) -> u64 {
    assert_ok!(SubtensorModule::add_stake(signed(coldkey()), hotkey(), SUBNET, amount.into()));
    position(&hotkey(), &coldkey(), SUBNET)
}

#[test]
fn recycled_alpha_leaves_issuance_and_burned_alpha_stays() {
    on_chain(|| {
        let held = stake(100 * TAO);
        let out = SubnetAlphaOut::<Test>::get(SUBNET).to_u64();
        assert_ok!(SubtensorModule::recycle_alpha(signed(coldkey()), hotkey(), TAO.into(), SUBNET));
        assert_eq!(position(&hotkey(), &coldkey(), SUBNET), held - TAO);
        assert_eq!(SubnetAlphaOut::<Test>::get(SUBNET).to_u64(), out - TAO);
        assert_ok!(SubtensorModule::burn_alpha(signed(coldkey()), hotkey(), TAO.into(), SUBNET));
        assert_eq!(position(&hotkey(), &coldkey(), SUBNET), held - 2 * TAO);
        assert_eq!(SubnetAlphaOut::<Test>::get(SUBNET).to_u64(), out - TAO);
        let too_much = SubtensorModule::burn_alpha(signed(coldkey()), hotkey(), held.into(), SUBNET);
        assert_eq!(too_much, Err(Error::<Test>::NotEnoughStakeToWithdraw.into()));
        let root = SubtensorModule::burn_alpha(signed(coldkey()), hotkey(), TAO.into(), NetUid::ROOT);
        assert_eq!(root, Err(Error::<Test>::CannotBurnOrRecycleOnRootSubnet.into()));
    });
}

#[test]
fn staking_to_burn_keeps_nothing() {
    on_chain(|| {
        let call = |limit: Option<u64>| {
            let limit = limit.map(Into::into);
            SubtensorModule::add_stake_burn(signed(coldkey()), hotkey(), SUBNET, (100 * TAO).into(), limit)
        };
        assert_noop!(call(Some(250_000_001)), Error::<Test>::SlippageTooHigh);
        assert_ok!(call(None));
        assert_eq!(position(&hotkey(), &coldkey(), SUBNET), 0);
        let expected = Event::AddStakeBurn {
            netuid: SUBNET,
            hotkey: hotkey(),
            amount: TaoBalance::new(100 * TAO),
            alpha: SubnetAlphaOut::<Test>::get(SUBNET),
        };
        assert_eq!(last_event(), expected.into());
    });
}

#[test]
fn a_fee_in_alpha_reaches_the_author_in_tao() {
    on_chain(|| {
        let held = stake(100 * TAO);
        let before = balance(&author());
        let fee = TaoBalance::new(1_300_000);
        let alpha = SubtensorModule::alpha_for_fee(&coldkey(), &hotkey(), SUBNET, fee).unwrap();
        assert_ok!(SubtensorModule::pay_fee_with_alpha(&coldkey(), &hotkey(), SUBNET, fee));
        let paid = balance(&author()) - before;
        // The price the alpha is counted at does not include its own slippage.
        assert!((1_299_990..=1_300_000).contains(&paid), "{paid}");
        assert_eq!(position(&hotkey(), &coldkey(), SUBNET), held - alpha.to_u64());
        let expected = Event::TransactionFeePaidWithAlpha {
            who: coldkey(),
            netuid: SUBNET,
            alpha_fee: alpha,
            tao_amount: paid.into(),
        };
        assert_eq!(last_event(), expected.into());
        let stranger = SubtensorModule::alpha_for_fee(&other_coldkey(), &hotkey(), SUBNET, fee);
        assert_eq!(stranger, Err(Error::<Test>::NotEnoughStakeToWithdraw.into()));
    });
}

#[test]
fn endpoints_are_announced_by_registered_hotkeys() {
    on_chain(|| {
        let serve = |ip: u128, ip_type: u8, port: u16| {
            SubtensorModule::serve_axon(signed(hotkey()), SUBNET, 7, ip, port, ip_type, 0, 0, 0)
        };
        let public = 0x0808_0808;
        assert_noop!(serve(public, 4, 80), Error::<Test>::HotKeyNotRegisteredInNetwork);
        IsNetworkMember::<Test>::insert(hotkey(), SUBNET, true);
        assert_noop!(serve(public, 5, 80), Error::<Test>::InvalidIpType);
        assert_noop!(serve(0x7f00_0001, 4, 80), Error::<Test>::InvalidIpAddress);
        assert_noop!(serve(public, 4, 0), Error::<Test>::InvalidPort);
        assert_ok!(serve(public, 4, 80));
        let axon = Axons::<Test>::get(SUBNET, hotkey()).unwrap();
        assert_eq!((axon.block, axon.ip, axon.port, axon.version), (1, public, 80, 7));
        System::set_block_number(50);
        assert_noop!(serve(public, 4, 80), Error::<Test>::ServingRateLimitExceeded);
        System::set_block_number(51);
        assert_ok!(serve(public, 4, 81));
    });
}

#[test]
fn an_owner_starts_a_subnet_once() {
    on_chain(|| {
        SubnetOwner::<Test>::insert(SUBNET, coldkey());
        SubtokenEnabled::<Test>::insert(SUBNET, false);
        let stranger = SubtensorModule::start_call(signed(other_coldkey()), SUBNET);
        assert_eq!(stranger, Err(Error::<Test>::NotSubnetOwner.into()));
        assert_ok!(SubtensorModule::start_call(signed(coldkey()), SUBNET));
        assert_eq!(crate::FirstEmissionBlockNumber::<Test>::get(SUBNET), Some(2));
        assert!(SubtokenEnabled::<Test>::get(SUBNET));
        let again = SubtensorModule::start_call(signed(coldkey()), SUBNET);
        assert_eq!(again, Err(Error::<Test>::FirstEmissionBlockNumberAlreadySet.into()));
    });
}

#[test]
fn miner_pay_finds_its_hotkey() {
    on_chain(|| {
        let set = |hotkey| SubtensorModule::set_coldkey_auto_stake_hotkey(signed(coldkey()), SUBNET, hotkey);
        assert_noop!(set(hotkey()), Error::<Test>::HotKeyNotRegisteredInSubNet);
        crate::Uids::<Test>::insert(SUBNET, hotkey(), 0);
        crate::Uids::<Test>::insert(SUBNET, other_hotkey(), 1);
        assert_ok!(set(hotkey()));
        assert_noop!(set(hotkey()), Error::<Test>::SameAutoStakeHotkeyAlreadySet);
        assert_ok!(set(other_hotkey()));
        assert!(crate::AutoStakeDestinationColdkeys::<Test>::get(hotkey(), SUBNET).is_empty());
        assert_eq!(crate::AutoStakeDestinationColdkeys::<Test>::get(other_hotkey(), SUBNET), vec![coldkey()]);
    });
}
