//! Lantern's commands. `cargo xtask help` lists them.

mod bench;
mod cargo;
mod checkpoint;
mod commands;
mod dev;
mod devnet;
mod dist;
mod fuzz;
mod headers;
mod model;
mod paths;
mod process;
mod report;
mod serve;
mod signals;
mod size;
mod test;
mod tidy;
mod tools;
mod vendor;

use std::{path::Path, process::ExitCode};

fn main() -> ExitCode {
    match commands::run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Puts the patched crates into place, without which cargo cannot read the root workspace.
fn vendor(root: &Path) -> anyhow::Result<()> {
    vendor::vendor(root).map_err(anyhow::Error::msg)
}
