//! Sends a transaction and follows it to its end.

use super::search::{Found, Search};
use super::status::{self, WatchEvent};
use super::{Pending, events, refusal};
use crate::chain::{Chain, Inner};
use crate::decode::decode_all;
use crate::error::ReadError;
use crate::head::ChainHead;
use crate::rpc::{RpcError, Subscription, params};
use crate::storage::entry_prefix;
use crate::watch::Watch;
use alloc::rc::Rc;
use alloc::string::{String, ToString as _};
use core::time::Duration;
use futures::{FutureExt as _, StreamExt as _, select_biased};
use lantern_types::{BlockHash, BlockRef, TransactionStatus, format};
use parity_scale_codec::{Compact, Decode as _};

/// Heads at which a block may be missing before the search is given up.
const MAX_MISSES: u32 = 20;
/// How often a transaction is sent again after the light client gave it up.
const MAX_SENDS: u32 = 5;
const PAUSE: Duration = Duration::from_secs(3);
/// States that every full node keeps behind the finalized block. Older ones only archives have.
const KEPT_STATES: u32 = if cfg!(test) { 16 } else { 256 };

/// How following one subscription ended.
enum End {
    /// Told; nothing follows.
    Told,
    /// The light client knows no more; the chain has to be asked.
    Unclear { reason: String, is_invalid: bool },
}

/// One transaction being followed.
struct Follower<'a, F> {
    chain: &'a Inner,
    heads: Watch<ChainHead>,
    pending: &'a Pending,
    search: Search,
    report: F,
}

impl Chain {
    /// Sends a signed transaction and reports what becomes of it, until nothing more will follow. Dropping the
    /// future stops following; a transaction that was sent stays sent.
    pub async fn submit(&self, pending: &Pending, report: impl FnMut(TransactionStatus)) {
        self.follower(pending, report).submit().await;
    }

    /// Follows a transaction that was sent earlier, perhaps before a reload: looks for it in the blocks since
    /// its birth, and sends it again if it is in none and still valid.
    pub async fn track(&self, pending: &Pending, report: impl FnMut(TransactionStatus)) {
        let mut follower = self.follower(pending, report);
        match follower.settle(None).await {
            Ok(true) => {}
            Ok(false) => follower.submit().await,
            Err(error) => follower.give_up(&error.to_string()),
        }
    }

    fn follower<'a, F: FnMut(TransactionStatus)>(
        &'a self,
        pending: &'a Pending,
        report: F,
    ) -> Follower<'a, F> {
        let heads = self.heads();
        Follower { chain: &self.inner, heads, pending, search: Search::default(), report }
    }
}

