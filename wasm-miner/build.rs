//! Turns the environment variable `LANTERN_SKIP_GPU_TESTS` into a `cfg`, so that tests which need an adapter are
//! listed as ignored where there is none, and never pass silently.

fn main() {
    println!("cargo::rustc-check-cfg=cfg(skip_gpu_tests)");
    println!("cargo::rerun-if-env-changed=LANTERN_SKIP_GPU_TESTS");
    if std::env::var_os("LANTERN_SKIP_GPU_TESTS").is_some() {
        println!("cargo::rustc-cfg=skip_gpu_tests");
    }
}
