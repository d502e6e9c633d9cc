//! Light requests at a block: storage with proof, runtime calls, bodies.
//!
//! All go through one scheduler. What the light client cannot do at the moment is tried again with growing
//! pauses, and given up with a typed error; nothing is retried hot, because peers ban for that.

use crate::clock::Clock;
use crate::collect::map_of;
use crate::error::ReadError;
use crate::follow::{Follow, OperationEvent, PinnedBlock, RunningOperation, StorageItem};
use crate::limiter::Limiter;
use crate::rpc::{RpcClient, RpcError, params};
use alloc::borrow::Cow;
use alloc::collections::BTreeMap;
use alloc::rc::Rc;
use alloc::string::{String, ToString as _};
use alloc::vec::Vec;
use core::cell::Cell;
use core::time::Duration;
use futures::future::{Either, select, try_join_all};
use lantern_types::format;
use serde::{Deserialize, Serialize};

/// Items per storage operation: smoldot has as many slots for a subscription.
const MAX_ITEMS: usize = 32;
/// Keys per bulk request: its proof stays well below the 16 MiB that a peer may answer with.
const MAX_BULK_KEYS: usize = 1024;
/// Pauses after a failure of the peers.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(10);
/// How often the peers may fail one request.
const MAX_ATTEMPTS: u32 = 5;
/// How often a request may wait for a free slot of the light client.
const MAX_WAITS: u32 = 64;

const METHOD_NOT_FOUND: i64 = -32601;
const UNKNOWN_BLOCK: i64 = -32801;

/// Values by key; every key that was asked for is in it, with nothing where it is proven absent.
pub(crate) type Values = BTreeMap<Vec<u8>, Option<Vec<u8>>>;

/// Reads at blocks.
pub(crate) struct Reader {
    rpc: Rc<dyn RpcClient>,
    clock: Rc<dyn Clock>,
    follow: Rc<Follow>,
    limiter: Limiter,
    /// Whether the other side answers `state_queryStorageAt`. Known after the first refusal.
    has_bulk: Cell<bool>,
}

#[derive(Serialize)]
struct Query<'a> {
    key: &'a str,
    #[serde(rename = "type")]
    kind: &'a str,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Started<'a> {
    #[serde(borrow)]
    result: Cow<'a, str>,
    operation_id: Option<String>,
    #[serde(default)]
    discarded_items: usize,
}

#[derive(Deserialize)]
struct ChangeSet {
    changes: Vec<(String, Option<String>)>,
}

/// How one attempt of an operation ended.
enum Attempt<T> {
    Done(T),
    /// The light client has no slot.
    LimitReached,
    /// The peers did not deliver.
    Inaccessible,
}

/// What an operation returns.
struct Outcome {
    items: Vec<StorageItem>,
    last: OperationEvent,
    discarded: usize,
}

impl Reader {
    pub(crate) fn new(
        rpc: Rc<dyn RpcClient>,
        clock: Rc<dyn Clock>,
        follow: Rc<Follow>,
        limiter: Limiter,
    ) -> Self {
        Self { rpc, clock, follow, limiter, has_bulk: Cell::new(true) }
    }

    /// Runs a runtime function locally on the proven state of a block.
    pub(crate) async fn call(
        &self,
        block: &PinnedBlock,
        function: &str,
        arguments: &[u8],
    ) -> Result<Vec<u8>, ReadError> {
        let hash = block.block().hash.to_hex();
        let arguments = format::hex(arguments);
        let make = |id: &str| params(&(id, &hash, function, &arguments));
        match self.operation(block, "chainHead_v1_call", &make).await?.last {
            OperationEvent::CallDone(output) => Ok(output),
            other => Err(unexpected("chainHead_v1_call", &other)),
        }
    }

    /// The values of known keys, in as few proofs as possible.
    ///
    /// A handful goes through an operation; more go through `state_queryStorageAt`, where one proof carries
    /// hundreds of keys. A server without it gets operations of 32 keys.
    pub(crate) async fn values(&self, block: &PinnedBlock, keys: &[Vec<u8>]) -> Result<Values, ReadError> {
        if keys.len() > MAX_ITEMS && self.has_bulk.get() {
            match try_join_all(keys.chunks(MAX_BULK_KEYS).map(|keys| self.bulk(block, keys))).await {
                Ok(parts) => return Ok(map_of(parts.into_iter().flatten())),
                Err(ReadError::Rpc(RpcError::Refused { code: METHOD_NOT_FOUND, .. })) => {
                    self.has_bulk.set(false);
                }
                Err(error) => return Err(error),
            }
        }
        let parts = keys.chunks(MAX_ITEMS).map(|keys| self.items(block, keys, "value"));
        let mut values: Values = map_of(keys.iter().map(|key| (key.clone(), None)));
        for item in try_join_all(parts).await?.into_iter().flatten() {
            if let Some(value) = values.get_mut(&item.key) {
                *value = Some(item.value);
            }
        }
        Ok(values)
    }

