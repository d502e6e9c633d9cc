//! Block headers in SCALE, and their digests.
#![no_main]

use lantern_light_client::spec::Header;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    if let Ok(header) = Header::decode_all(bytes) {
        let _ = (header.hash(), header.is_babe(), header.aura_authorities(), header.grandpa_change());
    }
});
