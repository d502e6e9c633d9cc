//! Genesis presets: one per scenario of the development chain. The node merges its own choices
//! (authorities, slot time, sudo key) over the preset.

use alloc::vec::Vec;
use serde_json::json;
use sp_genesis_builder::PresetId;

/// Names of the presets, as given to `--scenario`.
pub const PRESETS: [&str; 1] = ["plain"];

/// The preset as a JSON patch of the default genesis, or nothing when there is no such preset.
pub fn get_preset(id: &PresetId) -> Option<Vec<u8>> {
    let id: &str = id.as_ref();
    let patch = match id {
        "plain" => json!({}),
        _ => return None,
    };
    serde_json::to_vec(&patch).ok()
}

/// Names of all presets.
pub fn preset_names() -> Vec<PresetId> {
    PRESETS.iter().map(|name| PresetId::from(*name)).collect()
}
