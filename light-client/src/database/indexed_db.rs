//! Storage in the browser's IndexedDB: one object store of texts and bytes.

use super::{Storage, StorageError};
use futures::FutureExt as _;
use futures::channel::oneshot;
use futures::future::LocalBoxFuture;
use js_sys::{Array, Uint8Array};
use std::cell::RefCell;
use std::rc::Rc;
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast as _, JsValue};
use web_sys::{
    DomException, Event, IdbDatabase, IdbFactory, IdbObjectStore, IdbOpenDbRequest, IdbRequest,
    IdbTransactionMode,
};

const DATABASE: &str = "lantern-light-client";
const STORE: &str = "finalized";

/// The browser's storage for this origin. Opened at the first access.
#[derive(Default)]
pub struct IndexedDb {
    opened: RefCell<Option<IdbDatabase>>,
}

impl IndexedDb {
    async fn store(&self, mode: IdbTransactionMode) -> Result<IdbObjectStore, StorageError> {
        let opened = self.opened.borrow().clone();
        let database = match opened {
            Some(database) => database,
            None => {
                let database = open().await?;
                self.opened.replace(Some(database.clone()));
                database
            }
        };
        let transaction = database.transaction_with_str_and_mode(STORE, mode);
        if transaction.is_err() {
            // The browser closed it, for example because the user cleared this site's data.
            self.opened.replace(None);
        }
        transaction.and_then(|transaction| transaction.object_store(STORE)).map_err(|error| describe(&error))
    }
}

impl IndexedDb {
    async fn get(&self, key: &str) -> Result<JsValue, StorageError> {
        let store = self.store(IdbTransactionMode::Readonly).await?;
        finished(store.get(&JsValue::from_str(key))).await
    }

    async fn put(&self, key: &str, value: &JsValue) -> Result<(), StorageError> {
        let store = self.store(IdbTransactionMode::Readwrite).await?;
        finished(store.put_with_key(value, &JsValue::from_str(key))).await.map(drop)
    }
}

impl Storage for IndexedDb {
    fn read<'a>(&'a self, key: &'a str) -> LocalBoxFuture<'a, Result<Option<String>, StorageError>> {
        async move { Ok(self.get(key).await?.as_string()) }.boxed_local()
    }

    fn write<'a>(&'a self, key: &'a str, text: String) -> LocalBoxFuture<'a, Result<(), StorageError>> {
        async move { self.put(key, &JsValue::from_str(&text)).await }.boxed_local()
    }

    fn read_bytes<'a>(&'a self, key: &'a str) -> LocalBoxFuture<'a, Result<Option<Vec<u8>>, StorageError>> {
        async move {
            let value = self.get(key).await?;
            Ok(value.dyn_ref::<Uint8Array>().map(Uint8Array::to_vec))
        }
        .boxed_local()
    }

    fn write_bytes<'a>(
        &'a self,
        key: &'a str,
        bytes: Vec<u8>,
    ) -> LocalBoxFuture<'a, Result<(), StorageError>> {
        async move { self.put(key, &Uint8Array::from(bytes.as_slice())).await }.boxed_local()
    }

    fn keys<'a>(&'a self, prefix: &'a str) -> LocalBoxFuture<'a, Result<Vec<String>, StorageError>> {
        async move {
            let store = self.store(IdbTransactionMode::Readonly).await?;
            let keys: Array = finished(store.get_all_keys()).await?.unchecked_into();
            let keys = keys.iter().filter_map(|key| key.as_string());
            Ok(keys.filter(|key| key.starts_with(prefix)).collect())
        }
        .boxed_local()
    }

    fn remove<'a>(&'a self, key: &'a str) -> LocalBoxFuture<'a, Result<(), StorageError>> {
        async move {
            let store = self.store(IdbTransactionMode::Readwrite).await?;
            finished(store.delete(&JsValue::from_str(key))).await.map(drop)
        }
        .boxed_local()
    }
}

async fn open() -> Result<IdbDatabase, StorageError> {
    // Asked for by name, because pages and workers keep it in global objects of different classes.
    let factory = js_sys::Reflect::get(&js_sys::global(), &JsValue::from_str("indexedDB"))
        .map_err(|error| describe(&error))?;
    let factory: IdbFactory = factory.dyn_into().map_err(|_missing| StorageError::Denied)?;
    let request: IdbOpenDbRequest = factory.open_with_u32(DATABASE, 1).map_err(|error| describe(&error))?;
    let upgrade = {
        let request = request.clone();
        Closure::<dyn FnMut(Event)>::new(move |_: Event| {
            if let Ok(Ok(database)) = request.result().map(|database| database.dyn_into::<IdbDatabase>()) {
                // If this fails, so does the request as a whole.
                let _told_by_the_request = database.create_object_store(STORE);
            }
        })
    };
    request.set_onupgradeneeded(Some(upgrade.as_ref().unchecked_ref()));
    let result = finished(Ok(request.clone().unchecked_into())).await;
    request.set_onupgradeneeded(None);
    result?.dyn_into().map_err(|_other| StorageError::Broken("it opens something else".to_owned()))
}

/// Waits until a request succeeded or failed.
async fn finished(request: Result<IdbRequest, JsValue>) -> Result<JsValue, StorageError> {
    let request = request.map_err(|error| describe(&error))?;
    let (sender, receiver) = oneshot::channel();
    let sender = Rc::new(RefCell::new(Some(sender)));
    let on_end = Closure::<dyn FnMut(Event)>::new(move |event: Event| {
        event.prevent_default();
        if let Some(sender) = sender.borrow_mut().take() {
            // Nobody waits any more where the receiver is gone.
            let _unwanted = sender.send(());
        }
    });
    request.set_onsuccess(Some(on_end.as_ref().unchecked_ref()));
    request.set_onerror(Some(on_end.as_ref().unchecked_ref()));
    let ended = receiver.await;
    request.set_onsuccess(None);
    request.set_onerror(None);
    ended.map_err(|_dropped| StorageError::Broken("the request was given up".to_owned()))?;
    match request.error() {
        Ok(Some(error)) => Err(describe(&error)),
        _ => request.result().map_err(|error| describe(&error)),
    }
}

fn describe(error: &JsValue) -> StorageError {
    let Some(error) = error.dyn_ref::<DomException>() else {
        return StorageError::Broken(format!("{error:?}"));
    };
    match error.name().as_str() {
        "SecurityError" | "InvalidStateError" | "NotAllowedError" => StorageError::Denied,
        "QuotaExceededError" => StorageError::Full,
        _ => StorageError::Broken(error.message()),
    }
}
