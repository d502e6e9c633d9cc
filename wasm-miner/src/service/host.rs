//! What the service needs from its surroundings: time, files and somebody to talk to.

use futures::future::LocalBoxFuture;
use lantern_worker_bridge::miner::{MinerError, MinerEvent, MinerResponse};

use crate::error::LoadError;

/// From the service to the page.
#[allow(clippy::large_enum_variant, reason = "it is made once and moved to the page")]
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

    /// Tells the page.
    fn send(&self, outgoing: Outgoing);

    /// A number that differs from one solver to the next.
    fn random(&self) -> u64;
}

/// A file on its way.
pub trait Download {
    /// Its length, where the server told it.
    fn length(&self) -> Option<u64>;

    /// The next piece; `None` at the end.
    fn next(&mut self) -> LocalBoxFuture<'_, Result<Option<Vec<u8>>, LoadError>>;
}
