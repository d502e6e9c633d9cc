//! Node.js and the npm packages of `e2e/`: browser drivers, reference clients and Binaryen's `wasm-opt`.

use std::{
    os::unix::fs::symlink,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result, ensure};
use sha2::{Digest as _, Sha256};

use super::is_there;
use crate::{cargo::plain, paths, process, report};

const OLDEST_NODE: u32 = 20;
/// Written into `node_modules` after a full install: the hash of the lock file it was made from.
const STAMP: &str = ".lantern-lock";

/// Fails with an instruction where Node.js is missing or too old.
pub fn check_node() -> Result<()> {
    ensure!(
        is_there("node") && is_there("npm"),
        "Node.js {OLDEST_NODE} or newer with npm is missing: install it from your system's packages or nodejs.org"
    );
    let version = process::capture(plain("node").arg("--version"), "node --version")?;
    let major = major(&version).with_context(|| format!("node --version printed {version:?}"))?;
    ensure!(major >= OLDEST_NODE, "Node.js {OLDEST_NODE} or newer is needed, but this is {}", version.trim());
    Ok(())
}

fn major(version: &str) -> Option<u32> {
    version.trim().strip_prefix('v')?.split('.').next()?.parse().ok()
}

/// Installs the packages of a folder's `package-lock.json` where they are not there yet.
pub fn ensure(root: &Path, folder: &str) -> Result<()> {
    let lock = std::fs::read(root.join(folder).join("package-lock.json"))
        .with_context(|| format!("cannot read {folder}/package-lock.json"))?;
    let wanted = format!("{:x}", Sha256::digest(&lock));
    let stamp = root.join(folder).join("node_modules").join(STAMP);
    if std::fs::read_to_string(&stamp).is_ok_and(|found| found == wanted) {
        return Ok(());
    }
    report::step("npm packages", || {
        let mut install = plain("npm");
        // No package's install script is needed, so none is run.
        install.current_dir(root.join(folder)).args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"]);
        process::run(&mut install, "npm ci", &paths::logs(root))?;
        std::fs::write(&stamp, wanted)?;
        Ok(())
    })
}

/// A folder with the one npm program that Trunk looks for on the search path.
pub fn shims(root: &Path) -> Result<PathBuf> {
    let folder = paths::target(root).join("xtask-bin");
    std::fs::create_dir_all(&folder)?;
    let link = folder.join("wasm-opt");
    let program = root.join("e2e/node_modules/.bin/wasm-opt");
    if std::fs::read_link(&link).ok().as_deref() != Some(program.as_path()) {
        std::fs::remove_file(&link).ok();
        symlink(&program, &link)?;
    }
    Ok(folder)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_major_version() {
        assert_eq!(major("v20.20.2\n"), Some(20));
        assert_eq!(major("20"), None);
    }
}
