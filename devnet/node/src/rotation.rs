//! Changes of the GRANDPA authority set by root, so that a warp proof has several fragments.
//!
//! Every change goes to the authorities' next keys, which this node's keystore holds, so that the
//! signers really change. The changes are ordinary sudo extrinsics, signed by Alice; they use up
//! her nonces.

use crate::extrinsic::{self, SigningContext};
use crate::keys::{self, GRANDPA_KEYS};
use crate::rpc::RpcParts;
use crate::Error;
use codec::{Decode as _, Encode as _};
use futures::StreamExt as _;
use lantern_devnet_runtime::opaque::UncheckedExtrinsic;
use lantern_devnet_runtime::{AdminUtilsCall, RuntimeCall, SudoCall};
use sc_client_api::BlockchainEvents as _;
use sc_service::TaskManager;
use sc_transaction_pool_api::{TransactionPool as _, TransactionSource};
use sp_api::{Core as _, ProvideRuntimeApi as _};
use sp_blockchain::HeaderBackend as _;
use sp_consensus_grandpa::GrandpaApi as _;
use sp_core::{Pair as _, H256};
use sp_runtime::AccountId32;
use substrate_frame_rpc_system::AccountNonceApi as _;

/// Starts the task that signals a change at each block of `--rotate-at`.
pub fn start(task_manager: &TaskManager, parts: RpcParts) {
    let already = parts.client.info().best_number;
    let mut due: Vec<u32> = parts.options.rotate_at.iter().copied().filter(|at| *at > already).collect();
    if due.is_empty() || parts.options.authority_index.unwrap_or(0) != 0 {
        return;
    }
    due.sort_unstable();
    due.reverse();
    task_manager.spawn_handle().spawn("authority-rotation", None, async move {
        let mut imports = parts.client.import_notification_stream();
        while let Some(import) = imports.next().await {
            // An extrinsic that arrives now goes into the next block.
            if !import.is_new_best || due.last().is_some_and(|at| import.header.number + 1 < *at) {
                continue;
            }
            match rotate(&parts, parts.options.rotate_delay).await {
                Ok(_) => {
                    due.pop();
                }
                Err(error) => log::warn!("the authority change did not go through yet: {error}"),
            }
            if due.is_empty() {
                return;
            }
        }
    });
}

/// Submits the change to the authorities' next keys and returns the extrinsic's hash.
pub async fn rotate(parts: &RpcParts, delay: u32) -> Result<H256, Error> {
    let best = parts.client.info().best_hash;
    let current = parts.client.runtime_api().grandpa_authorities(best)?;
    let authorities = parts.options.authorities;
    let generation = (0..GRANDPA_KEYS)
        .find(|generation| keys::grandpa_authorities(authorities, *generation) == current)
        .ok_or_else(|| Error::Chain("the authority set is not one of this chain's".into()))?;
    let next_authorities = keys::grandpa_authorities(authorities, generation + 1);
    let change = AdminUtilsCall::schedule_grandpa_change { next_authorities, in_blocks: delay, forced: None };
    let call = RuntimeCall::Sudo(SudoCall::sudo { call: Box::new(RuntimeCall::AdminUtils(change)) });
    submit(parts, best, &call.encode()).await
}

/// Signs a call as Alice and puts it into this node's pool.
async fn submit(parts: &RpcParts, best: H256, call: &[u8]) -> Result<H256, Error> {
    let signer = keys::sudo_pair();
    let account = AccountId32::from(signer.public());
    let api = parts.client.runtime_api();
    let version = api.version(best)?;
    let context = SigningContext {
        genesis_hash: parts.client.info().genesis_hash,
        spec_version: version.spec_version,
        transaction_version: version.transaction_version,
        nonce: api.account_nonce(best, account)?,
    };
    let bytes = extrinsic::sign(call, &signer, context);
    let extrinsic =
        UncheckedExtrinsic::decode(&mut bytes.as_slice()).map_err(|error| Error::Chain(error.to_string()))?;
    parts
        .pool
        .submit_one(best, TransactionSource::Local, extrinsic)
        .await
        .map_err(|error| Error::Chain(error.to_string()))
}
