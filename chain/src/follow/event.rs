//! The events of `chainHead_v1_follow`, read from JSON.

use alloc::borrow::Cow;
use alloc::rc::Rc;
use alloc::string::String;
use alloc::vec::Vec;
use lantern_types::{BlockHash, format};
use serde::Deserialize;

/// What a block says about its runtime.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuntimeVersion {
    /// Runtime name, such as `node-subtensor`.
    pub spec_name: String,
    /// Version of the runtime: it names the metadata.
    pub spec_version: u32,
    /// Version of the transaction format.
    pub transaction_version: u32,
}

/// An event about blocks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum FollowEvent {
    Initialized { finalized: Vec<BlockHash>, runtime: Option<Rc<RuntimeVersion>> },
    NewBlock { block: BlockHash, parent: BlockHash, runtime: NewRuntime },
    BestBlockChanged { best: BlockHash },
    Finalized { finalized: Vec<BlockHash>, pruned: Vec<BlockHash> },
    Operation { id: String, event: OperationEvent },
    Stop,
}

/// Whether a block changes the runtime.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum NewRuntime {
    Unchanged,
    Changed(Rc<RuntimeVersion>),
    /// It does, and the new runtime cannot be used.
    Broken,
}

/// An event about one operation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum OperationEvent {
    Items(Vec<StorageItem>),
    StorageDone,
    CallDone(Vec<u8>),
    BodyDone(Vec<Vec<u8>>),
    WaitingForContinue,
    Inaccessible,
    Failed(String),
}

impl OperationEvent {
    pub(crate) fn is_last(&self) -> bool {
        !matches!(self, Self::Items(_) | Self::WaitingForContinue)
    }
}

/// One storage value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct StorageItem {
    pub(crate) key: Vec<u8>,
    pub(crate) value: Vec<u8>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawEvent<'a> {
    #[serde(borrow)]
    event: Cow<'a, str>,
    #[serde(default)]
    finalized_block_hashes: Vec<String>,
    #[serde(default)]
    pruned_block_hashes: Vec<String>,
    finalized_block_runtime: Option<RawRuntime>,
    new_runtime: Option<RawRuntime>,
    block_hash: Option<String>,
    parent_block_hash: Option<String>,
    best_block_hash: Option<String>,
    operation_id: Option<String>,
    #[serde(default)]
    items: Vec<RawItem>,
    output: Option<String>,
    #[serde(default)]
    value: Vec<String>,
    error: Option<String>,
}

#[derive(Deserialize)]
struct RawRuntime {
    spec: Option<RawSpec>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawSpec {
    spec_name: String,
    spec_version: u32,
    transaction_version: u32,
}

#[derive(Deserialize)]
struct RawItem {
    key: String,
    value: Option<String>,
    hash: Option<String>,
    #[serde(rename = "closestDescendantMerkleValue")]
    merkle_value: Option<String>,
}

/// Reads an event; nothing where it has an unknown form. Unknown kinds of events have none either.
pub(crate) fn parse(json: &str) -> Option<FollowEvent> {
    let raw: RawEvent<'_> = serde_json::from_str(json).ok()?;
    match raw.event.as_ref() {
        "initialized" => Some(FollowEvent::Initialized {
            finalized: hashes(&raw.finalized_block_hashes)?,
            runtime: raw.finalized_block_runtime.and_then(RawRuntime::version),
        }),
        "newBlock" => Some(FollowEvent::NewBlock {
            block: hash(raw.block_hash.as_deref())?,
            parent: hash(raw.parent_block_hash.as_deref())?,
            runtime: match raw.new_runtime {
                None => NewRuntime::Unchanged,
                Some(runtime) => runtime.version().map_or(NewRuntime::Broken, NewRuntime::Changed),
            },
        }),
        "bestBlockChanged" => {
            Some(FollowEvent::BestBlockChanged { best: hash(raw.best_block_hash.as_deref())? })
        }
        "finalized" => Some(FollowEvent::Finalized {
            finalized: hashes(&raw.finalized_block_hashes)?,
            pruned: hashes(&raw.pruned_block_hashes)?,
        }),
        "stop" => Some(FollowEvent::Stop),
        _ => operation(raw),
    }
}

fn operation(raw: RawEvent<'_>) -> Option<FollowEvent> {
    let id = raw.operation_id?;
    let event = match raw.event.as_ref() {
        "operationStorageItems" => {
            let items = raw.items.into_iter().map(RawItem::parse).collect::<Option<_>>()?;
            OperationEvent::Items(items)
        }
        "operationStorageDone" => OperationEvent::StorageDone,
        "operationCallDone" => OperationEvent::CallDone(format::parse_hex(&raw.output?)?),
        "operationBodyDone" => {
            let body = raw.value.iter().map(|text| format::parse_hex(text)).collect::<Option<_>>()?;
            OperationEvent::BodyDone(body)
        }
        "operationWaitingForContinue" => OperationEvent::WaitingForContinue,
        "operationInaccessible" => OperationEvent::Inaccessible,
        "operationError" => OperationEvent::Failed(raw.error.unwrap_or_default()),
        _ => return None,
    };
    Some(FollowEvent::Operation { id, event })
}

impl RawRuntime {
    fn version(self) -> Option<Rc<RuntimeVersion>> {
        let RawSpec { spec_name, spec_version, transaction_version } = self.spec?;
        Some(Rc::new(RuntimeVersion { spec_name, spec_version, transaction_version }))
    }
}

impl RawItem {
    fn parse(self) -> Option<StorageItem> {
        let value = self.value.or(self.hash).or(self.merkle_value)?;
        Some(StorageItem { key: format::parse_hex(&self.key)?, value: format::parse_hex(&value)? })
    }
}

fn hash(text: Option<&str>) -> Option<BlockHash> {
    BlockHash::from_hex(text?)
}

fn hashes(texts: &[String]) -> Option<Vec<BlockHash>> {
    texts.iter().map(|text| BlockHash::from_hex(text)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn events_are_read() {
        let one = BlockHash([1; 32]);
        let json = alloc::format!(
            r#"{{"event":"initialized","finalizedBlockHashes":["{one}"],"finalizedBlockRuntime":
            {{"type":"valid","spec":{{"specName":"a","implName":"b","specVersion":3,"implVersion":1,
            "transactionVersion":2,"apis":{{"0x1":2}}}}}}}}"#
        );
        let runtime = RuntimeVersion { spec_name: "a".into(), spec_version: 3, transaction_version: 2 };
        assert_eq!(
            parse(&json),
            Some(FollowEvent::Initialized { finalized: alloc::vec![one], runtime: Some(Rc::new(runtime)) })
        );
        let json = r#"{"event":"operationStorageItems","operationId":"7","items":
            [{"key":"0x0102","value":"0x03"},{"key":"0x04","closestDescendantMerkleValue":"0x05"}]}"#;
        let items = alloc::vec![
            StorageItem { key: alloc::vec![1, 2], value: alloc::vec![3] },
            StorageItem { key: alloc::vec![4], value: alloc::vec![5] },
        ];
        let event = OperationEvent::Items(items);
        assert_eq!(parse(json), Some(FollowEvent::Operation { id: "7".into(), event }));
        assert_eq!(parse(r#"{"event":"stop"}"#), Some(FollowEvent::Stop));
        assert_eq!(parse(r#"{"event":"finalized","finalizedBlockHashes":["0x12"]}"#), None);
        assert_eq!(parse(r#"{"event":"newThing"}"#), None);
    }

    proptest! {
        #[test]
        fn any_text_is_survived(text in ".*") {
            let _event = parse(&text);
        }
    }
}
