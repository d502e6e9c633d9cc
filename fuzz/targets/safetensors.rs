//! safetensors files, with a configuration in front of them.
#![no_main]

use lantern_wasm_miner::{
    loader::stream::{Loader, Options},
    model::config::Config,
};

mod store;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    // The configuration ends at the first zero byte.
    let mut parts = bytes.splitn(2, |byte| *byte == 0);
    let (Some(config), Some(file)) = (parts.next(), parts.next()) else { return };
    let Ok(config) = Config::parse(config) else { return };
    let mut loader = Loader::new(Options { config, format: None, shard_bytes: 1 << 20 });
    for piece in file.chunks(1000) {
        if loader.push(piece, &mut store::Nothing).is_err() {
            return;
        }
    }
    let _ = loader.finish("model.safetensors");
});
