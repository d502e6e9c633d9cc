//! Which tab leads: the one that holds the network's lock saves its database.
//!
//! Every tab has its own worker and proves for itself. Only the leader writes what is kept for the next
//! visit; another tab says so and takes over when the leader is closed.

#[cfg(target_arch = "wasm32")]
mod browser;
#[cfg(target_arch = "wasm32")]
pub(crate) use browser::WebLocks;

use futures::FutureExt as _;
use futures::channel::oneshot;
use futures::future::LocalBoxFuture;

/// The lead over a network. It is given up when it is dropped.
#[derive(Debug)]
pub struct Lead(#[expect(dead_code, reason = "dropping it tells the browser")] Option<oneshot::Sender<()>>);

impl Lead {
    /// A lead that is given up by dropping `release`'s other end.
    pub(crate) fn new(release: Option<oneshot::Sender<()>>) -> Self {
        Self(release)
    }
}

/// Hands out the lead.
pub trait Tabs {
    /// Waits until this tab has the lead.
    fn lead<'a>(&'a self, network: &'a str) -> LocalBoxFuture<'a, Option<Lead>>;
}

/// For surroundings without tabs: one leads at once.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoTabs;

impl Tabs for NoTabs {
    fn lead<'a>(&'a self, _network: &'a str) -> LocalBoxFuture<'a, Option<Lead>> {
        async { Some(Lead::new(None)) }.boxed_local()
    }
}