impl<F: FnMut(TransactionStatus)> Follower<'_, F> {
    async fn submit(&mut self) {
        const METHOD: &str = "transactionWatch_v1_submitAndWatch";
        let mut last_reason = String::new();
        for _send in 0..MAX_SENDS {
            let text = format::hex(&self.pending.extrinsic);
            let rpc = Rc::clone(&self.chain.surroundings.rpc);
            let sent = rpc.subscribe(METHOD, params(&(text,)), "transactionWatch_v1_unwatch").await;
            let end = match sent {
                Ok(subscription) => self.follow(subscription).await,
                Err(RpcError::Refused { message, .. }) => End::Unclear { reason: message, is_invalid: true },
                Err(error) => return self.give_up(&error.to_string()),
            };
            let End::Unclear { reason, is_invalid } = end else { return };
            match self.settle(is_invalid.then_some(reason.as_str())).await {
                Ok(true) => return,
                Ok(false) => last_reason = reason,
                Err(error) => return self.give_up(&error.to_string()),
            }
            self.chain.surroundings.clock.sleep(PAUSE).await;
        }
        self.give_up(&last_reason);
    }

    async fn follow(&mut self, mut subscription: Subscription) -> End {
        let unclear = |reason: &str| End::Unclear { reason: reason.into(), is_invalid: false };
        loop {
            let news = select_biased! {
                json = subscription.next().fuse() => Ok(json),
                head = self.heads.changed().fuse() => Err(head),
            };
            let event = match news {
                Ok(Some(json)) => status::parse(json.get()),
                Ok(None) | Err(None) => return unclear("the light client stopped following it"),
                // Past its last block only the chain can say whether it was included.
                Err(Some(head)) if self.is_expired(&head) => return unclear("it is no longer valid"),
                Err(Some(_)) => continue,
            };
            match event {
                None => {}
                Some(WatchEvent::Validated) => (self.report)(TransactionStatus::Ready),
                Some(WatchEvent::Broadcast { peers }) => {
                    (self.report)(TransactionStatus::Broadcast { peers });
                }
                Some(WatchEvent::InBestBlock(hash)) => {
                    // Its number is known while it is held; if it is not, the next event tells more.
                    if let Some(block) = self.chain.known_block(&hash) {
                        (self.report)(TransactionStatus::InBestBlock { block });
                    }
                }
                Some(WatchEvent::Retracted) => (self.report)(TransactionStatus::Retracted),
                Some(WatchEvent::Finalized { block, index }) => {
                    return match self.finalized(&block, index).await {
                        Ok(()) => End::Told,
                        Err(error) => unclear(&error.to_string()),
                    };
                }
                Some(WatchEvent::Invalid { reason }) => return End::Unclear { reason, is_invalid: true },
                Some(WatchEvent::Dropped { reason }) => return unclear(&reason),
            }
        }
    }

    async fn finalized(&mut self, hash: &BlockHash, index: u32) -> Result<(), ReadError> {
        let block = match self.chain.known_block(hash) {
            Some(block) => block,
            // It was let go in the meantime; the search finds its number.
            None => return Err(ReadError::BlockGone),
        };
        self.tell(block, index).await
    }

    /// Asks the chain itself. Returns whether that settled it; `invalid` is the reason why the light client
    /// takes it for invalid, which it also does once a transaction is in a block.
    async fn settle(&mut self, invalid: Option<&str>) -> Result<bool, ReadError> {
        let mut heads = self.heads.clone();
        let mut told_best = None;
        let mut misses = 0;
        loop {
            let head = heads.changed().await.ok_or(ReadError::Rpc(RpcError::Closed))?;
            if !head.is_ready {
                continue;
            }
            let found = match self.search.run(self.chain, self.pending, &head).await {
                // Right after a start no peer may be there to give a block; with the next head one may.
                Err(ReadError::Inaccessible { .. }) if misses < MAX_MISSES => {
                    misses += 1;
                    continue;
                }
                outcome => outcome?,
            };
            match found {
                Found::At(block, index) if block.number <= head.finalized.number => {
                    let is_old = head.finalized.number.saturating_sub(block.number) > KEPT_STATES;
                    match self.tell(block, index).await {
                        Ok(()) => {}
                        Err(ReadError::OtherRuntime) => self.unknown(Some(block)),
                        Err(ReadError::Inaccessible { .. }) if is_old => self.unknown(Some(block)),
                        Err(error) => return Err(error),
                    }
                    return Ok(true);
                }
                Found::At(block, _index) => {
                    // Once for each block; then the next head is waited for.
                    if told_best != Some(block) {
                        told_best = Some(block);
                        (self.report)(TransactionStatus::InBestBlock { block });
                    }
                }
                Found::Nowhere if self.is_expired(&head) => {
                    (self.report)(TransactionStatus::Expired);
                    return Ok(true);
                }
                Found::Nowhere => {
                    if let Some(reason) = invalid {
                        (self.report)(TransactionStatus::Invalid { reason: refusal::explain(reason) });
                    }
                    return Ok(invalid.is_some());
                }
                Found::NotRecently => {
                    // Sending it again shows whether it was included, unless it would be refused anyway.
                    let is_over = invalid.is_some() || self.is_expired(&head);
                    if is_over {
                        self.unknown(None);
                    }
                    return Ok(is_over);
                }
            }
        }
    }

    /// Reads the outcome from the block's events.
    async fn tell(&mut self, block: BlockRef, index: u32) -> Result<(), ReadError> {
        let (outcome, facts) = self.chain.outcome(block, index).await?;
        (self.report)(TransactionStatus::Finalized { block, index, outcome, facts });
        Ok(())
    }

    fn is_expired(&self, head: &ChainHead) -> bool {
        self.pending.last_valid.is_some_and(|last| head.finalized.number > last)
    }

    fn unknown(&mut self, block: Option<BlockRef>) {
        (self.report)(TransactionStatus::Unknown { block });
    }

    fn give_up(&mut self, reason: &str) {
        (self.report)(TransactionStatus::Dropped { reason: reason.to_string() });
    }
}

impl Inner {
    /// How the extrinsic of a finalized block ended.
    async fn outcome(&self, block: BlockRef, index: u32) -> Result<events::Told, ReadError> {
        const ITEM: &str = "System.Events";
        let undecodable = |source| ReadError::Undecodable { item: String::from(ITEM), source };
        let (runtime, in_use) = self.executing_runtime(&block.hash).await?;
        let metadata = &runtime.metadata;
        let absent = || ReadError::NotInRuntime { item: String::from(ITEM) };
        let entry = metadata.entry("System", "Events").ok_or_else(absent)?;
        let keys = [entry.prefix.clone(), entry_prefix("System", "LastRuntimeUpgrade")];
        let values = self.reader.values_of_past(&block.hash.to_hex(), &keys).await?;
        let value = |key| values.get(key).and_then(Option::as_deref);
        let [events_key, version_key] = &keys;
        // A block that is not held any more may be from before an upgrade, and its events of another form.
        let wrote = value(version_key).and_then(|mut bytes| Compact::<u32>::decode(&mut bytes).ok());
        if wrote.is_some_and(|wrote| wrote.0 != in_use) {
            return Err(ReadError::OtherRuntime);
        }
        let bytes = value(events_key).ok_or_else(absent)?;
        let events = decode_all(&metadata.types, entry.value, bytes).map_err(undecodable)?;
        events::of_extrinsic(metadata, &events, index).map_err(undecodable)?.ok_or_else(absent)
    }
}
