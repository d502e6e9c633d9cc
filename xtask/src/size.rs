//! `cargo xtask size`: what every shipped file weighs, and whether it stays within its budget.

use std::path::Path;

use anyhow::{Context as _, Result, ensure};

use crate::{
    dist::{compress, manifest},
    paths, report,
};

/// A limit on the brotli size of all files of one kind together, in bytes.
struct Budget {
    name: &'static str,
    limit: usize,
    covers: fn(&str) -> bool,
}

const BUDGETS: &[Budget] = &[
    Budget {
        name: "page wasm",
        limit: 350_000,
        covers: |path| !path.contains('/') && path.ends_with(".wasm"),
    },
    Budget {
        name: "light client wasm",
        limit: 2_100_000,
        covers: |path| path.starts_with("workers/light-client") && path.ends_with(".wasm"),
    },
    Budget {
        name: "miner wasm",
        limit: 400_000,
        covers: |path| path.starts_with("workers/miner") && path.ends_with(".wasm"),
    },
    Budget { name: "scripts", limit: 60_000, covers: |path| path.ends_with(".js") },
    Budget { name: "styles", limit: 30_000, covers: |path| path.ends_with(".css") },
    Budget { name: "fonts", limit: 150_000, covers: |path| path.ends_with(".woff2") },
    Budget { name: "page html", limit: 6_000, covers: |path| path.ends_with(".html") },
];

/// The three sizes of a file, in bytes.
struct Sizes {
    path: String,
    raw: usize,
    gzip: usize,
    brotli: usize,
}

/// Prints the table and fails when a budget is exceeded, or when nothing falls under one.
pub fn check(root: &Path) -> Result<()> {
    let dist = paths::dist(root);
    let files = measure(&dist).context("run `cargo xtask build` first")?;
    let rows: Vec<Vec<String>> = files
        .iter()
        .map(|file| {
            let sizes = [file.raw, file.gzip, file.brotli];
            std::iter::once(file.path.clone()).chain(sizes.iter().map(usize::to_string)).collect()
        })
        .collect();
    println!("{}\n", report::table(&["file", "raw", "gzip", "brotli"], &rows));
    let (rows, over) = weigh(&files);
    println!("{}", report::table(&["budget", "brotli", "limit", ""], &rows));
    ensure!(over.is_empty(), "over budget: {}", over.join(", "));
    Ok(())
}

fn measure(dist: &Path) -> Result<Vec<Sizes>> {
    let mut files = Vec::new();
    for path in manifest::hashes(dist)?.into_keys() {
        let bytes = std::fs::read(dist.join(&path))?;
        let (gzip, brotli) = compress::sizes(&dist.join(&path), &bytes)?;
        files.push(Sizes { path, raw: bytes.len(), gzip, brotli });
    }
    Ok(files)
}

fn weigh(files: &[Sizes]) -> (Vec<Vec<String>>, Vec<&'static str>) {
    let mut rows = Vec::new();
    let mut over = Vec::new();
    for budget in BUDGETS {
        let covered: Vec<&Sizes> = files.iter().filter(|file| (budget.covers)(&file.path)).collect();
        let total: usize = covered.iter().map(|file| file.brotli).sum();
        let verdict = match (covered.is_empty(), total > budget.limit) {
            (true, _) => "no such file",
            (false, true) => "over",
            (false, false) => "ok",
        };
        if verdict != "ok" {
            over.push(budget.name);
        }
        rows.push(vec![budget.name.into(), total.to_string(), budget.limit.to_string(), verdict.into()]);
    }
    (rows, over)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(path: &str, brotli: usize) -> Sizes {
        Sizes { path: path.into(), raw: brotli, gzip: brotli, brotli }
    }

    #[test]
    fn files_over_budget_and_missing_files_are_named() {
        let mut files = vec![
            file("app-0_bg.wasm", 1),
            file("workers/light-client-0_bg.wasm", 2_100_001),
            file("workers/miner-0_bg.wasm", 400_000),
            file("app.js", 1),
            file("app.css", 1),
            file("fonts/a.woff2", 100_000),
            file("fonts/b.woff2", 50_001),
        ];
        assert_eq!(weigh(&files).1, ["light client wasm", "fonts", "page html"]);
        files.push(file("index.html", 1));
        assert_eq!(weigh(&files).1, ["light client wasm", "fonts"]);
    }
}
