//! `cargo xtask bench`: measurements against peers, each printed as one JSON object.

use std::{path::Path, process::Stdio};

use anyhow::{Context as _, Result, ensure};

use crate::{cargo::plain, devnet, dist, paths, process::Group, report, tools};

/// The command's options.
pub struct Options {
    /// Whether what is there is taken as it is.
    pub no_build: bool,
    /// Options that the measuring script takes, as they were given.
    pub rest: Vec<String>,
}

/// Start-up, table and memory next to npm smoldot with polkadot-api, in headless Chromium.
pub fn sync(root: &Path, options: &Options) -> Result<()> {
    // Standard output is for the figures alone.
    report::to_standard_error();
    if !options.no_build {
        tools::system(root, tools::Purpose::Browsers)?;
        dist::prepare(root)?;
        crate::vendor(root)?;
        report::step("build the local chain", || devnet::build(root))?;
        dist::build(root, dist::Profile::Release)?;
    }
    ensure!(paths::dist(root).join("index.html").is_file(), "run `cargo xtask build` first");
    let mut bench = plain("node");
    bench.current_dir(root.join("e2e")).arg("bench/sync.mjs").args(&options.rest);
    bench.env("LANTERN_BROWSER", "chrome");
    bench.env("LANTERN_DIST", paths::dist(root));
    bench.env("LANTERN_DEVNET", devnet::built(root)?);
    bench.env("LANTERN_XTASK", std::env::current_exe()?);
    bench.env("LANTERN_ARTIFACTS", paths::target(root).join("bench"));
    bench.stdout(Stdio::inherit()).stderr(Stdio::inherit());
    let status = Group::start_attached(&mut bench, "bench sync")?.wait().context("the benchmark was lost")?;
    ensure!(status.success(), "the benchmark failed ({status})");
    Ok(())
}
