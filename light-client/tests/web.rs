//! Tests against the browser's own storage. `cargo xtask test` runs them in headless Chromium.

#![cfg(target_arch = "wasm32")]

use lantern_light_client::database::{self, IndexedDb, Snapshot, Storage as _, Unusable};
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_browser);

const GENESIS: [u8; 32] = [7; 32];

/// A database of a chain with this genesis hash, finalized at the block of Finney's checkpoint.
fn snapshot() -> Snapshot {
    let network: serde_json::Value =
        serde_json::from_str(include_str!("../../public/networks/finney.json")).unwrap();
    let header = network["checkpoint"]["header"].as_str().unwrap().trim_start_matches("0x");
    let answer = serde_json::json!({
        "genesisHash": "07".repeat(32),
        "chain": { "version": "1", "finalized_block_header": header },
        "nodes": {},
    });
    database::snapshot(&answer.to_string()).unwrap()
}

#[wasm_bindgen_test]
async fn a_record_outlives_the_connection_that_wrote_it() {
    let (key, written) = (database::key(&GENESIS), snapshot());
    let record = database::record(&GENESIS, &written);
    IndexedDb::default().write(&key, record).await.unwrap();
    let text = IndexedDb::default().read(&key).await.unwrap().unwrap();
    assert_eq!(database::open(&GENESIS, None, &text), Ok(written));
    assert_eq!(database::open(&[8; 32], None, &text), Err(Unusable::Foreign));
}

#[wasm_bindgen_test]
async fn a_later_record_replaces_an_earlier_one() {
    let storage = IndexedDb::default();
    storage.write("replaced", "first".to_owned()).await.unwrap();
    storage.write("replaced", "second".to_owned()).await.unwrap();
    assert_eq!(storage.read("replaced").await.unwrap().as_deref(), Some("second"));
}

#[wasm_bindgen_test]
async fn what_is_removed_or_was_never_there_is_nothing() {
    let storage = IndexedDb::default();
    assert_eq!(storage.read("never there").await.unwrap(), None);
    storage.write("removed", "text".to_owned()).await.unwrap();
    storage.remove("removed").await.unwrap();
    assert_eq!(storage.read("removed").await.unwrap(), None);
    // Removing it again is no error.
    storage.remove("removed").await.unwrap();
}

#[wasm_bindgen_test]
async fn a_megabyte_comes_back_whole_and_a_flipped_byte_is_noticed() {
    let storage = IndexedDb::default();
    let text: String =
        (0..1_000_000_u32).map(|at| char::from(b'a' + u8::try_from(at % 26).unwrap())).collect();
    storage.write("large", text.clone()).await.unwrap();
    assert_eq!(storage.read("large").await.unwrap(), Some(text));

    let record = database::record(&GENESIS, &snapshot());
    let damaged = record.replacen("finalized_block_header", "finalized_block_headEr", 1);
    assert_ne!(damaged, record);
    storage.write("damaged", damaged).await.unwrap();
    let text = storage.read("damaged").await.unwrap().unwrap();
    assert_eq!(database::open(&GENESIS, None, &text), Err(Unusable::Damaged));
}
