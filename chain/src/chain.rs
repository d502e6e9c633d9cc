//! The chain, to be read at one block at a time.

use crate::ahead::Ahead;
use crate::clock::{Clock, MetadataStore, ProofMeter};
use crate::decode::{FromValue, Value, decode_all};
use crate::error::ReadError;
use crate::follow::{Follow, PinnedBlock, StartRule};
use crate::head::ChainHead;
use crate::limiter::{Limiter, PER_PEER};
use crate::metadata::Metadata;
use crate::reader::{Reader, Values};
use crate::rpc::{RpcClient, RpcError, params};
use crate::storage::{self, KeyPart};
use crate::watch::Watch;
use alloc::borrow::ToOwned as _;
use alloc::collections::BTreeMap;
use alloc::rc::Rc;
use alloc::string::String;
use alloc::vec::Vec;
use core::cell::RefCell;
use core::future::Future;
use core::time::Duration;
use futures::future::join;
use lantern_types::{AtBlock, Available, BlockHash, BlockRef, Finality, NetUid};

/// The function that tells the length of a slot.
pub(crate) const SLOT_DURATION: &str = "AuraApi_slot_duration";

/// What the chain needs from its surroundings.
#[derive(Clone)]
pub struct Surroundings {
    /// Sends requests to the light client.
    pub rpc: Rc<dyn RpcClient>,
    /// Time.
    pub clock: Rc<dyn Clock>,
    /// Bytes of proof checked so far.
    pub meter: Rc<dyn ProofMeter>,
    /// Whether the block that a subscription begins at is itself proven to be final and recent. Where it
    /// is not, nothing is read before another block is finalized.
    pub start: StartRule,
    /// Where metadata is kept between visits, if anywhere.
    pub metadata: Option<Rc<dyn MetadataStore>>,
}

/// A chain that is being followed. Clones share everything.
#[derive(Clone)]
pub struct Chain {
    pub(crate) inner: Rc<Inner>,
}

pub(crate) struct Inner {
    pub(crate) surroundings: Surroundings,
    pub(crate) reader: Reader,
    pub(crate) follow: Rc<Follow>,
    pub(crate) heads: Watch<ChainHead>,
    limiter: Limiter,
    pub(crate) runtimes: RefCell<BTreeMap<u32, Rc<Runtime>>>,
    /// One metadata at a time: whoever comes second finds it read.
    pub(crate) reading_metadata: Limiter,
    genesis: RefCell<Option<BlockHash>>,
    /// What is read before the metadata of the first block is there.
    pub(crate) ahead: RefCell<Option<Rc<Ahead>>>,
    /// The subnets that existed when they were last looked for. A guess to be checked, never an answer.
    pub(crate) netuids: RefCell<Option<Vec<NetUid>>>,
}

/// One version of the runtime and what was learnt of it.
pub(crate) struct Runtime {
    pub(crate) metadata: Metadata,
    /// Length of a slot, once it was asked for.
    slot_millis: RefCell<Option<Available<u64>>>,
}

impl Runtime {
    pub(crate) fn new(metadata: Metadata) -> Self {
        Self { metadata, slot_millis: RefCell::new(None) }
    }
}

/// The state of one block: everything that is read through it belongs together.
#[derive(Clone)]
pub struct View {
    pub(crate) chain: Rc<Inner>,
    block: PinnedBlock,
    runtime: Rc<Runtime>,
    finality: Finality,
}

impl Chain {
    /// Starts to follow a chain. The returned future does the work: somebody has to run it. It ends when the
    /// connection is closed.
    pub fn new(surroundings: Surroundings) -> (Self, impl Future<Output = ()> + 'static) {
        let rpc = Rc::clone(&surroundings.rpc);
        let clock = Rc::clone(&surroundings.clock);
        let (follow, heads, driver) =
            Follow::new(Rc::clone(&rpc), Rc::clone(&clock), Rc::clone(&surroundings.start));
        let limiter = Limiter::new(PER_PEER);
        let reader = Reader::new(rpc, clock, Rc::clone(&follow), limiter.clone());
        let inner = Inner {
            surroundings,
            reader,
            follow,
            heads,
            limiter,
            runtimes: RefCell::new(BTreeMap::new()),
            reading_metadata: Limiter::new(1),
            genesis: RefCell::new(None),
            ahead: RefCell::new(None),
            netuids: RefCell::new(None),
        };
        (Self { inner: Rc::new(inner) }, driver.run())
    }

    /// The heads as they move.
    #[must_use]
    pub fn heads(&self) -> Watch<ChainHead> {
        self.inner.heads.clone()
    }

    /// Allows eight light requests in flight for each connected peer.
    pub fn set_peers(&self, peers: usize) {
        self.inner.limiter.set_capacity(peers.max(1).saturating_mul(PER_PEER));
    }

    /// Blocks that the light client holds for this chain at the moment.
    #[must_use]
    pub fn pinned_blocks(&self) -> usize {
        self.inner.follow.pinned()
    }

