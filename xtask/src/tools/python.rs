//! Python's package installer, which fetches what is only on PyPI.

use std::path::Path;

use anyhow::Result;

use super::apt;
use crate::{cargo::plain, process};

/// Makes sure of `python3 -m pip`.
pub fn ensure_pip(root: &Path) -> Result<()> {
    if has_pip() {
        return Ok(());
    }
    apt::install(root, &["python3", "python3-pip"])
}

fn has_pip() -> bool {
    process::capture(plain("python3").args(["-m", "pip", "--version"]), "pip").is_ok()
}
