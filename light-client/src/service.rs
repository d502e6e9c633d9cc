//! Requests in, proven values out, and everything that keeps the client going by itself.
//!
//! One task owns everything here. It waits for requests, for the ends of its own jobs and for the clock,
//! and never for anything else: a slow read delays no answer. Jobs are futures in one set, so they end
//! with the service, and those of an earlier start are told apart by its number.

mod ahead;
mod answers;
mod opening;
mod session;
mod topics;
mod transactions;

use crate::budget;
use crate::database::Storage;
use crate::dial::PageOrigin;
use crate::error;
use crate::platform;
use crate::tabs::Tabs;
use ahead::Held;
use async_channel::{Receiver, Sender};
use futures::future::LocalBoxFuture;
use futures::stream::FuturesUnordered;
use futures::{FutureExt as _, StreamExt as _, select_biased};
use lantern_types::TransactionStatus;
use lantern_worker_bridge::ToWorker;
use lantern_worker_bridge::light_client::{
    LightClientError, LightClientEvent, LightClientRequest, LightClientResponse, PendingTransaction,
    StartOptions, Topic,
};
use opening::Opening;
use session::{Running, Verdict};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::Duration;
use topics::Topics;
use transactions::{Admission, Transactions};

/// Something for the page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outgoing {
    /// The answer to the request of this number.
    Answer(u32, Result<LightClientResponse, LightClientError>),
    /// Something that happened.
    Event(LightClientEvent),
}

/// Something for the service.
#[derive(Debug)]
pub enum Incoming {
    /// From the page.
    Page(ToWorker<LightClientRequest>),
    /// From the document: the specification of the network that its page will most likely join.
    Ahead(String),
    /// The browser says that the network is back.
    Online,
}

/// What the service needs besides the network.
pub struct Surroundings {
    /// Where the database is kept.
    pub storage: Rc<dyn Storage>,
    /// Who of several tabs leads.
    pub tabs: Rc<dyn Tabs>,
    /// Where the page came from.
    pub origin: PageOrigin,
    /// Whether there is a network, as far as the browser knows.
    pub is_online: Box<dyn Fn() -> bool>,
    /// Takes what is for the page.
    pub send: Box<dyn Fn(Outgoing)>,
}

/// Anything that a job ends with.
enum Done {
    /// Nothing to do.
    Nothing,
    /// An answer is ready.
    Answer { id: u32, result: Result<LightClientResponse, LightClientError> },
    /// A start went as far as it goes.
    Opened { start: u64, outcome: Box<Result<Opening, LightClientError>> },
    /// A head moved; nothing if the subscription ended for good.
    Head { start: u64, head: Option<lantern_chain::ChainHead> },
    /// A topic was read.
    Topic { start: u64, topic: Topic, outcome: Box<Result<LightClientEvent, LightClientError>> },
    /// The database was saved, or not.
    Saved { start: u64, outcome: session::SaveOutcome },
    /// There was time for another tab to give up the lead.
    LeadDue { start: u64 },
    /// This tab leads now.
    Leads { start: u64, lead: Option<crate::tabs::Lead> },
}

/// News of a transaction, in a start of this number.
struct Report {
    start: u64,
    hash: [u8; 32],
    status: TransactionStatus,
}

type Job = LocalBoxFuture<'static, Done>;

/// The light client's service. One for each worker.
pub struct Service {
    surroundings: Rc<Surroundings>,
    jobs: FuturesUnordered<Job>,
    /// Counts starts.
    start: u64,
    /// How this network was joined, while it is.
    options: Option<StartOptions>,
    running: Option<Running>,
    topics: Topics,
    /// Requests that wait, by number, and the way to give them up.
    waiting: BTreeMap<u32, futures::future::AbortHandle>,
    transactions: Transactions,
    /// Where followers of transactions report.
    reports: (Sender<Report>, Receiver<Report>),
    last_tick: Duration,
    /// What waits for the page, while it has not asked for this start.
    held: RefCell<Option<Held>>,
    /// The network before this one, while it is being left.
    closing: Option<LocalBoxFuture<'static, ()>>,
}

impl Service {
    /// A service that waits for `Start`.
    pub fn new(surroundings: Surroundings) -> Self {
        Self {
            surroundings: Rc::new(surroundings),
            jobs: FuturesUnordered::new(),
            start: 0,
            options: None,
            running: None,
            topics: Topics::default(),
            waiting: BTreeMap::new(),
            transactions: Transactions::default(),
            reports: async_channel::bounded(budget::REPORTS),
            last_tick: platform::now(),
            held: RefCell::new(None),
            closing: None,
        }
    }

