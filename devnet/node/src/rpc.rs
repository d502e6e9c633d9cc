//! JSON-RPC beyond what the service registers by itself: account and fee queries, GRANDPA's
//! proofs, and the methods that only this chain has.
#![allow(clippy::result_large_err, reason = "the error is the service's own, and rare")]

use crate::args::RunOptions;
use crate::fault::{self, Fault};
use crate::service::{Backend, Client, Pool};
use crate::{network_file, rotation};
use jsonrpsee::types::{ErrorObjectOwned, Params};
use jsonrpsee::RpcModule;
use lantern_devnet_runtime::opaque::Block;
use pallet_transaction_payment_rpc::{TransactionPayment, TransactionPaymentApiServer as _};
use sc_consensus_grandpa::{
    FinalityProofProvider, GrandpaJustificationStream, SharedAuthoritySet, SharedVoterState,
};
use sc_consensus_grandpa_rpc::{Grandpa, GrandpaApiServer as _};
use sc_rpc::SubscriptionTaskExecutor;
use serde_json::{json, Value};
use sp_core::crypto::ByteArray as _;
use sp_core::H256;
use std::sync::Arc;
use substrate_frame_rpc_system::{System, SystemApiServer as _};

/// What the methods read.
#[derive(Clone)]
pub struct RpcParts {
    /// The chain.
    pub client: Arc<Client>,
    /// The transactions waiting for a block.
    pub pool: Arc<Pool>,
    /// GRANDPA's authority set.
    pub authority_set: SharedAuthoritySet<H256, u32>,
    /// GRANDPA's rounds.
    pub voter_state: SharedVoterState,
    /// Justifications as they come.
    pub justifications: GrandpaJustificationStream<Block>,
    /// Proofs that a block is finalized.
    pub finality_proofs: Arc<FinalityProofProvider<Backend, Block>>,
    /// The command line.
    pub options: Arc<RunOptions>,
}

/// The methods that are added to the service's own.
pub fn module(
    parts: &RpcParts,
    executor: SubscriptionTaskExecutor,
) -> Result<RpcModule<()>, sc_service::Error> {
    let mut module = RpcModule::new(());
    let application =
        |error: jsonrpsee::core::RegisterMethodError| sc_service::Error::Application(error.into());
    module.merge(System::new(parts.client.clone(), parts.pool.clone()).into_rpc()).map_err(application)?;
    module.merge(TransactionPayment::new(parts.client.clone()).into_rpc()).map_err(application)?;
    let grandpa = Grandpa::new(
        executor,
        parts.authority_set.clone(),
        parts.voter_state.clone(),
        parts.justifications.clone(),
        parts.finality_proofs.clone(),
    );
    module.merge(grandpa.into_rpc()).map_err(application)?;
    module.merge(own_methods(parts)?).map_err(application)?;
    Ok(module)
}

fn own_methods(parts: &RpcParts) -> Result<RpcModule<()>, sc_service::Error> {
    let application =
        |error: jsonrpsee::core::RegisterMethodError| sc_service::Error::Application(error.into());
    let mut module = RpcModule::new(());
    let state_parts = parts.clone();
    module
        .register_method("lantern_grandpaState", move |_, _, _| grandpa_state(&state_parts))
        .map_err(application)?;
    let file_parts = parts.clone();
    module
        .register_method("lantern_networkFile", move |_, _, _| network_file(&file_parts))
        .map_err(application)?;
    module
        .register_method("lantern_setFault", |parameters, _, _| set_fault(&parameters))
        .map_err(application)?;
    let rotation_parts = parts.clone();
    module
        .register_async_method("lantern_rotateAuthorities", move |parameters, _, _| {
            let parts = rotation_parts.clone();
            async move {
                let delay: Option<u32> = parameters.sequence().optional_next()?;
                rotation::rotate(&parts, delay.unwrap_or(0)).await.map_err(internal)
            }
        })
        .map_err(application)?;
    Ok(module)
}

/// Makes the node misbehave, or behave again with `null`, and returns what it did before.
fn set_fault(parameters: &Params<'_>) -> Result<Option<String>, ErrorObjectOwned> {
    let name: Option<String> = parameters.sequence().optional_next()?;
    let fault = name.map(|name| name.parse::<Fault>()).transpose().map_err(|problem| {
        ErrorObjectOwned::owned(jsonrpsee::types::error::INVALID_PARAMS_CODE, problem, None::<()>)
    })?;
    Ok(fault::set(fault).map(|fault| fault.to_string()))
}

/// Set id, authorities and finalized block, from the voter's own state.
fn grandpa_state(parts: &RpcParts) -> Result<Value, ErrorObjectOwned> {
    let state = network_file::grandpa_state(&*parts.client, &parts.authority_set).map_err(internal)?;
    let authorities: Vec<_> = state
        .authorities
        .iter()
        .map(|(id, weight)| json!([network_file::hex(id.as_slice()), weight]))
        .collect();
    Ok(json!({
        "setId": state.set_id,
        "authorities": authorities,
        "pendingChange": state.pending_change,
        "finalized": {
            "hash": network_file::hex(state.finalized.0.as_bytes()),
            "number": state.finalized.1,
        },
    }))
}

/// The network file with a checkpoint at the block that is finalized now.
fn network_file(parts: &RpcParts) -> Result<Value, ErrorObjectOwned> {
    let checkpoint = network_file::checkpoint(&*parts.client, &parts.authority_set)
        .map_err(internal)?
        .ok_or_else(|| internal("no finalized block is suitable as a checkpoint yet"))?;
    let file = network_file::network_file(&*parts.client, &parts.options, checkpoint).map_err(internal)?;
    serde_json::to_value(file).map_err(internal)
}

fn internal(error: impl ToString) -> ErrorObjectOwned {
    ErrorObjectOwned::owned(jsonrpsee::types::error::INTERNAL_ERROR_CODE, error.to_string(), None::<()>)
}
