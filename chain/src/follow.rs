//! `chainHead_v1` as a stack of small state machines.
//!
//! [`stream`] resubscribes, [`pins`] keeps and lets go of blocks, [`operations`] routes events, and this
//! module drives them: it owns the subscription, publishes the heads and hands out blocks to read from.

mod event;
mod operations;
mod pins;
mod stream;
#[cfg(test)]
mod tests;

pub use event::RuntimeVersion;
#[cfg(feature = "fuzzing")]
pub(crate) use event::parse as parse_event;
pub(crate) use event::{FollowEvent, OperationEvent, StorageItem};

use crate::clock::Clock;
use crate::head::{ChainHead, HeadHashes};
use crate::header::{self, Header};
use crate::rpc::{RpcClient, params};
use crate::watch::{Watch, Writer, watch};
use alloc::rc::Rc;
use alloc::string::String;
use alloc::vec::Vec;
use core::cell::RefCell;
use futures::channel::mpsc;
use futures::{FutureExt as _, StreamExt as _, select_biased};
use lantern_types::{BlockHash, BlockRef};
use operations::Router;
use pins::{BlockInfo, Pins};
use stream::{FollowItem, FollowStream};

/// The state of the running subscription, shared by the driver and everybody who reads.
pub(crate) struct Follow {
    state: RefCell<State>,
    let_go: mpsc::UnboundedSender<Message>,
}

/// Whether a block that a subscription begins at may be read at once, by its encoded header.
pub type StartRule = Rc<dyn Fn(&[u8]) -> bool>;

struct State {
    /// Counts subscriptions: what belongs to an older one is void.
    generation: u64,
    follow_id: Option<String>,
    pins: Pins,
    router: Router,
    head: Option<HeadHashes>,
}

/// What dropped handles ask the driver to send. There is one per handle at most.
enum Message {
    Unpin { generation: u64, block: BlockHash },
    StopOperation { generation: u64, operation: String },
}

/// A block that is held for reading. It is let go when the last clone is dropped.
#[derive(Clone)]
pub(crate) struct PinnedBlock {
    pin: Rc<Pin>,
}

struct Pin {
    follow: Rc<Follow>,
    generation: u64,
    info: BlockInfo,
}

impl PinnedBlock {
    pub(crate) fn block(&self) -> BlockRef {
        self.pin.info.block
    }

    pub(crate) fn runtime(&self) -> Option<&Rc<RuntimeVersion>> {
        self.pin.info.runtime.as_ref()
    }

    pub(crate) fn changes_runtime(&self) -> bool {
        self.pin.info.changes_runtime
    }

    /// Id of the subscription that holds the block; nothing once that ended.
    pub(crate) fn follow_id(&self) -> Option<String> {
        let state = self.pin.follow.state.borrow();
        if state.generation == self.pin.generation { state.follow_id.clone() } else { None }
    }
}

impl Drop for Pin {
    fn drop(&mut self) {
        let mut state = self.follow.state.borrow_mut();
        let block = self.info.block.hash;
        if state.generation == self.generation && state.pins.release(&block) {
            // Without a driver there is nobody to tell, and the subscription has ended.
            let _sent =
                self.follow.let_go.unbounded_send(Message::Unpin { generation: self.generation, block });
        }
    }
}

/// An operation that runs. Dropping it before its end stops it.
pub(crate) struct RunningOperation {
    follow: Rc<Follow>,
    generation: u64,
    id: String,
    events: mpsc::UnboundedReceiver<OperationEvent>,
}

impl RunningOperation {
    pub(crate) fn id(&self) -> &str {
        &self.id
    }

    /// The next event; nothing where the subscription ended under it.
    pub(crate) async fn next(&mut self) -> Option<OperationEvent> {
        self.events.next().await
    }
}

impl Drop for RunningOperation {
    fn drop(&mut self) {
        let mut state = self.follow.state.borrow_mut();
        if state.generation == self.generation && state.router.forget(&self.id) {
            let operation = core::mem::take(&mut self.id);
            let message = Message::StopOperation { generation: self.generation, operation };
            // As above.
            let _sent = self.follow.let_go.unbounded_send(message);
        }
    }
}

impl Follow {
    /// The shared state and the driver's parts of it.
    pub(crate) fn new(
        rpc: Rc<dyn RpcClient>,
        clock: Rc<dyn Clock>,
        start: StartRule,
    ) -> (Rc<Self>, Watch<ChainHead>, Driver) {
        let (let_go, messages) = mpsc::unbounded();
        let state = State {
            generation: 0,
            follow_id: None,
            pins: Pins::default(),
            router: Router::default(),
            head: None,
        };
        let follow = Rc::new(Self { state: RefCell::new(state), let_go });
        let (heads, reader) = watch();
        let stream = FollowStream::new(Rc::clone(&rpc), clock);
        let driver = Driver { follow: Rc::clone(&follow), rpc, stream, messages, heads, start };
        (follow, reader, driver)
    }

    /// Holds a block of the running subscription for reading.
    pub(crate) fn pin(self: &Rc<Self>, hash: &BlockHash) -> Option<PinnedBlock> {
        let mut state = self.state.borrow_mut();
        let info = state.pins.acquire(hash)?;
        let generation = state.generation;
        Some(PinnedBlock { pin: Rc::new(Pin { follow: Rc::clone(self), generation, info }) })
    }

