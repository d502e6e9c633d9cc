//! The fuzz targets without instrumentation: that they compile, and survive their seeds and damaged forms of them.
//!
//! `fuzz/` is a workspace of its own, which only `cargo xtask fuzz` builds. Its targets are compiled here with a
//! macro of our own in place of libFuzzer's, in the crate that stands on most of what they fuzz.
#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "this is a test")]

extern crate self as libfuzzer_sys;

use std::path::Path;

/// In place of libFuzzer's: makes a function of a target.
#[macro_export]
macro_rules! fuzz_target {
    (|$input:ident: &str| $body:expr) => {
        pub(crate) fn run(bytes: &[u8]) {
            // libFuzzer skips what is not text, too.
            if let Ok($input) = core::str::from_utf8(bytes) {
                $body
            }
        }
    };
    (|$input:ident: &[u8]| $body:expr) => {
        pub(crate) fn run($input: &[u8]) {
            $body
        }
    };
}

/// Compiles targets and lists them.
macro_rules! targets {
    ($($name:ident = $path:literal),* $(,)?) => {
        $(
            #[path = $path]
            #[allow(unused_attributes, reason = "a target is a whole program there")]
            #[allow(clippy::duplicate_mod, reason = "two targets share a module")]
            #[allow(clippy::let_underscore_must_use, reason = "whatever comes out is fine")]
            mod $name;
        )*

        const TARGETS: &[(&str, fn(&[u8]))] = &[$((stringify!($name), $name::run)),*];
    };
}

targets! {
    account = "../../fuzz/targets/account.rs",
    bridge = "../../fuzz/targets/bridge.rs",
    database = "../../fuzz/targets/database.rs",
    follow = "../../fuzz/targets/follow.rs",
    gguf = "../../fuzz/targets/gguf.rs",
    header = "../../fuzz/targets/header.rs",
    manifest = "../../fuzz/targets/manifest.rs",
    metadata = "../../fuzz/targets/metadata.rs",
    safetensors = "../../fuzz/targets/safetensors.rs",
    spec = "../../fuzz/targets/spec.rs",
    tokenizer = "../../fuzz/targets/tokenizer.rs",
}

/// Damaged forms of each seed.
const DAMAGED: usize = 24;

fn file(name: &str) -> Vec<u8> {
    std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(name)).expect(name)
}

/// A valid input of a target, where there is a small one.
fn seed(target: &str) -> Vec<u8> {
    let model = |name: &str| file(&format!("wasm-miner/tests/fixtures/{name}"));
    match target {
        "account" => b"5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY".to_vec(),
        "follow" => {
            br#"{"event":"newBlock","blockHash":"0x00","parentBlockHash":"0x00","newRuntime":null}"#.to_vec()
        }
        "gguf" => [vec![255], model("tiny_llama.gguf")].concat(),
        "manifest" => file("public/models/lantern-demo/manifest.json"),
        "metadata" => b"meta\x0f".to_vec(),
        "safetensors" => {
            [model("tiny_llama3/config.json"), vec![0], model("tiny_llama3/model.safetensors")].concat()
        }
        "spec" => file("public/networks/finney.json"),
        "tokenizer" => [b"A few words\0".to_vec(), model("tokenizers/llama3.json")].concat(),
        _ => vec![0; 64],
    }
}

#[test]
fn every_target_survives_its_seed_and_damaged_forms_of_it() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/targets");
    let programs = std::fs::read_dir(folder).unwrap().filter_map(|entry| {
        entry.unwrap().path().file_name()?.to_str()?.strip_suffix(".rs").map(str::to_owned)
    });
    let mut programs: Vec<String> = programs.collect();
    programs.sort_unstable();
    assert_eq!(programs, TARGETS.iter().map(|(name, _)| *name).collect::<Vec<_>>());

    for (name, run) in TARGETS {
        let seed = seed(name);
        run(&[]);
        run(&seed);
        // Places that are far apart and the same in each run.
        let mut place = 7_usize;
        for _ in 0..DAMAGED {
            place = place.wrapping_mul(1_103_515_245).wrapping_add(12_345) % seed.len();
            let mut damaged = seed.clone();
            damaged[place] ^= 0x41;
            run(&damaged);
            run(&seed[..place]);
        }
    }
}
