//! Chain specifications: what the user or the page hands over, checked, and what smoldot gets of it.
//!
//! Two kinds come in: Lantern's own small network files, which carry a checkpoint, and ordinary
//! Substrate chain specifications. Everything that can be verified without a peer is verified here:
//! sizes, the genesis hash, that the checkpoint's header decodes and that the authorities belong to it.
//! What remains is trust in whoever made the file: a checkpoint names the authorities whose signatures
//! count from there on.

mod header;
mod network_file;
mod smoldot;
mod substrate;

pub use header::{Header, HeaderError};

use crate::dial::{NotDialable, PageOrigin};
use serde::Deserialize;

/// Largest specification, in bytes. Finney's raw genesis takes twelve million.
const SPECIFICATION_LIMIT: usize = 64 * 1024 * 1024;
/// Most boot nodes.
const BOOT_NODES_LIMIT: usize = 256;
/// Longest name, identifier or address, in bytes.
const TEXT_LIMIT: usize = 1024;
/// Most authorities of a checkpoint.
const AUTHORITIES_LIMIT: usize = 10_000;
/// Longest header of a checkpoint, in bytes. One with both authority lists takes a few thousand.
const HEADER_LIMIT: usize = 1024 * 1024;

/// Why a specification is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SpecError {
    /// Too large to be one.
    #[error("the specification has {0} bytes, and {SPECIFICATION_LIMIT} is the most that can be right")]
    TooLarge(usize),
    /// Not JSON, or a field is missing or of the wrong type.
    #[error("the specification is damaged: {0}")]
    Damaged(String),
    /// A network file of a later Lantern.
    #[error("the network file is of format {0}, and this build reads format 1; update Lantern")]
    UnknownFormat(u64),
    /// A field has a value that cannot be right.
    #[error("the specification's {field} cannot be right: {reason}")]
    BadValue {
        /// Name of the field.
        field: &'static str,
        /// What is wrong with it.
        reason: String,
    },
    /// A plain specification: its genesis is to be computed by a node first.
    #[error("this is a plain specification; have the node write a raw one (`build-spec --raw`)")]
    NotRaw,
    /// Needs a relay chain.
    #[error("this is a parachain, which cannot be followed without its relay chain")]
    Parachain,
    /// Child tries at genesis.
    #[error("the genesis has child storage, which is not supported")]
    ChildStorage,
    /// The pinned hash is not that of the genesis block.
    #[error("the genesis hash is pinned as 0x{pinned}, but the genesis state gives 0x{computed}")]
    WrongGenesis {
        /// In the file.
        pinned: String,
        /// From the state root.
        computed: String,
    },
    /// The checkpoint's header cannot be read.
    #[error("the checkpoint's header is damaged: {0}")]
    CheckpointHeader(#[from] HeaderError),
    /// The checkpoint contradicts itself.
    #[error("the checkpoint does not fit together: {0}")]
    CheckpointMismatch(String),
    /// The chain starts neither at a checkpoint nor at a genesis that is given whole.
    #[error("the specification has no checkpoint to start from, and its genesis is not given whole")]
    NoStart,
}

impl SpecError {
    /// Whether the checkpoint is at fault.
    pub fn is_checkpoint(&self) -> bool {
        matches!(self, Self::CheckpointHeader(_) | Self::CheckpointMismatch(_) | Self::NoStart)
    }
}

/// A GRANDPA authority.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GrandpaAuthority {
    /// Its ed25519 key.
    pub key: [u8; 32],
    /// Its weight in votes; never zero.
    pub weight: u64,
}

/// A finalized block to start from, and who votes after it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    /// SCALE bytes of the header.
    pub header_bytes: Vec<u8>,
    /// The same, decoded.
    pub header: Header,
    /// The set that votes on the next block.
    pub set_id: u64,
    /// Its members, in their order.
    pub grandpa: Vec<GrandpaAuthority>,
    /// Who may author the next block, in their order.
    pub aura: Vec<[u8; 32]>,
    /// Length of a slot; never zero.
    pub slot_millis: u64,
}

/// Where the client can start, apart from what it saved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StartFrom {
    /// A checkpoint.
    Checkpoint(Box<Checkpoint>),
    /// Whatever smoldot itself finds in the specification: the genesis block or a BABE checkpoint.
    Specification,
}

/// A checked specification.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spec {
    /// Name for the user.
    pub name: String,
    /// Identifier; not unique among networks.
    pub id: String,
    /// Hash of block 0, unless it has yet to be computed from a genesis that is given whole.
    pub genesis_hash: Option<[u8; 32]>,
    /// Multiaddresses.
    pub boot_nodes: Vec<String>,
    /// Where to start.
    pub start: StartFrom,
    /// The specification in the one form that smoldot accepts.
    json: String,
}

