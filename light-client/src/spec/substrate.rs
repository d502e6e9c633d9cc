//! Ordinary Substrate chain specifications, cut down to what smoldot accepts.
//!
//! smoldot refuses fields that it does not know, and panics over child storage at genesis. A
//! `grandpaWarpSyncCheckpoint`, as Subtensor's specification carries it, is used where the block is
//! complete enough to start from.

use super::header::authority_set;
use super::{
    Checkpoint, HEADER_LIMIT, Header, Spec, SpecError, StartFrom, bad, bytes, check_against_header,
    check_authorities, check_boot_nodes, check_text, damaged,
};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use std::collections::BTreeMap;

/// Slot length that is assumed of a checkpoint that does not tell it: Subtensor's. Warp sync reads the
/// true one from the proven runtime; it matters only if the head is within 32 blocks of the checkpoint,
/// and a wrong one then stops the client rather than mislead it.
const ASSUMED_SLOT_MILLIS: u64 = 12_000;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Document<'a> {
    name: String,
    id: String,
    #[serde(default)]
    boot_nodes: Vec<String>,
    #[serde(default)]
    fork_id: Option<String>,
    #[serde(default)]
    block_number_bytes: Option<u8>,
    #[serde(default, borrow)]
    properties: Option<&'a RawValue>,
    #[serde(borrow)]
    genesis: Genesis<'a>,
    #[serde(default, borrow)]
    light_sync_state: Option<&'a RawValue>,
    #[serde(default)]
    grandpa_warp_sync_checkpoint: Option<WarpSyncCheckpoint>,
    #[serde(default, alias = "relay_chain")]
    relay_chain: Option<String>,
    #[serde(default, alias = "para_id")]
    para_id: Option<u32>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Genesis<'a> {
    #[serde(default, borrow)]
    raw: Option<RawGenesis<'a>>,
    #[serde(default)]
    state_root_hash: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawGenesis<'a> {
    #[serde(borrow)]
    top: &'a RawValue,
    #[serde(default)]
    children_default: BTreeMap<String, serde::de::IgnoredAny>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WarpSyncCheckpoint {
    finalized_block_header: String,
    grandpa_authority_set: String,
}

/// What is left for smoldot.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Accepted<'a> {
    name: &'a str,
    id: &'a str,
    chain_type: &'a str,
    boot_nodes: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    fork_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    properties: Option<&'a RawValue>,
    genesis: AcceptedGenesis<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    light_sync_state: Option<&'a RawValue>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
enum AcceptedGenesis<'a> {
    #[serde(rename_all = "camelCase")]
    Raw {
        top: &'a RawValue,
        children_default: BTreeMap<String, String>,
    },
    StateRootHash(&'a str),
}

pub(super) fn parse(text: &str) -> Result<Spec, SpecError> {
    let document: Document<'_> = serde_json::from_str(text).map_err(damaged)?;
    check_text("name", &document.name)?;
    check_text("id", &document.id)?;
    check_boot_nodes(&document.boot_nodes)?;
    if document.relay_chain.is_some() || document.para_id.is_some() {
        return Err(SpecError::Parachain);
    }
    if document.block_number_bytes.is_some_and(|bytes| bytes != 4) {
        return Err(bad("blockNumberBytes", "only blocks with 32-bit numbers are supported"));
    }
    let genesis = match (&document.genesis.raw, &document.genesis.state_root_hash) {
        (Some(raw), _) if !raw.children_default.is_empty() => return Err(SpecError::ChildStorage),
        (Some(raw), _) => AcceptedGenesis::Raw { top: raw.top, children_default: BTreeMap::new() },
        (None, Some(root)) => AcceptedGenesis::StateRootHash(root),
        (None, None) => return Err(SpecError::NotRaw),
    };
    let genesis_hash = match &document.genesis.state_root_hash {
        Some(root) if document.genesis.raw.is_none() => {
            Some(Header::genesis(super::hash("genesis.stateRootHash", root)?).hash())
        }
        _ => None,
    };
    let checkpoint = document.grandpa_warp_sync_checkpoint.as_ref().map(checkpoint).transpose()?.flatten();
    let start = match checkpoint {
        Some(checkpoint) => StartFrom::Checkpoint(Box::new(checkpoint)),
        None if document.genesis.raw.is_none() && document.light_sync_state.is_none() => {
            return Err(SpecError::NoStart);
        }
        None => StartFrom::Specification,
    };
    let json = serde_json::to_string(&Accepted {
        name: &document.name,
        id: &document.id,
        chain_type: "Live",
        boot_nodes: &document.boot_nodes,
        fork_id: document.fork_id.as_deref(),
        properties: document.properties,
        genesis,
        light_sync_state: document.light_sync_state,
    })
    .map_err(damaged)?;
    let spec = Spec {
        name: document.name,
        id: document.id,
        genesis_hash: None,
        boot_nodes: document.boot_nodes,
        start,
        json,
    };
    Ok(match genesis_hash {
        Some(hash) => spec.with_genesis_hash(hash),
        None => spec,
    })
}

