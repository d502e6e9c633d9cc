//! The worker's entry: connects the service to the page that started it.

use crate::budget;
use crate::database::IndexedDb;
use crate::dial::PageOrigin;
use crate::platform;
use crate::service::{Incoming, Outgoing, Service, Surroundings};
use crate::tabs::WebLocks;
use lantern_worker_bridge::light_client::{ErrorKind, LightClient, LightClientError};
use lantern_worker_bridge::port::browser::{WorkerScope, send_to_page};
use lantern_worker_bridge::{ToWorker, server};
use std::rc::Rc;
use wasm_bindgen::JsCast as _;
use wasm_bindgen::closure::Closure;
use wasm_bindgen::prelude::wasm_bindgen;
use web_sys::WorkerGlobalScope;

/// Runs when the module is loaded. Outside a dedicated worker it does nothing.
#[wasm_bindgen(start)]
pub fn start() {
    // A panic ends this instance; the page hears of it as the worker's error and starts another.
    std::panic::set_hook(Box::new(|panic| web_sys::console::error_1(&panic.to_string().into())));
    let Ok(global) = js_sys::global().dyn_into::<WorkerGlobalScope>() else { return };

    let (sender, inbox) = async_channel::bounded(budget::INBOX);
    let online = {
        let sender = sender.clone();
        Closure::<dyn FnMut()>::new(move || {
            // A full inbox is busy enough to notice by itself.
            let _full = sender.try_send(Incoming::Online);
        })
    };
    let ahead = {
        let sender = sender.clone();
        move |specification| {
            // An inbox that is full has the page's own requests.
            let _full = sender.try_send(Incoming::Ahead(specification));
        }
    };
    let Some(scope) = WorkerScope::listen(ahead, move |bytes| {
        let message = match server::read::<LightClient>(&bytes) {
            Ok(message) => message,
            // The page is of another build: it cannot read an answer either, and finds out by itself.
            Err(error) => return web_sys::console::error_1(&error.to_string().into()),
        };
        if let Err(refused) = sender.try_send(Incoming::Page(message))
            && let Incoming::Page(ToWorker::Request { id, .. }) = refused.into_inner()
        {
            let error = LightClientError {
                kind: ErrorKind::BadRequest,
                message: "the page asks faster than the light client answers".to_owned(),
                can_retry: true,
            };
            send(Outgoing::Answer(id, Err(error)));
        }
    }) else {
        return;
    };
    global.set_ononline(Some(online.as_ref().unchecked_ref()));

    let service = Service::new(Surroundings {
        storage: Rc::new(IndexedDb::default()),
        tabs: Rc::new(WebLocks),
        // The script of a worker has the origin of its page.
        origin: PageOrigin { is_secure: global.location().protocol() == "https:" },
        is_online: {
            let navigator = global.navigator();
            Box::new(move || navigator.on_line())
        },
        send: Box::new(send),
    });
    platform::spawn(async move {
        service.run(inbox).await;
        global.set_ononline(None);
        drop((scope, online));
    });
}

fn send(outgoing: Outgoing) {
    let bytes = match outgoing {
        Outgoing::Answer(id, result) => server::answer::<LightClient>(id, result),
        Outgoing::Event(event) => server::event::<LightClient>(event),
    };
    match bytes {
        Ok(bytes) => send_to_page(&bytes),
        Err(error) => web_sys::console::error_1(&error.to_string().into()),
    }
}
