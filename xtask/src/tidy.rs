//! `cargo xtask tidy`: rules about the source that no compiler checks.

mod dependencies;
mod licences;
mod text;

use std::path::{Path, PathBuf};

use anyhow::{Result, ensure};

use crate::cargo::plain;

/// Runs all rules and fails with the list of what breaks one.
pub fn check(root: &Path) -> Result<()> {
    let files = tracked_files(root)?;
    let mut problems = text::check(root, &files)?;
    problems.extend(dependencies::check(root)?);
    problems.extend(licences::check(root)?);
    for problem in &problems {
        println!("  {problem}");
    }
    ensure!(problems.is_empty(), "{} breaches of the house's rules", problems.len());
    Ok(())
}

/// The files that git tracks or would add, by their path from the root.
fn tracked_files(root: &Path) -> Result<Vec<PathBuf>> {
    let mut list = plain("git");
    list.current_dir(root).args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"]);
    let output = crate::process::capture(&mut list, "git ls-files")?;
    let mut files: Vec<PathBuf> =
        output.split('\0').filter(|path| !path.is_empty()).map(PathBuf::from).collect();
    // A file that was deleted but not committed yet is still listed.
    files.retain(|file| root.join(file).is_file());
    files.sort();
    files.dedup();
    Ok(files)
}
