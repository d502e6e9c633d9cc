//! Licences of everything that is linked into the product, against the list in `deny.toml`.

use std::{collections::BTreeSet, path::Path};

use anyhow::{Context as _, Result};
use serde_json::Value;

use crate::cargo::{Workspace, metadata};

/// Checks the crates of every workspace.
pub fn check(root: &Path) -> Result<Vec<String>> {
    let deny = std::fs::read_to_string(root.join("deny.toml")).context("cannot read deny.toml")?;
    let allowed = allowed(&deny);
    let mut problems = BTreeSet::new();
    for workspace in [Workspace::Root, Workspace::Devnet, Workspace::Xtask] {
        let metadata = metadata(root, workspace, None)?;
        for package in metadata["packages"].as_array().into_iter().flatten() {
            if let Some(problem) = judge(package, &allowed) {
                problems.insert(problem);
            }
        }
    }
    Ok(problems.into_iter().collect())
}

/// The list `allow` of the section `[licenses]`.
fn allowed(deny: &str) -> BTreeSet<String> {
    let section = deny.split("[licenses]").nth(1).unwrap_or_default();
    let list = section.split("allow = [").nth(1).unwrap_or_default().split(']').next().unwrap_or_default();
    list.split('"').skip(1).step_by(2).map(str::to_owned).collect()
}

fn judge(package: &Value, allowed: &BTreeSet<String>) -> Option<String> {
    let name = package["name"].as_str().unwrap_or("?");
    match package["license"].as_str() {
        Some(expression) if satisfies(expression, allowed) => None,
        Some(expression) => Some(format!("{name}: the licence {expression:?} is not allowed by deny.toml")),
        None if package["license_file"].is_string() => None,
        None => Some(format!("{name} states no licence")),
    }
}

/// Whether an SPDX expression can be met with the allowed licences: any side of OR, both sides of AND.
fn satisfies(expression: &str, allowed: &BTreeSet<String>) -> bool {
    let expression = expression.replace('/', " OR ");
    let tokens: Vec<&str> = expression.split_whitespace().collect();
    let spaced = tokens.join(" ").replace('(', " ( ").replace(')', " ) ");
    let mut tokens = spaced.split_whitespace().peekable();
    any_of(&mut tokens, allowed) && tokens.next().is_none()
}

type Tokens<'a> = std::iter::Peekable<std::str::SplitWhitespace<'a>>;

fn any_of(tokens: &mut Tokens<'_>, allowed: &BTreeSet<String>) -> bool {
    let mut met = all_of(tokens, allowed);
    while tokens.next_if_eq(&"OR").is_some() {
        met |= all_of(tokens, allowed);
    }
    met
}

fn all_of(tokens: &mut Tokens<'_>, allowed: &BTreeSet<String>) -> bool {
    let mut met = one(tokens, allowed);
    while tokens.next_if_eq(&"AND").is_some() {
        met &= one(tokens, allowed);
    }
    met
}

fn one(tokens: &mut Tokens<'_>, allowed: &BTreeSet<String>) -> bool {
    if tokens.next_if_eq(&"(").is_some() {
        let met = any_of(tokens, allowed);
        return tokens.next_if_eq(&")").is_some() && met;
    }
    let Some(licence) = tokens.next() else { return false };
    // An exception only adds permissions, so the licence itself decides where it is allowed.
    let exception = tokens.next_if_eq(&"WITH").is_some().then(|| tokens.next().unwrap_or_default());
    let whole = exception.map_or_else(|| licence.to_owned(), |name| format!("{licence} WITH {name}"));
    allowed.contains(licence) || allowed.contains(&whole)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expressions_are_read_as_spdx_means_them() {
        let allowed = allowed("[licenses]\nallow = [\n  \"MIT\",\n  \"Apache-2.0\",\n]\n");
        for good in [
            "MIT",
            "MIT OR GPL-2.0",
            "MIT/Unlicense",
            "Apache-2.0 WITH LLVM-exception",
            "MIT AND (Apache-2.0 OR X)",
        ] {
            assert!(satisfies(good, &allowed), "{good}");
        }
        for bad in ["GPL-2.0", "MIT AND X", "(MIT", "", "X WITH Y", "MIT MIT"] {
            assert!(!satisfies(bad, &allowed), "{bad}");
        }
    }
}
