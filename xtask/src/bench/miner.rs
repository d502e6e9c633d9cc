//! `cargo xtask bench miner`: the engine on this machine's adapter next to PyTorch.

use std::{
    fs::File,
    path::{Path, PathBuf},
    process::Stdio,
};

use anyhow::{Context as _, Result, bail, ensure};
use lexopt::{Arg, Parser, ValueExt as _};
use serde_json::{Value, json};

use crate::{
    bench::{done, figures, unknown},
    cargo::{Workspace, cargo, executable, plain},
    dist, paths, process,
    process::Group,
    report, tools,
};

const PACKAGE: &str = "lantern-wasm-miner";
const EXAMPLE: &str = "bench";
const FLAGS: [&str; 3] = ["json", "no-build", "browser"];
const VALUES: [&str; 7] = ["shape", "format", "seconds", "runs", "only", "peer", "python"];

/// Which peer is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Peer {
    /// PyTorch where there is one.
    Auto,
    /// PyTorch, or an error.
    Torch,
    /// None.
    None,
}

/// The command's options.
struct Options {
    json: bool,
    no_build: bool,
    browser: bool,
    peer: Peer,
    python: String,
    /// Time for each measurement.
    seconds: String,
    /// Parts to measure, where not all of them.
    only: Option<String>,
    /// Options that the measuring program takes, as they were given.
    rest: Vec<String>,
}

impl Options {
    /// What the measuring program takes.
    fn given(&self) -> Vec<String> {
        let mut given = vec!["--seconds".to_owned(), self.seconds.clone()];
        given.extend(self.rest.iter().cloned());
        if let Some(only) = &self.only {
            given.extend(["--only".to_owned(), only.clone()]);
        }
        given
    }
}

/// Reads the options and measures.
pub(super) fn command(root: &Path, mut parser: Parser) -> Result<()> {
    let mut options = Options {
        json: false,
        no_build: false,
        browser: false,
        peer: Peer::Auto,
        python: "python3".to_owned(),
        seconds: "1".to_owned(),
        only: None,
        rest: Vec::new(),
    };
    while let Some(argument) = parser.next()? {
        match argument {
            Arg::Long("json") => options.json = true,
            Arg::Long("no-build") => options.no_build = true,
            Arg::Long("browser") => options.browser = true,
            Arg::Long("python") => options.python = parser.value()?.string()?,
            Arg::Long("seconds") => options.seconds = parser.value()?.string()?,
            Arg::Long("only") => options.only = Some(parser.value()?.string()?),
            Arg::Long("peer") => {
                options.peer = match parser.value()?.string()?.as_str() {
                    "auto" => Peer::Auto,
                    "torch" => Peer::Torch,
                    "none" => Peer::None,
                    other => bail!("no such peer: {other} (there are torch, none and auto)"),
                }
            }
            Arg::Long(name) if VALUES.contains(&name) => {
                options.rest.push(format!("--{name}"));
                options.rest.push(parser.value()?.string()?);
            }
            other => return Err(unknown("miner", &other, &FLAGS, &VALUES)),
        }
    }
    // Standard output is for the figures alone.
    report::to_standard_error();
    let result = if options.browser { in_chromium(root, &options)? } else { native(root, &options)? };
    if options.json {
        println!("{}", serde_json::to_string_pretty(&result)?);
    } else {
        print!("{}", figures::table(&result));
    }
    Ok(())
}

/// The engine through Vulkan, and PyTorch on the same machine.
fn native(root: &Path, options: &Options) -> Result<Value> {
    let program = program(root, options.no_build)?;
    let mut result = run(root, &program, &options.given())?;
    result["peer"] = Value::Null;
    result["peer_ratio"] = Value::Null;
    if options.peer != Peer::None && result.get("decode_tok_s").is_some() {
        match has_torch(&options.python) {
            Ok(()) => torch(root, options, &program, &mut result)?,
            Err(error) if options.peer == Peer::Torch => return Err(error),
            Err(error) => result["peer"] = json!({ "not_run": format!("{error:#}") }),
        }
    }
    if options.only.is_none() {
        figures::check(&result)?;
    }
    Ok(result)
}

