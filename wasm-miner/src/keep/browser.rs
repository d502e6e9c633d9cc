//! Finds the browser's storage: the private file system, or the cache storage where there is none.

use std::rc::Rc;

use wasm_bindgen::{JsCast as _, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{DomException, StorageEstimate, StorageManager, WorkerGlobalScope};

use crate::keep::{
    cache::CacheShelf,
    opfs::FileShelf,
    shelf::{Shelf, ShelfError},
};

/// The shelf of this origin.
///
/// # Errors
/// [`ShelfError::Unavailable`] with what both kinds of storage say.
pub async fn open(scope: WorkerGlobalScope) -> Result<Rc<dyn Shelf>, ShelfError> {
    // The property is missing on pages that are not served securely, whatever the type says.
    let storage = scope.navigator().storage();
    let storage = Some(storage).filter(|storage| !storage.is_undefined());
    let files = match &storage {
        None => Err(ShelfError::Unavailable { reason: "the page is not served securely".into() }),
        Some(storage) => FileShelf::open(storage).await,
    };
    let first = match files {
        Ok(shelf) => return Ok(Rc::new(shelf)),
        Err(error) => error,
    };
    match CacheShelf::open(&scope, storage).await {
        Ok(shelf) => Ok(Rc::new(shelf)),
        Err(second) => Err(ShelfError::Unavailable { reason: format!("{}; {}", why(first), why(second)) }),
    }
}

fn why(error: ShelfError) -> String {
    match error {
        ShelfError::Unavailable { reason } | ShelfError::Failed { reason } => reason,
        other => other.to_string(),
    }
}

/// Bytes that the browser would still keep.
pub(super) async fn free_bytes(storage: &StorageManager) -> Option<u64> {
    let estimate: StorageEstimate = JsFuture::from(storage.estimate().ok()?).await.ok()?.unchecked_into();
    let free = estimate.get_quota()? - estimate.get_usage()?;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "bytes, at least 0")]
    Some(free.max(0.0) as u64)
}

/// What an exception of a storage means.
pub(super) fn failure(error: &JsValue) -> ShelfError {
    let Some(exception) = error.dyn_ref::<DomException>() else {
        let reason = error.dyn_ref::<js_sys::Error>().map(|error| String::from(error.message()));
        return ShelfError::Failed { reason: reason.unwrap_or_else(|| "it gave no reason".into()) };
    };
    match exception.name().as_str() {
        "QuotaExceededError" => ShelfError::Full,
        "NoModificationAllowedError" => ShelfError::Busy,
        "SecurityError" | "NotAllowedError" => ShelfError::Unavailable { reason: exception.message() },
        _ => ShelfError::Failed { reason: exception.message() },
    }
}

/// Whether an object has a method. Calling one that is missing would end the worker.
pub(super) fn has(object: &JsValue, method: &str) -> bool {
    js_sys::Reflect::has(object, &method.into()).unwrap_or(false)
}
