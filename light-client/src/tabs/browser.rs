//! The lead through the browser's Web Locks, which `web-sys` counts as unstable and so are declared here.

use super::{Lead, Tabs};
use futures::FutureExt as _;
use futures::channel::oneshot;
use futures::future::LocalBoxFuture;
use js_sys::Promise;
use std::cell::RefCell;
use std::rc::Rc;
use wasm_bindgen::closure::Closure;
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast as _, JsValue};
use web_sys::WorkerGlobalScope;

#[wasm_bindgen]
extern "C" {
    /// `navigator.locks`.
    type LockManager;

    #[wasm_bindgen(method, catch)]
    fn request(this: &LockManager, name: &str, callback: &JsValue) -> Result<Promise, JsValue>;
}

/// The browser's locks for this origin.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct WebLocks;

impl Tabs for WebLocks {
    fn lead<'a>(&'a self, network: &'a str) -> LocalBoxFuture<'a, Option<Lead>> {
        ask(network).boxed_local()
    }
}

/// Waits for a lock. Where the browser has none to give, which is rare, this tab leads: at worst two tabs
/// write the same kind of record in turns.
async fn ask(network: &str) -> Option<Lead> {
    let Some(locks) = manager() else { return Some(Lead::new(None)) };
    let (granted, answer) = oneshot::channel::<Lead>();
    let granted = Rc::new(RefCell::new(Some(granted)));
    let on_grant = Closure::<dyn FnMut(JsValue) -> Promise>::new(move |_lock: JsValue| {
        let sender = granted.borrow_mut().take();
        // The browser takes the lock back when this promise ends, which it does with the lead.
        let (release, released) = oneshot::channel::<()>();
        drop(sender.map(|sender| sender.send(Lead::new(Some(release)))));
        wasm_bindgen_futures::future_to_promise(async move {
            let _dropped = released.await;
            Ok(JsValue::UNDEFINED)
        })
    });
    let name = format!("lantern/{network}");
    let Ok(request) = locks.request(&name, on_grant.as_ref()) else {
        return Some(Lead::new(None));
    };
    // The promise ends with the lock; a refusal to answer at all ends it early.
    let refused = wasm_bindgen_futures::JsFuture::from(request).map(|_ended| None);
    let outcome = futures::future::select(answer, Box::pin(refused)).await;
    match outcome {
        futures::future::Either::Left((answer, _)) => answer.ok(),
        futures::future::Either::Right((none, _)) => none,
    }
}

fn manager() -> Option<LockManager> {
    let scope = js_sys::global().dyn_into::<WorkerGlobalScope>().ok()?;
    let locks = js_sys::Reflect::get(&scope.navigator(), &JsValue::from_str("locks")).ok()?;
    // An insecure page has none.
    if locks.is_undefined() { None } else { Some(locks.unchecked_into()) }
}