/// Compiles the measuring program.
fn program(root: &Path, no_build: bool) -> Result<PathBuf> {
    if no_build {
        let program = paths::target(root).join("native/examples").join(EXAMPLE);
        ensure!(program.is_file(), "the benchmark is not built yet: leave out --no-build");
        return Ok(program);
    }
    crate::vendor(root)?;
    let mut compile = cargo(root, Workspace::Root);
    compile.args(["build", "--locked", "--profile", "native", "--package", PACKAGE, "--example", EXAMPLE]);
    compile.arg("--message-format=json-render-diagnostics");
    let messages = process::run(&mut compile, "compile the benchmark", &paths::logs(root))?;
    executable(&messages, EXAMPLE).with_context(|| format!("{PACKAGE} has no example named {EXAMPLE}"))
}

/// The engine in headless Chromium, and transformers.js by turns with it.
fn in_chromium(root: &Path, options: &Options) -> Result<Value> {
    let folder = paths::target(root).join("bench/wasm");
    if !options.no_build {
        tools::system(root, tools::Purpose::Browsers)?;
        tools::rust_targets(root)?;
        tools::npm(root)?;
        tools::npm_of_the_miners_peer(root)?;
        tools::page_tools(root)?;
        crate::vendor(root)?;
        let module = dist::compile_example(root, PACKAGE, EXAMPLE)?;
        let mut bind = dist::wasm_bindgen(root)?;
        bind.args(["--target", "web", "--no-typescript", "--out-name", EXAMPLE, "--out-dir"]);
        process::run(bind.arg(&folder).arg(module), "wasm-bindgen bench", &paths::logs(root))?;
    }
    ensure!(folder.is_dir(), "the benchmark is not built yet: leave out --no-build");
    let mut bench = plain("node");
    bench.current_dir(root.join("e2e")).arg("bench/miner.mjs").args(options.given());
    bench.env("LANTERN_BROWSER", "chrome").env("LANTERN_BENCH_WASM", &folder);
    bench.env("LANTERN_ARTIFACTS", paths::target(root).join("bench"));
    printed(root, &mut bench, "bench-miner-browser")
}

/// Runs a program whose standard output is one JSON object.
fn printed(root: &Path, command: &mut std::process::Command, label: &str) -> Result<Value> {
    let folder = paths::target(root).join("bench");
    std::fs::create_dir_all(&folder)?;
    let file = folder.join(format!("{label}.json"));
    command.stdout(File::create(&file)?).stderr(Stdio::inherit());
    done(Group::start_attached(command, label)?)?;
    let text = std::fs::read_to_string(&file)?;
    serde_json::from_str(&text).with_context(|| format!("{label} printed something that is not JSON: {text}"))
}

fn run(root: &Path, program: &Path, options: &[String]) -> Result<Value> {
    let program = program.to_str().context("a path is not valid UTF-8")?;
    printed(root, plain(program).args(options), "bench-miner")
}

fn has_torch(python: &str) -> Result<()> {
    let mut check = plain(python);
    check.args(["-c", "import torch, transformers"]);
    process::capture(&mut check, "import torch, transformers")
        .map(drop)
        .with_context(|| format!("{python} has no torch and transformers (name another with --python)"))
}

/// Adds PyTorch's figures for the same shapes, and ours again at its precision.
fn torch(root: &Path, options: &Options, program: &Path, result: &mut Value) -> Result<()> {
    let is_software = result["is_software"].as_bool().unwrap_or(true);
    // Both have these: halves on a graphics device, floats on a CPU.
    let format = if is_software { "f32" } else { "f16" };
    let mut peer = plain(&options.python);
    peer.arg(root.join("wasm-miner/peers/torch_decode.py"));
    peer.args(["--format", format, "--seconds", &options.seconds]);
    peer.args(["--device", if is_software { "cpu" } else { "cuda" }]);
    peer.args(["--shapes", &result["shapes"].to_string()]);
    let theirs = printed(root, &mut peer, "bench-torch")?;
    let names: Vec<String> =
        result["decode_tok_s"].as_object().into_iter().flatten().map(|(name, _)| name.clone()).collect();
    let parts = if is_software { "decode,cpu" } else { "decode" };
    let ours = run(
        root,
        program,
        &["--shape", &names.join(","), "--format", format, "--seconds", &options.seconds, "--only", parts]
            .map(str::to_owned),
    )?;
    figures::add_peer(result, &ours, &theirs);
    Ok(())
}
