//! Turns what is missing here into a `cfg`, so that tests which need it are listed as ignored and never pass
//! silently: an adapter, by the environment variable `LANTERN_SKIP_GPU_TESTS`, and the folder of MiniLM, which
//! `cargo xtask model minilm` makes.

const MINILM: &str = "../target/models/minilm/manifest.json";

fn main() {
    println!("cargo::rustc-check-cfg=cfg(skip_gpu_tests)");
    println!("cargo::rerun-if-env-changed=LANTERN_SKIP_GPU_TESTS");
    if std::env::var_os("LANTERN_SKIP_GPU_TESTS").is_some() {
        println!("cargo::rustc-cfg=skip_gpu_tests");
    }
    println!("cargo::rustc-check-cfg=cfg(no_minilm)");
    println!("cargo::rerun-if-changed={MINILM}");
    if !std::path::Path::new(MINILM).is_file() {
        println!("cargo::rustc-cfg=no_minilm");
    }
}
