//! Where TAO and alpha go, to the rao.

use super::mock::*;
use crate::{Event, SubnetAlphaIn, SubnetAlphaOut, SubnetTAO, SubnetVolume, TotalHotkeyAlpha, TotalStake};
use frame_support::assert_ok;
use proptest::prelude::*;
use sp_core::crypto::Ss58Codec as _;
use subtensor_runtime_common::NetUid;

/// From the chain's list of special accounts.
#[test]
fn the_account_of_root_is_that_of_the_chain() {
    let account = SubtensorModule::get_subnet_account_id(NetUid::ROOT);
    assert_eq!(
        account.to_ss58check_with_version(42u16.into()),
        "5EYCAe5jLQhn6ofDSvqF6iY53erXNkwhyE1aCEgvi1NNs91F"
    );
}

#[test]
fn a_purchase_is_exact() {
    on_chain(|| {
        let amount = 100 * TAO;
        // floor(10^11 · 33 / 65535) rao go to the author.
        let fee = 50_354_772;
        // floor(4·10^13 · (10^11 − fee) / (10^13 + 10^11 − fee)) alpha leave the pool.
        let net = u128::from(amount - fee);
        let alpha = 40_000 * u128::from(TAO) * net / (10_000 * u128::from(TAO) + net);
        let alpha = u64::try_from(alpha).unwrap();

        assert_ok!(SubtensorModule::add_stake(signed(coldkey()), hotkey(), SUBNET, amount.into()));

        let added = Event::StakeAdded(coldkey(), hotkey(), amount.into(), alpha.into(), SUBNET, fee);
        assert_eq!(last_event(), added.into());
        assert_eq!(position(&hotkey(), &coldkey(), SUBNET), alpha);
        assert_eq!(balance(&coldkey()), 99_900 * TAO);
        assert_eq!(balance(&author()), 100_000 * TAO + fee);
        assert_eq!(SubnetTAO::<Test>::get(SUBNET).to_u64(), 10_100 * TAO - fee);
        assert_eq!(SubnetAlphaIn::<Test>::get(SUBNET).to_u64(), 40_000 * TAO - alpha);
        assert_eq!(SubnetAlphaOut::<Test>::get(SUBNET).to_u64(), alpha);
        assert_eq!(SubnetVolume::<Test>::get(SUBNET), net);
    });
}

#[test]
fn a_sale_is_exact() {
    on_chain(|| {
        assert_ok!(SubtensorModule::add_stake(signed(coldkey()), hotkey(), SUBNET, (100 * TAO).into()));
        let free = balance(&coldkey());
        let sold = 100 * TAO;
        let fee = 50_354_772;
        let tao_in_pool = u128::from(SubnetTAO::<Test>::get(SUBNET).to_u64());
        let alpha_in_pool = u128::from(SubnetAlphaIn::<Test>::get(SUBNET).to_u64());
        let net = u128::from(sold - fee);
        let tao = u64::try_from(tao_in_pool * net / (alpha_in_pool + net)).unwrap();

        assert_ok!(SubtensorModule::remove_stake(signed(coldkey()), hotkey(), SUBNET, sold.into()));

        // The event gives the alpha without the fee, and the fee in alpha.
        let removed = Event::StakeRemoved(coldkey(), hotkey(), tao.into(), (sold - fee).into(), SUBNET, fee);
        assert_eq!(last_event(), removed.into());
        assert_eq!(balance(&coldkey()), free + tao);
        // All alpha is back in the pool, the fee sold for the author.
        assert_eq!(u128::from(SubnetAlphaIn::<Test>::get(SUBNET).to_u64()), alpha_in_pool + u128::from(sold));
    });
}

#[test]
fn root_exchanges_one_to_one_without_fee() {
    on_chain(|| {
        let root = NetUid::ROOT;
        assert_ok!(SubtensorModule::add_stake(signed(coldkey()), hotkey(), root, (5 * TAO).into()));
        assert_eq!(position(&hotkey(), &coldkey(), root), 5 * TAO);
        assert_eq!(SubnetTAO::<Test>::get(root).to_u64(), 5 * TAO);
        assert_ok!(SubtensorModule::remove_stake(signed(coldkey()), hotkey(), root, (5 * TAO).into()));
        assert_eq!(balance(&coldkey()), 100_000 * TAO);
        assert_eq!(SubnetTAO::<Test>::get(root).to_u64(), 0);
    });
}

