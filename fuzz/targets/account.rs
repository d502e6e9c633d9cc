//! SS58 addresses, amounts and hashes that a user types or pastes.
#![no_main]

use lantern_types::{AccountId, AlphaBalance, BlockHash, TaoBalance, format};

libfuzzer_sys::fuzz_target!(|text: &str| {
    if let Ok(account) = AccountId::from_ss58(text) {
        // What was read is written back as an address of the same account.
        assert_eq!(AccountId::from_ss58(&account.to_ss58()), Ok(account));
    }
    let _ = (TaoBalance::parse(text), AlphaBalance::parse(text));
    let _ = BlockHash::from_hex(text);
    let _ = format::parse_hex(text);
});
