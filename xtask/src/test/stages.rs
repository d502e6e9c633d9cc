//! The list of checks.

use std::path::Path;

use anyhow::{Result, anyhow, bail};

use super::{
    counts::{self, Counts},
    failures::{self, Failure},
};
use crate::{
    cargo::{Workspace, cargo, metadata, plain},
    devnet, dist, model, paths, process, report, size, tidy, tools,
};

/// Where a stage works. Two stages never work in the same place at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// Nowhere in particular, and without much work.
    Light,
    /// The target folder of the product.
    Root,
    /// The target folder of the development chain.
    Devnet,
    /// The target folder of this program.
    Xtask,
    /// The cache of tools.
    Tools,
    /// On an otherwise quiet machine.
    Alone,
}

impl Place {
    /// Whether a stage there may keep all cores busy.
    pub fn is_heavy(self) -> bool {
        matches!(self, Self::Root | Self::Devnet | Self::Xtask | Self::Tools)
    }
}

/// One row of the final table.
pub struct Stage {
    /// Its name on the command line.
    pub name: &'static str,
    /// Stages that have to pass before.
    pub needs: &'static [&'static str],
    /// Where it works.
    pub place: Place,
    /// Whether it only prepares others, and so runs with `--only` too.
    pub prepares: bool,
    /// Does the work.
    pub run: fn(&Path) -> Result<Counts>,
}

const fn stage(
    name: &'static str,
    needs: &'static [&'static str],
    place: Place,
    run: fn(&Path) -> Result<Counts>,
) -> Stage {
    Stage { name, needs, place, prepares: false, run }
}

const fn preparation(
    name: &'static str,
    needs: &'static [&'static str],
    place: Place,
    run: fn(&Path) -> Result<Counts>,
) -> Stage {
    Stage { name, needs, place, prepares: true, run }
}

/// All stages. Earlier ones start first where several could.
pub const STAGES: &[Stage] = &[
    preparation("system", &[], Place::Tools, |root| {
        tools::system(root, tools::Purpose::Browsers)?;
        tools::rust_targets(root)?;
        Ok(Counts::default())
    }),
    preparation("vendor", &["system"], Place::Light, |root| {
        crate::vendor(root)?;
        Ok(Counts::default())
    }),
    preparation("npm", &["system"], Place::Light, |root| {
        tools::npm(root)?;
        Ok(Counts::default())
    }),
    preparation("model", &["system"], Place::Light, |root| {
        model::ensure(root)?;
        Ok(Counts::default())
    }),
    stage("fmt", &["vendor"], Place::Light, fmt),
    stage("tidy", &["vendor"], Place::Light, |root| one(tidy::check(root))),
    stage("devnet-build", &["system"], Place::Devnet, |root| one(devnet::build(root))),
    preparation("page-tools", &["system"], Place::Tools, |root| {
        tools::page_tools(root)?;
        Ok(Counts::default())
    }),
    stage("clippy", &["vendor"], Place::Root, clippy_native),
    stage("clippy-wasm", &["vendor"], Place::Root, clippy_wasm),
    stage("test", &["vendor", "model"], Place::Root, |root| cargo_test(root, Workspace::Root)),
    stage("test-node", &["test", "devnet-build"], Place::Root, test_node),
    stage("devnet-clippy", &["devnet-build"], Place::Devnet, |root| clippy(root, Workspace::Devnet)),
    stage("devnet-test", &["devnet-build"], Place::Devnet, |root| cargo_test(root, Workspace::Devnet)),
    stage("test-wasm", &["vendor", "page-tools"], Place::Root, test_wasm),
    stage("xtask-clippy", &["system"], Place::Xtask, |root| clippy(root, Workspace::Xtask)),
    stage("xtask-test", &["system"], Place::Xtask, |root| cargo_test(root, Workspace::Xtask)),
    stage("build", &["vendor", "npm", "page-tools", "model"], Place::Root, |root| {
        one(dist::build(root, dist::Profile::Release))
    }),
    stage("build-again", &["build"], Place::Root, |root| {
        one(dist::verify_post_processing(root, dist::Profile::Release))
    }),
    stage("size", &["build"], Place::Light, |root| one(size::check(root))),
    stage("e2e-chromium", &["npm", "build", "devnet-build"], Place::Alone, |root| e2e(root, "chrome")),
    stage("e2e-firefox", &["npm", "build", "devnet-build"], Place::Alone, |root| e2e(root, "firefox")),
];

/// A check that counts as one.
fn one<T>(result: Result<T>) -> Result<Counts> {
    result.map(|_| Counts::one_passed())
}

fn fmt(root: &Path) -> Result<Counts> {
    let mut failed = Vec::new();
    for workspace in [Workspace::Root, Workspace::Devnet, Workspace::Xtask, Workspace::Fuzz] {
        let mut check = cargo(root, workspace);
        check.args(["fmt", "--all", "--check"]);
        if process::run(&mut check, &format!("fmt {}", workspace.name()), &paths::logs(root)).is_err() {
            failed.push(workspace.name());
        }
    }
    if !failed.is_empty() {
        bail!("not formatted: {}; run `cargo fmt --all` there", failed.join(", "));
    }
    Ok(Counts::one_passed())
}