    /// Waits for the events of an operation that was started at `block`.
    pub(crate) fn operation(self: &Rc<Self>, block: &PinnedBlock, id: String) -> Option<RunningOperation> {
        let mut state = self.state.borrow_mut();
        let generation = block.pin.generation;
        if state.generation != generation {
            return None;
        }
        let events = state.router.register(id.clone());
        Some(RunningOperation { follow: Rc::clone(self), generation, id, events })
    }

    /// What is known of a block that is held.
    pub(crate) fn known(&self, hash: &BlockHash) -> Option<BlockInfo> {
        self.state.borrow().pins.info(hash)
    }

    /// Blocks held at the moment.
    pub(crate) fn pinned(&self) -> usize {
        self.state.borrow().pins.len()
    }

    fn head(&self) -> Option<ChainHead> {
        let state = self.state.borrow();
        let head = state.head?;
        let finalized = state.pins.info(&head.finalized)?;
        let best = state.pins.info(&head.best).map_or(finalized.block, |info| info.block);
        Some(ChainHead {
            finalized: finalized.block,
            best,
            runtime: finalized.runtime,
            is_ready: head.is_ready,
        })
    }

    fn void(&self) {
        let mut state = self.state.borrow_mut();
        state.generation = state.generation.wrapping_add(1);
        state.follow_id = None;
        state.pins = Pins::default();
        // Dropping the senders ends the operations' streams.
        state.router = Router::default();
        state.head = None;
    }
}

/// Drives the subscription. Somebody has to run it.
pub(crate) struct Driver {
    follow: Rc<Follow>,
    rpc: Rc<dyn RpcClient>,
    stream: FollowStream,
    messages: mpsc::UnboundedReceiver<Message>,
    heads: Writer<ChainHead>,
    start: StartRule,
}

/// The server contradicts itself: the subscription is of no use.
struct Inconsistent;

/// What the driver waits for.
enum News {
    Item(Option<FollowItem>),
    Message(Option<Message>),
}

impl Driver {
    /// Runs until the connection is closed.
    pub(crate) async fn run(mut self) {
        loop {
            let news = select_biased! {
                item = self.stream.next().fuse() => News::Item(item),
                message = self.messages.next() => News::Message(message),
            };
            let item = match news {
                News::Item(item) => item,
                News::Message(Some(message)) => {
                    self.send(message).await;
                    continue;
                }
                News::Message(None) => break,
            };
            let outcome = match item {
                None => break,
                Some(FollowItem::Started(id)) => {
                    self.follow.void();
                    self.follow.state.borrow_mut().follow_id = Some(id);
                    Ok(())
                }
                Some(FollowItem::Lost) => {
                    self.follow.void();
                    Ok(())
                }
                Some(FollowItem::Event(event)) => self.apply(event).await,
            };
            if outcome.is_err() {
                self.stream.lose();
                self.follow.void();
            }
        }
        self.follow.void();
    }

    async fn apply(&mut self, event: FollowEvent) -> Result<(), Inconsistent> {
        match event {
            FollowEvent::Operation { id, event } => {
                self.follow.state.borrow_mut().router.route(id, event);
            }
            FollowEvent::Initialized { finalized, runtime } => {
                let newest = *finalized.last().ok_or(Inconsistent)?;
                let (header, bytes) = self.header(&newest).await?;
                let is_ready = (self.start)(&bytes);
                let unpin = {
                    let mut state = self.follow.state.borrow_mut();
                    let (pins, unpin) = Pins::start(&finalized, header.number, runtime);
                    state.pins = pins;
                    state.head = Some(HeadHashes::start(newest, is_ready));
                    unpin
                };
                self.unpin(&unpin).await;
                self.publish();
            }
            event => {
                let (unpin, moved) = {
                    let mut state = self.follow.state.borrow_mut();
                    let unpin = state.pins.apply(&event).map_err(|_unknown| Inconsistent)?;
                    let moved = state.head.as_mut().is_some_and(|head| head.apply(&event));
                    (unpin, moved)
                };
                if moved {
                    self.publish();
                }
                self.unpin(&unpin).await;
            }
        }
        Ok(())
    }

    fn publish(&self) {
        if let Some(head) = self.follow.head() {
            self.heads.set(head);
        }
    }

    async fn header(&self, hash: &BlockHash) -> Result<(Header, Vec<u8>), Inconsistent> {
        let id = self.follow.state.borrow().follow_id.clone().ok_or(Inconsistent)?;
        let params = params(&(id, hash.to_hex()));
        let json = self.rpc.request("chainHead_v1_header", params).await.map_err(|_error| Inconsistent)?;
        header::with_bytes(json.get(), hash).map_err(|_error| Inconsistent)
    }

    async fn unpin(&self, blocks: &[BlockHash]) {
        if blocks.is_empty() {
            return;
        }
        let Some(id) = self.follow.state.borrow().follow_id.clone() else { return };
        let hashes: Vec<String> = blocks.iter().map(BlockHash::to_hex).collect();
        // A refusal means that the subscription is over, which the stream tells too.
        drop(self.rpc.request("chainHead_v1_unpin", params(&(id, hashes))).await);
    }

    async fn send(&self, message: Message) {
        let current = self.follow.state.borrow().generation;
        match message {
            Message::Unpin { generation, block } if generation == current => self.unpin(&[block]).await,
            Message::StopOperation { generation, operation } if generation == current => {
                let Some(id) = self.follow.state.borrow().follow_id.clone() else { return };
                // As above.
                drop(self.rpc.request("chainHead_v1_stopOperation", params(&(id, operation))).await);
            }
            Message::Unpin { .. } | Message::StopOperation { .. } => {}
        }
    }
}
