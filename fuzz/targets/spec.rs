//! Chain specifications and network files that a user drops in.
#![no_main]

use lantern_light_client::spec::Spec;

libfuzzer_sys::fuzz_target!(|text: &str| {
    if let Ok(spec) = Spec::parse(text) {
        let _ = spec.checkpoint_database();
        let _ = spec.checkpoint_height();
        // smoldot gets a specification that is JSON, whatever came in.
        assert!(spec.for_smoldot().starts_with('{'));
    }
});
