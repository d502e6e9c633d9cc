//! `cargo xtask fuzz`: coverage-guided fuzzing of every decoder of bytes from outside, with libFuzzer.
//!
//! libFuzzer needs counters that the compiler puts into the code. They are asked for with flags of LLVM that the
//! stable compiler passes on; the address sanitizer, which only nightly has, is not needed where unsafe code is
//! denied.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context as _, Result, bail, ensure};

use crate::{
    cargo::{Workspace, cargo},
    paths, process, report,
};

const FLAGS: &str = "-Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
     -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
     -Cllvm-args=-sanitizer-coverage-trace-compares";

/// More memory than this for one input is a finding.
const MEMORY_MIB: u32 = 1024;
/// Longer than this for one input is a finding too.
const SECONDS_PER_INPUT: u32 = 10;

/// A piece of a seed.
enum Part {
    File(&'static str),
    Bytes(&'static [u8]),
}

use Part::{Bytes, File};

struct Target {
    name: &'static str,
    /// Valid inputs to start from.
    seeds: &'static [&'static [Part]],
}

const FIXTURES: &str = "wasm-miner/tests/fixtures";

const TARGETS: &[Target] = &[
    Target {
        name: "account",
        seeds: &[&[Bytes(b"5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY")], &[Bytes(b"1,234.567890001")]],
    },
    Target { name: "bridge", seeds: &[] },
    Target { name: "database", seeds: &[] },
    Target {
        name: "follow",
        seeds: &[
            &[Bytes(br#"{"event":"newBlock","blockHash":"0x00","parentBlockHash":"0x00","newRuntime":null}"#)],
            &[Bytes(br#"{"event":"operationStorageItems","operationId":"1","items":[{"key":"0x01","value":"0x"}]}"#)],
            &[Bytes(br#"{"event":"bestChainBlockIncluded","block":{"hash":"0x00","index":"1"}}"#)],
        ],
    },
    Target { name: "gguf", seeds: &[&[Bytes(b"\xff"), File("tiny_llama.gguf")], &[Bytes(b"\x09"), File("tiny_qwen2.gguf")]] },
    Target { name: "header", seeds: &[] },
    Target {
        name: "manifest",
        seeds: &[&[File("tiny_llama3/config.json")], &[File("../../../public/models/lantern-demo/manifest.json")]],
    },
    Target { name: "metadata", seeds: &[&[Bytes(b"meta\x0f")], &[Bytes(b"meta\x0e")]] },
    Target {
        name: "safetensors",
        seeds: &[
            &[File("tiny_llama3/config.json"), Bytes(b"\0"), File("tiny_llama3/model.safetensors")],
            &[File("tiny_qwen2/config.json"), Bytes(b"\0"), File("tiny_qwen2/model.safetensors")],
        ],
    },
    Target { name: "spec", seeds: &[&[File("../../../public/networks/finney.json")]] },
    Target { name: "tokenizer", seeds: &[] },
];

/// Names of all targets.
pub fn names() -> Vec<&'static str> {
    TARGETS.iter().map(|target| target.name).collect()
}

/// Fuzzes the named targets, or all, one after the other. Findings are left in `target/fuzz/findings/`.
pub fn run(root: &Path, names: &[String], seconds: u32) -> Result<()> {
    if let Some(unknown) = names.iter().find(|name| TARGETS.iter().all(|target| target.name != name.as_str()))
    {
        bail!("no such target: {unknown} (there are {})", self::names().join(", "));
    }
    crate::vendor(root)?;
    let folder = paths::target(root).join("fuzz");
    let chosen: Vec<_> = TARGETS
        .iter()
        .filter(|target| names.is_empty() || names.iter().any(|name| name == target.name))
        .collect();
    // Without a target of their own, build scripts and macros would be instrumented too, and would not link.
    let triple = host()?;
    let mut build = cargo(root, Workspace::Fuzz);
    build.args(["build", "--release", "--target", &triple, "--target-dir"]).arg(&folder);
    for target in &chosen {
        build.args(["--bin", target.name]);
    }
    build.env("RUSTFLAGS", FLAGS);
    process::run(&mut build, "build with instrumentation", &paths::logs(root))?;
    let findings = folder.join("findings");
    std::fs::create_dir_all(&findings)?;
    let mut failed = Vec::new();
    for target in chosen {
        let corpus = sow(root, &folder, target)?;
        let mut command = Command::new(folder.join(&triple).join("release").join(target.name));
        command.arg(corpus).arg(format!("-max_total_time={seconds}")).args([
            format!("-rss_limit_mb={MEMORY_MIB}"),
            format!("-timeout={SECONDS_PER_INPUT}"),
            format!("-artifact_prefix={}/{}-", findings.display(), target.name),
            "-print_final_stats=1".to_owned(),
        ]);
        let (status, output) =
            process::run_unchecked(&mut command, &format!("fuzz {}", target.name), &paths::logs(root))?;
        let number = |name: &str| {
            output.lines().find_map(|line| line.strip_prefix(name)).unwrap_or("?").trim().to_owned()
        };
        report::say(&format!(
            "{}: {} inputs, {} kept{}",
            target.name,
            number("stat::number_of_executed_units:"),
            number("stat::new_units_added:"),
            if status.success() { "" } else { ", FOUND SOMETHING" },
        ));
        if !status.success() {
            failed.push(target.name);
            report::say(&process::tail(&output, 30));
        }
    }
    ensure!(failed.is_empty(), "findings for {} are in {}", failed.join(", "), findings.display());
    Ok(())
}

/// Puts the seeds into the target's corpus, which keeps what earlier runs found.
fn sow(root: &Path, folder: &Path, target: &Target) -> Result<PathBuf> {
    let corpus = folder.join("corpus").join(target.name);
    std::fs::create_dir_all(&corpus)?;
    for (number, seed) in target.seeds.iter().enumerate() {
        let mut bytes = Vec::new();
        for part in *seed {
            match part {
                Bytes(part) => bytes.extend_from_slice(part),
                File(name) => {
                    let file = root.join(FIXTURES).join(name);
                    bytes.extend(
                        std::fs::read(&file).with_context(|| format!("cannot read {}", file.display()))?,
                    );
                }
            }
        }
        std::fs::write(corpus.join(format!("seed-{number}")), bytes)?;
    }
    if target.name == "tokenizer" {
        for file in std::fs::read_dir(root.join(FIXTURES).join("tokenizers"))? {
            let file = file?.path();
            if file.extension().is_some_and(|end| end == "json") {
                let mut bytes = b"A few words, 123\n\0".to_vec();
                bytes.extend(std::fs::read(&file)?);
                std::fs::write(corpus.join(file.file_name().context("a file has a name")?), bytes)?;
            }
        }
    }
    Ok(corpus)
}

/// The triple of this machine.
fn host() -> Result<String> {
    let told = process::capture(Command::new("rustc").arg("-vV"), "rustc -vV")?;
    let triple = told.lines().find_map(|line| line.strip_prefix("host: ")).context("rustc names no host")?;
    Ok(triple.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_target_is_known_here_and_in_the_manifest() {
        let manifest = include_str!("../../fuzz/Cargo.toml");
        let listed =
            manifest.lines().filter_map(|line| line.strip_prefix("path = \"targets/")?.strip_suffix(".rs\""));
        assert_eq!(listed.collect::<Vec<_>>(), names());
    }
}