/// Completes a checkpoint by what its own header announces. Nothing if the header does not say who
/// authors the next block: then it cannot be started from.
fn checkpoint(file: &WarpSyncCheckpoint) -> Result<Option<Checkpoint>, SpecError> {
    if file.finalized_block_header.len() > HEADER_LIMIT || file.grandpa_authority_set.len() > HEADER_LIMIT {
        return Err(bad("grandpaWarpSyncCheckpoint", "it is too long"));
    }
    let header_bytes = bytes("finalizedBlockHeader", &file.finalized_block_header)?;
    let header = Header::decode_all(&header_bytes)?;
    let (signed_by, signers) = authority_set(&bytes("grandpaAuthoritySet", &file.grandpa_authority_set)?)?;
    let Some(aura) = header.aura_authorities()? else { return Ok(None) };
    // The set in the file finalized the block itself. If the block changes it, the next one votes
    // on the block after.
    let (set_id, grandpa) = match header.grandpa_change()? {
        Some(change) if change.delay == 0 => (signed_by.saturating_add(1), change.authorities),
        _ => (signed_by, signers),
    };
    check_authorities("grandpaAuthoritySet", grandpa.len())?;
    check_authorities("auraAuthorities", aura.len())?;
    if grandpa.iter().any(|authority| authority.weight == 0) {
        return Err(bad("grandpaAuthoritySet", "one authority has no weight"));
    }
    let checkpoint =
        Checkpoint { header_bytes, header, set_id, grandpa, aura, slot_millis: ASSUMED_SLOT_MILLIS };
    check_against_header(&checkpoint)?;
    Ok(Some(checkpoint))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn raw() -> Value {
        json!({
            "name": "Test", "id": "test", "chainType": "Local", "bootNodes": [], "protocolId": "x",
            "telemetryEndpoints": null, "forkBlocks": null, "badBlocks": [], "codeSubstitutes": {},
            "properties": { "tokenDecimals": 9 }, "consensusEngine": null, "somethingNew": [1, 2],
            "genesis": { "raw": { "top": { "0x00": "0x01" }, "childrenDefault": {} } },
        })
    }

    fn check(change: impl FnOnce(&mut Value)) -> Result<Spec, SpecError> {
        let mut document = raw();
        change(&mut document);
        Spec::parse(&document.to_string())
    }

    #[test]
    fn unknown_fields_are_left_out() {
        let spec = check(|_| ()).unwrap();
        let left: Value = serde_json::from_str(spec.for_smoldot()).unwrap();
        let mut keys: Vec<&str> = left.as_object().unwrap().keys().map(String::as_str).collect();
        keys.sort_unstable();
        assert_eq!(keys, ["bootNodes", "chainType", "genesis", "id", "name", "properties"]);
        assert_eq!(spec.start, StartFrom::Specification);
    }

    #[test]
    fn what_cannot_be_started_is_refused() {
        assert_eq!(
            check(|spec| spec["genesis"]["raw"]["childrenDefault"] = json!({ "0x01": {} })),
            Err(SpecError::ChildStorage)
        );
        assert_eq!(check(|spec| spec["para_id"] = json!(2000)), Err(SpecError::Parachain));
        assert_eq!(check(|spec| spec["genesis"] = json!({ "runtime": {} })), Err(SpecError::NotRaw));
        let root = json!({ "stateRootHash": format!("0x{}", "11".repeat(32)) });
        assert_eq!(check(|spec| spec["genesis"] = root), Err(SpecError::NoStart));
        assert!(matches!(check(|spec| spec["name"] = json!(1)), Err(SpecError::Damaged(_))));
    }

    #[test]
    fn a_warp_sync_checkpoint_is_used() {
        let finney: Value =
            serde_json::from_str(include_str!("../../../public/networks/finney.json")).unwrap();
        let header = finney["checkpoint"]["header"].clone();
        // The set that signed the block; the block itself replaces it by set 6.
        let set = format!("0x{}04{}{}", "0500000000000000", "22".repeat(32), "0100000000000000");
        let spec = check(|spec| {
            spec["grandpaWarpSyncCheckpoint"] =
                json!({ "finalizedBlockHeader": header, "grandpaAuthoritySet": set });
        })
        .unwrap();
        let StartFrom::Checkpoint(checkpoint) = &spec.start else { panic!() };
        assert_eq!((checkpoint.set_id, checkpoint.grandpa.len()), (6, 20));
        assert_eq!(spec.checkpoint_database(), None, "the genesis hash is not known yet");
        let spec = spec.with_genesis_hash([7; 32]);
        assert!(spec.checkpoint_database().is_some());
        assert!(spec.for_smoldot().contains("blockHash"));
    }
}
