//! What an upgrade to the next runtime keeps, and what it changes.

use std::collections::BTreeMap;

use frame_support::traits::Hooks as _;
use lantern_devnet_conformance::Interface;
use lantern_devnet_runtime::{AccountId, Runtime, SubtensorModule, System, VERSION};
use lantern_devnet_scenario::Scenario;
use pallet_subtensor::{
    Alpha, AlphaV2, Delegates, SubnetFastMovingPrice, TotalHotkeyShares, TotalHotkeySharesV2,
};
use sp_storage::Storage;
use subtensor_runtime_common::NetUid;

fn externalities(scenario: Scenario) -> sp_io::TestExternalities {
    let mut storage = Storage::default();
    scenario.write(&mut storage, None).expect("the scenario fits the runtime");
    storage.into()
}

fn run_blocks(count: u32) {
    for _ in 0..count {
        let number = System::block_number() + 1;
        System::set_block_number(number);
        System::reset_events();
        SubtensorModule::on_initialize(number);
    }
}

/// Hotkey, coldkey and netuid of every position, with its worth.
fn positions() -> BTreeMap<(AccountId, AccountId, NetUid), u64> {
    let keys = AlphaV2::<Runtime>::iter_keys().chain(Alpha::<Runtime>::iter_keys());
    keys.map(|(hotkey, coldkey, netuid)| {
        let worth = SubtensorModule::get_stake_for_hotkey_and_coldkey_on_subnet(&hotkey, &coldkey, netuid);
        ((hotkey, coldkey, netuid), worth.to_u64())
    })
    .collect()
}

fn keeps_every_position(scenario: Scenario, blocks: u32) {
    externalities(scenario).execute_with(|| {
        // Dividends make the worth of a share an odd number.
        run_blocks(blocks);
        let before = positions();
        let (old, new) = (Alpha::<Runtime>::iter_keys().count(), AlphaV2::<Runtime>::iter_keys().count());
        assert!(old > 0 && new > 0, "both forms of shares are there: {old} and {new}");
        SubtensorModule::on_runtime_upgrade();
        assert_eq!(Alpha::<Runtime>::iter_keys().count(), 0);
        assert_eq!(TotalHotkeyShares::<Runtime>::iter_keys().count(), 0);
        assert_eq!(AlphaV2::<Runtime>::iter_keys().count(), old + new);
        assert!(positions() == before, "a position changed its worth");
        let state = (AlphaV2::<Runtime>::iter().count(), TotalHotkeySharesV2::<Runtime>::iter().count());
        SubtensorModule::on_runtime_upgrade();
        assert_eq!(
            state,
            (AlphaV2::<Runtime>::iter().count(), TotalHotkeySharesV2::<Runtime>::iter().count())
        );
        assert!(positions() == before, "a second run changes nothing");
    });
}

#[test]
fn small_keeps_every_position_to_the_rao() {
    keeps_every_position(Scenario::Small, 65);
}

#[test]
fn full_keeps_every_position_to_the_rao() {
    keeps_every_position(Scenario::Full, 0);
}

#[test]
fn the_fast_moving_price_starts_at_the_price_and_follows_it() {
    externalities(Scenario::Small).execute_with(|| {
        SubtensorModule::on_runtime_upgrade();
        let netuid = NetUid::from(1);
        let spot = |rao: u64| (u128::from(rao) << 64) / 1_000_000_000;
        let start = SubnetFastMovingPrice::<Runtime>::get(netuid).bits;
        assert_eq!(start, spot(SubtensorModule::price(netuid)));
        run_blocks(50);
        let moved = SubnetFastMovingPrice::<Runtime>::get(netuid).bits;
        assert!(moved > start && moved < spot(SubtensorModule::price(netuid)), "{start} {moved}");
    });
}

#[test]
fn takes_keep_their_bytes_under_their_new_type() {
    externalities(Scenario::Small).execute_with(|| {
        let takes: Vec<_> = Delegates::<Runtime>::iter_values().map(|take| take.deconstruct()).collect();
        assert!(takes.contains(&5_898) && takes.contains(&11_796) && takes.contains(&0), "{takes:?}");
    });
}

#[test]
fn the_interface_moves_towards_todays() {
    let metadata = sp_io::TestExternalities::default()
        .execute_with(|| Runtime::metadata_at_version(15))
        .expect("the runtime has metadata of version 15");
    let interface = Interface::of_metadata(&metadata).expect("it decodes");
    let line = |item: &str| interface.line(&format!("SubtensorModule {item}"));
    assert_eq!(VERSION.spec_version, 426);
    for gone in ["Alpha", "TotalHotkeyShares", "AlphaMapLastKey", "RootClaimType", "NumRootClaim"] {
        assert_eq!(line(&format!("storage {gone}")), None, "{gone}");
    }
    for new in ["RootStakeUnlockInterval", "SubnetFastMovingPrice"] {
        assert!(line(&format!("storage {new}")).is_some(), "{new}");
    }
    let delegates = line("storage Delegates").expect("it is still there");
    assert!(delegates.contains("-> PerU16"), "{delegates}");
    let call = line("call increase_take").expect("it is still there");
    assert!(call.contains("take: PerU16"), "{call}");
    let errors = [
        (75, "StakeUnavailable"),
        (95, "HotKeySwapOnSubnetIntervalNotPassed"),
        (96, "KeepStakeBlockedByCollateral"),
        (97, "SameNetuid"),
        (98, "InsufficientTaoBalance"),
        (119, "EvmKeyAssociationLimitExceeded"),
        (124, "InvalidRootClaimThreshold"),
        (125, "TooManyUIDsPerMechanism"),
        (128, "Deprecated"),
        (129, "SubnetBuybackRateLimitExceeded"),
        (132, "ColdkeySwapAnnounced"),
        (143, "WaitingForDissolvedSubnetCleanup"),
        (149, "AccountRejectsLockedAlpha"),
        (152, "InsufficientAlphaBalance"),
    ];
    for (index, name) in errors {
        assert_eq!(line(&format!("error {name}")), Some(format!("error {index} {name}").as_str()));
    }
}