    /// Fetches what every first read needs, as soon as there is any head. Worth running while the client is
    /// still waiting for its first finalized block.
    ///
    /// # Errors
    /// As reads; the next read tries again.
    pub async fn warm_up(&self) -> Result<(), ReadError> {
        let mut heads = self.heads();
        let head = heads.changed().await.ok_or(ReadError::Rpc(RpcError::Closed))?;
        let ahead = async {
            if head.is_ready
                && let Some(reading) = self.inner.read_ahead(&head.finalized)
            {
                reading.await;
            }
        };
        let (view, ()) = join(self.inner.view(head.finalized, Finality::Finalized), ahead).await;
        let view = view?;
        self.genesis().await?;
        if self.inner.heads.get().is_some_and(|head| head.is_ready) {
            // Whoever waits for the rest reads it right now.
            return Ok(());
        }
        view.slot_millis().await?;
        match view.netuids().await {
            // A chain without subnets has a warm start too.
            Ok(_) | Err(ReadError::NotInRuntime { .. }) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// The newest finalized block, to be read. Waits until the chain is ready, and past the block of a
    /// runtime upgrade: its state still has the old form.
    ///
    /// # Errors
    /// As reads.
    pub async fn finalized(&self) -> Result<View, ReadError> {
        self.view_of(|head| (head.finalized, Finality::Finalized)).await
    }

    /// The newest block, to be read. It can still be replaced.
    ///
    /// # Errors
    /// As [`finalized`](Self::finalized).
    pub async fn best(&self) -> Result<View, ReadError> {
        self.view_of(|head| {
            let is_final = head.best == head.finalized;
            (head.best, if is_final { Finality::Finalized } else { Finality::Best })
        })
        .await
    }

    async fn view_of(&self, choose: impl Fn(&ChainHead) -> (BlockRef, Finality)) -> Result<View, ReadError> {
        let mut heads = self.heads();
        loop {
            let head = heads.changed().await.ok_or(ReadError::Rpc(RpcError::Closed))?;
            if !head.is_ready {
                continue;
            }
            // Nothing is read at the block of an older head any more.
            self.inner.ahead.borrow_mut().take_if(|ahead| ahead.block() != head.finalized.hash);
            let (block, finality) = choose(&head);
            match self.inner.view(block, finality).await {
                // The next head is another block, of this subscription or of a new one.
                Err(ReadError::RuntimeChanging | ReadError::BlockGone) => {}
                outcome => return outcome,
            }
        }
    }

    /// Hash of block 0.
    ///
    /// # Errors
    /// As requests.
    pub async fn genesis(&self) -> Result<BlockHash, ReadError> {
        const METHOD: &str = "chainSpec_v1_genesisHash";
        if let Some(known) = *self.inner.genesis.borrow() {
            return Ok(known);
        }
        let json = self.inner.surroundings.rpc.request(METHOD, params::<[u8; 0]>(&[])).await?;
        let hash = serde_json::from_str::<String>(json.get())
            .ok()
            .and_then(|text| BlockHash::from_hex(&text))
            .ok_or(RpcError::Malformed { method: METHOD })?;
        *self.inner.genesis.borrow_mut() = Some(hash);
        Ok(hash)
    }
}

impl Inner {
    pub(crate) async fn view(
        self: &Rc<Self>,
        block: BlockRef,
        finality: Finality,
    ) -> Result<View, ReadError> {
        let block = self.follow.pin(&block.hash).ok_or(ReadError::BlockGone)?;
        if block.changes_runtime() {
            return Err(ReadError::RuntimeChanging);
        }
        let runtime = self.runtime(&block).await?;
        Ok(View { chain: Rc::clone(self), block, runtime, finality })
    }

    /// Starts to read what the table will need at a block. The returned future does it.
    fn read_ahead(self: &Rc<Self>, block: &BlockRef) -> Option<impl Future<Output = ()> + use<>> {
        let (ahead, reading) = Ahead::start(Rc::clone(self), self.follow.pin(&block.hash)?);
        self.ahead.replace(Some(Rc::new(ahead)));
        Some(reading)
    }

    /// A block that is held, by its hash.
    pub(crate) fn known_block(&self, hash: &BlockHash) -> Option<BlockRef> {
        self.follow.known(hash).map(|info| info.block)
    }
}

impl View {
    /// The block that is read.
    #[must_use]
    pub fn block(&self) -> BlockRef {
        self.block.block()
    }

    /// Whether that block is final.
    #[must_use]
    pub fn finality(&self) -> Finality {
        self.finality
    }

    /// Spec version of the runtime that the state is decoded with.
    #[must_use]
    pub fn spec_version(&self) -> u32 {
        self.block.runtime().map_or(0, |runtime| runtime.spec_version)
    }

    pub(crate) fn pinned(&self) -> &PinnedBlock {
        &self.block
    }

    pub(crate) fn metadata(&self) -> &Metadata {
        &self.runtime.metadata
    }

    /// The values of keys at this block.
    pub(crate) async fn values(&self, keys: &[Vec<u8>]) -> Result<Values, ReadError> {
        let reader = &self.chain.reader;
        let known = match self.ahead() {
            Some(ahead) => ahead.values(keys).await,
            None => None,
        };
        let Some(known) = known else { return reader.values(&self.block, keys).await };
        let missing: Vec<Vec<u8>> = keys.iter().filter(|key| !known.contains_key(*key)).cloned().collect();
        let mut values =
            if missing.is_empty() { Values::new() } else { reader.values(&self.block, &missing).await? };
        for key in keys {
            if let Some(value) = known.get(key) {
                values.insert(key.clone(), value.clone());
            }
        }
        Ok(values)
    }

    /// What was read ahead at this block.
    fn ahead(&self) -> Option<Rc<Ahead>> {
        self.chain.ahead.borrow().clone().filter(|ahead| ahead.block() == self.block().hash)
    }

    /// When reading at this block began, and the bytes of proof that were checked until then: now, or when it
    /// was started ahead for whoever asks first.
    pub(crate) fn begun(&self) -> (Duration, u64) {
        let ahead = self.ahead().and_then(|ahead| ahead.take_begun());
        ahead.unwrap_or_else(|| (self.chain.surroundings.clock.now(), self.checked_bytes()))
    }

    /// A value with the block it was read at.
    pub(crate) fn at_block<T>(&self, value: T) -> AtBlock<T> {
        AtBlock { value, block: self.block(), finality: self.finality }
    }

    /// Bytes of proof checked so far; the difference of two readings is what was read between them.
    pub(crate) fn checked_bytes(&self) -> u64 {
        self.chain.surroundings.meter.checked_bytes()
    }

    /// State root in the block's header.
    pub(crate) async fn state_root(&self) -> Result<[u8; 32], ReadError> {
        self.chain.reader.state_root(&self.block).await
    }

    /// Runs a function of a runtime API by its name on the wire: arguments and result as bytes.
    pub(crate) async fn run(
        &self,
        name: &str,
        arguments: &[KeyPart],
    ) -> Result<(Vec<u8>, Vec<u8>), ReadError> {
        let absent = || ReadError::NotInRuntime { item: name.to_owned() };
        let function = self.metadata().function(name).ok_or_else(absent)?;
        if function.inputs.len() != arguments.len() {
            return Err(absent());
        }
        let mut encoded = Vec::new();
        for (part, (_, ty)) in arguments.iter().zip(&function.inputs) {
            storage::encode(*part, &self.metadata().shape(*ty), &mut encoded).map_err(|_type| absent())?;
        }
        if encoded.is_empty()
            && let Some(ahead) = self.ahead()
            && let Some(output) = ahead.call(name).await
        {
            return Ok((encoded, output.to_vec()));
        }
        let output = self.chain.reader.call(&self.block, name, &encoded).await?;
        Ok((encoded, output))
    }

    /// Decodes the result of a runtime function.
    pub(crate) fn decode_output(&self, name: &str, output: &[u8]) -> Result<Value<'_>, ReadError> {
        let absent = || ReadError::NotInRuntime { item: name.to_owned() };
        let function = self.metadata().function(name).ok_or_else(absent)?;
        decode_all(&self.metadata().types, function.output, output)
            .map_err(|source| ReadError::Undecodable { item: name.to_owned(), source })
    }

    /// Runs and decodes.
    pub(crate) async fn call(&self, name: &str, arguments: &[KeyPart]) -> Result<Value<'_>, ReadError> {
        let (_, output) = self.run(name, arguments).await?;
        self.decode_output(name, &output)
    }

