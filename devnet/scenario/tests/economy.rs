//! What the economy pays, block after block, on the real runtime.

use frame_support::traits::Hooks as _;
use lantern_devnet_runtime::{AccountId, Balances, Runtime, SubtensorModule, System};
use lantern_devnet_scenario::{development_account, Scenario, UNIT};
use pallet_alpha_assets::{AlphaBurned, AlphaRecycled, TotalAlphaIssuance};
use pallet_subtensor::emission::{block_emission, FIXED_32_ONE};
use pallet_subtensor::{
    AlphaDividendsPerSubnet, BlocksSinceLastStep, Delegates, Emission, Incentive, LastEpochBlock,
    MinerBurned, PendingEpochAt, PendingOwnerCut, PendingRootAlphaDivs, PendingServerEmission,
    PendingValidatorEmission, RootAlphaDividendsPerSubnet, RootClaimable, SubnetAlphaIn,
    SubnetAlphaInEmission, SubnetAlphaOut, SubnetAlphaOutEmission, SubnetExcessTao, SubnetMovingPrice,
    SubnetProtocolAlpha, SubnetTAO, SubnetTaoInEmission, Tempo, TotalHotkeyAlpha, TotalHotkeyAlphaLastEpoch,
    TotalIssuance, TotalStake,
};
use sp_storage::Storage;
use subtensor_runtime_common::{NetUid, NetUidStorageIndex, TaoBalance, I96F32};

fn externalities(scenario: Scenario) -> sp_io::TestExternalities {
    let mut storage = Storage::default();
    scenario.write(&mut storage, None).expect("the scenario fits the runtime");
    storage.into()
}

/// Starts the next block, as far as the economy is concerned.
fn next_block() -> u64 {
    let number = System::block_number() + 1;
    System::set_block_number(number);
    System::reset_events();
    SubtensorModule::on_initialize(number);
    number.into()
}

fn subnets() -> impl Iterator<Item = NetUid> {
    (1..=4u16).map(NetUid::from)
}

fn pending(netuid: NetUid) -> u64 {
    [
        PendingOwnerCut::<Runtime>::get(netuid),
        PendingServerEmission::<Runtime>::get(netuid),
        PendingValidatorEmission::<Runtime>::get(netuid),
        PendingRootAlphaDivs::<Runtime>::get(netuid),
    ]
    .into_iter()
    .map(|pot| pot.to_u64())
    .sum()
}

fn staked(netuid: NetUid) -> u64 {
    TotalHotkeyAlpha::<Runtime>::iter()
        .filter(|(_, on, _)| *on == netuid)
        .map(|(_, _, alpha)| alpha.to_u64())
        .sum()
}

fn root_dividends(netuid: NetUid) -> u64 {
    RootAlphaDividendsPerSubnet::<Runtime>::iter_prefix_values(netuid).map(|alpha| alpha.to_u64()).sum()
}

fn stake_of(hotkey: &AccountId, coldkey: &AccountId, netuid: NetUid) -> u64 {
    SubtensorModule::get_stake_for_hotkey_and_coldkey_on_subnet(hotkey, coldkey, netuid).to_u64()
}

#[test]
fn every_rao_of_a_block_enters_a_pool() {
    externalities(Scenario::Small).execute_with(|| {
        for _ in 0..70 {
            let issued = TotalIssuance::<Runtime>::get().to_u64();
            let balances = pallet_balances::TotalIssuance::<Runtime>::get();
            let stake = TotalStake::<Runtime>::get().to_u64();
            next_block();
            let emission = block_emission(issued);
            let paid: u64 = subnets()
                .map(|netuid| {
                    SubnetTaoInEmission::<Runtime>::get(netuid).to_u64()
                        + SubnetExcessTao::<Runtime>::get(netuid).to_u64()
                })
                .sum();
            assert_eq!(paid, emission);
            assert_eq!(TotalIssuance::<Runtime>::get().to_u64(), issued + emission);
            assert_eq!(pallet_balances::TotalIssuance::<Runtime>::get(), balances + emission);
            assert_eq!(TotalStake::<Runtime>::get().to_u64(), stake + emission);
            for netuid in subnets() {
                let account = SubtensorModule::get_subnet_account_id(netuid);
                assert_eq!(Balances::free_balance(account), SubnetTAO::<Runtime>::get(netuid).to_u64());
            }
        }
    });
}