    /// Serves until the page's end of the channel is gone.
    pub async fn run(mut self, inbox: Receiver<Incoming>) {
        loop {
            let pause = match &self.running {
                Some(running) if running.is_ready() => budget::TICK,
                Some(_) => budget::STARTING_TICK,
                None => budget::IDLE_TICK,
            };
            // A set without jobs would end at once, again and again.
            let mut jobs = if self.jobs.is_empty() {
                futures::future::pending::<Option<Done>>().left_future()
            } else {
                self.jobs.next().right_future()
            };
            let mut tick = platform::sleep(pause).fuse();
            let woken = select_biased! {
                message = inbox.recv().fuse() => Woken::Message(message.ok()),
                report = self.reports.1.recv().fuse() => Woken::Report(report.ok()),
                done = jobs => Woken::Done(done),
                () = tick => Woken::Tick,
            };
            match woken {
                Woken::Message(None) => return,
                Woken::Message(Some(Incoming::Online)) => self.wake(),
                Woken::Message(Some(Incoming::Ahead(specification))) => self.start_ahead(specification),
                Woken::Message(Some(Incoming::Page(ToWorker::Request { id, body }))) => {
                    self.request(id, body);
                }
                Woken::Message(Some(Incoming::Page(ToWorker::Cancel { id }))) => {
                    if let Some(waiting) = self.waiting.remove(&id) {
                        waiting.abort();
                    }
                }
                Woken::Report(Some(report)) => self.report(report),
                // The service holds a sender itself.
                Woken::Report(None) => {}
                Woken::Done(Some(done)) => self.done(done),
                Woken::Done(None) => {}
                Woken::Tick => self.tick(),
            }
        }
    }

    fn send(&self, event: LightClientEvent) {
        match self.held.borrow_mut().as_mut() {
            Some(held) => held.take(event),
            None => (self.surroundings.send)(Outgoing::Event(event)),
        }
    }

    fn answer(&self, id: u32, result: Result<LightClientResponse, LightClientError>) {
        (self.surroundings.send)(Outgoing::Answer(id, result));
    }

    fn request(&mut self, id: u32, request: LightClientRequest) {
        match request {
            LightClientRequest::Start(options) => {
                let held = self.held.take();
                if let Some(held) = held.filter(|_| self.options.as_ref() == Some(&options)) {
                    self.answer(id, Ok(LightClientResponse::Done));
                    held.release().into_iter().for_each(|event| self.send(event));
                    return;
                }
                let result = self.join(options).map(|()| LightClientResponse::Done);
                self.answer(id, result);
            }
            LightClientRequest::Stop => {
                self.leave();
                let closing = self.closing.take().unwrap_or_else(|| async {}.boxed_local());
                self.waiting.insert(id, futures::future::AbortHandle::new_pair().0);
                let done = Done::Answer { id, result: Ok(LightClientResponse::Done) };
                self.jobs.push(closing.map(|()| done).boxed_local());
            }
            LightClientRequest::Watch(topic) => {
                self.topics.watch(topic);
                self.read_topics();
                self.answer(id, Ok(LightClientResponse::Done));
            }
            LightClientRequest::Unwatch(topic) => {
                self.topics.unwatch(&topic);
                self.answer(id, Ok(LightClientResponse::Done));
            }
            LightClientRequest::Save => {
                self.save();
                self.answer(id, Ok(LightClientResponse::Done));
            }
            LightClientRequest::Wake => {
                self.wake();
                self.answer(id, Ok(LightClientResponse::Done));
            }
            LightClientRequest::Submit(transaction) => {
                let result = self.track(transaction, true).map(|()| LightClientResponse::Done);
                self.answer(id, result);
            }
            LightClientRequest::Track(transaction) => {
                let result = self.track(transaction, false).map(|()| LightClientResponse::Done);
                self.answer(id, result);
            }
            query => self.query(id, query),
        }
    }

    /// Starts a query and answers when it is done or cancelled.
    fn query(&mut self, id: u32, query: LightClientRequest) {
        let Some(running) = &self.running else { return self.answer(id, Err(error::not_ready())) };
        let (job, handle) = futures::future::abortable(answers::answer(running.chain.clone(), query));
        self.waiting.insert(id, handle);
        let job = job.map(move |outcome| match outcome {
            Ok(result) => Done::Answer { id, result },
            Err(_cancelled) => Done::Nothing,
        });
        self.jobs.push(job.boxed_local());
    }

