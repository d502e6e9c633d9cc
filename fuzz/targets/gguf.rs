//! GGUF files: header, weights, and the vocabulary inside.
#![no_main]

use lantern_wasm_miner::{loader::stream::Loader, tokenizer};

mod store;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let Some((first, file)) = bytes.split_first() else { return };
    // Pieces of any length give the same as the whole.
    let piece = usize::from(*first).max(1) * 37;
    let mut loader = Loader::gguf(None, 1 << 20);
    for piece in file.chunks(piece) {
        if loader.push(piece, &mut store::Nothing).is_err() {
            return;
        }
        if let Some(model) = loader.take_model()
            && let Ok(tokenizer) = tokenizer::gguf::read(&model.vocabulary)
        {
            for token in tokenizer.encode("A żółw — 漢字\n\u{1F980} 123") {
                let _ = tokenizer.decode(token);
            }
        }
    }
    let _ = loader.finish("model.gguf");
});
