//! Genesis presets: one per scenario of the development chain. The node merges its own choices
//! (authorities, slot time, sudo key) over the preset.

use crate::{AccountId, Balance};
use alloc::vec::Vec;
use serde_json::json;
use sp_genesis_builder::PresetId;
use sp_keyring::Sr25519Keyring;

/// Names of the presets, as given to `--scenario`.
pub const PRESETS: [&str; 1] = ["plain"];

/// The preset as a JSON patch of the default genesis, or nothing when there is no such preset.
pub fn get_preset(id: &PresetId) -> Option<Vec<u8>> {
    let id: &str = id.as_ref();
    let patch = match id {
        "plain" => json!({ "balances": { "balances": development_accounts() } }),
        _ => return None,
    };
    serde_json::to_vec(&patch).ok()
}

/// The well-known accounts with 1,000 TAO each.
fn development_accounts() -> Vec<(AccountId, Balance)> {
    Sr25519Keyring::well_known().map(|key| (key.to_account_id(), 1_000 * 1_000_000_000)).collect()
}

/// Names of all presets.
pub fn preset_names() -> Vec<PresetId> {
    PRESETS.iter().map(|name| PresetId::from(*name)).collect()
}
