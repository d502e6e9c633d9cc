//! Writes the files that tell others how to reach the chain, once there is a finalized block that
//! a light client can start from.

use crate::args::RunOptions;
use crate::rpc::RpcParts;
use crate::{config, network_file, Error};
use futures::StreamExt as _;
use sc_client_api::BlockchainEvents as _;
use sc_service::TaskManager;
use serde_json::json;

/// Removes what an earlier run left in those places: whoever waits for them must not find a chain
/// that is gone.
pub fn remove_stale(options: &RunOptions) -> Result<(), Error> {
    let files = [&options.ready_file, &options.spec_out, &options.checkpoint_out, &options.raw_spec_out];
    for path in files.into_iter().flatten() {
        match std::fs::remove_file(path) {
            Ok(()) => {}
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(source) => return Err(Error::File { path: path.clone(), source }),
        }
    }
    Ok(())
}

/// Starts the task that waits and writes.
pub fn watch(task_manager: &TaskManager, parts: RpcParts) {
    task_manager.spawn_handle().spawn("readiness", None, async move {
        let mut finalized = parts.client.finality_notification_stream();
        while finalized.next().await.is_some() {
            match announce(&parts) {
                Ok(true) => return,
                Ok(false) => {}
                // The files are what others wait for; they see a reason here and nothing there.
                Err(error) => log::error!("cannot announce the chain: {error}"),
            }
        }
    });
}

/// Writes the files if the finalized block is suitable, and says whether it was.
fn announce(parts: &RpcParts) -> Result<bool, Error> {
    let options: &RunOptions = &parts.options;
    let Some(checkpoint) = network_file::checkpoint(&*parts.client, &parts.authority_set)? else {
        return Ok(false);
    };
    let number = checkpoint.number;
    if let Some(path) = &options.checkpoint_out {
        network_file::write_json(path, &checkpoint)?;
    }
    let file = network_file::network_file(&*parts.client, options, checkpoint)?;
    if let Some(path) = &options.spec_out {
        network_file::write_json(path, &file)?;
    }
    let authority = options.authority_index.unwrap_or(0);
    let rpc = format!("ws://127.0.0.1:{}", config::rpc_port(options, authority));
    let p2p = network_file::address(options, authority);
    if let Some(path) = &options.ready_file {
        let ready = json!({ "rpc": rpc, "p2p": p2p, "checkpoint": number, "pid": std::process::id() });
        network_file::write_json(path, &ready)?;
    }
    log::info!("ready: JSON-RPC at {rpc}, peers at {p2p}, checkpoint at #{number}");
    Ok(true)
}
