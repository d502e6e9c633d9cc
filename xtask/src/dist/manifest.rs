//! `manifest.json`: the SHA-256 hash and length of every shipped file, and one digest over all of them.
//!
//! The page shows the digest, so that two people can see at a glance whether they run the same build.

use std::{collections::BTreeMap, path::Path};

use anyhow::{Context as _, Result};
use serde_json::json;
use sha2::{Digest as _, Sha256};

/// The name of the manifest.
pub const NAME: &str = "manifest.json";

/// What the manifest says of one file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Length in bytes.
    pub bytes: u64,
    /// Hash in hexadecimal.
    pub sha256: String,
}

/// Hashes every file of a build, apart from the manifest itself and the compressed copies.
pub fn hashes(folder: &Path) -> Result<BTreeMap<String, Entry>> {
    let mut entries = BTreeMap::new();
    collect(folder, "", &mut entries)?;
    Ok(entries)
}

/// Writes the manifest of a build.
pub fn write(folder: &Path) -> Result<()> {
    let entries = hashes(folder)?;
    let files: serde_json::Map<String, serde_json::Value> = entries
        .iter()
        .map(|(path, entry)| (path.clone(), json!({ "bytes": entry.bytes, "sha256": entry.sha256 })))
        .collect();
    let manifest = json!({ "version": 1, "digest": digest(&entries), "files": files });
    let mut text = serde_json::to_string_pretty(&manifest)?;
    text.push('\n');
    std::fs::write(folder.join(NAME), text).context("cannot write the manifest")
}

/// The hash of the list `hash␠␠path\n`, sorted by path, as `sha256sum` would print it.
fn digest(entries: &BTreeMap<String, Entry>) -> String {
    let mut hasher = Sha256::new();
    for (path, entry) in entries {
        hasher.update(format!("{}  {path}\n", entry.sha256));
    }
    format!("{:x}", hasher.finalize())
}

fn collect(folder: &Path, prefix: &str, entries: &mut BTreeMap<String, Entry>) -> Result<()> {
    for item in std::fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))? {
        let item = item?;
        let name = item.file_name();
        let name = name.to_str().context("a file name is not valid UTF-8")?;
        let path = format!("{prefix}{name}");
        if item.file_type()?.is_dir() {
            collect(&item.path(), &format!("{path}/"), entries)?;
        } else if path != NAME && !name.ends_with(".br") && !name.ends_with(".gz") {
            let content = std::fs::read(item.path())?;
            let bytes = u64::try_from(content.len())?;
            entries.insert(path, Entry { bytes, sha256: format!("{:x}", Sha256::digest(&content)) });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_files_in_folders_but_not_itself() {
        let folder = std::env::temp_dir().join(format!("xtask-manifest-{}", std::process::id()));
        std::fs::create_dir_all(folder.join("workers")).unwrap();
        std::fs::write(folder.join("index.html"), "abc").unwrap();
        std::fs::write(folder.join("index.html.br"), "x").unwrap();
        std::fs::write(folder.join("workers/a.js"), "").unwrap();
        write(&folder).unwrap();
        let first = std::fs::read_to_string(folder.join(NAME)).unwrap();
        write(&folder).unwrap();
        assert_eq!(first, std::fs::read_to_string(folder.join(NAME)).unwrap());
        let found = hashes(&folder).unwrap();
        assert_eq!(found.keys().collect::<Vec<_>>(), ["index.html", "workers/a.js"]);
        assert_eq!(
            found["index.html"].sha256,
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
        std::fs::remove_dir_all(folder).unwrap();
    }
}
