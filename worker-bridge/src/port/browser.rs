//! `postMessage` ports: the page's handle on a worker, and a worker's own scope.

use crate::client::{CallError, Calls};
use crate::message::{BridgeError, Protocol};
use js_sys::{Array, ArrayBuffer, Uint8Array};
use std::rc::Rc;
use wasm_bindgen::prelude::*;
use web_sys::{DedicatedWorkerGlobalScope, ErrorEvent, MessageEvent, Worker, WorkerOptions, WorkerType};

/// What a worker tells the page without being asked.
pub enum Notice<P: Protocol> {
    /// An event of the protocol.
    Event(P::Event),
    /// A message that cannot be read: page and worker are of different builds.
    Unreadable(BridgeError),
    /// The worker stopped with an error: a panic, or a script that did not load.
    Crashed(String),
}

/// The page's handle on a dedicated worker. Dropping it ends the worker.
pub struct WorkerHandle<P: Protocol> {
    worker: Worker,
    calls: Rc<Calls<P>>,
    _on_message: Closure<dyn FnMut(MessageEvent)>,
    _on_error: Closure<dyn FnMut(ErrorEvent)>,
}

impl<P: Protocol> WorkerHandle<P> {
    /// Starts the module worker at `url`; `notice` hears everything that is not an answer.
    ///
    /// # Errors
    /// The browser's words when it refuses to start a worker.
    pub fn start(url: &str, notice: impl Fn(Notice<P>) + 'static) -> Result<Self, String> {
        let options = WorkerOptions::new();
        options.set_type(WorkerType::Module);
        let worker = Worker::new_with_options(url, &options).map_err(|error| describe(&error))?;
        Ok(Self::adopt(worker, notice))
    }

    /// Takes over a worker that was started elsewhere and has said nothing yet.
    pub fn adopt(worker: Worker, notice: impl Fn(Notice<P>) + 'static) -> Self {
        let calls = Rc::new(Calls::<P>::default());
        let notice = Rc::new(notice);

        let on_message = {
            let (calls, notice) = (calls.clone(), notice.clone());
            Closure::<dyn FnMut(_)>::new(move |event: MessageEvent| {
                let Ok(buffer) = event.data().dyn_into::<ArrayBuffer>() else {
                    // The boot script reports a failed start as text.
                    let text = event.data().as_string().unwrap_or_default();
                    return notice(Notice::Crashed(text));
                };
                match calls.receive(&Uint8Array::new(&buffer).to_vec()) {
                    Ok(Some(event)) => notice(Notice::Event(event)),
                    Ok(None) => {}
                    Err(error) => notice(Notice::Unreadable(error)),
                }
            })
        };
        let on_error = {
            let calls = calls.clone();
            Closure::<dyn FnMut(_)>::new(move |event: ErrorEvent| {
                event.prevent_default();
                calls.abandon();
                // A script that does not load gives a bare event, without a message.
                let text =
                    js_sys::Reflect::get(&event, &"message".into()).ok().and_then(|text| text.as_string());
                notice(Notice::Crashed(text.unwrap_or_else(|| "its script did not load".to_owned())));
            })
        };
        worker.set_onmessage(Some(on_message.as_ref().unchecked_ref()));
        worker.set_onerror(Some(on_error.as_ref().unchecked_ref()));
        Self { worker, calls, _on_message: on_message, _on_error: on_error }
    }

    /// Asks and waits for the answer.
    ///
    /// # Errors
    /// The worker's error, or that it is gone or overloaded.
    pub async fn call(&self, request: P::Request) -> Result<P::Response, CallError<P::Error>> {
        let (bytes, answer) = self.calls.begin(request)?;
        post(|message, transfer| self.worker.post_message_with_transfer(message, transfer), &bytes)
            .map_err(|_closed| CallError::Gone)?;
        match answer.await {
            Ok(Ok(response)) => Ok(response),
            Ok(Err(error)) => Err(CallError::Refused(error)),
            Err(_abandoned) => Err(CallError::Gone),
        }
    }
}

impl<P: Protocol> WorkerHandle<P> {
    /// Ends the worker now, although calls in flight still hold this handle. They end with it.
    ///
    /// It must not be called from `notice`.
    pub fn end(&self) {
        self.worker.set_onmessage(None);
        self.worker.set_onerror(None);
        self.worker.terminate();
        self.calls.abandon();
    }
}

impl<P: Protocol> Drop for WorkerHandle<P> {
    fn drop(&mut self) {
        self.end();
    }
}

/// A worker's side: hears the page until it is dropped.
pub struct WorkerScope {
    scope: DedicatedWorkerGlobalScope,
    _on_message: Closure<dyn FnMut(MessageEvent)>,
}

impl WorkerScope {
    /// Listens to the page, which sends bytes, and to its document, which may send text before the page's
    /// program is there. Returns nothing outside a dedicated worker.
    pub fn listen(on_text: impl Fn(String) + 'static, on_bytes: impl Fn(Vec<u8>) + 'static) -> Option<Self> {
        let scope = js_sys::global().dyn_into::<DedicatedWorkerGlobalScope>().ok()?;
        let on_message = Closure::<dyn FnMut(_)>::new(move |event: MessageEvent| {
            match event.data().dyn_into::<ArrayBuffer>() {
                Ok(buffer) => on_bytes(Uint8Array::new(&buffer).to_vec()),
                Err(other) => {
                    if let Some(text) = other.as_string() {
                        on_text(text);
                    }
                }
            }
        });
        scope.set_onmessage(Some(on_message.as_ref().unchecked_ref()));
        Some(Self { scope, _on_message: on_message })
    }
}

/// Sends bytes from inside a worker to its page; nothing happens outside one.
pub fn send_to_page(bytes: &[u8]) {
    if let Ok(scope) = js_sys::global().dyn_into::<DedicatedWorkerGlobalScope>() {
        // A page that closed takes its worker along: nobody is left to tell.
        let _closed = post(|message, transfer| scope.post_message_with_transfer(message, transfer), bytes);
    }
}

impl Drop for WorkerScope {
    fn drop(&mut self) {
        self.scope.set_onmessage(None);
    }
}

fn post(send: impl Fn(&JsValue, &JsValue) -> Result<(), JsValue>, bytes: &[u8]) -> Result<(), JsValue> {
    let buffer = Uint8Array::from(bytes).buffer();
    send(&buffer, &Array::of1(&buffer))
}

fn describe(error: &JsValue) -> String {
    error
        .dyn_ref::<js_sys::Error>()
        .map_or_else(|| format!("{error:?}"), |error| String::from(error.message()))
}