    /// Everything below some prefixes, by key. All prefixes share their round trips.
    pub(crate) async fn descendants(
        &self,
        block: &PinnedBlock,
        prefixes: &[Vec<u8>],
    ) -> Result<BTreeMap<Vec<u8>, Vec<u8>>, ReadError> {
        let parts = prefixes.chunks(MAX_ITEMS).map(|keys| self.items(block, keys, "descendantsValues"));
        let items = try_join_all(parts).await?.into_iter().flatten();
        Ok(map_of(items.map(|item| (item.key, item.value))))
    }

    /// What identifies the runtime's code at a block: the Merkle value of its node in the state trie, by
    /// proof. It is the hash of a node that holds the hash of the code, and the proof has neither.
    ///
    /// Nothing where it cannot be had, or where the code is inside the node (state version 0).
    pub(crate) async fn code(&self, block: &PinnedBlock) -> Option<[u8; 32]> {
        // The key itself would bring the whole code along. Below its parent there is nothing else.
        let key = b":cod".to_vec();
        let items = self.items(block, &[key], "closestDescendantMerkleValue").await.ok()?;
        items.first()?.value.as_slice().try_into().ok()
    }

    /// The state root in a block's header.
    pub(crate) async fn state_root(&self, block: &PinnedBlock) -> Result<[u8; 32], ReadError> {
        const METHOD: &str = "chainHead_v1_header";
        let id = block.follow_id().ok_or(ReadError::BlockGone)?;
        let hash = block.block().hash;
        let json = self.rpc.request(METHOD, params(&(id, hash.to_hex()))).await?;
        crate::header::from_json(json.get(), &hash)
            .map(|header| header.state_root)
            .map_err(|_form| ReadError::Rpc(RpcError::Malformed { method: METHOD }))
    }

    async fn bulk(&self, block: &PinnedBlock, keys: &[Vec<u8>]) -> Result<Values, ReadError> {
        let hash = block.block().hash.to_hex();
        self.values_of_past(&hash, keys).await
    }

    /// Like [`values`](Self::values), at any block that peers still have, by its hash.
    pub(crate) async fn values_of_past(&self, hash: &str, keys: &[Vec<u8>]) -> Result<Values, ReadError> {
        const METHOD: &str = "state_queryStorageAt";
        let texts: Vec<String> = keys.iter().map(|key| format::hex(key)).collect();
        let mut pause = FIRST_PAUSE;
        for _attempt in 0..MAX_ATTEMPTS {
            let permit = self.limiter.acquire().await;
            let answer = self.rpc.request(METHOD, params(&(&texts, hash))).await;
            drop(permit);
            match answer {
                Ok(json) => return change_set(json.get(), keys).ok_or_else(|| malformed(METHOD)),
                Err(RpcError::Refused { code, .. }) if code != METHOD_NOT_FOUND => {}
                Err(error) => return Err(error.into()),
            }
            self.clock.sleep(pause).await;
            pause = pause.saturating_mul(2).min(LONGEST_PAUSE);
        }
        Err(ReadError::Inaccessible { attempts: MAX_ATTEMPTS })
    }

    async fn items(
        &self,
        block: &PinnedBlock,
        keys: &[Vec<u8>],
        kind: &str,
    ) -> Result<Vec<StorageItem>, ReadError> {
        let hash = block.block().hash.to_hex();
        let texts: Vec<String> = keys.iter().map(|key| format::hex(key)).collect();
        let mut rest = texts.as_slice();
        let mut items = Vec::new();
        while !rest.is_empty() {
            let make = |id: &str| {
                let queries: Vec<Query<'_>> = rest.iter().map(|key| Query { key, kind }).collect();
                params(&(id, &hash, queries, None::<&str>))
            };
            let outcome = self.operation(block, "chainHead_v1_storage", &make).await?;
            match outcome.last {
                OperationEvent::StorageDone => items.extend(outcome.items),
                other => return Err(unexpected("chainHead_v1_storage", &other)),
            }
            // The last ones that did not fit are sent again.
            let taken = rest.len().saturating_sub(outcome.discarded);
            if taken == 0 {
                return Err(malformed("chainHead_v1_storage"));
            }
            rest = rest.get(taken..).unwrap_or(&[]);
        }
        Ok(items)
    }