#[test]
fn every_alpha_of_a_block_is_somebodys() {
    externalities(Scenario::Small).execute_with(|| {
        let mut claimable = [0; 5];
        for _ in 0..130 {
            let block = next_block();
            for netuid in subnets() {
                if LastEpochBlock::<Runtime>::get(netuid) == block {
                    claimable[usize::from(u16::from(netuid))] += root_dividends(netuid);
                }
                let accounted = staked(netuid)
                    + pending(netuid)
                    + claimable[usize::from(u16::from(netuid))]
                    + SubnetProtocolAlpha::<Runtime>::get(netuid).to_u64()
                    + AlphaBurned::<Runtime>::get(netuid).to_u64();
                let out = SubnetAlphaOut::<Runtime>::get(netuid).to_u64();
                assert_eq!(accounted, out, "block {block}, subnet {netuid}");
            }
        }
        assert!(
            claimable[1..].iter().all(|alpha| *alpha > 0),
            "root stake was paid everywhere: {claimable:?}"
        );
    });
}

#[test]
fn the_record_of_issued_alpha_follows_the_pools() {
    externalities(Scenario::Small).execute_with(|| {
        for _ in 0..45 {
            next_block();
            for netuid in subnets() {
                let issued = SubnetAlphaIn::<Runtime>::get(netuid).to_u64()
                    + SubnetAlphaOut::<Runtime>::get(netuid).to_u64();
                assert_eq!(TotalAlphaIssuance::<Runtime>::get(netuid).to_u64(), issued);
            }
        }
    });
}

#[test]
fn epochs_come_every_tempo_and_pay_18_41_41() {
    externalities(Scenario::Small).execute_with(|| {
        let netuid = NetUid::from(1);
        let tempo = u64::from(Tempo::<Runtime>::get(netuid));
        let mut due = tempo;
        for _ in 0..(3 * tempo + 1) {
            let waiting = pending(netuid) + UNIT;
            let before = staked(netuid);
            assert_eq!(SubtensorModule::next_epoch_block(netuid), Some(due));
            let block = next_block();
            assert_eq!(block == due, LastEpochBlock::<Runtime>::get(netuid) == block);
            if block < due {
                continue;
            }
            assert_eq!(BlocksSinceLastStep::<Runtime>::get(netuid), 0);
            due += tempo;
            // Everything that waited, and this block's alpha with it, has been paid.
            assert_eq!(pending(netuid), 0);
            let paid = staked(netuid) - before + root_dividends(netuid);
            assert_eq!(paid, waiting);
            let emissions: Vec<u64> =
                Emission::<Runtime>::get(netuid).into_iter().map(|alpha| alpha.to_u64()).collect();
            let permits = pallet_subtensor::ValidatorPermit::<Runtime>::get(netuid);
            let validators: u64 =
                emissions.iter().zip(&permits).filter(|(_, permit)| **permit).map(|(alpha, _)| alpha).sum();
            let miners: u64 = emissions.iter().sum::<u64>() - validators;
            let parts = |part: u64| part as f64 / waiting as f64;
            assert!((parts(validators) - 0.41).abs() < 1e-4, "{}", parts(validators));
            assert!((parts(miners) - 0.41).abs() < 1e-4, "{}", parts(miners));
            assert!((parts(waiting - validators - miners) - 0.18).abs() < 1e-4);
        }
    });
}

