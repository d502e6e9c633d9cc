//! Compiles this same crate to wasm with a nested cargo, twice: as the runtime the chain starts
//! with and as the one it upgrades to.
//!
//! The usual builder crate compiles Binaryen from C++, which takes longer than everything else in
//! the runtime's build. What it does for us fits in one command.
//!
//! - `DEVNET_SKIP_WASM=1` leaves both blobs empty: enough for `cargo check` and lints.
//! - The runtime's crate is compiled without `std`, where this script has nothing to do.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

/// A rustc target without the features that the runtime executor refuses.
const TARGET: &str = "wasm32v1-none";

fn main() {
    println!("cargo::rerun-if-env-changed=DEVNET_SKIP_WASM");
    if !cfg!(feature = "std") {
        return;
    }
    let manifest_dir = PathBuf::from(env::var("CARGO_MANIFEST_DIR").expect("cargo sets it"));
    let out_dir = PathBuf::from(env::var("OUT_DIR").expect("cargo sets it"));
    let workspace = manifest_dir.parent().expect("the runtime lies in the workspace").to_path_buf();
    for path in
        ["runtime/src", "runtime/Cargo.toml", "runtime/build.rs", "pallets", "Cargo.toml", "Cargo.lock"]
    {
        println!("cargo::rerun-if-changed={}", workspace.join(path).display());
    }
    for (variable, feature) in [("DEVNET_WASM", None), ("DEVNET_WASM_NEXT", Some("next"))] {
        let blob = out_dir.join(format!("{}.wasm", variable.to_lowercase()));
        if env::var_os("DEVNET_SKIP_WASM").is_some_and(|value| value != "0") {
            fs::write(&blob, []).expect("OUT_DIR is writable");
        } else {
            fs::copy(build(&workspace, &out_dir, feature), &blob).expect("OUT_DIR is writable");
        }
        println!("cargo::rustc-env={variable}={}", blob.display());
    }
}

/// Builds the wasm with `feature` and returns the path of the blob.
fn build(workspace: &Path, out_dir: &Path, feature: Option<&str>) -> PathBuf {
    // A target directory of its own: the outer cargo holds the lock of the other one.
    let target_dir = nested_target_dir(workspace, out_dir);
    let cargo = env::var("CARGO").expect("cargo sets it");
    let mut command = Command::new(cargo);
    command
        .current_dir(workspace)
        .args(["rustc", "--package", "lantern-devnet-runtime", "--lib", "--crate-type", "cdylib"])
        .args(["--no-default-features", "--profile", "wasm", "--target", TARGET])
        .env("CARGO_TARGET_DIR", &target_dir)
        .env(
            "RUSTFLAGS",
            "-C link-arg=--export-table -C link-arg=--export=__heap_base -C link-arg=--import-memory \
             --cfg substrate_runtime",
        )
        .env_remove("CARGO_ENCODED_RUSTFLAGS")
        .env_remove("RUSTC")
        .env_remove("RUSTC_WRAPPER")
        .env_remove("RUSTC_WORKSPACE_WRAPPER")
        .env_remove("CARGO_FEATURE_STD")
        .env_remove("CARGO_FEATURE_DEFAULT");
    if let Some(feature) = feature {
        command.args(["--features", feature]);
    }
    let status = command.status().expect("cargo starts");
    assert!(status.success(), "the runtime did not compile to wasm; is the target {TARGET} installed?");
    target_dir.join(TARGET).join("wasm").join("lantern_devnet_runtime.wasm")
}

/// `<target>/wasm-runtime` of the outer build, found from `<target>/<profile>/build/<crate>/out`.
fn nested_target_dir(workspace: &Path, out_dir: &Path) -> PathBuf {
    out_dir
        .ancestors()
        .nth(4)
        .map_or_else(|| workspace.join("target"), Path::to_path_buf)
        .join("wasm-runtime")
}