    fn done(&mut self, done: Done) {
        match done {
            Done::Nothing => {}
            Done::Answer { id, result } => {
                if self.waiting.remove(&id).is_some() {
                    self.answer(id, result);
                }
            }
            Done::Opened { start, outcome } if start == self.start => match *outcome {
                Ok(opening) => self.opened(opening),
                Err(error) => self.send(LightClientEvent::Failed(error)),
            },
            Done::Head { start, head } if start == self.start => self.head(head),
            Done::Topic { start, topic, outcome } if start == self.start => {
                let event = match *outcome {
                    Ok(event) => self.topics.finished(&topic, true).then_some(event),
                    // The next block may well cure it: it is told if it stays.
                    Err(error) => self
                        .topics
                        .finished(&topic, !error.can_retry)
                        .then_some(LightClientEvent::TopicFailed { topic, error }),
                };
                if let Some(event) = event {
                    self.send(event);
                }
                self.read_topics();
            }
            Done::Saved { start, outcome } if start == self.start => {
                if let Some(running) = &mut self.running
                    && let Some(warning) = running.saved(outcome)
                {
                    self.send(LightClientEvent::Warning(warning));
                }
                self.status();
            }
            Done::LeadDue { start } if start == self.start => {
                if self.running.as_ref().is_some_and(|running| running.lead.is_none()) {
                    self.send(LightClientEvent::Warning(error::another_tab()));
                }
            }
            Done::Leads { start, lead } if start == self.start => {
                if let Some(running) = &mut self.running {
                    running.lead = lead;
                }
                self.save();
            }
            // Of an earlier start.
            Done::Opened { .. }
            | Done::Head { .. }
            | Done::Topic { .. }
            | Done::Saved { .. }
            | Done::LeadDue { .. }
            | Done::Leads { .. } => {}
        }
    }

    /// Joins the network that the page will most likely ask for, and reads what its first view shows. A guess
    /// that comes too late, or is none, changes nothing.
    fn start_ahead(&mut self, specification: String) {
        if self.start != 0 {
            return;
        }
        // Where it cannot be joined, the page hears the reason when it asks.
        if self.join(StartOptions { specification, discard_saved: false }).is_ok() {
            self.held.replace(Some(Held::default()));
            self.topics.expect(Topic::Network);
        }
    }

    /// Joins a network in place of the one before.
    fn join(&mut self, options: StartOptions) -> Result<(), LightClientError> {
        let spec =
            crate::spec::Spec::parse(&options.specification).map_err(|error| error::of_spec(&error))?;
        self.leave();
        self.options = Some(options.clone());
        self.open(opening::Plan::new(&options, spec));
        Ok(())
    }

    fn open(&mut self, plan: opening::Plan) {
        self.start = self.start.wrapping_add(1);
        self.running = None;
        let start = self.start;
        let (closing, surroundings) = (self.closing.take(), Rc::clone(&self.surroundings));
        let job = async move {
            if let Some(closing) = closing {
                closing.await;
            }
            let outcome = Box::new(opening::open(plan, surroundings).await);
            Done::Opened { start, outcome }
        };
        self.jobs.push(job.boxed_local());
    }

    /// Leaves the network. What it knows is saved while it is being closed.
    fn leave(&mut self) {
        if let Some(mut running) = self.running.take() {
            let save = running.save();
            self.closing = Some(
                async move {
                    if let Some(save) = save {
                        let late = std::pin::pin!(platform::sleep(budget::CLOSING_LIMIT));
                        // Saved or not, it ends here; the next visit starts from what there is.
                        drop(futures::future::select(save, late).await);
                    }
                    drop(running);
                }
                .boxed_local(),
            );
        }
        self.start = self.start.wrapping_add(1);
        self.held.take();
        self.options = None;
        self.topics = Topics::default();
        self.transactions = Transactions::default();
        for waiting in std::mem::take(&mut self.waiting).into_values() {
            waiting.abort();
        }
    }

    fn opened(&mut self, opening: Opening) {
        for warning in opening.warnings {
            self.send(LightClientEvent::Warning(warning));
        }
        let start = self.start;
        let (running, jobs) = Running::start(opening.start, Rc::clone(&self.surroundings));
        for job in jobs {
            self.jobs.push(job.map(|()| Done::Nothing).boxed_local());
        }
        if running.lead.is_none() {
            let (tabs, network) = (Rc::clone(&self.surroundings.tabs), running.network());
            let job = async move { Done::Leads { start, lead: tabs.lead(&network).await } };
            self.jobs.push(job.boxed_local());
            // Nothing waits for the lead but saving. After a reload the page before still holds it for a moment.
            let due = platform::sleep(budget::LEAD_PATIENCE).map(move |()| Done::LeadDue { start });
            self.jobs.push(due.boxed_local());
        }
        self.running = Some(running);
        for transaction in self.transactions.all() {
            self.follow(transaction, false);
        }
        self.await_head();
        self.status();
    }

    fn await_head(&mut self) {
        let Some(running) = &mut self.running else { return };
        let (start, mut heads) = (self.start, running.heads.clone());
        let seen = running.head.clone();
        let job = async move {
            // A fresh reader sees the newest value first, which may be the one that is known.
            loop {
                let head = heads.changed().await;
                if head.is_none() || head != seen {
                    return Done::Head { start, head };
                }
            }
        };
        self.jobs.push(job.boxed_local());
    }

