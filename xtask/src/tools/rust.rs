//! The compiler's targets, Trunk and wasm-bindgen.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};

use super::is_there;
use crate::{
    cargo::{locked_version, plain},
    paths, process, report,
};

/// Newer releases ask for a newer compiler than the workspace does.
const TRUNK: &str = "0.21.14";

/// A program that is built from crates.io and cached.
pub struct Tool {
    crate_name: &'static str,
    programs: &'static [&'static str],
    version: String,
    /// Trunk's lock file resolves everywhere; that of wasm-bindgen-cli pins a release that not every
    /// mirror of the index has.
    locked: bool,
}

/// Trunk, and wasm-bindgen at exactly the version of the library in the lock file.
pub fn page_tools(root: &Path) -> Result<Vec<Tool>> {
    let lock = std::fs::read_to_string(root.join("Cargo.lock")).context("cannot read Cargo.lock")?;
    let wasm_bindgen =
        locked_version(&lock, "wasm-bindgen").context("Cargo.lock does not name wasm-bindgen")?;
    Ok(vec![
        Tool {
            crate_name: "wasm-bindgen-cli",
            programs: &["wasm-bindgen", "wasm-bindgen-test-runner"],
            version: wasm_bindgen,
            locked: false,
        },
        Tool { crate_name: "trunk", programs: &["trunk"], version: TRUNK.to_owned(), locked: true },
    ])
}

/// The folder that holds `program` in the version that the project needs.
pub fn folder_of(root: &Path, program: &str) -> Result<PathBuf> {
    let tools = page_tools(root)?;
    let tool = tools
        .iter()
        .find(|tool| tool.programs.contains(&program))
        .with_context(|| format!("{program} is not a tool of the project"))?;
    if let Some(folder) = tool.cached_folder()? {
        return Ok(folder);
    }
    let found = paths::which(program).with_context(|| format!("{program} is not installed"))?;
    Ok(found.parent().map(Path::to_path_buf).unwrap_or_default())
}

impl Tool {
    fn cache(&self) -> Result<PathBuf> {
        Ok(paths::cache()?.join("tools").join(format!("{}-{}", self.crate_name, self.version)))
    }

    /// The folder of the cached programs, if they have been built.
    pub fn cached_folder(&self) -> Result<Option<PathBuf>> {
        let folder = self.cache()?.join("bin");
        Ok(self.programs.iter().all(|program| folder.join(program).is_file()).then_some(folder))
    }

    fn on_path_already(&self) -> bool {
        self.programs.iter().all(|program| {
            is_there(program)
                && process::capture(plain(program).arg("--version"), program)
                    .is_ok_and(|text| version_in(&text) == Some(self.version.as_str()))
        })
    }

    /// Builds the tool unless the search path or the cache has it.
    pub fn ensure(&self, root: &Path) -> Result<()> {
        if self.cached_folder()?.is_some() || self.on_path_already() {
            return Ok(());
        }
        let label = format!("build {} {}", self.crate_name, self.version);
        report::step(&label, || {
            let cache = self.cache()?;
            let mut install = plain("cargo");
            install.args(["install", self.crate_name, "--version", &self.version, "--root"]).arg(&cache);
            if self.locked {
                install.arg("--locked");
            }
            // The tools run for seconds and are built once: compile time is what counts.
            install
                .current_dir(paths::cache()?)
                .env("CARGO_TARGET_DIR", paths::cache()?.join("build"))
                .env("CARGO_PROFILE_RELEASE_LTO", "false")
                .env("CARGO_PROFILE_RELEASE_OPT_LEVEL", "1")
                .env("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "16")
                .env("CARGO_TERM_COLOR", "never");
            std::fs::create_dir_all(paths::cache()?)?;
            process::run(&mut install, &label, &paths::logs(root))?;
            // The build folder is of no use once the programs are installed.
            std::fs::remove_dir_all(paths::cache()?.join("build")).ok();
            Ok(())
        })
    }
}

/// The version in the output of `--version`: the second word of the first line.
fn version_in(text: &str) -> Option<&str> {
    text.lines().next()?.split_whitespace().nth(1)
}

/// Adds the targets that are missing.
pub fn ensure_targets(root: &Path, targets: &[&str]) -> Result<()> {
    let sysroot = process::capture(plain("rustc").args(["--print", "sysroot"]), "rustc --print sysroot")?;
    let installed = Path::new(sysroot.trim()).join("lib/rustlib");
    let missing: Vec<&str> =
        targets.iter().copied().filter(|target| !installed.join(target).join("lib").is_dir()).collect();
    if missing.is_empty() {
        return Ok(());
    }
    rustup(root, "target", &missing)
}

/// Adds the formatter and the linter where they are missing.
pub fn ensure_components(root: &Path) -> Result<()> {
    let works = |subcommand: &str| {
        process::capture(plain("cargo").args([subcommand, "--version"]), "cargo component").is_ok()
    };
    let missing: Vec<&str> = [("fmt", "rustfmt"), ("clippy", "clippy")]
        .iter()
        .filter(|(sub, _)| !works(sub))
        .map(|(_, c)| *c)
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    rustup(root, "component", &missing)
}

fn rustup(root: &Path, kind: &str, names: &[&str]) -> Result<()> {
    let list = names.join(" ");
    if !is_there("rustup") {
        bail!("the Rust toolchain lacks {kind} {list}: install rustup, or add them by hand");
    }
    report::step(&format!("rustup {kind} add {list}"), || {
        let mut add = plain("rustup");
        add.args([kind, "add"]).args(names);
        process::run(&mut add, &format!("rustup {kind} add"), &paths::logs(root))?;
        Ok(())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_versions() {
        assert_eq!(version_in("trunk 0.21.14\n"), Some("0.21.14"));
        assert_eq!(version_in("wasm-bindgen-test-runner 0.2.130"), Some("0.2.130"));
        assert_eq!(version_in(""), None);
    }
}
