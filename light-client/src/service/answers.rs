//! Answers to the page's queries, each from one block.

use crate::error;
use lantern_chain::{Chain, ReadError};
use lantern_worker_bridge::light_client::{LightClientError, LightClientRequest, LightClientResponse};

/// Answers a query. Waits until there is a finalized block to answer from.
///
/// # Errors
/// It cannot be answered, or it is no query.
pub(super) async fn answer(
    chain: Chain,
    query: LightClientRequest,
) -> Result<LightClientResponse, LightClientError> {
    let read = async {
        Ok::<_, ReadError>(match query {
            LightClientRequest::Prove(field) => {
                LightClientResponse::Provenance(chain.finalized().await?.prove(field).await?)
            }
            LightClientRequest::SimulateSwap { netuid, side } => {
                LightClientResponse::Quote(chain.finalized().await?.quote(netuid, side).await?)
            }
            LightClientRequest::TxContext { account, pallet, call } => {
                LightClientResponse::TxContext(chain.tx_context(account, &pallet, &call).await?)
            }
            LightClientRequest::EstimateFee { extrinsic } => {
                LightClientResponse::Fee(chain.finalized().await?.fee(&extrinsic).await?)
            }
            // The service has served these itself.
            LightClientRequest::Start(_)
            | LightClientRequest::Stop
            | LightClientRequest::Watch(_)
            | LightClientRequest::Unwatch(_)
            | LightClientRequest::Submit(_)
            | LightClientRequest::Track(_)
            | LightClientRequest::Save
            | LightClientRequest::Wake => LightClientResponse::Done,
        })
    };
    read.await.map_err(|failed| error::of_read(&failed))
}
