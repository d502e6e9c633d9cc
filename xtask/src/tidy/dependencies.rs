//! Who may import whom: the table of the architecture, checked against what cargo resolved.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

use anyhow::{Context as _, Result};
use serde_json::Value;

use crate::{
    cargo::{Workspace, metadata},
    tools,
};

/// The rules of one package.
struct Rule {
    package: &'static str,
    /// Packages of ours that it may name.
    ours: &'static [&'static str],
    /// Crates that it must not name itself.
    not_directly: &'static [&'static str],
    /// Crates that must not be anywhere below it.
    not_at_all: &'static [&'static str],
}

const SCALE: &[&str] = &["parity-scale-codec", "frame-metadata", "scale-info", "scale-decode", "scale-value"];

const RULES: &[Rule] = &[
    Rule {
        package: "lantern-types",
        ours: &[],
        not_directly: &[],
        not_at_all: &["web-sys", "js-sys", "tokio", "smoldot", "smoldot-light", "wgpu", "leptos"],
    },
    Rule {
        package: "lantern-economics",
        ours: &["lantern-types"],
        not_directly: &["parity-scale-codec"],
        not_at_all: &["web-sys", "js-sys", "tokio", "smoldot", "smoldot-light", "wgpu", "leptos"],
    },
    Rule {
        package: "lantern-chain",
        ours: &["lantern-types"],
        not_directly: &[],
        not_at_all: &["smoldot", "smoldot-light", "web-sys", "tokio", "leptos", "wgpu", "lantern-wallet"],
    },
    Rule {
        package: "lantern-wallet",
        ours: &["lantern-types"],
        not_directly: &["web-sys", "gloo"],
        not_at_all: &["lantern-chain", "smoldot", "smoldot-light", "leptos", "wgpu", "tokio"],
    },
    Rule {
        package: "lantern-worker-bridge",
        ours: &["lantern-types"],
        not_directly: &[],
        not_at_all: &["smoldot", "smoldot-light", "wgpu", "leptos", "lantern-chain", "lantern-wallet"],
    },
    Rule {
        package: "lantern-light-client",
        ours: &["lantern-chain", "lantern-types", "lantern-worker-bridge"],
        not_directly: &[],
        not_at_all: &["leptos", "lantern-wallet", "wgpu", "lantern-economics"],
    },
    Rule {
        package: "lantern-lanes",
        ours: &[],
        not_directly: &[],
        not_at_all: &["web-sys", "js-sys", "tokio", "smoldot", "smoldot-light", "wgpu", "leptos"],
    },
    Rule {
        package: "lantern-wasm-miner",
        ours: &["lantern-lanes", "lantern-types", "lantern-worker-bridge"],
        not_directly: &[],
        not_at_all: &["leptos", "lantern-chain", "lantern-wallet", "smoldot", "smoldot-light"],
    },
    Rule {
        package: "lantern-app",
        ours: &["lantern-economics", "lantern-types", "lantern-wallet", "lantern-worker-bridge"],
        not_directly: SCALE,
        not_at_all: &["smoldot", "smoldot-light", "wgpu", "lantern-chain"],
    },
];

/// Crates that exactly one of our packages may name.
const SINGLE_USER: &[(&str, &str)] = &[
    ("smoldot", "lantern-light-client"),
    ("smoldot-light", "lantern-light-client"),
    ("wgpu", "lantern-wasm-miner"),
    ("leptos", "lantern-app"),
];

/// Checks the root workspace as it is resolved for the browser.
pub fn check(root: &Path) -> Result<Vec<String>> {
    let metadata = metadata(root, Workspace::Root, Some(tools::WASM))?;
    let mut problems = breaches(&Graph::read(&metadata)?);
    for workspace in [Workspace::Devnet, Workspace::Xtask] {
        problems.extend(importers_of(&metadata, workspace));
    }
    Ok(problems)
}

/// Packages of the product that import a package of another workspace.
fn importers_of(metadata: &Value, workspace: Workspace) -> Vec<String> {
    let folder = format!("/{}/", workspace.name());
    packages(metadata)
        .filter(|package| {
            package["source"].is_null()
                && package["manifest_path"].as_str().is_some_and(|path| {
                    let root = metadata["workspace_root"].as_str().unwrap_or_default();
                    path.strip_prefix(root).is_some_and(|relative| relative.starts_with(&folder))
                })
        })
        .map(|package| format!("the product imports {} of {folder}", package["name"]))
        .collect()
}

fn packages(metadata: &Value) -> impl Iterator<Item = &Value> {
    metadata["packages"].as_array().into_iter().flatten()
}

/// What the workspace names and what follows from it.
struct Graph {
    /// Our packages, with the crates that their manifests name for other uses than tests.
    direct: BTreeMap<String, BTreeSet<String>>,
    /// All crates below each of our packages, without those for tests and builds.
    below: BTreeMap<String, BTreeSet<String>>,
}

