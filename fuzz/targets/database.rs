//! What was saved in the browser and may have been damaged since.
#![no_main]

use lantern_light_client::database;

libfuzzer_sys::fuzz_target!(|text: &str| {
    let _ = database::open(&[7; 32], Some(1), text);
    let _ = database::snapshot(text);
});
