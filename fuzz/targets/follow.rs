//! JSON that a JSON-RPC server sends: events of `chainHead_v1_follow` and of a watched transaction.
#![no_main]

libfuzzer_sys::fuzz_target!(|json: &str| lantern_chain::fuzz::json(json));
