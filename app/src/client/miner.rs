//! The miner in its dedicated worker.

use crate::problem::Problem;
use futures::FutureExt as _;
use futures::future::LocalBoxFuture;
use lantern_worker_bridge::miner::{Miner, MinerRequest, MinerResponse};
use lantern_worker_bridge::port::browser::{Notice, WorkerHandle};
use std::cell::RefCell;
use std::rc::Rc;

/// Where the worker's script lies.
const URL: &str = "/workers/miner.js";

/// The worker, while there is one. None is started before somebody asks for it.
#[derive(Default)]
pub struct MinerWorker {
    handle: RefCell<Option<Rc<WorkerHandle<Miner>>>>,
}

impl MinerWorker {
    /// Starts a fresh worker in place of the one before.
    ///
    /// It must not be called from `notice`: ending a worker frees the closure that runs there.
    ///
    /// # Errors
    /// The browser refuses to start one.
    pub fn start(&self, notice: impl Fn(Notice<Miner>) + 'static) -> Result<(), Problem> {
        self.stop();
        let handle = WorkerHandle::start(URL, notice).map_err(|detail| Problem::MinerStopped { detail })?;
        *self.handle.borrow_mut() = Some(Rc::new(handle));
        Ok(())
    }

    /// Ends the worker and everything that it does. Calls in flight end with it.
    pub fn stop(&self) {
        if let Some(handle) = self.handle.borrow_mut().take() {
            handle.end();
        }
    }

    /// Asks the worker and waits for its one answer.
    pub fn ask(&self, request: MinerRequest) -> LocalBoxFuture<'static, Result<MinerResponse, Problem>> {
        let handle = self.handle.borrow().clone();
        async move {
            let Some(handle) = handle else { return Err(Problem::MinerStopped { detail: String::new() }) };
            handle.call(request).await.map_err(Problem::from)
        }
        .boxed_local()
    }
}
