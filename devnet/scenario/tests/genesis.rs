//! Every scenario is a state that the runtime accepts and that adds up.

use std::time::Instant;

use lantern_devnet_runtime::{Balances, Runtime, SubtensorModule};
use lantern_devnet_scenario::Scenario;
use pallet_subtensor::{
    Alpha, AlphaV2, PendingOwnerCut, PendingRootAlphaDivs, PendingServerEmission, PendingValidatorEmission,
    SubnetAlphaOut, SubnetTAO, TotalHotkeyAlpha, TotalIssuance, TotalStake,
};
use sp_storage::Storage;
use subtensor_runtime_common::NetUid;

fn externalities(scenario: Scenario) -> sp_io::TestExternalities {
    let mut storage = Storage::default();
    scenario.write(&mut storage, None).expect("the scenario fits the runtime");
    storage.into()
}

/// Alpha outside the pool is somebody's stake or waits for the next epoch; TAO in the pool lies in the
/// pool's account; the issuance is what all accounts hold.
fn adds_up(scenario: Scenario) {
    externalities(scenario).execute_with(|| {
        let mut stake = 0;
        for price in SubtensorModule::all_prices() {
            let netuid = price.netuid;
            let positions: u64 = TotalHotkeyAlpha::<Runtime>::iter()
                .filter(|(_, on, _)| *on == netuid)
                .map(|(_, _, alpha)| alpha.to_u64())
                .sum();
            let waiting: u64 = [
                PendingOwnerCut::<Runtime>::get(netuid),
                PendingServerEmission::<Runtime>::get(netuid),
                PendingValidatorEmission::<Runtime>::get(netuid),
                PendingRootAlphaDivs::<Runtime>::get(netuid),
            ]
            .into_iter()
            .map(|pot| pot.to_u64())
            .sum();
            let out = SubnetAlphaOut::<Runtime>::get(netuid).to_u64();
            assert_eq!(positions + waiting, out, "{scenario:?}, subnet {netuid}");
            let account = SubtensorModule::get_subnet_account_id(netuid);
            let tao = SubnetTAO::<Runtime>::get(netuid).to_u64();
            assert_eq!(Balances::free_balance(account), tao, "{scenario:?}, subnet {netuid}");
            stake += tao;
        }
        assert_eq!(TotalStake::<Runtime>::get().to_u64(), stake);
        assert_eq!(
            TotalIssuance::<Runtime>::get().to_u64(),
            pallet_balances::TotalIssuance::<Runtime>::get()
        );
    });
}

#[test]
fn plain_adds_up() {
    adds_up(Scenario::Plain);
}

#[test]
fn small_adds_up() {
    adds_up(Scenario::Small);
}

#[test]
fn small_has_root_and_four_subnets_with_a_dozen_neurons() {
    externalities(Scenario::Small).execute_with(|| {
        let netuids: Vec<_> =
            SubtensorModule::all_prices().into_iter().map(|price| u16::from(price.netuid)).collect();
        assert_eq!(netuids, [0, 1, 2, 3, 4]);
        let hotkeys: std::collections::BTreeSet<_> = (1..=4)
            .flat_map(|netuid| SubtensorModule::metagraph(NetUid::from(netuid)).expect("it exists").hotkeys)
            .collect();
        assert_eq!(hotkeys.len(), 12);
    });
}

#[test]
fn full_adds_up_and_is_written_in_seconds() {
    let start = Instant::now();
    let mut storage = Storage::default();
    Scenario::Full.write(&mut storage, None).expect("the scenario fits the runtime");
    let elapsed = start.elapsed();
    println!("full: {} items in {elapsed:?}", storage.top.len());
    assert!(elapsed.as_secs() < 30, "{elapsed:?}");
    sp_io::TestExternalities::from(storage).execute_with(|| {
        let (old, new) = (Alpha::<Runtime>::iter_keys().count(), AlphaV2::<Runtime>::iter_keys().count());
        assert!(old > 1_000 && new > 1_000 && old + new >= 20_000, "{old} and {new} positions");
    });
    adds_up(Scenario::Full);
}

#[test]
fn a_scenario_is_the_same_each_time() {
    let write = |scenario: Scenario| {
        let mut storage = Storage::default();
        scenario.write(&mut storage, None).expect("the scenario fits the runtime");
        storage.top
    };
    for scenario in [Scenario::Plain, Scenario::Small] {
        assert!(write(scenario) == write(scenario), "{scenario:?}");
    }
}
