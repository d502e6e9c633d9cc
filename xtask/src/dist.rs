//! `cargo xtask build`: the static files that any host can serve, in `dist/`.
//!
//! Three wasm binaries: the page, through Trunk, and the two workers, through cargo and wasm-bindgen.
//! The embedding model comes from `target/models`, where `cargo xtask model minilm` puts it.
//! Building twice gives the same bytes: paths of the machine are mapped away, and no file carries a time.

pub mod compress;
pub mod manifest;
mod page;
mod styles;
mod workers;

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context as _, Result, ensure};
use sha2::{Digest as _, Sha256};

use crate::{
    cargo::{Workspace, cargo, plain},
    headers, model, paths, process, report, tools,
};

/// How thoroughly the optimiser works.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Profile {
    /// What ships.
    Release,
    /// The same code for trying things: built quickly, several times as large.
    Quick,
}

impl Profile {
    /// Reads the name that the command line gives.
    pub fn parse(name: &str) -> Result<Self> {
        match name {
            "release" => Ok(Self::Release),
            "quick" => Ok(Self::Quick),
            _ => anyhow::bail!("no such profile: {name} (there are release and quick)"),
        }
    }

    /// The name of the profile in `Cargo.toml`.
    fn name(self) -> &'static str {
        match self {
            Self::Release => "release",
            Self::Quick => "quick",
        }
    }
}

/// What the steps of one build share.
struct Build<'a> {
    root: &'a Path,
    profile: Profile,
    target: PathBuf,
    staging: PathBuf,
}

impl Build<'_> {
    fn logs(&self) -> PathBuf {
        paths::logs(self.root)
    }

    /// Adds the target folder and the mapping of this machine's paths to a command that compiles for wasm.
    fn compiles(&self, command: &mut Command) -> Result<()> {
        command.env("CARGO_TARGET_DIR", &self.target);
        // Views with erased types are a tenth smaller, and quicker to compile.
        let flags = format!("{} --cfg erase_components", remapping(self.root, &self.target)?);
        command.env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS", flags);
        Ok(())
    }
}

/// Installs the tools that a build needs.
pub fn prepare(root: &Path) -> Result<()> {
    tools::system(root, tools::Purpose::Build)?;
    tools::rust_targets(root)?;
    tools::npm(root)?;
    tools::page_tools(root)?;
    model::ensure(root).map(drop)
}

/// Builds everything into `dist/`.
pub fn build(root: &Path, profile: Profile) -> Result<()> {
    let target = paths::target(root);
    let staging = target.join("dist-staging");
    build_into(root, profile, target, &staging)?;
    if profile == Profile::Release {
        report::step("compressed copies", || compress::write_copies(&staging))?;
    }
    replace(&staging, &paths::dist(root))
}

/// Compiles an example of a package with the flags of what ships, and returns its wasm file.
pub fn compile_example(root: &Path, package: &str, example: &str) -> Result<PathBuf> {
    let target = paths::target(root);
    let build = Build { root, profile: Profile::Release, staging: target.join("dist-staging"), target };
    workers::compile_example(&build, package, example)
}

/// Builds everything a second time, from nothing, and fails unless `dist/` has the same bytes.
pub fn verify(root: &Path, profile: Profile) -> Result<()> {
    let target = paths::target(root).join("verify");
    if target.exists() {
        std::fs::remove_dir_all(&target)?;
    }
    let staging = target.join("dist-staging");
    build_into(root, profile, target.clone(), &staging)?;
    compare(&paths::dist(root), &staging)?;
    std::fs::remove_dir_all(&target)?;
    report::say("the second build from nothing has the same bytes");
    Ok(())
}

/// Repeats everything that follows compilation, and fails unless `dist/` has the same bytes.
pub fn verify_post_processing(root: &Path, profile: Profile) -> Result<()> {
    let target = paths::target(root);
    let staging = target.join("dist-again");
    build_into(root, profile, target, &staging)?;
    compare(&paths::dist(root), &staging)?;
    std::fs::remove_dir_all(&staging)?;
    Ok(())
}