impl Graph {
    fn read(metadata: &Value) -> Result<Self> {
        let names: BTreeMap<&str, &str> = packages(metadata)
            .filter_map(|package| Some((package["id"].as_str()?, package["name"].as_str()?)))
            .collect();
        let nodes = metadata["resolve"]["nodes"].as_array().context("cargo metadata has no graph")?;
        let mut edges: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for node in nodes {
            let Some(id) = node["id"].as_str() else { continue };
            let targets = node["deps"]
                .as_array()
                .into_iter()
                .flatten()
                .filter(|dependency| is_normal(dependency))
                .filter_map(|dependency| dependency["pkg"].as_str());
            edges.insert(id, targets.collect());
        }
        let members: BTreeSet<&str> = metadata["workspace_members"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .collect();
        let mut direct = BTreeMap::new();
        let mut below = BTreeMap::new();
        for package in packages(metadata) {
            let (Some(id), Some(name)) = (package["id"].as_str(), package["name"].as_str()) else { continue };
            if !members.contains(id) {
                continue;
            }
            let named = package["dependencies"].as_array().into_iter().flatten();
            let named = named.filter(|dependency| dependency["kind"].is_null());
            let named = named.filter_map(|dependency| dependency["name"].as_str().map(str::to_owned));
            direct.insert(name.to_owned(), named.collect());
            below.insert(name.to_owned(), reachable(id, &edges, &names));
        }
        Ok(Self { direct, below })
    }
}

/// Whether a dependency of the graph is there for more than tests and build scripts.
fn is_normal(dependency: &Value) -> bool {
    dependency["dep_kinds"].as_array().into_iter().flatten().any(|kind| kind["kind"].is_null())
}

fn reachable(
    from: &str,
    edges: &BTreeMap<&str, Vec<&str>>,
    names: &BTreeMap<&str, &str>,
) -> BTreeSet<String> {
    let mut seen = BTreeSet::new();
    let mut queue = vec![from];
    while let Some(id) = queue.pop() {
        for &next in edges.get(id).into_iter().flatten() {
            if seen.insert(next) {
                queue.push(next);
            }
        }
    }
    seen.into_iter().filter_map(|id| names.get(id)).map(|&name| name.to_owned()).collect()
}

fn breaches(graph: &Graph) -> Vec<String> {
    let mut problems = Vec::new();
    for (package, direct) in &graph.direct {
        let Some(rule) = RULES.iter().find(|rule| rule.package == package) else {
            problems.push(format!("{package} has no rule in xtask/src/tidy/dependencies.rs"));
            continue;
        };
        for name in direct {
            if name.starts_with("lantern-") && !rule.ours.contains(&name.as_str()) {
                problems.push(format!("{package} must not import {name}"));
            }
            if rule.not_directly.contains(&name.as_str()) {
                problems.push(format!("{package} must not name {name}"));
            }
            if let Some((_, user)) =
                SINGLE_USER.iter().find(|(single, user)| single == name && user != package)
            {
                problems.push(format!("only {user} may name {name}, but {package} does"));
            }
        }
        for banned in rule.not_at_all {
            if graph.below.get(package).is_some_and(|below| below.contains(*banned)) {
                problems.push(format!("{banned} must not be anywhere below {package}"));
            }
        }
    }
    problems
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// A workspace of one package that names `direct`, which in turn needs `below`.
    fn graph(package: &str, direct: &str, below: &str, kind: Value) -> Graph {
        let metadata = json!({
            "workspace_members": ["0"],
            "packages": [
                { "id": "0", "name": package, "dependencies": [{ "name": direct, "kind": kind }] },
                { "id": "1", "name": direct, "dependencies": [] },
                { "id": "2", "name": below, "dependencies": [] },
            ],
            "resolve": { "nodes": [
                { "id": "0", "deps": [{ "pkg": "1", "dep_kinds": [{ "kind": kind }] }] },
                { "id": "1", "deps": [{ "pkg": "2", "dep_kinds": [{ "kind": null }] }] },
            ] },
        });
        Graph::read(&metadata).unwrap()
    }

    #[test]
    fn a_ban_reaches_through_other_crates() {
        let found = breaches(&graph("lantern-app", "gloo", "smoldot", Value::Null));
        assert_eq!(found, ["smoldot must not be anywhere below lantern-app"]);
        assert!(breaches(&graph("lantern-app", "gloo", "serde", Value::Null)).is_empty());
    }

    #[test]
    fn tests_may_import_what_they_like() {
        assert!(breaches(&graph("lantern-app", "lantern-chain", "smoldot", json!("dev"))).is_empty());
    }

    #[test]
    fn single_users_and_directions_hold() {
        let found = breaches(&graph("lantern-worker-bridge", "leptos", "serde", Value::Null));
        assert!(
            found.contains(&"only lantern-app may name leptos, but lantern-worker-bridge does".to_owned())
        );
        let found = breaches(&graph("lantern-wallet", "lantern-economics", "serde", Value::Null));
        assert_eq!(found, ["lantern-wallet must not import lantern-economics"]);
        let found = breaches(&graph("lantern-app", "parity-scale-codec", "serde", Value::Null));
        assert_eq!(found, ["lantern-app must not name parity-scale-codec"]);
        assert_eq!(breaches(&graph("lantern-new", "serde", "x", Value::Null)).len(), 1);
    }
}
