//! The two workers: `workers/light-client.js` and `workers/miner.js`, module workers with fixed names.
//!
//! Each is a boot module of a few lines. It names the glue and the wasm file by their content hash, so
//! that those can be cached for ever while an old page can never meet half of a new worker.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

use super::{Build, wasm_bindgen};
use crate::{
    cargo::{Workspace, artifact, cargo},
    process, tools,
};

/// A worker: its package, and the name of its files.
struct Worker {
    package: &'static str,
    name: &'static str,
}

const WORKERS: [Worker; 2] = [
    Worker { package: "lantern-light-client", name: "light-client" },
    Worker { package: "lantern-wasm-miner", name: "miner" },
];

/// Compiles both workers and writes their files to `workers/`.
pub(super) fn build(build: &Build<'_>) -> Result<()> {
    let mut compile = cargo(build.root, Workspace::Root);
    compile.args(["build", "--locked", "--target", tools::WASM, "--profile", build.profile.name()]);
    compile.arg("--message-format=json-render-diagnostics");
    for worker in &WORKERS {
        compile.args(["--package", worker.package]);
    }
    build.compiles(&mut compile)?;
    let messages = process::run(&mut compile, "compile workers", &build.logs())?;
    let folder = build.staging.join("workers");
    std::fs::create_dir_all(&folder)?;
    for worker in &WORKERS {
        let wasm = artifact(&messages, worker.package, "wasm")
            .with_context(|| format!("{} has no wasm binary", worker.package))?;
        bind(build, worker, &wasm, &folder)?;
    }
    Ok(())
}

/// Compiles an example of a package as it would ship, and returns its wasm file.
pub(super) fn compile_example(build: &Build<'_>, package: &str, example: &str) -> Result<PathBuf> {
    let mut compile = cargo(build.root, Workspace::Root);
    compile.args(["build", "--locked", "--target", tools::WASM, "--profile", build.profile.name()]);
    compile.args(["--package", package, "--example", example]);
    compile.arg("--message-format=json-render-diagnostics");
    build.compiles(&mut compile)?;
    let messages = process::run(&mut compile, &format!("compile {example} for wasm"), &build.logs())?;
    artifact(&messages, package, "wasm").with_context(|| format!("{package} has no wasm example"))
}

/// Runs wasm-bindgen on one worker and names its files.
fn bind(build: &Build<'_>, worker: &Worker, wasm: &Path, folder: &Path) -> Result<()> {
    let name = worker.name;
    let scratch = build.target.join("bindgen").join(name);
    if scratch.exists() {
        std::fs::remove_dir_all(&scratch)?;
    }
    let mut bindgen = wasm_bindgen(build.root)?;
    // The name section is a third of the file. Binaryen makes the light client larger once compressed.
    bindgen.args([
        "--target",
        "web",
        "--no-typescript",
        "--remove-name-section",
        "--remove-producers-section",
    ]);
    bindgen.arg("--out-dir").arg(&scratch).args(["--out-name", name]).arg(wasm);
    process::run(&mut bindgen, &format!("wasm-bindgen {name}"), &build.logs())?;

    let module = std::fs::read(scratch.join(format!("{name}_bg.wasm")))?;
    let glue = std::fs::read(scratch.join(format!("{name}.js")))?;
    let module_name = format!("{name}-{}_bg.wasm", super::short_hash(&module));
    let glue_name = format!("{name}-{}.js", super::short_hash(&glue));
    std::fs::write(folder.join(&module_name), module)?;
    std::fs::write(folder.join(&glue_name), glue)?;
    std::fs::write(folder.join(format!("{name}.js")), boot_module(&glue_name, &module_name))?;
    let snippets = scratch.join("snippets");
    if snippets.exists() {
        super::copy(&snippets, &folder.join("snippets"))?;
    }
    Ok(())
}

/// The module that `new Worker(url, { type: "module" })` loads.
fn boot_module(glue: &str, module: &str) -> String {
    format!(
        "// Messages that arrive before the wasm module listens are kept and handed over.\n\
         const early = [];\n\
         const keep = (event) => early.push(event);\n\
         addEventListener(\"message\", keep);\n\
         try {{\n  \
           const module_or_path = fetch(new URL(\"./{module}\", import.meta.url));\n  \
           const {{ default: init }} = await import(\"./{glue}\");\n  \
           await init({{ module_or_path }});\n  \
           removeEventListener(\"message\", keep);\n  \
           for (const {{ data, ports }} of early) {{\n    \
             dispatchEvent(new MessageEvent(\"message\", {{ data, ports: [...ports] }}));\n  \
           }}\n\
         }} catch (error) {{\n  \
           // The page reads a text as the reason why the worker did not start.\n  \
           postMessage(String(error));\n\
         }}\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_boot_module_names_both_files() {
        let boot = boot_module("a-1.js", "a-1_bg.wasm");
        assert!(boot.contains("\"./a-1_bg.wasm\"") && boot.contains("import(\"./a-1.js\")"), "{boot}");
    }
}
