//! Runs several authorities, each a process of its own, and ends them together.

use crate::args::RunOptions;
use crate::{readiness, Error};
use futures::future::select_all;
use std::process::Stdio;
use std::time::Duration;
use tokio::process::{Child, ChildStdin, Command};
use tokio::signal::unix::{signal, SignalKind};

/// Time that the nodes get to stop before they are killed.
const STOP_TIMEOUT: Duration = Duration::from_secs(8);

/// One running authority.
struct Node {
    authority: u32,
    process: Child,
    /// A node reads its standard input to the end and then stops, so that it never outlives this
    /// process, however this one ends. Waiting for a process closes an input that it still owns,
    /// so it is kept here.
    stdin: Option<ChildStdin>,
}

/// Starts all authorities and waits until told to stop or until all of them have ended. One that
/// ends alone is reported and not replaced: tests kill nodes on purpose.
pub fn run(options: &RunOptions) -> Result<(), Error> {
    readiness::remove_stale(options)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|source| Error::Os { context: "start the supervisor", source })?;
    runtime.block_on(supervise(options))
}

async fn supervise(options: &RunOptions) -> Result<(), Error> {
    let mut terminate = signal(SignalKind::terminate())
        .map_err(|source| Error::Os { context: "listen for SIGTERM", source })?;
    let mut nodes =
        (0..options.authorities).map(|authority| spawn(options, authority)).collect::<Result<Vec<_>, _>>()?;
    while !nodes.is_empty() {
        let ended = select_all(nodes.iter_mut().map(|node| Box::pin(node.process.wait())));
        let index = tokio::select! {
            (_, index, _) = ended => index,
            _ = terminate.recv() => break,
            _ = tokio::signal::ctrl_c() => break,
        };
        eprintln!("lantern-devnet: authority {} ended", nodes.swap_remove(index).authority);
    }
    stop(nodes).await;
    Ok(())
}

fn spawn(options: &RunOptions, authority: u32) -> Result<Node, Error> {
    let program =
        std::env::current_exe().map_err(|source| Error::Os { context: "find this program", source })?;
    let mut process = Command::new(program)
        .args(options.arguments_for(authority))
        .stdin(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .map_err(|source| Error::Os { context: "start a node", source })?;
    let stdin = process.stdin.take();
    Ok(Node { authority, process, stdin })
}

async fn stop(mut nodes: Vec<Node>) {
    for node in &mut nodes {
        drop(node.stdin.take());
    }
    for mut node in nodes {
        if tokio::time::timeout(STOP_TIMEOUT, node.process.wait()).await.is_err() {
            eprintln!("lantern-devnet: authority {} does not stop and is killed", node.authority);
            if let Err(error) = node.process.kill().await {
                eprintln!("lantern-devnet: authority {}: {error}", node.authority);
            }
        }
    }
}
