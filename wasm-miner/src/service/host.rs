//! What the service needs from its surroundings: time, files and somebody to talk to.

use std::rc::Rc;

use futures::{
    FutureExt as _,
    future::{LocalBoxFuture, ready},
};
use lantern_worker_bridge::miner::{MinerError, MinerEvent, MinerResponse};

use crate::{
    error::LoadError,
    keep::shelf::{Shelf, ShelfError},
};

/// From the service to the page.
#[allow(clippy::large_enum_variant, reason = "each is sent as soon as it is made")]
#[derive(Debug, Clone, PartialEq)]
pub enum Outgoing {
    /// The answer to a request.
    Answer(u32, Result<MinerResponse, MinerError>),
    /// News of a job.
    Event(MinerEvent),
}

/// The surroundings of the service.
pub trait Host {
    /// Seconds since some fixed moment.
    fn now(&self) -> f64;

    /// Waits; zero seconds let messages come in.
    fn sleep(&self, seconds: f64) -> LocalBoxFuture<'static, ()>;

    /// Starts to fetch a file.
    fn fetch(&self, url: String) -> LocalBoxFuture<'static, Result<Box<dyn Download>, LoadError>>;

    /// Starts to fetch a large file from a byte on, past any cache of the host. A host that cannot, or a server that does not, starts at the beginning:
    /// [`Download::start`] tells.
    fn fetch_from(
        &self,
        url: String,
        from: u64,
    ) -> LocalBoxFuture<'static, Result<Box<dyn Download>, LoadError>> {
        _ = from;
        self.fetch(url)
    }

    /// Where files are kept.
    fn shelf(&self) -> LocalBoxFuture<'static, Result<Rc<dyn Shelf>, ShelfError>> {
        ready(Err(ShelfError::Unavailable { reason: "there is no storage here".into() })).boxed_local()
    }

    /// Tells the page.
    fn send(&self, outgoing: Outgoing);

    /// A number that differs from one solver to the next.
    fn random(&self) -> u64;
}

/// A file on its way.
pub trait Download {
    /// The length of the whole file, where the server told it.
    fn length(&self) -> Option<u64>;

    /// The byte of the file that the first piece starts with.
    fn start(&self) -> u64 {
        0
    }

    /// What the server says of the file's version: its entity tag, or when it was changed.
    fn validator(&self) -> Option<&str> {
        None
    }

    /// The next piece; `None` at the end.
    fn next(&mut self) -> LocalBoxFuture<'_, Result<Option<Vec<u8>>, LoadError>>;
}
