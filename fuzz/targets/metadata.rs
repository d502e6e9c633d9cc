//! Metadata of a runtime, and storage values that are read by it.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| lantern_chain::fuzz::metadata(bytes));