#[test]
fn at_most_two_epochs_run_in_a_block() {
    externalities(Scenario::Small).execute_with(|| {
        for netuid in subnets() {
            PendingEpochAt::<Runtime>::insert(netuid, 3);
        }
        for _ in 0..4 {
            next_block();
        }
        let ran: Vec<_> = subnets().map(LastEpochBlock::<Runtime>::get).collect();
        assert_eq!(ran, [3, 3, 4, 4]);
    });
}

#[test]
fn a_staker_earns_what_the_proven_figures_promise() {
    externalities(Scenario::Small).execute_with(|| {
        let netuid = NetUid::from(1);
        let tempo = u64::from(Tempo::<Runtime>::get(netuid));
        let hotkey = development_account("//Bob//validator");
        let staker = development_account("//Two");
        SubtensorModule::increase_stake_for_hotkey_and_coldkey_on_subnet(
            &hotkey,
            &staker,
            netuid,
            (5_000 * UNIT).into(),
        );
        for epoch in 1..=4u64 {
            let before = stake_of(&hotkey, &staker, netuid);
            while LastEpochBlock::<Runtime>::get(netuid) < epoch * tempo {
                next_block();
            }
            let d = AlphaDividendsPerSubnet::<Runtime>::get(netuid, &hotkey).to_u64();
            let total = TotalHotkeyAlphaLastEpoch::<Runtime>::get(&hotkey, netuid).to_u64();
            assert!(d > 0 && Delegates::<Runtime>::get(&hotkey) > 0);
            let earned = stake_of(&hotkey, &staker, netuid) - before;
            // before · d / (T − d), to the rao that rounding a position down can cost at both ends.
            let promised = u128::from(before) * u128::from(d) / u128::from(total - d);
            let promised = u64::try_from(promised).expect("less than all alpha");
            assert!(earned.abs_diff(promised) <= 1, "epoch {epoch}: earned {earned}, promised {promised}");
        }
    });
}

#[test]
fn root_stakers_are_credited_what_is_recorded() {
    externalities(Scenario::Small).execute_with(|| {
        let netuid = NetUid::from(1);
        while LastEpochBlock::<Runtime>::get(netuid) == 0 {
            next_block();
        }
        for hotkey in ["//Alice//validator", "//Bob//validator"].map(development_account) {
            let credited = RootAlphaDividendsPerSubnet::<Runtime>::get(netuid, &hotkey).to_u64();
            let rate = RootClaimable::<Runtime>::get(&hotkey).get(&netuid).expect("root stake was paid").bits;
            let stake = TotalHotkeyAlpha::<Runtime>::get(&hotkey, NetUid::ROOT).to_u64();
            let claimable = (u128::try_from(rate).expect("not negative") * u128::from(stake)) >> 32;
            // The rate has 32 fractional bits: with a stake of s rao it loses less than s / 2^32.
            let loss = u128::from(credited) - claimable;
            assert!(credited > 0 && loss <= u128::from(stake >> 32) + 1, "{credited} − {claimable}");
        }
    });
}

#[test]
fn the_owners_own_miners_earn_nothing() {
    externalities(Scenario::Small).execute_with(|| {
        let netuid = NetUid::from(1);
        pallet_subtensor::SubnetOwner::<Runtime>::insert(netuid, development_account("//Eve"));
        let eve = development_account("//Eve//miner0");
        let before = TotalHotkeyAlpha::<Runtime>::get(&eve, netuid).to_u64();
        while LastEpochBlock::<Runtime>::get(netuid) == 0 {
            next_block();
        }
        assert_eq!(TotalHotkeyAlpha::<Runtime>::get(&eve, netuid).to_u64(), before);
        let withheld = MinerBurned::<Runtime>::get(netuid).bits;
        assert!(withheld > FIXED_32_ONE / 2 && withheld < FIXED_32_ONE, "{withheld}");
        assert!(AlphaBurned::<Runtime>::get(netuid).to_u64() > 0);
        let uid = pallet_subtensor::Uids::<Runtime>::get(netuid, &eve).expect("it is registered");
        assert!(Incentive::<Runtime>::get(NetUidStorageIndex::from(netuid))[usize::from(uid)] > 0);
    });
}

