//! Installs what the other commands need, and says exactly what is missing where it cannot.
//!
//! Rust tools are built once and cached in `~/.cache/lantern`; a matching version on the search path
//! is taken instead. Packages of the system are installed on Debian as root, else named.

mod apt;
mod npm;
mod python;
mod rust;

use std::{
    ffi::OsString,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::Result;

use crate::{paths, report};

/// The wasm targets: the browser's, and the one that the development chain's runtime is built for.
pub const WASM: &str = "wasm32-unknown-unknown";
const RUNTIME_WASM: &str = "wasm32v1-none";

/// What a command needs of the system.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// To build the page and the development chain.
    Build,
    /// Also to drive browsers.
    Browsers,
}

/// Installs everything: `cargo xtask tools`.
pub fn all(root: &Path) -> Result<()> {
    system(root, Purpose::Browsers)?;
    rust_targets(root)?;
    npm(root)?;
    page_tools(root)?;
    report::say("all tools are there");
    Ok(())
}

/// Makes sure of the packages of the operating system, and of Node.js.
pub fn system(root: &Path, purpose: Purpose) -> Result<()> {
    apt::ensure(root, purpose)?;
    npm::check_node()
}

/// Makes sure of the compiler's wasm targets and of its formatter and linter.
pub fn rust_targets(root: &Path) -> Result<()> {
    rust::ensure_targets(root, &[WASM, RUNTIME_WASM])?;
    rust::ensure_components(root)
}

/// Makes sure of the npm packages of `e2e/`, at the versions of its lock file.
pub fn npm(root: &Path) -> Result<()> {
    npm::ensure(root, "e2e")
}

/// Makes sure of the npm packages that the miner's peer in browsers needs, which nothing else does.
pub fn npm_of_the_miners_peer(root: &Path) -> Result<()> {
    npm::ensure(root, "e2e/bench/miner")
}

/// Makes sure of Python's package installer.
pub fn pip(root: &Path) -> Result<()> {
    python::ensure_pip(root)
}

/// Makes sure of Trunk and wasm-bindgen, building them where no matching version is found.
pub fn page_tools(root: &Path) -> Result<()> {
    for tool in rust::page_tools(root)? {
        tool.ensure(root)?;
    }
    Ok(())
}

/// The folder of one tool's programs.
pub fn folder_of(root: &Path, program: &str) -> Result<PathBuf> {
    rust::folder_of(root, program)
}

/// Puts the tools of the project before everything else on the search path of a command.
pub fn on_path(root: &Path, command: &mut Command) -> Result<()> {
    let mut folders = Vec::new();
    for tool in rust::page_tools(root)? {
        folders.extend(tool.cached_folder()?);
    }
    folders.push(npm::shims(root)?);
    if let Some(path) = std::env::var_os("PATH") {
        folders.extend(std::env::split_paths(&path));
    }
    let path: OsString = std::env::join_paths(folders)?;
    command.env("PATH", path);
    Ok(())
}

/// Whether `program` is on the search path.
fn is_there(program: &str) -> bool {
    paths::which(program).is_some()
}
