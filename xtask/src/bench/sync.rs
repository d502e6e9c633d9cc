//! `cargo xtask bench sync`: start-up, table and memory next to npm smoldot with polkadot-api.

use std::{path::Path, process::Stdio};

use anyhow::{Result, ensure};
use lexopt::{Arg, Parser, ValueExt as _};

use crate::{
    bench::{done, unknown},
    cargo::plain,
    devnet, dist, paths,
    process::Group,
    report, tools,
};

/// What the measuring script takes.
const VALUES: [&str; 5] = ["runs", "scenario", "slot-ms", "latency-ms", "soak-minutes"];

/// The command's options.
struct Options {
    /// Whether what is there is taken as it is.
    no_build: bool,
    /// Options that the measuring script takes, as they were given.
    rest: Vec<String>,
}

/// Reads the options and measures.
pub(super) fn command(root: &Path, mut parser: Parser) -> Result<()> {
    let mut options = Options { no_build: false, rest: Vec::new() };
    while let Some(argument) = parser.next()? {
        match argument {
            // One JSON object is what is printed anyway.
            Arg::Long("json") => {}
            Arg::Long("no-build") => options.no_build = true,
            Arg::Long(name) if VALUES.contains(&name) => {
                options.rest.push(format!("--{name}"));
                options.rest.push(parser.value()?.string()?);
            }
            other => return Err(unknown("sync", &other, &["json", "no-build"], &VALUES)),
        }
    }
    sync(root, &options)
}

/// Start-up, table and memory next to npm smoldot with polkadot-api, in headless Chromium.
fn sync(root: &Path, options: &Options) -> Result<()> {
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
    done(Group::start_attached(&mut bench, "bench sync")?)
}