impl Spec {
    /// Reads and checks a specification of either kind.
    ///
    /// # Errors
    /// Why it is refused. No bytes whatsoever make it panic.
    pub fn parse(text: &str) -> Result<Self, SpecError> {
        #[derive(Deserialize)]
        struct Kind {
            format: Option<u64>,
        }
        if text.len() > SPECIFICATION_LIMIT {
            return Err(SpecError::TooLarge(text.len()));
        }
        match serde_json::from_str::<Kind>(text).map_err(damaged)?.format {
            Some(1) => network_file::parse(text),
            Some(other) => Err(SpecError::UnknownFormat(other)),
            None => substrate::parse(text),
        }
    }

    /// The specification for smoldot.
    pub fn for_smoldot(&self) -> &str {
        &self.json
    }

    /// The database that makes smoldot start from the checkpoint, if there is one.
    pub fn checkpoint_database(&self) -> Option<String> {
        match (&self.start, self.genesis_hash) {
            (StartFrom::Checkpoint(checkpoint), Some(genesis)) => {
                Some(smoldot::database(&genesis, checkpoint))
            }
            _ => None,
        }
    }

    /// Height of the checkpoint, if there is one.
    pub fn checkpoint_height(&self) -> Option<u32> {
        match &self.start {
            StartFrom::Checkpoint(checkpoint) => Some(checkpoint.header.number),
            StartFrom::Specification => None,
        }
    }

    /// The same chain once its genesis hash is known, started from its checkpoint.
    pub fn with_genesis_hash(mut self, hash: [u8; 32]) -> Self {
        self.genesis_hash = Some(hash);
        if matches!(self.start, StartFrom::Checkpoint(_)) {
            self.json = smoldot::specification(&smoldot::Identity {
                name: &self.name,
                id: &self.id,
                boot_nodes: &self.boot_nodes,
                genesis: smoldot::Genesis::BlockHash(hash),
                properties: None,
            });
        }
        self
    }

    /// Boot nodes that a page of this origin cannot dial, and why.
    pub fn undialable(&self, origin: PageOrigin) -> Vec<(&str, NotDialable)> {
        self.boot_nodes
            .iter()
            .filter_map(|address| origin.check(address).err().map(|error| (address.as_str(), error)))
            .collect()
    }
}

fn damaged(error: serde_json::Error) -> SpecError {
    SpecError::Damaged(error.to_string())
}

fn bad(field: &'static str, reason: impl Into<String>) -> SpecError {
    SpecError::BadValue { field, reason: reason.into() }
}

fn check_text(field: &'static str, text: &str) -> Result<(), SpecError> {
    if text.len() > TEXT_LIMIT {
        return Err(bad(field, format!("it has {} bytes", text.len())));
    }
    Ok(())
}

fn check_boot_nodes(nodes: &[String]) -> Result<(), SpecError> {
    if nodes.len() > BOOT_NODES_LIMIT {
        return Err(bad("bootNodes", format!("there are {}", nodes.len())));
    }
    nodes.iter().try_for_each(|node| check_text("bootNodes", node))
}

fn bytes(field: &'static str, text: &str) -> Result<Vec<u8>, SpecError> {
    let digits = text.strip_prefix("0x").ok_or_else(|| bad(field, "it does not start with 0x"))?;
    hex::decode(digits).map_err(|error| bad(field, error.to_string()))
}

fn hash(field: &'static str, text: &str) -> Result<[u8; 32], SpecError> {
    let bytes = bytes(field, text)?;
    let length = bytes.len();
    bytes.try_into().map_err(|_bytes| bad(field, format!("it has {length} bytes instead of 32")))
}

fn check_authorities(field: &'static str, count: usize) -> Result<(), SpecError> {
    match count {
        0 => Err(bad(field, "there is none")),
        count if count > AUTHORITIES_LIMIT => Err(bad(field, format!("there are {count}"))),
        _ => Ok(()),
    }
}

/// Checks what a checkpoint's own header tells about the authorities after it.
fn check_against_header(checkpoint: &Checkpoint) -> Result<(), SpecError> {
    let header = &checkpoint.header;
    if header.number == 0 {
        return Err(SpecError::CheckpointMismatch("it is the genesis block".to_owned()));
    }
    if let Some(announced) = header.aura_authorities()?
        && announced != checkpoint.aura
    {
        return Err(SpecError::CheckpointMismatch(
            "its header changes the Aura authorities to others than are listed".to_owned(),
        ));
    }
    if let Some(change) = header.grandpa_change()? {
        if change.delay != 0 {
            return Err(SpecError::CheckpointMismatch(format!(
                "its header changes the GRANDPA authorities {} blocks later; use a later block",
                change.delay
            )));
        }
        if change.authorities != checkpoint.grandpa {
            return Err(SpecError::CheckpointMismatch(
                "its header changes the GRANDPA authorities to others than are listed".to_owned(),
            ));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn any_text_is_a_specification_or_an_error(text in ".*") {
            let _outcome = Spec::parse(&text);
        }
    }
}