#[test]
fn a_fee_without_receiver_is_burned() {
    on_chain(|| {
        AuthorExists::set(false);
        let issued = Balances::total_issuance();
        assert_ok!(SubtensorModule::add_stake(signed(coldkey()), hotkey(), SUBNET, (100 * TAO).into()));
        assert_eq!(issued - Balances::total_issuance(), 50_354_772);
        check_books();
    });
}

/// What must hold after every call: no TAO appears or disappears, each subnet's account holds exactly
/// its reserve, and positions do not add up to more alpha than there is.
fn check_books() {
    let mut reserves = 0;
    for netuid in [NetUid::ROOT, SUBNET, WEIGHTED] {
        let reserve = SubnetTAO::<Test>::get(netuid).to_u64();
        assert_eq!(balance(&SubtensorModule::get_subnet_account_id(netuid)), reserve);
        reserves += reserve;
        let mut staked = 0;
        for hotkey in [hotkey(), other_hotkey()] {
            let total = TotalHotkeyAlpha::<Test>::get(&hotkey, netuid).to_u64();
            let positions: u64 =
                [coldkey(), other_coldkey()].iter().map(|who| position(&hotkey, who, netuid)).sum();
            assert!(positions <= total, "{positions} of {total}");
            // Rounding leaves less than a rao per position.
            assert!(total - positions <= 2, "{positions} of {total}");
            staked += total;
        }
        assert_eq!(staked, SubnetAlphaOut::<Test>::get(netuid).to_u64());
    }
    assert_eq!(TotalStake::<Test>::get().to_u64(), reserves);
}

#[derive(Clone, Debug)]
enum Step {
    Add(bool, bool, u16, u64),
    Remove(bool, bool, u16, u64),
    Move(bool, u16, u16, u64),
}

fn step() -> impl Strategy<Value = Step> {
    let amount = prop_oneof![2_100_000u64..10_000_000, 1_000_000_000u64..50_000_000_000_000];
    prop_oneof![
        (any::<bool>(), any::<bool>(), 0u16..3, amount.clone())
            .prop_map(|(c, h, n, a)| Step::Add(c, h, n, a)),
        (any::<bool>(), any::<bool>(), 0u16..3, amount.clone())
            .prop_map(|(c, h, n, a)| Step::Remove(c, h, n, a)),
        (any::<bool>(), 0u16..3, 0u16..3, amount).prop_map(|(c, o, d, a)| Step::Move(c, o, d, a)),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn books_balance_after_any_trades(steps in prop::collection::vec(step(), 1..30)) {
        on_chain(|| {
            let issued = Balances::total_issuance();
            let who = |first: bool| if first { coldkey() } else { other_coldkey() };
            let key = |first: bool| if first { hotkey() } else { other_hotkey() };
            for step in steps {
                // A refused call changes nothing, which the books show as well.
                let _refused_or_done = match step {
                    Step::Add(c, h, n, amount) => frame_support::storage::with_storage_layer(|| {
                        SubtensorModule::add_stake(signed(who(c)), key(h), n.into(), amount.into())
                    }),
                    Step::Remove(c, h, n, amount) => frame_support::storage::with_storage_layer(|| {
                        SubtensorModule::remove_stake(signed(who(c)), key(h), n.into(), amount.into())
                    }),
                    Step::Move(c, origin, destination, amount) => frame_support::storage::with_storage_layer(|| {
                        SubtensorModule::move_stake(
                            signed(who(c)),
                            key(true),
                            key(false),
                            origin.into(),
                            destination.into(),
                            amount.into(),
                        )
                    }),
                };
                check_books();
                assert_eq!(Balances::total_issuance(), issued);
            }
        });
    }

    #[test]
    fn staking_and_unstaking_never_profits(amount in 2_010_000u64..90_000_000_000_000, weighted: bool) {
        on_chain(|| {
            let netuid = if weighted { WEIGHTED } else { SUBNET };
            let before = balance(&coldkey());
            assert_ok!(SubtensorModule::add_stake(signed(coldkey()), hotkey(), netuid, amount.into()));
            let alpha = position(&hotkey(), &coldkey(), netuid);
            assert_ok!(SubtensorModule::remove_stake(signed(coldkey()), hotkey(), netuid, alpha.into()));
            let after = balance(&coldkey());
            assert!(after < before, "{after} from {before}");
            // Two fees of 33/65535 and rounding, nothing else: nobody traded in between.
            let lost = u128::from(before - after);
            assert!(lost <= u128::from(amount) * 2 * 34 / 65_535 + 10, "{lost} of {amount}");
            assert_eq!(position(&hotkey(), &coldkey(), netuid), 0);
        });
    }
}
