//! The worker's entry: connects the service to the page that started it, and gives it the browser's clock, timer
//! and network.

use std::{cell::RefCell, rc::Rc};

use futures::{
    FutureExt as _,
    future::{LocalBoxFuture, ready},
};
use lantern_worker_bridge::{
    miner::Miner,
    port::browser::{WorkerScope, send_to_page},
    server,
};
use wasm_bindgen::{JsCast as _, JsValue, prelude::wasm_bindgen};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{Headers, ReadableStreamDefaultReader, RequestCache, RequestInit, Response, WorkerGlobalScope};

use crate::{
    error::LoadError,
    keep::{
        browser,
        shelf::{Shelf, ShelfError},
    },
    service::{
        Service,
        host::{Download, Host, Outgoing},
    },
};

/// Runs when the module is loaded. Outside a dedicated worker it does nothing.
#[wasm_bindgen(start)]
pub fn start() {
    // A panic ends this instance; the page hears of it as the worker's error and starts another.
    std::panic::set_hook(Box::new(|panic| web_sys::console::error_1(&panic.to_string().into())));
    let Ok(scope) = js_sys::global().dyn_into::<WorkerGlobalScope>() else { return };
    let service = Service::new(Rc::new(Browser { scope, shelf: Rc::default() }));
    let port = WorkerScope::listen(drop, move |bytes| match server::read::<Miner>(&bytes) {
        Ok(message) => {
            if let Some(work) = service.take(message) {
                spawn_local(work);
            }
        }
        // The page is of another build: it cannot read an answer either, and finds out by itself.
        Err(error) => web_sys::console::error_1(&error.to_string().into()),
    });
    // The worker listens for as long as it lives: it ends with its page, which ends this task too.
    spawn_local(async move {
        std::future::pending::<()>().await;
        drop(port);
    });
}

struct Browser {
    scope: WorkerGlobalScope,
    shelf: Rc<RefCell<Option<Rc<dyn Shelf>>>>,
}

impl Host for Browser {
    fn now(&self) -> f64 {
        self.scope.performance().map_or(0.0, |performance| performance.now() / 1000.0)
    }

    fn sleep(&self, seconds: f64) -> LocalBoxFuture<'static, ()> {
        let scope = self.scope.clone();
        #[expect(clippy::cast_possible_truncation, reason = "milliseconds of at most a few minutes")]
        let millis = (seconds * 1000.0) as i32;
        let promise = js_sys::Promise::new(&mut |resolve, _| {
            if scope.set_timeout_with_callback_and_timeout_and_arguments_0(&resolve, millis).is_err() {
                // A worker that is being closed has no timers; going on at once lets the job see its end.
                _ = resolve.call0(&JsValue::NULL);
            }
        });
        async move {
            // This promise is never rejected.
            _ = JsFuture::from(promise).await;
        }
        .boxed_local()
    }

    fn fetch(&self, url: String) -> LocalBoxFuture<'static, Result<Box<dyn Download>, LoadError>> {
        fetch(self.scope.clone(), url, 0, RequestCache::Default).boxed_local()
    }

    fn fetch_from(
        &self,
        url: String,
        from: u64,
    ) -> LocalBoxFuture<'static, Result<Box<dyn Download>, LoadError>> {
        // What is kept here need not lie in the browser's cache a second time.
        fetch(self.scope.clone(), url, from, RequestCache::NoStore).boxed_local()
    }

    fn shelf(&self) -> LocalBoxFuture<'static, Result<Rc<dyn Shelf>, ShelfError>> {
        let known = Rc::clone(&self.shelf);
        let scope = self.scope.clone();
        async move {
            if let Some(shelf) = known.borrow().clone() {
                return Ok(shelf);
            }
            let shelf = browser::open(scope).await?;
            known.replace(Some(Rc::clone(&shelf)));
            Ok(shelf)
        }
        .boxed_local()
    }

    fn send(&self, outgoing: Outgoing) {
        let bytes = match outgoing {
            Outgoing::Answer(id, result) => server::answer::<Miner>(id, result),
            Outgoing::Event(event) => server::event::<Miner>(event),
        };
        match bytes {
            Ok(bytes) => send_to_page(&bytes),
            Err(error) => web_sys::console::error_1(&error.to_string().into()),
        }
    }

    fn random(&self) -> u64 {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "53 random bits")]
        let bits = (js_sys::Math::random() * 9_007_199_254_740_992.0) as u64;
        bits << 11
    }
}

