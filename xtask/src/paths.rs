//! Where things lie: the repository, its target folder, the cache of tools.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

/// The repository's root folder.
///
/// Cargo names the manifest folder of `xtask` in the environment of `cargo xtask`; the path known when
/// `xtask` was compiled serves when the binary is started by hand.
pub fn root() -> Result<PathBuf> {
    let manifest = std::env::var_os("CARGO_MANIFEST_DIR")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
    let root = manifest.parent().context("xtask's folder has no parent")?.to_path_buf();
    anyhow::ensure!(root.join("Cargo.toml").is_file(), "no workspace at {}", root.display());
    Ok(root)
}

/// The target folder of the root workspace: `CARGO_TARGET_DIR` if it is set, else `target/`.
pub fn target(root: &Path) -> PathBuf {
    match std::env::var_os("CARGO_TARGET_DIR") {
        Some(dir) => root.join(dir),
        None => root.join("target"),
    }
}

/// The folder of the logs of everything that `xtask` starts.
pub fn logs(root: &Path) -> PathBuf {
    target(root).join("xtask-logs")
}

/// What ships: the folder that `cargo xtask build` writes.
pub fn dist(root: &Path) -> PathBuf {
    root.join("dist")
}

/// The cache of tools that outlives a clone: `$XDG_CACHE_HOME/lantern` or `~/.cache/lantern`.
pub fn cache() -> Result<PathBuf> {
    if let Some(dir) = std::env::var_os("XDG_CACHE_HOME").filter(|dir| !dir.is_empty()) {
        return Ok(PathBuf::from(dir).join("lantern"));
    }
    let home = std::env::var_os("HOME").context("neither XDG_CACHE_HOME nor HOME is set")?;
    Ok(PathBuf::from(home).join(".cache").join("lantern"))
}

/// Finds a program on the search path.
pub fn which(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|dir| dir.join(program)).find(|candidate| candidate.is_file())
}
