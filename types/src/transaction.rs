//! What is needed to build a transaction, and what becomes of it.

use crate::{AlphaBalance, BlockHash, BlockRef, Coldkey, FieldShape, Hotkey, NetUid, Shape, TaoBalance};
use alloc::string::String;
use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

/// A call as the live metadata describes it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallShape {
    /// Pallet name, such as `SubtensorModule`.
    pub pallet: String,
    /// Its index in the runtime.
    pub pallet_index: u8,
    /// Call name, such as `add_stake_limit`.
    pub call: String,
    /// Its index in the pallet.
    pub call_index: u8,
    /// Arguments in their order.
    pub arguments: Vec<FieldShape>,
}

/// A transaction extension as the live metadata describes it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExtensionShape {
    /// Identifier, such as `CheckMortality`.
    pub identifier: String,
    /// What it puts into the extrinsic.
    pub extra: Shape,
    /// What it adds to the signed payload only.
    pub implicit: Shape,
}

/// Everything from the chain that goes into building and signing one transaction.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TxContext {
    /// Hash of block 0.
    pub genesis_hash: BlockHash,
    /// Runtime name.
    pub spec_name: String,
    /// Runtime version: the signature is valid for this one only.
    pub spec_version: u32,
    /// Transaction format version.
    pub transaction_version: u32,
    /// Extrinsic format version from the metadata (4 on Finney).
    pub extrinsic_version: u8,
    /// Finalized block that a mortal transaction is born at.
    pub birth: BlockRef,
    /// Next nonce of the account.
    pub nonce: u32,
    /// The call.
    pub call: CallShape,
    /// The extensions in their order.
    pub extensions: Vec<ExtensionShape>,
    /// Shape of the sender's address in the extrinsic.
    pub address: Shape,
}

/// A fact that a transaction's events tell.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum TransactionFact {
    /// `SubtensorModule.StakeAdded`.
    StakeAdded {
        /// Who staked.
        coldkey: Coldkey,
        /// On whom.
        hotkey: Hotkey,
        /// Where.
        netuid: NetUid,
        /// TAO spent, fee included.
        tao: TaoBalance,
        /// Alpha received.
        alpha: AlphaBalance,
        /// Fee in rao of TAO.
        fee: u64,
    },
    /// `SubtensorModule.StakeRemoved`.
    StakeRemoved {
        /// Who unstaked.
        coldkey: Coldkey,
        /// From whom.
        hotkey: Hotkey,
        /// Where.
        netuid: NetUid,
        /// TAO received.
        tao: TaoBalance,
        /// Alpha sold, without the fee.
        alpha: AlphaBalance,
        /// Fee in alpha rao.
        fee: u64,
    },
    /// `TransactionPayment.TransactionFeePaid`.
    FeePaid {
        /// What was paid.
        fee: TaoBalance,
    },
    /// Any other event, by pallet and name.
    Other {
        /// Pallet name.
        pallet: String,
        /// Event name.
        name: String,
    },
}

/// How a transaction in a block ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum TransactionOutcome {
    /// It did what it says.
    Succeeded,
    /// It was included, cost its fee and changed nothing else.
    Failed {
        /// Pallet that refused it; empty for an error of the runtime itself.
        pallet: String,
        /// Error name from the metadata, such as `SlippageTooHigh`.
        error: String,
        /// What the runtime's documentation says about it.
        docs: String,
    },
}

/// Where a transaction stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum TransactionStatus {
    /// Checked locally against the runtime and found valid.
    Ready,
    /// Sent to this many peers.
    Broadcast {
        /// Peers it went to.
        peers: u32,
    },
    /// In a block that can still be replaced.
    InBestBlock {
        /// That block.
        block: BlockRef,
    },
    /// The block it was in was replaced; it is pending again.
    Retracted,
    /// In a finalized block.
    Finalized {
        /// That block.
        block: BlockRef,
        /// Index in its body.
        index: u32,
        /// Success or failure.
        outcome: TransactionOutcome,
        /// What its events tell, in their order.
        facts: Vec<TransactionFact>,
    },
    /// The runtime refuses it: it will never be included.
    Invalid {
        /// The runtime's reason.
        reason: String,
    },
    /// Given up on: peers do not have it any more, or this client lost track.
    Dropped {
        /// What happened.
        reason: String,
    },
    /// Its last valid block was finalized without it.
    Expired,
    /// What became of it cannot be read any more: it is too long ago for what peers keep.
    Unknown {
        /// The finalized block that it is in, where that was found. How it ended there is not known.
        block: Option<BlockRef>,
    },
}

impl TransactionStatus {
    /// Whether nothing will follow.
    #[must_use]
    pub fn is_final(&self) -> bool {
        match self {
            Self::Ready | Self::Broadcast { .. } | Self::InBestBlock { .. } | Self::Retracted => false,
            Self::Finalized { .. }
            | Self::Invalid { .. }
            | Self::Dropped { .. }
            | Self::Expired
            | Self::Unknown { .. } => true,
        }
    }
}
