//! `tokenizer.json`, and texts cut by it.
#![no_main]

use lantern_wasm_miner::tokenizer::json;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    // The text ends at the first zero byte.
    let mut parts = bytes.splitn(2, |byte| *byte == 0);
    let (Some(text), Some(file)) = (parts.next(), parts.next()) else { return };
    let Ok(tokenizer) = json::read(file) else { return };
    for token in tokenizer.encode(&String::from_utf8_lossy(text)) {
        assert!((token as usize) < tokenizer.len(), "token {token} of {}", tokenizer.len());
        let _ = tokenizer.decode(token);
    }
});
