//! What can go wrong outside the running chain.

use std::path::PathBuf;

/// Why the program ended early.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The command line makes no sense.
    #[error("{0}\nTry `lantern-devnet --help`.")]
    Usage(String),
    /// A file could not be written or read.
    #[error("{}: {source}", path.display())]
    File {
        /// Which file.
        path: PathBuf,
        /// What the operating system says.
        source: std::io::Error,
    },
    /// Something with the operating system that is not about a file.
    #[error("{context}: {source}")]
    Os {
        /// What was tried.
        context: &'static str,
        /// What the operating system says.
        source: std::io::Error,
    },
    /// The genesis state could not be built.
    #[error("genesis: {0}")]
    Genesis(String),
    /// The node's parts refused to start or stopped.
    #[error("node: {0}")]
    Service(Box<sc_service::Error>),
    /// The chain's database or headers do not say what they have to.
    #[error("chain: {0}")]
    Chain(String),
    /// A JSON-RPC request to a node failed.
    #[error("json-rpc: {0}")]
    Rpc(String),
}

impl From<sc_service::Error> for Error {
    fn from(error: sc_service::Error) -> Self {
        Self::Service(Box::new(error))
    }
}

impl From<sp_blockchain::Error> for Error {
    fn from(error: sp_blockchain::Error) -> Self {
        Self::Chain(error.to_string())
    }
}

impl From<sp_api::ApiError> for Error {
    fn from(error: sp_api::ApiError) -> Self {
        Self::Chain(error.to_string())
    }
}
