//! A scripted JSON-RPC server for tests.
//!
//! Requests are answered by closures, subscriptions by handles through which a test sends notifications.

use super::{RawJson, RpcClient, RpcError, Subscription, allow};
use alloc::borrow::ToOwned as _;
use alloc::boxed::Box;
use alloc::collections::{BTreeMap, VecDeque};
use alloc::rc::Rc;
use alloc::string::String;
use alloc::vec::Vec;
use core::cell::RefCell;
use futures::FutureExt as _;
use futures::channel::mpsc;
use futures::future::LocalBoxFuture;
use serde_json::value::RawValue;

type Handler = Box<dyn FnMut(&serde_json::Value) -> Result<String, RpcError>>;

/// The scripted server. Clones share the script.
#[derive(Clone, Default)]
pub struct MockRpc {
    inner: Rc<RefCell<Inner>>,
}

#[derive(Default)]
struct Inner {
    handlers: BTreeMap<String, Handler>,
    opened: VecDeque<MockSubscription>,
    calls: Vec<(String, String)>,
    next_subscription: u64,
    ended: Vec<String>,
    is_closed: bool,
}

/// The server's end of a subscription.
pub struct MockSubscription {
    /// Method that opened it.
    pub method: String,
    /// Its id.
    pub id: String,
    sender: mpsc::Sender<RawJson>,
}

impl MockSubscription {
    /// An end that leads nowhere: putting it in place of another ends that one's notifications.
    #[must_use]
    pub fn detached() -> Self {
        Self { method: String::new(), id: String::new(), sender: mpsc::channel(0).0 }
    }

    /// Sends one notification.
    pub fn send(&mut self, json: &str) {
        if let Ok(raw) = RawValue::from_string(json.to_owned()) {
            drop(self.sender.try_send(raw));
        }
    }
}

impl MockRpc {
    /// Answers each call of `method` with what `handler` makes of its parameters.
    pub fn on(
        &self,
        method: &str,
        handler: impl FnMut(&serde_json::Value) -> Result<String, RpcError> + 'static,
    ) {
        self.inner.borrow_mut().handlers.insert(method.to_owned(), Box::new(handler));
    }

    /// The oldest subscription that was opened and not taken yet.
    #[must_use]
    pub fn take_subscription(&self) -> Option<MockSubscription> {
        self.inner.borrow_mut().opened.pop_front()
    }

    /// All calls so far: method and parameters.
    #[must_use]
    pub fn calls(&self) -> Vec<(String, String)> {
        self.inner.borrow().calls.clone()
    }

    /// Parameters of the calls of one method.
    #[must_use]
    pub fn calls_of(&self, method: &str) -> Vec<String> {
        self.calls().into_iter().filter(|call| call.0 == method).map(|call| call.1).collect()
    }

    /// Refuses everything from now on.
    pub fn close(&self) {
        self.inner.borrow_mut().is_closed = true;
    }

    /// Ids of the subscriptions that were dropped.
    #[must_use]
    pub fn ended(&self) -> Vec<String> {
        self.inner.borrow().ended.clone()
    }
}

impl RpcClient for MockRpc {
    fn request<'a>(
        &'a self,
        method: &'a str,
        params: String,
    ) -> LocalBoxFuture<'a, Result<RawJson, RpcError>> {
        async move {
            if !allow::is_allowed(method) {
                return Err(RpcError::NotAllowed(method.to_owned()));
            }
            if self.inner.borrow().is_closed {
                return Err(RpcError::Closed);
            }
            let taken = {
                let mut inner = self.inner.borrow_mut();
                inner.calls.push((method.to_owned(), params.clone()));
                inner.handlers.remove(method)
            };
            let Some(mut handler) = taken else {
                return Ok(RawValue::NULL.to_owned());
            };
            let parsed = serde_json::from_str(&params).unwrap_or_default();
            let outcome = handler(&parsed);
            self.inner.borrow_mut().handlers.entry(method.to_owned()).or_insert(handler);
            let text = outcome?;
            RawValue::from_string(text).map_err(|_form| RpcError::Malformed { method: "mock" })
        }
        .boxed_local()
    }

    fn subscribe<'a>(
        &'a self,
        method: &'a str,
        params: String,
        _unsubscribe: &'static str,
    ) -> LocalBoxFuture<'a, Result<Subscription, RpcError>> {
        async move {
            let mut inner = self.inner.borrow_mut();
            if inner.is_closed {
                return Err(RpcError::Closed);
            }
            inner.calls.push((method.to_owned(), params));
            let id = alloc::format!("s{}", inner.next_subscription);
            inner.next_subscription = inner.next_subscription.wrapping_add(1);
            let (sender, notifications) = mpsc::channel(1024);
            inner.opened.push_back(MockSubscription { method: method.to_owned(), id: id.clone(), sender });
            let (log, ended) = (Rc::clone(&self.inner), id.clone());
            let on_drop = move || log.borrow_mut().ended.push(ended);
            Ok(Subscription::new(id, notifications, Box::new(on_drop)))
        }
        .boxed_local()
    }
}