    fn head(&mut self, head: Option<lantern_chain::ChainHead>) {
        let Some(running) = &mut self.running else { return };
        let Some(head) = head else {
            return self.send(LightClientEvent::Failed(error::ended()));
        };
        let is_first_ready = running.take_head(&head);
        if let Some(news) = running.page_head() {
            self.send(LightClientEvent::Head(news));
        }
        self.status();
        self.await_head();
        if head.is_ready {
            self.topics.moved(head.finalized);
            self.read_topics();
        }
        if is_first_ready {
            self.save();
        }
    }

    fn read_topics(&mut self) {
        let Some(running) = &self.running else { return };
        if !running.is_ready() {
            return;
        }
        for topic in self.topics.due() {
            let (start, chain) = (self.start, running.chain.clone());
            let job = async move {
                let outcome = Box::new(topics::read(&chain, topic).await);
                Done::Topic { start, topic, outcome }
            };
            self.jobs.push(job.boxed_local());
        }
    }

    fn track(&mut self, transaction: PendingTransaction, is_new: bool) -> Result<(), LightClientError> {
        if self.running.is_none() {
            return Err(error::not_ready());
        }
        match self.transactions.admit(&transaction) {
            Admission::Follow => self.follow(transaction, is_new),
            // A second follower would tell everything twice.
            Admission::Already => {}
            Admission::Full => return Err(error::too_many_transactions()),
        }
        Ok(())
    }

    /// Follows a transaction: sends it if it is new, else looks for it first.
    fn follow(&mut self, transaction: PendingTransaction, is_new: bool) {
        let Some(running) = &self.running else { return };
        let (start, chain, reports) = (self.start, running.chain.clone(), self.reports.0.clone());
        let PendingTransaction { hash, extrinsic, birth, last_valid } = transaction;
        let job = async move {
            let pending = lantern_chain::Pending { hash, extrinsic, birth, last_valid };
            let report = |status| {
                // The service reads reports before anything else, so there is room; and it lives on.
                drop(reports.try_send(Report { start, hash, status }));
            };
            if is_new {
                chain.submit(&pending, report).await;
            } else {
                chain.track(&pending, report).await;
            }
            Done::Nothing
        };
        self.jobs.push(job.boxed_local());
    }

    fn report(&mut self, report: Report) {
        let Report { start, hash, status } = report;
        // A follower of an earlier start lost its client, which says nothing about the transaction.
        if start == self.start && self.transactions.news(&hash, &status) {
            self.send(LightClientEvent::Transaction { hash, status });
        }
    }

    fn save(&mut self) {
        let Some(running) = &mut self.running else { return };
        if let Some(job) = running.save() {
            let start = self.start;
            self.jobs.push(job.map(move |outcome| Done::Saved { start, outcome }).boxed_local());
        }
    }

    /// The page or the network came back.
    fn wake(&mut self) {
        if self.running.as_ref().is_some_and(|running| running.seems_lost(platform::now())) {
            self.restart(None);
        }
        self.status();
    }

    fn tick(&mut self) {
        let now = platform::now();
        let since = now.saturating_sub(std::mem::replace(&mut self.last_tick, now));
        // Timers of a sleeping machine stand still: after a gap the connections are dead.
        if since > budget::SLEEP_GAP && self.running.is_some() {
            return self.restart(None);
        }
        let Some(running) = &mut self.running else { return };
        match running.check(now) {
            Verdict::Well => {}
            Verdict::SaveNow => self.save(),
            Verdict::SavedIsBad => {
                return self.restart(Some(error::saved_dropped(&"it leads nowhere")));
            }
            Verdict::Lost => return self.restart(None),
        }
        if self.running.as_mut().is_some_and(|running| running.is_status_due(now)) {
            self.status();
        }
    }

    /// Starts anew from what was saved last, or from the checkpoint if that was the trouble.
    fn restart(&mut self, saved_is_bad: Option<LightClientError>) {
        let (Some(options), Some(mut running)) = (&self.options, self.running.take()) else { return };
        let mut plan = opening::Plan::new(options, running.spec());
        plan.resume(&mut running, saved_is_bad);
        // The old client's connections and tasks end before the new one begins.
        drop(running);
        self.topics.restart();
        self.open(plan);
    }

    fn status(&mut self) {
        if let Some(running) = &mut self.running {
            let status = running.status(platform::now());
            self.send(LightClientEvent::Sync(status));
        }
    }
}

enum Woken {
    Message(Option<Incoming>),
    Report(Option<Report>),
    Done(Option<Done>),
    Tick,
}
