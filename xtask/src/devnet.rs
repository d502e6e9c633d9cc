//! Builds, starts and stops the local chain.

use std::{
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, bail};

use crate::{
    cargo::{Workspace, cargo, executable, plain},
    paths, process,
    process::Group,
    report,
};

/// The node's package and its binary.
const PACKAGE: &str = "lantern-devnet";
const BINARY: &str = "lantern-devnet";
/// The chain finalizes its first block a few slots after the start; the largest state takes the longest.
const START_LIMIT: Duration = Duration::from_secs(120);

/// How to start the chain.
pub struct Options {
    /// The seeded state: `small`, `full` and others that the node lists.
    pub scenario: String,
    /// Length of a slot in milliseconds.
    pub slot_ms: u64,
    /// Port of the JSON-RPC server; 0 takes a free one.
    pub rpc_port: u16,
    /// Port of the light clients' WebSocket listener; 0 takes a free one.
    pub p2p_port: u16,
}

/// A running chain. Dropping it ends it.
pub struct Devnet {
    group: Group,
    /// The file from which the page learns about the network.
    pub network_file: PathBuf,
    ready_file: PathBuf,
    log: PathBuf,
}

/// Compiles the node and returns its binary.
pub fn build(root: &Path) -> Result<PathBuf> {
    let mut compile = cargo(root, Workspace::Devnet);
    compile.args(["build", "--locked", "--package", PACKAGE, "--bin", BINARY]);
    compile.arg("--message-format=json-render-diagnostics");
    let messages = process::run(&mut compile, "compile devnet", &paths::logs(root))?;
    executable(&messages, BINARY).with_context(|| format!("{PACKAGE} has no binary named {BINARY}"))
}

/// The node's binary from an earlier build.
pub fn built(root: &Path) -> Result<PathBuf> {
    let binary = root.join("devnet/target/debug").join(BINARY);
    anyhow::ensure!(binary.is_file(), "the chain is not built yet: leave out --no-build");
    Ok(binary)
}

impl Devnet {
    /// Starts the chain and waits until its first block is finalized.
    pub fn start(root: &Path, binary: &Path, options: &Options) -> Result<Self> {
        let folder = paths::target(root).join("devnet-run").join(std::process::id().to_string());
        std::fs::create_dir_all(&folder)?;
        let network_file = folder.join("local.json");
        let ready_file = folder.join("ready.json");
        let log = process::log_path(&paths::logs(root), &format!("devnet {}", std::process::id()));
        let mut command = plain(binary.to_str().context("a path is not valid UTF-8")?);
        command.args(["run", "--scenario", &options.scenario]);
        command.args(["--slot-ms", &options.slot_ms.to_string()]);
        command.args(["--rpc-port", &options.rpc_port.to_string()]);
        command.args(["--p2p-port", &options.p2p_port.to_string()]);
        command.arg("--spec-out").arg(&network_file).arg("--ready-file").arg(&ready_file);
        let mut group = Group::start_service(&mut command, "devnet", &log)?;
        let started = Instant::now();
        while !ready_file.is_file() {
            if let Some(status) = group.try_wait()? {
                let output = std::fs::read_to_string(&log).unwrap_or_default();
                report::tail("devnet", &process::tail(&output, 40), &log);
                bail!("the chain ended while starting ({status})");
            }
            if started.elapsed() > START_LIMIT {
                bail!("the chain was not ready after {} s; see {}", START_LIMIT.as_secs(), log.display());
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        Ok(Self { group, network_file, ready_file, log })
    }

    /// Address of its JSON-RPC.
    pub fn rpc(&self) -> Result<String> {
        let ready: serde_json::Value = serde_json::from_slice(&std::fs::read(&self.ready_file)?)?;
        Ok(ready["rpc"].as_str().context("the chain does not say where its JSON-RPC is")?.to_owned())
    }

    /// Fails if the chain has ended.
    pub fn check(&mut self) -> Result<()> {
        if let Some(status) = self.group.try_wait()? {
            let output = std::fs::read_to_string(&self.log).unwrap_or_default();
            report::tail("devnet", &process::tail(&output, 40), &self.log);
            bail!("the chain ended ({status})");
        }
        Ok(())
    }
}

impl Drop for Devnet {
    fn drop(&mut self) {
        self.group.stop();
        if let Some(folder) = self.network_file.parent() {
            std::fs::remove_dir_all(folder).ok();
        }
    }
}
