//! Kept files in the cache storage: one entry per slot, which the browser writes in whole or not at all.

use futures::{
    FutureExt as _,
    future::{LocalBoxFuture, ready},
};
use std::collections::BTreeMap;
use wasm_bindgen::{JsCast as _, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{Cache, Request, Response, StorageManager, WorkerGlobalScope};

use crate::keep::{
    browser::{failure, free_bytes},
    shelf::{Item, Kind, Shelf, ShelfError, Volume},
};

/// The cache of everything that is kept.
const NAME: &str = "lantern-models";
/// The folder that entries pretend to lie in. Nothing is ever asked for there.
const FOLDER: &str = "/kept-models/";

/// The cache storage.
pub(super) struct CacheShelf {
    cache: Cache,
    storage: Option<StorageManager>,
}

impl CacheShelf {
    pub(super) async fn open(
        scope: &WorkerGlobalScope,
        storage: Option<StorageManager>,
    ) -> Result<Self, ShelfError> {
        let caches = scope.caches().ok().filter(|caches| !caches.is_undefined());
        let missing = || ShelfError::Unavailable { reason: "it has no cache storage".into() };
        let cache = wait(caches.ok_or_else(missing)?.open(NAME)).await?;
        Ok(Self { cache: cache.unchecked_into(), storage })
    }

    /// Slots that are there in a row from 0 on, by file.
    async fn files(&self) -> Result<BTreeMap<String, u64>, ShelfError> {
        let requests: js_sys::Array = wait(self.cache.keys()).await?.unchecked_into();
        let mut names: Vec<(String, u64)> = Vec::new();
        for request in requests.iter() {
            let url = request.unchecked_into::<Request>().url();
            let Some((_, rest)) = url.split_once(FOLDER) else { continue };
            let Some((key, slot)) = rest.split_once('/') else { continue };
            if let Ok(slot) = slot.parse() {
                names.push((key.to_owned(), slot));
            }
        }
        names.sort();
        let mut files = BTreeMap::new();
        for (key, slot) in names {
            let slots = files.entry(key).or_insert(0);
            if *slots == slot {
                *slots += 1;
            }
        }
        Ok(files)
    }

    async fn items(&self) -> Result<Vec<Item>, ShelfError> {
        let mut items = Vec::new();
        for (key, slots) in self.files().await? {
            let record = read(&self.cache, &key, 0).await?;
            items.push(Item { key, record, chunks: slots.saturating_sub(1) });
        }
        Ok(items)
    }
}

impl Shelf for CacheShelf {
    fn kind(&self) -> Kind {
        Kind::Cache
    }

    fn list(&self) -> LocalBoxFuture<'_, Result<Vec<Item>, ShelfError>> {
        self.items().boxed_local()
    }

    fn open<'a>(&'a self, key: &'a str) -> LocalBoxFuture<'a, Result<Box<dyn Volume>, ShelfError>> {
        async move {
            let slots = self.files().await?.get(key).copied().unwrap_or(0);
            let volume = CacheVolume { cache: self.cache.clone(), key: key.to_owned(), slots };
            Ok(Box::new(volume) as Box<dyn Volume>)
        }
        .boxed_local()
    }

    fn remove<'a>(&'a self, key: &'a str) -> LocalBoxFuture<'a, Result<(), ShelfError>> {
        async move { self.open(key).await?.truncate(0).await }.boxed_local()
    }

    fn free_bytes(&self) -> LocalBoxFuture<'_, Option<u64>> {
        match &self.storage {
            Some(storage) => free_bytes(storage).boxed_local(),
            None => ready(None).boxed_local(),
        }
    }
}

struct CacheVolume {
    cache: Cache,
    key: String,
    slots: u64,
}

impl Volume for CacheVolume {
    fn slots(&self) -> u64 {
        self.slots
    }

    fn read(&mut self, slot: u64) -> LocalBoxFuture<'_, Result<Vec<u8>, ShelfError>> {
        async move { read(&self.cache, &self.key, slot).await }.boxed_local()
    }

    fn write(&mut self, slot: u64, bytes: Vec<u8>) -> LocalBoxFuture<'_, Result<(), ShelfError>> {
        async move {
            let body = js_sys::Uint8Array::from(bytes.as_slice());
            drop(bytes);
            let response =
                Response::new_with_opt_js_u8_array(Some(&body)).map_err(|error| failure(&error))?;
            wait(self.cache.put_with_str(&address(&self.key, slot), &response)).await?;
            self.slots = slot + 1;
            Ok(())
        }
        .boxed_local()
    }

    fn truncate(&mut self, slots: u64) -> LocalBoxFuture<'_, Result<(), ShelfError>> {
        async move {
            while self.slots > slots {
                wait(self.cache.delete_with_str(&address(&self.key, self.slots - 1))).await?;
                self.slots -= 1;
            }
            Ok(())
        }
        .boxed_local()
    }
}

async fn read(cache: &Cache, key: &str, slot: u64) -> Result<Vec<u8>, ShelfError> {
    let Ok(response) = wait(cache.match_with_str(&address(key, slot))).await?.dyn_into::<Response>() else {
        return Ok(Vec::new());
    };
    let body = response.array_buffer().map_err(|error| failure(&error))?;
    Ok(js_sys::Uint8Array::new(&wait(body).await?).to_vec())
}

fn address(key: &str, slot: u64) -> String {
    format!("{FOLDER}{key}/{slot}")
}

async fn wait(promise: js_sys::Promise) -> Result<JsValue, ShelfError> {
    JsFuture::from(promise).await.map_err(|error| failure(&error))
}
