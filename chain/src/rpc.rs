//! JSON-RPC as this crate sees it: requests, subscriptions, and nothing about how text travels.
//!
//! A transport only has to carry text both ways: [`PipeClient`] matches answers and notifications.
//! Whoever answers is either this process's own light client, which proves what it says, or in tests a
//! full node, which is trusted there.

pub mod allow;
mod client;
#[cfg(any(test, feature = "mock"))]
pub mod mock;

pub use client::{PipeClient, Subscription};

use alloc::boxed::Box;
use alloc::string::String;
use futures::future::LocalBoxFuture;
use serde::Serialize;
use serde_json::value::RawValue;

/// The raw JSON of a result or a notification.
pub type RawJson = Box<RawValue>;

/// Why a JSON-RPC request has no result.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RpcError {
    /// The method is not on the allow-list of [`allow`].
    #[error("the method {0} is not used by this client")]
    NotAllowed(String),
    /// The transport ended before the answer.
    #[error("the connection to the light client ended")]
    Closed,
    /// The other side answered with an error.
    #[error("refused with code {code}: {message}")]
    Refused {
        /// JSON-RPC error code.
        code: i64,
        /// What the other side says.
        message: String,
    },
    /// The answer does not have the form that its method promises.
    #[error("the answer to {method} has an unknown form")]
    Malformed {
        /// Method that was called.
        method: &'static str,
    },
}

/// Sends requests and receives answers and notifications. One thread; clones share the connection.
pub trait RpcClient {
    /// Calls a method. `params` is the text of a JSON array, see [`params`].
    fn request<'a>(
        &'a self,
        method: &'a str,
        params: String,
    ) -> LocalBoxFuture<'a, Result<RawJson, RpcError>>;

    /// Calls a method whose result is a subscription id. Dropping the subscription calls `unsubscribe`.
    fn subscribe<'a>(
        &'a self,
        method: &'a str,
        params: String,
        unsubscribe: &'static str,
    ) -> LocalBoxFuture<'a, Result<Subscription, RpcError>>;
}

/// Writes a tuple of parameters as a JSON array.
#[must_use]
pub fn params<T: Serialize>(values: &T) -> String {
    // Only strings, numbers, booleans and lists of them are passed: they always have a JSON form.
    serde_json::to_string(values).unwrap_or_else(|_error| String::from("[]"))
}