fn build_into(root: &Path, profile: Profile, target: PathBuf, staging: &Path) -> Result<()> {
    if staging.exists() {
        std::fs::remove_dir_all(staging)?;
    }
    std::fs::create_dir_all(staging)?;
    let build = Build { root, profile, target, staging: staging.to_path_buf() };
    // Trunk works offline, so everything is fetched before.
    let mut fetch = cargo(root, Workspace::Root);
    process::run(fetch.args(["fetch", "--locked", "--target", tools::WASM]), "cargo fetch", &build.logs())?;
    report::step("page", || page::build(&build))?;
    report::step("workers", || workers::build(&build))?;
    model::place(root, staging)?;
    std::fs::write(staging.join("_headers"), host_headers())?;
    manifest::write(staging)
}

/// The flags that replace this machine's paths in panic messages, so that every machine builds the same bytes.
fn remapping(root: &Path, target: &Path) -> Result<String> {
    let home = match std::env::var_os("CARGO_HOME") {
        Some(home) => PathBuf::from(home),
        None => PathBuf::from(std::env::var_os("HOME").context("HOME is not set")?).join(".cargo"),
    };
    let mut flags = Vec::new();
    let mut map = |from: &Path, to: &str| -> Result<()> {
        let from = from.to_str().context("a path is not valid UTF-8")?;
        ensure!(
            !from.contains(char::is_whitespace),
            "cannot build in a folder with a space in its name: {from}"
        );
        flags.push(format!("--remap-path-prefix={from}={to}"));
        Ok(())
    };
    // The last mapping that fits wins, so the widest comes first.
    map(root, "/lantern")?;
    map(&root.join("target/vendor"), "/crates")?;
    map(target, "/target")?;
    let registry = home.join("registry/src");
    let mut sources: Vec<PathBuf> = std::fs::read_dir(&registry)
        .map(|entries| entries.filter_map(Result::ok).map(|entry| entry.path()).collect())
        .unwrap_or_default();
    sources.sort();
    for source in sources {
        map(&source, "/crates")?;
    }
    Ok(flags.join(" "))
}

/// The security headers in the format that several static hosts read from a file named `_headers`.
fn host_headers() -> String {
    let mut text = "/*\n".to_owned();
    for (name, value) in headers::all("/") {
        text.push_str(&format!("  {name}: {value}\n"));
    }
    // The exclamation mark takes back what the section above gave; hosts that do not know it send both, which is
    // stricter than either.
    let policy = "Content-Security-Policy";
    text.push_str(&format!("{}\n  ! {policy}\n  {policy}: {}\n", headers::MINER, headers::miner_policy()));
    text
}

/// Puts a finished build in the place of the old one.
fn replace(staging: &Path, dist: &Path) -> Result<()> {
    let old = staging.with_extension("old");
    if old.exists() {
        std::fs::remove_dir_all(&old)?;
    }
    // The target folder may be on another file system, where a rename cannot reach.
    if dist.exists() && std::fs::rename(dist, &old).is_err() {
        std::fs::remove_dir_all(dist)?;
    }
    if std::fs::rename(staging, dist).is_err() {
        copy(staging, dist)?;
        std::fs::remove_dir_all(staging)?;
    }
    if old.exists() {
        std::fs::remove_dir_all(&old)?;
    }
    Ok(())
}

/// What the name of a file carries of its content: 16 hexadecimal digits.
fn short_hash(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    std::fs::create_dir_all(to)?;
    for entry in std::fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy(&entry.path(), &target)?;
        } else {
            std::fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}

fn compare(first: &Path, second: &Path) -> Result<()> {
    let (first, second) = (manifest::hashes(first)?, manifest::hashes(second)?);
    let differing: Vec<&str> = first
        .iter()
        .filter(|(path, entry)| second.get(*path) != Some(entry))
        .map(|(path, _)| path.as_str())
        .chain(second.keys().filter(|path| !first.contains_key(*path)).map(String::as_str))
        .collect();
    ensure!(differing.is_empty(), "building twice gave different files: {}", differing.join(", "));
    Ok(())
}

/// The wasm-bindgen command of the project's version.
pub fn wasm_bindgen(root: &Path) -> Result<Command> {
    let program = tools::folder_of(root, "wasm-bindgen")?.join("wasm-bindgen");
    Ok(plain(program.to_str().context("a path is not valid UTF-8")?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_are_sixteen_digits() {
        assert_eq!(short_hash(b"abc"), "ba7816bf8f01cfea");
    }
}
