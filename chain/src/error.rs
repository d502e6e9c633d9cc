//! Why something could not be read from the chain.

use crate::decode::DecodeError;
use crate::metadata::MetadataError;
use crate::rpc::RpcError;
use alloc::string::String;

/// Why a read at a block failed. Nothing of what it would have returned is known.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ReadError {
    /// The JSON-RPC layer failed.
    #[error("{0}")]
    Rpc(#[from] RpcError),
    /// The block is not held any more: the subscription ended or was started anew.
    #[error("the block that was being read is gone")]
    BlockGone,
    /// No peer delivered the proof, again and again.
    #[error("no peer delivered the data in {attempts} attempts")]
    Inaccessible {
        /// How often it was tried.
        attempts: u32,
    },
    /// The block was made by another runtime than the one in use, which is not at hand any more.
    #[error("the block was made by an earlier runtime")]
    OtherRuntime,
    /// The light client has had no free slot for too long.
    #[error("the light client is busy")]
    Busy,
    /// The operation ran and failed, for example because the runtime call panicked.
    #[error("the operation failed: {message}")]
    Operation {
        /// What the light client says.
        message: String,
    },
    /// The runtime of this block has no such storage entry, call, function or field.
    #[error("this runtime has no {item}")]
    NotInRuntime {
        /// What was looked for.
        item: String,
    },
    /// The runtime refuses to simulate the swap.
    #[error("the chain refuses this swap: the amount is too small or too large for the pool")]
    NoQuote,
    /// This block carries a new runtime whose migrations run with the next block, so its state has the
    /// old form and its code the new one.
    #[error("the runtime changes with this block")]
    RuntimeChanging,
    /// The runtime's metadata cannot be used.
    #[error("{0}")]
    Metadata(#[from] MetadataError),
    /// A value does not have the form that the metadata promises.
    #[error("{item} cannot be decoded: {source}")]
    Undecodable {
        /// What was being decoded.
        item: String,
        /// Why not.
        #[source]
        source: DecodeError,
    },
}

impl ReadError {
    /// Whether the same read can succeed later, at a newer block or with better peers.
    #[must_use]
    pub fn can_retry(&self) -> bool {
        match self {
            Self::BlockGone | Self::Inaccessible { .. } | Self::Busy | Self::RuntimeChanging => true,
            Self::Rpc(error) => matches!(error, RpcError::Closed | RpcError::Refused { .. }),
            Self::Operation { .. }
            | Self::NoQuote
            | Self::OtherRuntime
            | Self::NotInRuntime { .. }
            | Self::Metadata(_)
            | Self::Undecodable { .. } => false,
        }
    }
}
