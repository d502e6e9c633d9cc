//! Calls of cargo in the three workspaces.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context as _, Result};
use serde_json::Value;

use crate::process;

/// The repository's workspaces. Each has a lock file and a target folder of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Workspace {
    /// The product.
    Root,
    /// The development chain.
    Devnet,
    /// This program.
    Xtask,
    /// The fuzz targets.
    Fuzz,
}

impl Workspace {
    /// The folder of the workspace's manifest.
    pub fn folder(self, root: &Path) -> PathBuf {
        match self {
            Self::Root => root.to_path_buf(),
            Self::Devnet => root.join("devnet"),
            Self::Xtask => root.join("xtask"),
            Self::Fuzz => root.join("fuzz"),
        }
    }

    /// The word for the workspace in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Root => "root",
            Self::Devnet => "devnet",
            Self::Xtask => "xtask",
            Self::Fuzz => "fuzz",
        }
    }
}

/// A cargo command in a workspace, free of the variables that `cargo run` set for `xtask` itself.
pub fn cargo(root: &Path, workspace: Workspace) -> Command {
    let mut command = plain("cargo");
    command.current_dir(workspace.folder(root)).env("CARGO_TERM_COLOR", "never");
    match workspace {
        Workspace::Root => {}
        // OpenSSL comes from the system: building it from source costs minutes.
        Workspace::Devnet => {
            command.env("OPENSSL_NO_VENDOR", "1").env_remove("CARGO_TARGET_DIR");
        }
        Workspace::Xtask | Workspace::Fuzz => {
            command.env_remove("CARGO_TARGET_DIR");
        }
    }
    command
}

/// A command free of the variables that `cargo run` set for `xtask` itself.
pub fn plain(program: &str) -> Command {
    let mut command = Command::new(program);
    for (key, _) in std::env::vars_os() {
        let Some(key) = key.to_str() else { continue };
        if key.starts_with("CARGO_PKG_") || key.starts_with("CARGO_MANIFEST_") || key == "CARGO" {
            command.env_remove(key);
        }
    }
    command
}

/// What `cargo metadata` says of a workspace, with the dependency graph for one target where it is named.
pub fn metadata(root: &Path, workspace: Workspace, target: Option<&str>) -> Result<Value> {
    let mut command = cargo(root, workspace);
    command.args(["metadata", "--format-version", "1", "--locked"]);
    if let Some(target) = target {
        command.args(["--filter-platform", target]);
    }
    let text = process::capture(&mut command, "cargo metadata")?;
    serde_json::from_str(&text).context("cargo metadata printed something that is not JSON")
}

/// The file of the given ending that a `cargo build --message-format=json` run produced for `package`.
pub fn artifact(messages: &str, package: &str, ending: &str) -> Option<PathBuf> {
    messages
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        .filter(|message| message["reason"] == "compiler-artifact")
        .filter(|message| message["package_id"].as_str().is_some_and(|id| package_is(id, package)))
        .flat_map(|message| message["filenames"].as_array().cloned().unwrap_or_default())
        .filter_map(|name| name.as_str().map(PathBuf::from))
        .rfind(|name| name.extension().is_some_and(|extension| extension == ending))
}

/// The binary that a `cargo build --message-format=json` run produced under this name.
pub fn executable(messages: &str, binary: &str) -> Option<PathBuf> {
    messages
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        .filter_map(|message| message["executable"].as_str().map(PathBuf::from))
        .rfind(|path| path.file_name().is_some_and(|name| name == binary))
}

/// Whether a package id such as `path+file:///x/light-client#lantern-light-client@0.0.0` names `package`.
fn package_is(id: &str, package: &str) -> bool {
    let Some((source, fragment)) = id.rsplit_once('#') else { return false };
    match fragment.rsplit_once('@') {
        Some((name, _version)) => name == package,
        None => source.ends_with(&format!("/{package}")),
    }
}

/// Reads the version of a package from a `Cargo.lock`.
pub fn locked_version(lock: &str, package: &str) -> Option<String> {
    let name = format!("name = \"{package}\"");
    let mut lines = lock.lines().skip_while(|line| *line != name).skip(1);
    let version = lines.next()?.strip_prefix("version = \"")?;
    Some(version.strip_suffix('"')?.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_a_locked_version() {
        let lock = "[[package]]\nname = \"a\"\nversion = \"1.0.0\"\n\n[[package]]\nname = \"ab\"\nversion = \"2.1.3\"\n";
        assert_eq!(locked_version(lock, "ab").as_deref(), Some("2.1.3"));
        assert_eq!(locked_version(lock, "b"), None);
    }

    #[test]
    fn recognises_package_ids() {
        assert!(package_is("path+file:///x/light-client#lantern-light-client@0.0.0", "lantern-light-client"));
        assert!(package_is("path+file:///x/lantern-app#0.0.0", "lantern-app"));
        assert!(!package_is("path+file:///x/app#lantern-app@0.0.0", "app"));
    }

    #[test]
    fn finds_the_wasm_file_of_a_package() {
        let messages = concat!(
            "warning: not json\n",
            r#"{"reason":"compiler-artifact","package_id":"path+file:///r/o#other@0.0.0","filenames":["/t/o.wasm"]}"#,
            "\n",
            r#"{"reason":"compiler-artifact","package_id":"path+file:///r/m#mine@0.0.0","filenames":["/t/m.d","/t/m.wasm"]}"#,
        );
        assert_eq!(artifact(messages, "mine", "wasm"), Some(PathBuf::from("/t/m.wasm")));
        assert_eq!(artifact(messages, "none", "wasm"), None);
    }
}
