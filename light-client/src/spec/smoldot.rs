//! What smoldot 5.0.0 gets: its specification, and a database that holds the checkpoint.
//!
//! smoldot's own checkpoints know BABE only. An Aura chain is started from a checkpoint in another way:
//! the database, in the format in which smoldot saves its own state, names the block and the
//! authorities. smoldot uses a database only beside a specification with a checkpoint that is not
//! newer, so the specification carries a stand-in: a well-formed checkpoint of no chain at height 1.
//! If smoldot ever started from the stand-in, it would follow nothing; the engine compares the height
//! that smoldot reports with the one that was meant, and refuses.

use super::header::{Header, stand_in_authority_set, stand_in_epochs};
use super::{Checkpoint, GrandpaAuthority};
use parity_scale_codec::Encode as _;
use serde::Serialize;
use serde_json::json;

/// How the genesis block is known.
pub(super) enum Genesis {
    /// By the root of its state.
    StateRoot([u8; 32]),
    /// By its hash only.
    BlockHash([u8; 32]),
}

/// Properties of the chain's token, for whoever asks the client for them.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Properties {
    pub(super) token_decimals: u8,
    pub(super) token_symbol: String,
    pub(super) ss58_format: u16,
}

/// What identifies a chain to smoldot.
pub(super) struct Identity<'a> {
    pub(super) name: &'a str,
    pub(super) id: &'a str,
    pub(super) boot_nodes: &'a [String],
    pub(super) genesis: Genesis,
    pub(super) properties: Option<&'a Properties>,
}

/// The specification of a chain that starts from a checkpoint.
pub(super) fn specification(chain: &Identity<'_>) -> String {
    let genesis = match chain.genesis {
        Genesis::StateRoot(root) => json!({ "stateRootHash": prefixed(&root) }),
        Genesis::BlockHash(hash) => json!({ "blockHash": prefixed(&hash) }),
    };
    json!({
        "name": chain.name,
        "id": chain.id,
        "chainType": "Live",
        "bootNodes": chain.boot_nodes,
        "properties": chain.properties,
        "genesis": genesis,
        "lightSyncState": {
            "babeEpochChanges": prefixed(&stand_in_epochs()),
            "babeFinalizedBlockWeight": 1,
            "finalizedBlockHeader": prefixed(&Header::stand_in().encode()),
            "grandpaAuthoritySet": prefixed(&stand_in_authority_set()),
        },
    })
    .to_string()
}

/// The database that holds a checkpoint.
pub(super) fn database(genesis_hash: &[u8; 32], checkpoint: &Checkpoint) -> String {
    let aura: Vec<_> = checkpoint.aura.iter().map(|key| json!({ "public_key": hex::encode(key) })).collect();
    let grandpa: Vec<_> = checkpoint
        .grandpa
        .iter()
        .map(|GrandpaAuthority { key, weight }| json!({ "public_key": hex::encode(key), "weight": weight }))
        .collect();
    json!({
        "genesisHash": hex::encode(genesis_hash),
        "chain": {
            "version": "1",
            "finalized_block_header": hex::encode(&checkpoint.header_bytes),
            "aura_slot_duration": checkpoint.slot_millis,
            "aura_finalized_authorities": aura,
            "grandpa_after_finalized_block_authorities_set_id": checkpoint.set_id,
            "grandpa_finalized_triggered_authorities": grandpa,
        },
        "nodes": {},
    })
    .to_string()
}

fn prefixed(bytes: &[u8]) -> String {
    format!("0x{}", hex::encode(bytes))
}
