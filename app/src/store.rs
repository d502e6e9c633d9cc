//! The owner of what the page knows: it runs the light client, takes its events and hands out signals.

mod connection;
pub(crate) mod miner;
mod preferences;
mod transactions;

pub(crate) use connection::start;

use crate::client::ChainClient as _;
use crate::client::worker::Worker;
use crate::network::Choice;
use crate::problem::Problem;
use crate::state::chain::{ChainState, HeadSeen};
use crate::state::loadable::Loadable;
use crate::state::preferences::Theme;
use crate::state::transactions::Transactions;
use lantern_types::{AccountId, AtBlock, NetworkState};
use lantern_wallet::PracticeAccount;
use lantern_worker_bridge::light_client::{LightClientRequest, LightClientResponse, SyncStatus, Topic};
use leptos::prelude::*;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

/// What the store keeps for its own use.
#[derive(Default)]
struct Inner {
    worker: Worker,
    /// How many views want each topic.
    topics: RefCell<BTreeMap<Topic, u32>>,
    /// Counts starts, so that what belongs to an earlier one is dropped.
    generation: std::cell::Cell<u32>,
    /// The start whose open transactions were asked for.
    tracked: std::cell::Cell<Option<u32>>,
    /// When the worker was last heard, in milliseconds on the page's clock.
    heard_at: std::cell::Cell<u64>,
    /// Whether the worker is being asked for a sign of life.
    is_probing: std::cell::Cell<bool>,
    /// The local network's file, if it was fetched to see whether there is one.
    local_file: RefCell<Option<String>>,
    /// Crashes in a row.
    crashes: std::cell::Cell<u32>,
}

/// The page's state. It is a handle: copies are the same store.
#[derive(Clone, Copy)]
pub(crate) struct Store {
    /// The chain as the light client tells it.
    pub chain: RwSignal<ChainState>,
    /// The network that was chosen; nothing until the choice is known.
    pub choice: RwSignal<Option<Choice>>,
    /// Whether the network is for development, so that practice accounts may be used.
    pub is_practice: RwSignal<bool>,
    /// The practice account that was chosen.
    pub practice: RwSignal<PracticeAccount>,
    /// Its key, where practice accounts may be used.
    pub account: Memo<Option<AccountId>>,
    /// Transactions that were sent from this browser.
    pub transactions: RwSignal<Transactions>,
    /// Colours.
    pub theme: RwSignal<Theme>,
    /// The page's clock in milliseconds, read once a second.
    pub now: RwSignal<u64>,
    /// What is spoken to those who listen: one message at a time.
    pub spoken: RwSignal<String>,
    /// Synchronisation.
    pub sync: Memo<Option<SyncStatus>>,
    /// Heads.
    pub head: Memo<Option<HeadSeen>>,
    /// All subnets.
    pub network: Memo<Loadable<AtBlock<NetworkState>>>,
    /// Whether what is shown belongs to the newest finalized block.
    pub is_current: Memo<bool>,
    inner: StoredValue<Rc<Inner>, LocalStorage>,
}

impl Store {
    /// A store that knows nothing yet.
    pub(crate) fn new() -> Self {
        let chain = RwSignal::new(ChainState::default());
        let (is_practice, practice) = (RwSignal::new(false), RwSignal::new(PracticeAccount::Alice));
        let store = Self {
            chain,
            choice: RwSignal::new(None),
            is_practice,
            practice,
            account: Memo::new(move |_| is_practice.get().then(|| practice.get().keypair().account())),
            transactions: RwSignal::new(transactions::kept()),
            theme: RwSignal::new(preferences::theme()),
            now: RwSignal::new(crate::platform::document::now()),
            spoken: RwSignal::new(String::new()),
            sync: Memo::new(move |_| chain.with(|chain| chain.sync.clone())),
            head: Memo::new(move |_| chain.with(|chain| chain.head.clone())),
            network: Memo::new(move |_| chain.with(|chain| chain.network.clone())),
            is_current: Memo::new(move |_| chain.with(ChainState::is_current)),
            inner: StoredValue::new_local(Rc::new(Inner::default())),
        };
        crate::platform::document::set_theme(store.theme.get_untracked());
        store
    }

    /// The store of the page that a view belongs to.
    pub(crate) fn of_page() -> Self {
        expect_context()
    }

    /// Asks the light client.
    pub(crate) async fn ask(self, request: LightClientRequest) -> Result<LightClientResponse, Problem> {
        let answer = self.inner.with_value(|inner| inner.worker.ask(request));
        answer.await
    }

    /// Keeps a topic up to date for as long as the calling view lives.
    pub(crate) fn watch(self, topic: Topic) {
        let is_first = self.inner.with_value(|inner| {
            let mut topics = inner.topics.borrow_mut();
            let count = topics.entry(topic).or_insert(0);
            *count = count.saturating_add(1);
            *count == 1
        });
        self.chain.update(|chain| chain.ask(topic));
        if is_first {
            self.send(LightClientRequest::Watch(topic));
        }
        on_cleanup(move || self.unwatch(topic));
    }

    /// Sends a request whose answer holds no news.
    pub(crate) fn send(self, request: LightClientRequest) {
        leptos::task::spawn_local(async move {
            // A client that is not there yet is told everything again when it starts.
            let _no_news = self.ask(request).await;
        });
    }

    /// Says something to those who listen to the page.
    pub(crate) fn say(self, words: impl Into<String>) {
        self.spoken.set(words.into());
    }

    /// Chooses the next theme and remembers it.
    pub(crate) fn next_theme(self) {
        self.theme.update(|theme| *theme = theme.next());
        preferences::keep_theme(self.theme.get_untracked());
        self.say(format!("Theme {}", self.theme.get_untracked().label()));
    }

    fn unwatch(self, topic: Topic) {
        let is_last = self.inner.try_with_value(|inner| {
            let mut topics = inner.topics.borrow_mut();
            let count = topics.get(&topic).copied().unwrap_or(0).saturating_sub(1);
            if count == 0 {
                topics.remove(&topic);
            } else {
                topics.insert(topic, count);
            }
            count == 0
        });
        if is_last == Some(true) {
            self.send(LightClientRequest::Unwatch(topic));
        }
    }
}
