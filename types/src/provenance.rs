//! Where a number on the page comes from.

use crate::{AccountId, BlockRef, Finality, Hotkey, NetUid};
use alloc::string::String;
use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

/// A number that the page shows and that can be asked for its proof.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[allow(missing_docs, reason = "each variant names the record's field that it stands for")]
pub enum Field {
    SubnetName(NetUid),
    SubnetSymbol(NetUid),
    SubnetPrice(NetUid),
    SubnetTaoInPool(NetUid),
    SubnetAlphaInPool(NetUid),
    SubnetAlphaOutstanding(NetUid),
    SubnetEmissionShare(NetUid),
    SubnetTempo(NetUid),
    SubnetBlocksToEpoch(NetUid),
    SubnetRegisteredAt(NetUid),
    ValidatorStake(NetUid, Hotkey),
    ValidatorTake(Hotkey),
    ValidatorDividends(NetUid, Hotkey),
    ValidatorStakeAfterEpoch(NetUid, Hotkey),
    FreeBalance(AccountId),
    Position(NetUid, Hotkey, AccountId),
    TotalIssuance,
}

/// One thing that was read to obtain a number.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum ProofSource {
    /// A storage value with its Merkle proof.
    Storage {
        /// Pallet and entry, such as `SubtensorModule.SubnetTAO`.
        entry: String,
        /// The full storage key.
        key: Vec<u8>,
        /// The proven bytes; nothing where the key is proven absent.
        value: Option<Vec<u8>>,
    },
    /// A runtime function, executed here on proven state.
    RuntimeCall {
        /// Name on the wire, such as `SwapRuntimeApi_current_alpha_price`.
        function: String,
        /// SCALE arguments.
        arguments: Vec<u8>,
        /// SCALE result.
        result: Vec<u8>,
    },
}

/// The proof behind one number.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Provenance {
    /// The number asked for.
    pub field: Field,
    /// Block whose state was read.
    pub block: BlockRef,
    /// State root in that block's header.
    pub state_root: [u8; 32],
    /// Whether the block is final.
    pub finality: Finality,
    /// What was read.
    pub sources: Vec<ProofSource>,
    /// How the number follows from the sources, where it is not one of them as it stands.
    pub formula: Option<String>,
    /// Bytes of Merkle proof that were checked for it.
    pub proof_bytes: u64,
}
