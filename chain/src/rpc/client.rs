//! Matches answers to requests and notifications to subscriptions over a plain pipe of text.
//!
//! In goes the text that the other side sent, out comes the text to send. Text of the other side is not
//! trusted to be well formed: what cannot be matched is counted and ignored.

use super::{RawJson, RpcClient, RpcError, allow};
use alloc::borrow::{Cow, ToOwned as _};
use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::rc::{Rc, Weak};
use alloc::string::String;
use core::cell::RefCell;
use core::pin::Pin;
use core::task::{Context, Poll};
use futures::channel::{mpsc, oneshot};
use futures::future::LocalBoxFuture;
use futures::{FutureExt as _, Stream, StreamExt as _};
use serde::Deserialize;
use serde_json::value::RawValue;

/// Notifications that may wait in one subscription. One that is never read ends when it is full.
const MAX_WAITING_NOTIFICATIONS: usize = 8192;

/// A JSON-RPC client over a pipe of text.
#[derive(Clone)]
pub struct PipeClient {
    state: Rc<RefCell<State>>,
}

struct State {
    send: Box<dyn Fn(String) -> bool>,
    next_id: u64,
    pending: BTreeMap<u64, Pending>,
    subscriptions: BTreeMap<String, mpsc::Sender<RawJson>>,
    is_closed: bool,
    unmatched: u64,
}

enum Pending {
    Request(oneshot::Sender<Result<RawJson, RpcError>>),
    Subscribe { answer: oneshot::Sender<Result<Subscription, RpcError>>, unsubscribe: &'static str },
}

/// A running subscription: a stream of the raw `result` of each notification. It ends when the
/// connection does or when too many notifications wait; dropping it unsubscribes.
pub struct Subscription {
    id: String,
    notifications: mpsc::Receiver<RawJson>,
    on_drop: Option<Box<dyn FnOnce()>>,
}

impl Subscription {
    /// From parts, for transports of one's own.
    #[must_use]
    pub fn new(id: String, notifications: mpsc::Receiver<RawJson>, on_drop: Box<dyn FnOnce()>) -> Self {
        Self { id, notifications, on_drop: Some(on_drop) }
    }

    /// The subscription's id, to be named in further calls.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }
}

impl Stream for Subscription {
    type Item = RawJson;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<RawJson>> {
        self.notifications.poll_next_unpin(context)
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        if let Some(on_drop) = self.on_drop.take() {
            on_drop();
        }
    }
}

#[derive(Deserialize)]
struct Incoming<'a> {
    #[serde(default)]
    id: Option<u64>,
    #[serde(borrow, default)]
    result: Option<&'a RawValue>,
    #[serde(default)]
    error: Option<Refusal>,
    #[serde(borrow, default)]
    params: Option<Notification<'a>>,
}

#[derive(Deserialize)]
struct Refusal {
    code: i64,
    message: String,
}

#[derive(Deserialize)]
struct Notification<'a> {
    #[serde(borrow)]
    subscription: &'a RawValue,
    #[serde(borrow)]
    result: &'a RawValue,
}

impl PipeClient {
    /// A client that sends its requests through `send`, which says whether the text was taken.
    #[must_use]
    pub fn new(send: impl Fn(String) -> bool + 'static) -> Self {
        let state = State {
            send: Box::new(send),
            next_id: 0,
            pending: BTreeMap::new(),
            subscriptions: BTreeMap::new(),
            is_closed: false,
            unmatched: 0,
        };
        Self { state: Rc::new(RefCell::new(state)) }
    }