    /// A constant of the runtime as one of Lantern's types.
    pub(crate) fn constant<T: FromValue>(&self, pallet: &str, name: &str) -> Result<Available<T>, ReadError> {
        let Some((ty, bytes)) = self.metadata().constant(pallet, name) else {
            return Ok(Available::NotInRuntime);
        };
        decode_all(&self.metadata().types, ty, bytes)
            .and_then(|value| T::from_value(&value))
            .map(Available::Value)
            .map_err(|source| ReadError::Undecodable { item: name.to_owned(), source })
    }

    /// Length of a block in milliseconds, from the Aura slot of the runtime. Asked once per runtime.
    pub(crate) async fn slot_millis(&self) -> Result<Available<u64>, ReadError> {
        if let Some(known) = *self.runtime.slot_millis.borrow() {
            return Ok(known);
        }
        let slot = match self.call(SLOT_DURATION, &[]).await {
            Ok(value) => u64::from_value(&value)
                .map(Available::Value)
                .map_err(|source| ReadError::Undecodable { item: SLOT_DURATION.to_owned(), source })?,
            Err(ReadError::NotInRuntime { .. }) => Available::NotInRuntime,
            Err(error) => return Err(error),
        };
        *self.runtime.slot_millis.borrow_mut() = Some(slot);
        Ok(slot)
    }
}
