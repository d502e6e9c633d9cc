//! Small JSON files beside a model: its manifest, its configuration, and what is kept of a download.
#![no_main]

use lantern_wasm_miner::{keep::record::Record, loader::manifest::Manifest, model::config::Config};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let _ = Manifest::parse(bytes);
    let _ = Config::parse(bytes);
    if let Some(record) = Record::parse(bytes) {
        let _ = (record.chunks(), record.chunk_bytes(u64::MAX), record.bytes_in(u64::MAX));
    }
});