    async fn operation(
        &self,
        block: &PinnedBlock,
        method: &'static str,
        make: &dyn Fn(&str) -> String,
    ) -> Result<Outcome, ReadError> {
        let mut pause = FIRST_PAUSE;
        let (mut failures, mut waits) = (0_u32, 0_u32);
        loop {
            let permit = self.limiter.acquire().await;
            let attempt = self.attempt(block, method, make).await;
            drop(permit);
            match attempt? {
                Attempt::Done(outcome) => return Ok(outcome),
                Attempt::LimitReached => {
                    waits = waits.saturating_add(1);
                    if waits >= MAX_WAITS {
                        return Err(ReadError::Busy);
                    }
                    let finished = core::pin::pin!(self.limiter.one_finished());
                    // The slots may be taken by operations that this process does not know of any more.
                    if let Either::Left((false, sleep)) =
                        select(finished, self.clock.sleep(FIRST_PAUSE)).await
                    {
                        sleep.await;
                    }
                }
                Attempt::Inaccessible => {
                    failures = failures.saturating_add(1);
                    if failures >= MAX_ATTEMPTS {
                        return Err(ReadError::Inaccessible { attempts: failures });
                    }
                    self.clock.sleep(pause).await;
                    pause = pause.saturating_mul(2).min(LONGEST_PAUSE);
                }
            }
        }
    }

    async fn attempt(
        &self,
        block: &PinnedBlock,
        method: &'static str,
        make: &dyn Fn(&str) -> String,
    ) -> Result<Attempt<Outcome>, ReadError> {
        let follow_id = block.follow_id().ok_or(ReadError::BlockGone)?;
        let json = match self.rpc.request(method, make(&follow_id)).await {
            Ok(json) => json,
            Err(RpcError::Refused { code: UNKNOWN_BLOCK, .. }) => return Err(ReadError::BlockGone),
            Err(error) => return Err(error.into()),
        };
        let started: Started<'_> = serde_json::from_str(json.get()).map_err(|_form| malformed(method))?;
        if started.result == "limitReached" {
            // A subscription that ended answers the same.
            return if block.follow_id().is_some() {
                Ok(Attempt::LimitReached)
            } else {
                Err(ReadError::BlockGone)
            };
        }
        let id = started.operation_id.ok_or_else(|| malformed(method))?;
        let mut running = self.follow.operation(block, id).ok_or(ReadError::BlockGone)?;
        let mut items = Vec::new();
        loop {
            match running.next().await {
                None => return Err(ReadError::BlockGone),
                Some(OperationEvent::Items(more)) => items.extend(more),
                Some(OperationEvent::WaitingForContinue) => self.resume(&follow_id, &running).await?,
                Some(OperationEvent::Inaccessible) => return Ok(Attempt::Inaccessible),
                Some(OperationEvent::Failed(message)) => return Err(ReadError::Operation { message }),
                Some(last) => {
                    return Ok(Attempt::Done(Outcome { items, last, discarded: started.discarded_items }));
                }
            }
        }
    }

    async fn resume(&self, follow_id: &str, running: &RunningOperation) -> Result<(), ReadError> {
        self.rpc.request("chainHead_v1_continue", params(&(follow_id, running.id()))).await?;
        Ok(())
    }
}

fn change_set(json: &str, keys: &[Vec<u8>]) -> Option<Values> {
    let sets: Vec<ChangeSet> = serde_json::from_str(json).ok()?;
    let mut found: Values = BTreeMap::new();
    for (key, value) in sets.into_iter().flat_map(|set| set.changes) {
        let value = match value {
            Some(text) => Some(format::parse_hex(&text)?),
            None => None,
        };
        found.insert(format::parse_hex(&key)?, value);
    }
    // A key that is missing in the answer is not known to be absent from the chain.
    keys.iter().all(|key| found.contains_key(key)).then_some(found)
}

fn malformed(method: &'static str) -> ReadError {
    ReadError::Rpc(RpcError::Malformed { method })
}

fn unexpected(method: &'static str, event: &OperationEvent) -> ReadError {
    match event {
        OperationEvent::Failed(message) => ReadError::Operation { message: message.to_string() },
        _ => malformed(method),
    }
}