fn clippy(root: &Path, workspace: Workspace) -> Result<Counts> {
    let mut lint = cargo(root, workspace);
    lint.args(["clippy", "--workspace", "--all-targets", "--locked", "--", "-D", "warnings"]);
    one(process::run(&mut lint, &format!("clippy {}", workspace.name()), &paths::logs(root)))
}

fn clippy_native(root: &Path) -> Result<Counts> {
    clippy(root, Workspace::Root)
}

/// Tests are linted natively; those for the browser are compiled when they run.
fn clippy_wasm(root: &Path) -> Result<Counts> {
    let mut lint = cargo(root, Workspace::Root);
    lint.args([
        "clippy",
        "--workspace",
        "--target",
        tools::WASM,
        "--locked",
        "--quiet",
        "--",
        "-D",
        "warnings",
    ]);
    one(process::run(&mut lint, "clippy wasm", &paths::logs(root)))
}

fn cargo_test(root: &Path, workspace: Workspace) -> Result<Counts> {
    let mut test = cargo(root, workspace);
    test.args(["test", "--workspace", "--locked", "--no-fail-fast"]);
    counted(root, &mut test, &format!("test {}", workspace.name()), CARGO)
}

/// Runs the tests of the light client and of the chain that need real nodes. Most of them start their own.
fn test_node(root: &Path) -> Result<Counts> {
    let node = devnet::built(root)?;
    let options = devnet::Options { scenario: "small".into(), slot_ms: 1_000, rpc_port: 0, p2p_port: 0 };
    let chain = devnet::Devnet::start(root, &node, &options)?;
    let mut test = cargo(root, Workspace::Root);
    test.args(["test", "--package", "lantern-light-client", "--package", "lantern-chain", "--tests"]);
    // They wait for blocks more than they compute, but each of them is a node and a client in debug builds.
    test.args(["--locked", "--no-fail-fast", "--", "--ignored", "--test-threads", "3"]);
    test.env("LANTERN_DEVNET", node).env("LANTERN_DEVNET_RPC", chain.rpc()?);
    counted(root, &mut test, "test node", CARGO)
}

/// Runs the file `tests/web.rs` of every package that has one, in headless Chromium.
fn test_wasm(root: &Path) -> Result<Counts> {
    let metadata = metadata(root, Workspace::Root, None)?;
    let is_for_browsers = |package: &&serde_json::Value| {
        package["source"].is_null()
            && package["targets"].as_array().into_iter().flatten().any(|target| {
                target["name"] == "web" && target["kind"].as_array().is_some_and(|kinds| kinds[0] == "test")
            })
    };
    let packages = metadata["packages"].as_array().into_iter().flatten().filter(is_for_browsers);
    let names: Vec<&str> = packages.filter_map(|package| package["name"].as_str()).collect();
    if names.is_empty() {
        bail!("no package has tests for the browser");
    }
    let runner = tools::folder_of(root, "wasm-bindgen-test-runner")?.join("wasm-bindgen-test-runner");
    let driver = paths::which("chromedriver").ok_or_else(|| anyhow!("chromedriver is not installed"))?;
    let mut test = cargo(root, Workspace::Root);
    test.args(["test", "--target", tools::WASM, "--locked", "--no-fail-fast", "--test", "web"]);
    for name in &names {
        test.args(["--package", name]);
    }
    test.env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUNNER", runner);
    test.env("CHROMEDRIVER", driver);
    test.env("WASM_BINDGEN_TEST_WEBDRIVER_JSON", root.join("xtask/webdriver.json"));
    // Seconds for all tests of a package together; those of the miner take most of a minute on a quiet machine.
    test.env("WASM_BINDGEN_TEST_TIMEOUT", "600");
    counted(root, &mut test, "test wasm", CARGO)
}

/// Runs the browser specs against what ships and a real chain.
fn e2e(root: &Path, browser: &str) -> Result<Counts> {
    let mut test = plain("node");
    test.current_dir(root.join("e2e")).arg("run.mjs");
    test.env("LANTERN_BROWSER", browser);
    test.env("LANTERN_DIST", paths::dist(root));
    test.env("LANTERN_DEVNET", devnet::built(root)?);
    test.env("LANTERN_XTASK", std::env::current_exe()?);
    test.env("LANTERN_ARTIFACTS", paths::target(root).join("e2e").join(browser));
    counted(root, &mut test, &format!("e2e {browser}"), NODE)
}

/// How the output of a test runner is read.
struct Reader {
    count: fn(&str) -> Counts,
    failures: fn(&str) -> Vec<Failure>,
}

const CARGO: Reader = Reader { count: counts::of_cargo_test, failures: failures::of_cargo_test };
const NODE: Reader = Reader { count: counts::of_node_test, failures: failures::of_node_test };

/// Runs tests and counts them, and shows what failed. A failure that no test reports, such as one to compile, counts as one.
fn counted(root: &Path, command: &mut std::process::Command, label: &str, reader: Reader) -> Result<Counts> {
    let logs = paths::logs(root);
    let (status, output) = process::run_unchecked(command, label, &logs)?;
    let counts = (reader.count)(&output);
    if status.success() {
        if counts.passed == 0 {
            bail!("{label} ran no test at all");
        }
        return Ok(counts);
    }
    let shown = failures::report(&(reader.failures)(&output), &output);
    report::failed(label, &shown, &process::log_path(&logs, label));
    Ok(if counts.failed == 0 { counts.and(&Counts::one_failed()) } else { counts })
}