    /// Takes one text of the other side.
    pub fn receive(&self, text: &str) {
        let Ok(incoming) = serde_json::from_str::<Incoming<'_>>(text) else {
            self.count_unmatched();
            return;
        };
        match (incoming.id, incoming.params) {
            (Some(id), _) => self.answer(id, incoming.result, incoming.error),
            (None, Some(notification)) => self.notify(&notification),
            (None, None) => self.count_unmatched(),
        }
    }

    /// Ends everything: waiting requests fail, subscriptions end, later requests are refused.
    pub fn close(&self) {
        let (pending, subscriptions) = {
            let mut state = self.state.borrow_mut();
            state.is_closed = true;
            (core::mem::take(&mut state.pending), core::mem::take(&mut state.subscriptions))
        };
        drop(subscriptions);
        for pending in pending.into_values() {
            pending.finish(Err(RpcError::Closed), &Weak::new());
        }
    }

    /// Texts received that belong to no request and no subscription.
    #[must_use]
    pub fn unmatched(&self) -> u64 {
        self.state.borrow().unmatched
    }

    fn count_unmatched(&self) {
        let mut state = self.state.borrow_mut();
        state.unmatched = state.unmatched.saturating_add(1);
    }

    fn answer(&self, id: u64, result: Option<&RawValue>, error: Option<Refusal>) {
        let Some(pending) = self.state.borrow_mut().pending.remove(&id) else {
            self.count_unmatched();
            return;
        };
        let outcome = match (error, result) {
            (Some(error), _) => Err(RpcError::Refused { code: error.code, message: error.message }),
            (None, Some(result)) => Ok(result.to_owned()),
            (None, None) => Ok(RawValue::NULL.to_owned()),
        };
        // Subscriptions are entered before the next text is read, so no notification is missed.
        pending.finish(outcome, &Rc::downgrade(&self.state));
    }

    fn notify(&self, notification: &Notification<'_>) {
        let id = plain_id(notification.subscription);
        let mut state = self.state.borrow_mut();
        let taken = state
            .subscriptions
            .get_mut(id.as_ref())
            .is_some_and(|sender| sender.try_send(notification.result.to_owned()).is_ok());
        if !taken {
            // Either nobody knows it, or nobody reads it: then its stream ends here.
            let ended = state.subscriptions.remove(id.as_ref());
            state.unmatched = state.unmatched.saturating_add(1);
            drop(state);
            drop(ended);
        }
    }

    fn send(&self, method: &str, params: &str, pending: impl FnOnce() -> Pending) -> Result<(), RpcError> {
        if !allow::is_allowed(method) {
            return Err(RpcError::NotAllowed(method.to_owned()));
        }
        let mut state = self.state.borrow_mut();
        if state.is_closed {
            return Err(RpcError::Closed);
        }
        let id = state.next_id;
        state.next_id = id.wrapping_add(1);
        state.pending.insert(id, pending());
        let text = request_text(id, method, params);
        if !(state.send)(text) {
            state.pending.remove(&id);
            return Err(RpcError::Closed);
        }
        Ok(())
    }
}

impl RpcClient for PipeClient {
    fn request<'a>(
        &'a self,
        method: &'a str,
        params: String,
    ) -> LocalBoxFuture<'a, Result<RawJson, RpcError>> {
        async move {
            let (sender, receiver) = oneshot::channel();
            self.send(method, &params, || Pending::Request(sender))?;
            receiver.await.unwrap_or(Err(RpcError::Closed))
        }
        .boxed_local()
    }

    fn subscribe<'a>(
        &'a self,
        method: &'a str,
        params: String,
        unsubscribe: &'static str,
    ) -> LocalBoxFuture<'a, Result<Subscription, RpcError>> {
        async move {
            let (answer, receiver) = oneshot::channel();
            self.send(method, &params, || Pending::Subscribe { answer, unsubscribe })?;
            receiver.await.unwrap_or(Err(RpcError::Closed))
        }
        .boxed_local()
    }
}

impl Pending {
    fn finish(self, outcome: Result<RawJson, RpcError>, state: &Weak<RefCell<State>>) {
        match self {
            // A receiver that is gone lost interest in the answer.
            Self::Request(sender) => drop(sender.send(outcome)),
            Self::Subscribe { answer, unsubscribe } => {
                let outcome = outcome.map(|id| subscription(&id, unsubscribe, state));
                // Dropping the refused subscription unsubscribes.
                drop(answer.send(outcome));
            }
        }
    }
}

fn subscription(id: &RawValue, unsubscribe: &'static str, state: &Weak<RefCell<State>>) -> Subscription {
    let (sender, notifications) = mpsc::channel(MAX_WAITING_NOTIFICATIONS);
    let plain = plain_id(id).into_owned();
    if let Some(state) = state.upgrade() {
        state.borrow_mut().subscriptions.insert(plain.clone(), sender);
    }
    let (weak, key, raw) = (state.clone(), plain.clone(), id.get().to_owned());
    let on_drop = move || {
        let Some(state) = weak.upgrade() else { return };
        let mut state = state.borrow_mut();
        if state.subscriptions.remove(&key).is_some() && !state.is_closed {
            let id = state.next_id;
            state.next_id = id.wrapping_add(1);
            let mut params = String::from("[");
            params.push_str(&raw);
            params.push(']');
            // The answer is of no interest; a closed pipe has ended the subscription already.
            let _taken = (state.send)(request_text(id, unsubscribe, &params));
        }
    };
    Subscription::new(plain, notifications, Box::new(on_drop))
}