/// Asks for a file from a byte on. A server that does not know ranges answers with the whole file, which is as good.
async fn fetch(
    scope: WorkerGlobalScope,
    url: String,
    from: u64,
    cache: RequestCache,
) -> Result<Box<dyn Download>, LoadError> {
    let failed = |reason: String| LoadError::Fetch { path: url.clone(), reason };
    let ask = async |from: u64| {
        let options = RequestInit::new();
        options.set_cache(cache);
        if from > 0 {
            let headers = Headers::new().map_err(|error| failed(describe(&error)))?;
            let range = headers.set("range", &format!("bytes={from}-"));
            range.map_err(|error| failed(describe(&error)))?;
            options.set_headers(&headers);
        }
        let promise = scope.fetch_with_str_and_init(&url, &options);
        let response = JsFuture::from(promise).await.map_err(|error| failed(describe(&error)))?;
        Ok::<Response, LoadError>(response.unchecked_into())
    };
    let mut response = ask(from).await?;
    if response.status() == RANGE_NOT_SATISFIABLE {
        // The file became shorter than what is there already: whoever asks looks at it anew.
        response = ask(0).await?;
    }
    if !response.ok() {
        return Err(failed(format!("the server answers {}", response.status())));
    }
    let header = |name: &str| response.headers().get(name).ok().flatten();
    let start = if response.status() == PARTIAL_CONTENT { from } else { 0 };
    // Servers of other origins hide this header; then the status has to do.
    let range = header("content-range").filter(|_| start > 0);
    if range.is_some_and(|range| !range.starts_with(&format!("bytes {start}-"))) {
        return Err(failed("the server sent another part than was asked for".into()));
    }
    // A compressed answer has the length of what was sent, not of what comes out.
    let is_plain = header("content-encoding").is_none();
    let rest = header("content-length").filter(|_| is_plain).and_then(|length| length.parse::<u64>().ok());
    let length = rest.and_then(|rest| rest.checked_add(start));
    let validator = header("etag").or_else(|| header("last-modified"));
    let body = response.body().ok_or_else(|| failed("the answer has no body".into()))?;
    let reader: ReadableStreamDefaultReader = body.get_reader().unchecked_into();
    Ok(Box::new(Fetch { url, reader, start, length, validator }))
}

const PARTIAL_CONTENT: u16 = 206;
const RANGE_NOT_SATISFIABLE: u16 = 416;

struct Fetch {
    url: String,
    reader: ReadableStreamDefaultReader,
    start: u64,
    length: Option<u64>,
    validator: Option<String>,
}

impl Download for Fetch {
    fn length(&self) -> Option<u64> {
        self.length
    }

    fn start(&self) -> u64 {
        self.start
    }

    fn validator(&self) -> Option<&str> {
        self.validator.as_deref()
    }

    fn next(&mut self) -> LocalBoxFuture<'_, Result<Option<Vec<u8>>, LoadError>> {
        let promise = self.reader.read();
        async move {
            let failed =
                |error: &JsValue| LoadError::Fetch { path: self.url.clone(), reason: describe(error) };
            let result = JsFuture::from(promise).await.map_err(|error| failed(&error))?;
            let field =
                |name: &str| js_sys::Reflect::get(&result, &name.into()).map_err(|error| failed(&error));
            if field("done")?.is_truthy() {
                return Ok(None);
            }
            Ok(Some(js_sys::Uint8Array::new(&field("value")?).to_vec()))
        }
        .boxed_local()
    }
}

impl Drop for Fetch {
    fn drop(&mut self) {
        // A download that is given up must not go on in the background. It says nothing that anybody waits for.
        let ended = JsFuture::from(self.reader.cancel());
        spawn_local(ended.then(|_| ready(())));
    }
}

fn describe(error: &JsValue) -> String {
    error
        .dyn_ref::<js_sys::Error>()
        .map_or_else(|| "the network failed".to_owned(), |error| String::from(error.message()))
}
