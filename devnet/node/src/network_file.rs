//! Lantern's network file: all that the page needs to start its light client on this chain, of
//! the same small size whatever the state's. It carries a checkpoint in place of the genesis
//! state.

use crate::args::RunOptions;
use crate::{genesis, keys, Error};
use codec::{Compact, Decode as _, Encode as _};
use lantern_devnet_runtime::opaque::{Block, Header};
use sc_consensus_grandpa::SharedAuthoritySet;
use serde::Serialize;
use sp_api::ProvideRuntimeApi;
use sp_blockchain::HeaderBackend;
use sp_consensus_aura::sr25519::AuthorityId as AuraId;
use sp_consensus_aura::AuraApi;
use sp_consensus_grandpa::AuthorityList;
use sp_core::crypto::ByteArray as _;
use sp_core::H256;
use std::path::Path;

/// Version of the file's layout.
const FORMAT: u32 = 1;

/// The file as JSON.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct NetworkFile {
    format: u32,
    name: String,
    id: String,
    chain_type: String,
    boot_nodes: Vec<String>,
    genesis_hash: String,
    genesis_state_root: String,
    token_decimals: u32,
    token_symbol: String,
    ss58_format: u16,
    checkpoint: Checkpoint,
}

/// A finalized block and all that is needed to verify the blocks after it.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Checkpoint {
    /// The block's header, SCALE in hexadecimal.
    header: String,
    /// GRANDPA set that votes on the next block.
    set_id: u64,
    /// Keys and weights of that set.
    grandpa_authorities: Vec<(String, u64)>,
    /// Keys that may author the next block, in the order of their turns.
    aura_authorities: Vec<String>,
    /// Length of a slot in milliseconds.
    aura_slot_duration_ms: u64,
    /// Number of the block, for people.
    #[serde(skip)]
    pub number: u32,
}

/// What the voter knows about its authority set at one finalized block.
#[derive(Clone, Debug)]
pub struct GrandpaState {
    /// Id of the set.
    pub set_id: u64,
    /// Keys and weights of the set.
    pub authorities: AuthorityList,
    /// Whether a change of the set is signalled and not yet enacted.
    pub pending_change: bool,
    /// The finalized block after which the set votes.
    pub finalized: (H256, u32),
}

/// Reads the voter's own authority set together with the finalized block it belongs to.
///
/// The runtime's `GrandpaApi_current_set_id` is no substitute: it counts from 0, whatever id the
/// chain started with.
pub fn grandpa_state(
    client: &impl HeaderBackend<Block>,
    shared: &SharedAuthoritySet<H256, u32>,
) -> Result<GrandpaState, Error> {
    // The voter changes the set and the finalized block one after the other; a read counts only
    // when the finalized block was the same before and after.
    loop {
        let before = client.info();
        let set = shared.clone_inner();
        if client.info().finalized_hash != before.finalized_hash {
            continue;
        }
        let encoded = set.encode();
        let mut input = encoded.as_slice();
        let (authorities, set_id, pending) = <(AuthorityList, u64, Compact<u32>)>::decode(&mut input)
            .map_err(|error| Error::Chain(format!("GRANDPA keeps its authority set differently: {error}")))?;
        return Ok(GrandpaState {
            set_id,
            authorities,
            pending_change: pending.0 > 0,
            finalized: (before.finalized_hash, before.finalized_number),
        });
    }
}

/// The checkpoint of the finalized block, or nothing while there is no suitable one: a light
/// client needs the slot in its header, which genesis does not have, and a set without a pending
/// change.
pub fn checkpoint<C>(client: &C, shared: &SharedAuthoritySet<H256, u32>) -> Result<Option<Checkpoint>, Error>
where
    C: HeaderBackend<Block> + ProvideRuntimeApi<Block>,
    C::Api: AuraApi<Block, AuraId>,
{
    let state = grandpa_state(client, shared)?;
    let (hash, number) = state.finalized;
    if number == 0 || state.pending_change {
        return Ok(None);
    }
    let header = header(client, hash)?;
    let api = client.runtime_api();
    Ok(Some(Checkpoint {
        header: hex(&header.encode()),
        set_id: state.set_id,
        grandpa_authorities: state
            .authorities
            .iter()
            .map(|(id, weight)| (hex(id.as_slice()), *weight))
            .collect(),
        aura_authorities: api.authorities(hash)?.iter().map(|id| hex(id.as_slice())).collect(),
        aura_slot_duration_ms: api.slot_duration(hash)?.as_millis(),
        number,
    }))
}

/// The network file around a checkpoint.
pub fn network_file(
    client: &impl HeaderBackend<Block>,
    options: &RunOptions,
    checkpoint: Checkpoint,
) -> Result<NetworkFile, Error> {
    let genesis_hash = client.info().genesis_hash;
    Ok(NetworkFile {
        format: FORMAT,
        name: genesis::CHAIN_NAME.into(),
        id: genesis::chain_id(options),
        chain_type: "Local".into(),
        boot_nodes: boot_nodes(options),
        genesis_hash: hex(genesis_hash.as_bytes()),
        genesis_state_root: hex(header(client, genesis_hash)?.state_root.as_bytes()),
        token_decimals: genesis::TOKEN_DECIMALS,
        token_symbol: genesis::TOKEN_SYMBOL.into(),
        ss58_format: genesis::SS58_FORMAT,
        checkpoint,
    })
}

/// Addresses of all authorities of the chain.
pub fn boot_nodes(options: &RunOptions) -> Vec<String> {
    (0..options.authorities).map(|authority| address(options, authority)).collect()
}

/// Address of one authority, with its identity.
pub fn address(options: &RunOptions, authority: u32) -> String {
    let port = options.p2p_port + authority as u16;
    format!("/ip4/127.0.0.1/tcp/{port}/ws/p2p/{}", keys::peer_id(authority))
}

/// Writes `value` as JSON so that a reader sees either nothing or the whole file.
pub fn write_json(path: &Path, value: &impl Serialize) -> Result<(), Error> {
    let json = serde_json::to_vec_pretty(value).map_err(|error| Error::Chain(error.to_string()))?;
    write(path, &json)
}

/// Writes a file in one step.
pub fn write(path: &Path, content: &[u8]) -> Result<(), Error> {
    let failed = |source| Error::File { path: path.to_path_buf(), source };
    let mut partial = path.as_os_str().to_owned();
    partial.push(".part");
    std::fs::write(&partial, content).map_err(failed)?;
    std::fs::rename(&partial, path).map_err(failed)
}

/// Bytes as `0x` hexadecimal.
pub fn hex(bytes: &[u8]) -> String {
    format!("0x{}", hex::encode(bytes))
}

fn header(client: &impl HeaderBackend<Block>, hash: H256) -> Result<Header, Error> {
    client.header(hash)?.ok_or_else(|| Error::Chain(format!("the header of {hash} is missing")))
}
