//! The light client in its dedicated worker.

use super::ChainClient;
use crate::problem::Problem;
use futures::FutureExt as _;
use futures::future::LocalBoxFuture;
use js_sys::Reflect;
use lantern_worker_bridge::light_client::{LightClient, LightClientRequest, LightClientResponse};
use lantern_worker_bridge::port::browser::{Notice, WorkerHandle};
use std::cell::RefCell;
use std::rc::Rc;
use wasm_bindgen::{JsCast as _, JsValue};

/// Where the worker's script lies.
const URL: &str = "/workers/light-client.js";

/// The worker, while there is one.
#[derive(Default)]
pub struct Worker {
    handle: RefCell<Option<Rc<WorkerHandle<LightClient>>>>,
}

impl Worker {
    /// Starts a fresh worker in place of the one before.
    ///
    /// It must not be called from `notice`: ending a worker frees the closure that runs there.
    ///
    /// # Errors
    /// The browser refuses to start one.
    pub fn start(&self, notice: impl Fn(Notice<LightClient>) + 'static) -> Result<(), Problem> {
        self.stop();
        let handle = match early() {
            Some(worker) => WorkerHandle::adopt(worker, notice),
            None => WorkerHandle::start(URL, notice).map_err(|detail| Problem::WorkerStopped { detail })?,
        };
        *self.handle.borrow_mut() = Some(Rc::new(handle));
        Ok(())
    }

    /// Ends the worker. Calls in flight end with it.
    pub fn stop(&self) {
        if let Some(handle) = self.handle.borrow_mut().take() {
            handle.end();
        }
    }
}

/// The worker that `index.html` started, so that its program loads beside the page's. It is there once, and
/// not if it failed meanwhile: the next one fails where the page can hear it.
fn early() -> Option<web_sys::Worker> {
    let window = web_sys::window()?;
    let name = JsValue::from_str("lanternWorker");
    let worker = Reflect::get(&window, &name).ok()?;
    let _own_property = Reflect::set(&window, &name, &JsValue::NULL);
    worker.dyn_into().ok()
}

impl ChainClient for Worker {
    fn ask(
        &self,
        request: LightClientRequest,
    ) -> LocalBoxFuture<'static, Result<LightClientResponse, Problem>> {
        let handle = self.handle.borrow().clone();
        async move {
            let Some(handle) = handle else { return Err(Problem::WorkerStopped { detail: String::new() }) };
            handle.call(request).await.map_err(Problem::from)
        }
        .boxed_local()
    }
}
