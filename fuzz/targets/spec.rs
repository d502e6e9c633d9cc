//! Chain specifications and network files that a user drops in.
#![no_main]

use lantern_light_client::spec::Spec;

libfuzzer_sys::fuzz_target!(|text: &str| {
    if let Ok(spec) = Spec::parse(text) {
        let _ = spec.checkpoint_database();
        let _ = spec.checkpoint_height();
        // The form that smoldot gets is a specification of the same chain.
        assert_eq!(Spec::parse(spec.for_smoldot()).map(|again| again.id), Ok(spec.id.clone()));
    }
});