/// The id as it stands in further calls: without quotation marks where it is a string.
fn plain_id(id: &RawValue) -> Cow<'_, str> {
    serde_json::from_str::<String>(id.get()).map_or(Cow::Borrowed(id.get()), Cow::Owned)
}

fn request_text(id: u64, method: &str, params: &str) -> String {
    alloc::format!(r#"{{"jsonrpc":"2.0","id":{id},"method":"{method}","params":{params}}}"#)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rpc::params;
    use futures::executor::LocalPool;
    use futures::task::LocalSpawnExt as _;
    use proptest::prelude::*;

    type Sent = Rc<RefCell<alloc::vec::Vec<String>>>;

    fn client() -> (PipeClient, Sent) {
        let sent = Sent::default();
        let log = Rc::clone(&sent);
        let client = PipeClient::new(move |text| {
            log.borrow_mut().push(text);
            true
        });
        (client, sent)
    }

    fn id_of(text: &str) -> u64 {
        serde_json::from_str::<serde_json::Value>(text).unwrap()["id"].as_u64().unwrap()
    }

    #[test]
    fn answers_find_their_request_whatever_their_order() {
        let (client, sent) = client();
        let mut pool = LocalPool::new();
        let task = |method: &'static str| {
            let client = client.clone();
            async move { client.request(method, params(&(1, "two"))).await }
        };
        let first = pool.spawner().spawn_local_with_handle(task("system_health")).unwrap();
        let second = pool.spawner().spawn_local_with_handle(task("system_peers")).unwrap();
        pool.run_until_stalled();
        let texts = sent.borrow().clone();
        assert!(texts[0].contains(r#""params":[1,"two"]"#), "{}", texts[0]);
        client.receive(&alloc::format!(
            r#"{{"id":{},"error":{{"code":-5,"message":"no"}}}}"#,
            id_of(&texts[1])
        ));
        client.receive(&alloc::format!(r#"{{"id":{},"result":null}}"#, id_of(&texts[0])));
        assert_eq!(pool.run_until(first).unwrap().get(), "null");
        let refusal = RpcError::Refused { code: -5, message: "no".into() };
        assert_eq!(pool.run_until(second).err(), Some(refusal));
    }

    #[test]
    fn subscriptions_receive_what_follows_the_answer_at_once_and_unsubscribe_when_dropped() {
        let (client, sent) = client();
        let mut pool = LocalPool::new();
        let other = client.clone();
        let task = async move {
            other.subscribe("chainHead_v1_follow", params(&(true,)), "chainHead_v1_unfollow").await
        };
        let handle = pool.spawner().spawn_local_with_handle(task).unwrap();
        pool.run_until_stalled();
        client.receive(r#"{"id":0,"result":"ab"}"#);
        client.receive(r#"{"method":"x","params":{"subscription":"ab","result":{"event":"stop"}}}"#);
        client.receive(r#"{"method":"x","params":{"subscription":"other","result":1}}"#);
        let mut subscription = pool.run_until(handle).unwrap();
        assert_eq!(subscription.id(), "ab");
        assert_eq!(pool.run_until(subscription.next()).unwrap().get(), r#"{"event":"stop"}"#);
        assert_eq!(client.unmatched(), 1);
        drop(subscription);
        assert!(sent.borrow()[1].contains(r#""method":"chainHead_v1_unfollow","params":["ab"]"#));
    }

    #[test]
    fn closing_ends_what_waits() {
        let (client, _sent) = client();
        let mut pool = LocalPool::new();
        let other = client.clone();
        let handle = pool
            .spawner()
            .spawn_local_with_handle(async move { other.request("system_health", "[]".into()).await })
            .unwrap();
        pool.run_until_stalled();
        client.close();
        assert_eq!(pool.run_until(handle).err(), Some(RpcError::Closed));
        assert_eq!(
            pool.run_until(client.request("system_health", "[]".into())).err(),
            Some(RpcError::Closed)
        );
        let refused = pool.run_until(client.request("state_getReadProof", "[]".into())).err();
        assert_eq!(refused, Some(RpcError::NotAllowed("state_getReadProof".into())));
    }

    proptest! {
        #[test]
        fn any_text_is_survived(text in ".*") {
            client().0.receive(&text);
        }
    }
}
