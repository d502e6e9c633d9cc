//! The port through which the page asks the light client, and why an answer may be missing.

use crate::problem::Problem;
use futures::future::LocalBoxFuture;
use lantern_worker_bridge::light_client::{LightClientRequest, LightClientResponse};

#[cfg(target_arch = "wasm32")]
pub mod miner;
#[cfg(target_arch = "wasm32")]
pub mod worker;

/// Asks the light client. The worker stands behind it in a browser.
pub trait ChainClient {
    /// Sends a request and waits for its one answer.
    fn ask(
        &self,
        request: LightClientRequest,
    ) -> LocalBoxFuture<'static, Result<LightClientResponse, Problem>>;
}
