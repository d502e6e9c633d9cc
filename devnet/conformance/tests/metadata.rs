//! The devnet's runtime speaks Subtensor's interface, item by item.

use lantern_devnet_conformance::{differences, Difference, Interface};
use lantern_devnet_runtime::{Runtime, VERSION};

const LISTING: &str = include_str!("../listing/spec-425.txt");

/// How an item departs from the listing.
enum Departure {
    /// The devnet lacks it.
    Missing,
    /// The chain lacks it.
    Extra,
    /// It reads like this on the devnet.
    Reads(&'static str),
}

use Departure::{Extra, Missing, Reads};

/// What differs on purpose: section and kind, names, how, and why. An entry that no longer differs
/// fails the test.
const DELIBERATE: &[(&str, &str, Departure, &str)] = &[
    (
        "SubtensorModule call",
        "register burned_register register_limit root_register register_network \
         register_network_with_identity dissolve_network root_dissolve_network trigger_epoch update_symbol \
         associate_evm_key",
        Missing,
        "neurons and subnets come from the scenario until registration is built",
    ),
    (
        "SubtensorModule call",
        "set_weights batch_set_weights set_mechanism_weights commit_weights batch_commit_weights \
         commit_mechanism_weights commit_timelocked_weights commit_timelocked_mechanism_weights \
         commit_crv3_mechanism_weights reveal_weights batch_reveal_weights reveal_mechanism_weights \
         enable_voting_power_tracking disable_voting_power_tracking sudo_set_voting_power_ema_alpha",
        Missing,
        "scores are seeded until consensus is computed",
    ),
    (
        "SubtensorModule call",
        "set_children set_childkey_take set_auto_parent_delegation_enabled set_pending_childkey_cooldown \
         sudo_set_tx_childkey_take_rate_limit sudo_set_min_childkey_take sudo_set_max_childkey_take",
        Missing,
        "dividends know no child keys yet",
    ),
    (
        "SubtensorModule call",
        "claim_root set_root_claim_type sudo_set_num_root_claims sudo_set_root_claim_threshold",
        Missing,
        "root dividends are credited but cannot be claimed yet",
    ),
    (
        "SubtensorModule call",
        "swap_hotkey swap_hotkey_v2 swap_coldkey schedule_swap_coldkey announce_coldkey_swap \
         swap_coldkey_announced dispute_coldkey_swap reset_coldkey_swap clear_coldkey_swap_announcement \
         lock_stake move_lock set_perpetual_lock set_reject_locked_alpha",
        Missing,
        "keys cannot be swapped and alpha cannot be locked yet",
    ),
    (
        "SubtensorModule call",
        "register_leased_network terminate_lease set_tempo set_activity_cutoff_factor",
        Missing,
        "there are no crowdloans, and tempos come from the scenario",
    ),
    (
        "SubtensorModule storage",
        "SeededScores",
        Extra,
        "stands in for weights and bonds until consensus is computed",
    ),
    (
        "types type",
        "MultiSignature",
        Reads(
            "type MultiSignature [0 Ed25519([u8; 64]), 1 Sr25519([u8; 64]), 2 Ecdsa([u8; 65]), 3 \
             Eth([u8; 65])]",
        ),
        "the SDK that the devnet is built from knows one more kind of key",
    ),
];

fn found() -> Interface {
    // Some constants are read from storage.
    let metadata = sp_io::TestExternalities::default()
        .execute_with(|| Runtime::metadata_at_version(15))
        .expect("the runtime has metadata of version 15");
    Interface::of_metadata(&metadata).expect("it decodes")
}

fn is_deliberate(departure: &Departure, difference: &Difference) -> bool {
    match departure {
        Missing => difference.found.is_none(),
        Extra => difference.listed.is_none(),
        Reads(line) => difference.listed.is_some() && difference.found.as_deref() == Some(*line),
    }
}

#[test]
fn every_item_is_as_on_the_chain_or_differs_on_purpose() {
    let mut differences = differences(&Interface::parse(LISTING), &found());
    let mut unused = Vec::new();
    for (place, names, departure, reason) in DELIBERATE {
        for name in names.split_whitespace() {
            let key = format!("{place} {name}");
            let before = differences.len();
            differences.retain(|difference| difference.key != key || !is_deliberate(departure, difference));
            if differences.len() == before {
                unused.push(format!("{key} ({reason})"));
            }
        }
    }
    assert!(differences.is_empty(), "not as on the chain: {differences:#?}");
    assert!(unused.is_empty(), "listed as deliberate, but not different: {unused:#?}");
}

#[test]
fn the_transaction_extensions_stand_in_the_chains_order() {
    let listed = Interface::parse(LISTING);
    assert_eq!(listed.extensions().len(), 13);
    assert_eq!(found().extensions(), listed.extensions());
}

#[test]
fn subnet_info_is_announced_in_its_second_version() {
    use lantern_devnet_runtime::subtensor_apis::SubnetInfoRuntimeApi;
    use sp_api::RuntimeApiInfo as _;

    let id = <dyn SubnetInfoRuntimeApi<lantern_devnet_runtime::Block>>::ID;
    let version = VERSION.apis.iter().find(|(api, _)| *api == id).map(|(_, version)| *version);
    assert_eq!(version, Some(2));
    assert_eq!((VERSION.spec_name.as_ref(), VERSION.spec_version), ("node-subtensor", 425));
}
