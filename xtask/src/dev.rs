//! `cargo xtask dev`: builds what is missing, starts the local chain, serves the page.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::{Context as _, Result, anyhow};

use crate::{
    devnet::{self, Devnet},
    dist, paths, report,
    serve::{Server, Site},
    signals,
};

/// Where the page looks for the local network.
pub const NETWORK_PATH: &str = "/networks/local.json";

/// The command's options.
pub struct Options {
    /// Port of the page.
    pub port: u16,
    /// How the chain is started.
    pub chain: devnet::Options,
    /// Whether what is there is taken as it is.
    pub no_build: bool,
    /// How the page is built.
    pub profile: dist::Profile,
}

/// Runs until it is told to stop.
pub fn run(root: &Path, options: &Options) -> Result<()> {
    let binary = if options.no_build {
        devnet::built(root)?
    } else {
        dist::prepare(root)?;
        build_both(root, options.profile)?
    };
    let page = paths::dist(root);
    anyhow::ensure!(page.join("index.html").is_file(), "the page is not built yet: leave out --no-build");

    let mut chain = report::step("local chain", || Devnet::start(root, &binary, &options.chain))?;
    let site = Site::new(page).with_file(NETWORK_PATH, chain.network_file.clone());
    let server = Server::start(options.port, site)?;
    report::say("");
    report::say(&format!("Lantern is at {}", server.url()));
    report::say(&format!(
        "the chain's JSON-RPC is at ws://127.0.0.1:{} · scenario {} · one block every {} ms",
        options.chain.rpc_port, options.chain.scenario, options.chain.slot_ms
    ));
    report::say("Ctrl-C stops both");
    while !signals::wait(Duration::from_millis(500)) {
        chain.check()?;
    }
    report::say("stopping …");
    drop(server);
    drop(chain);
    report::say("stopped");
    Ok(())
}

/// Builds the chain and the page side by side: they share no target folder and no lock.
fn build_both(root: &Path, profile: dist::Profile) -> Result<PathBuf> {
    std::thread::scope(|scope| {
        let chain = scope.spawn(|| report::step("build the local chain", || devnet::build(root)));
        let page = report::step("build the page", || {
            crate::vendor(root)?;
            dist::build(root, profile)
        });
        let chain = chain.join().map_err(|_panic| anyhow!("the thread that built the chain panicked"))?;
        page.context("the page did not build")?;
        chain.context("the chain did not build")
    })
}

/// Serves the page alone until it is told to stop.
pub fn serve(page: PathBuf, port: u16, network: Option<PathBuf>) -> Result<()> {
    anyhow::ensure!(page.join("index.html").is_file(), "run `cargo xtask build` first");
    let mut site = Site::new(page);
    if let Some(file) = network {
        site = site.with_file(NETWORK_PATH, file);
    }
    let server = Server::start(port, site)?;
    report::say(&format!("Lantern is at {}", server.url()));
    while !signals::wait(Duration::from_secs(3600)) {}
    Ok(())
}