#[test]
fn without_miners_the_validators_are_paid() {
    externalities(Scenario::Small).execute_with(|| {
        let netuid = NetUid::from(1);
        pallet_subtensor::SeededScores::<Runtime>::mutate(netuid, |scores| {
            scores.iter_mut().for_each(|(incentive, _)| *incentive = 0);
        });
        let waiting = |blocks| pending(netuid) + blocks * UNIT;
        while LastEpochBlock::<Runtime>::get(netuid) == 0 {
            assert!(waiting(0) < 21 * UNIT);
            next_block();
        }
        let emitted: u64 = Emission::<Runtime>::get(netuid).into_iter().map(|alpha| alpha.to_u64()).sum();
        assert!(emitted.abs_diff(20 * UNIT * 82 / 100) < UNIT / 1_000, "{emitted}");
    });
}

#[test]
fn shares_follow_the_moving_prices() {
    externalities(Scenario::Small).execute_with(|| {
        for (netuid, price) in subnets().zip([1i128, 2, 3, 4]) {
            SubnetMovingPrice::<Runtime>::insert(netuid, I96F32::from_bits(price << 32));
        }
        pallet_subtensor::SubnetEmissionEnabled::<Runtime>::insert(NetUid::from(4), false);
        next_block();
        let tao: Vec<_> = subnets()
            .map(|netuid| {
                SubnetTaoInEmission::<Runtime>::get(netuid).to_u64()
                    + SubnetExcessTao::<Runtime>::get(netuid).to_u64()
            })
            .collect();
        assert_eq!(tao, [166_666_666, 333_333_334, 500_000_000, 0]);
        // A subnet without its part of the TAO still emits its own alpha.
        assert_eq!(SubnetAlphaOutEmission::<Runtime>::get(NetUid::from(4)).to_u64(), UNIT);
        assert_eq!(SubnetAlphaInEmission::<Runtime>::get(NetUid::from(4)).to_u64(), 0);
    });
}

#[test]
fn root_is_not_paid_while_prices_sum_to_less_than_one() {
    externalities(Scenario::Small).execute_with(|| {
        for netuid in subnets() {
            SubnetMovingPrice::<Runtime>::insert(netuid, I96F32::from_bits(1 << 29));
        }
        next_block();
        for netuid in subnets() {
            assert_eq!(PendingRootAlphaDivs::<Runtime>::get(netuid).to_u64(), 0);
            assert!(AlphaRecycled::<Runtime>::get(netuid).to_u64() > 0);
        }
    });
}

#[test]
fn emission_halves_at_the_boundaries_on_chain() {
    let boundaries =
        [(10_500_000, UNIT, UNIT / 2), (15_750_000, UNIT / 2, UNIT / 4), (18_375_000, UNIT / 4, UNIT / 8)];
    for (boundary, before, after) in boundaries {
        externalities(Scenario::Small).execute_with(|| {
            // The block that reaches the boundary is still paid in full; the one after it is not.
            TotalIssuance::<Runtime>::put(TaoBalance::from(boundary * UNIT - before));
            next_block();
            assert_eq!(TotalIssuance::<Runtime>::get().to_u64(), boundary * UNIT);
            next_block();
            assert_eq!(TotalIssuance::<Runtime>::get().to_u64(), boundary * UNIT + after);
        });
    }
    externalities(Scenario::Small).execute_with(|| {
        TotalIssuance::<Runtime>::put(TaoBalance::from(21_000_000 * UNIT));
        next_block();
        assert_eq!(TotalIssuance::<Runtime>::get().to_u64(), 21_000_000 * UNIT);
    });
}
