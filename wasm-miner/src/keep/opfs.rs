//! Kept files in the origin's private file system, through synchronous handles, which only workers have.

use futures::{
    FutureExt as _,
    future::{LocalBoxFuture, ready},
};
use wasm_bindgen::{JsCast as _, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    File, FileSystemDirectoryHandle, FileSystemFileHandle, FileSystemGetDirectoryOptions,
    FileSystemGetFileOptions, FileSystemReadWriteOptions, FileSystemSyncAccessHandle, StorageManager,
};

use crate::keep::{
    browser::{failure, free_bytes, has},
    record::{CHUNK, DIGEST, LARGEST_RECORD},
    shelf::{Item, Kind, Shelf, ShelfError, Volume},
};

/// The folder of everything that is kept.
const FOLDER: &str = "models";

/// The private file system.
pub(super) struct FileShelf {
    folder: FileSystemDirectoryHandle,
    storage: StorageManager,
}

impl FileShelf {
    pub(super) async fn open(storage: &StorageManager) -> Result<Self, ShelfError> {
        let missing = || ShelfError::Unavailable { reason: "it has no private file system".into() };
        if !has(storage, "getDirectory") {
            return Err(missing());
        }
        let root = wait::<FileSystemDirectoryHandle>(storage.get_directory()).await?;
        let options = FileSystemGetDirectoryOptions::new();
        options.set_create(true);
        let folder = wait(root.get_directory_handle_with_options(FOLDER, &options)).await?;
        let shelf = Self { folder, storage: storage.clone() };
        // Some browsers have the file system without handles that write in place.
        let prototype = js_sys::Reflect::get(&js_sys::global(), &"FileSystemFileHandle".into())
            .and_then(|class| js_sys::Reflect::get(&class, &"prototype".into()))
            .map_err(|error| failure(&error))?;
        if has(&prototype, "createSyncAccessHandle") { Ok(shelf) } else { Err(missing()) }
    }

    async fn items(&self) -> Result<Vec<Item>, ShelfError> {
        let mut items = Vec::new();
        let handles = self.folder.values();
        loop {
            let next = handles.next().map_err(|error| failure(&error))?;
            let next: JsValue = wait(next).await?;
            let field =
                |name: &str| js_sys::Reflect::get(&next, &name.into()).map_err(|error| failure(&error));
            if field("done")?.is_truthy() {
                return Ok(items);
            }
            let Ok(handle) = field("value")?.dyn_into::<FileSystemFileHandle>() else { continue };
            let key = handle.name();
            // A file that another tab just removed is no reason to show nothing.
            if let Ok(item) = describe(key, &handle).await {
                items.push(item);
            }
        }
    }
}

/// Reads slot 0 without a lock, so that a file in use by another tab is told of, too.
async fn describe(key: String, handle: &FileSystemFileHandle) -> Result<Item, ShelfError> {
    let file: File = wait(handle.get_file()).await?;
    let head = file.slice_with_i32_and_i32(0, record_bytes()).map_err(|error| failure(&error))?;
    let head: JsValue = wait(head.array_buffer()).await?;
    let record = js_sys::Uint8Array::new(&head).to_vec();
    Ok(Item { key, record, chunks: slots(file.size()).saturating_sub(1) })
}

#[expect(clippy::cast_possible_truncation, clippy::cast_possible_wrap, reason = "4096")]
const fn record_bytes() -> i32 {
    LARGEST_RECORD as i32
}

impl Shelf for FileShelf {
    fn kind(&self) -> Kind {
        Kind::Files
    }

    fn list(&self) -> LocalBoxFuture<'_, Result<Vec<Item>, ShelfError>> {
        self.items().boxed_local()
    }

    fn open<'a>(&'a self, key: &'a str) -> LocalBoxFuture<'a, Result<Box<dyn Volume>, ShelfError>> {
        async move {
            let options = FileSystemGetFileOptions::new();
            options.set_create(true);
            let handle: FileSystemFileHandle =
                wait(self.folder.get_file_handle_with_options(key, &options)).await?;
            let handle: FileSystemSyncAccessHandle = wait(handle.create_sync_access_handle()).await?;
            let volume = FileVolume(handle);
            volume.size()?;
            Ok(Box::new(volume) as Box<dyn Volume>)
        }
        .boxed_local()
    }

    fn remove<'a>(&'a self, key: &'a str) -> LocalBoxFuture<'a, Result<(), ShelfError>> {
        let promise = self.folder.remove_entry(key);
        async move {
            match JsFuture::from(promise).await {
                Ok(_) => Ok(()),
                Err(error) if is_missing(&error) => Ok(()),
                Err(error) => Err(failure(&error)),
            }
        }
        .boxed_local()
    }

    fn free_bytes(&self) -> LocalBoxFuture<'_, Option<u64>> {
        free_bytes(&self.storage).boxed_local()
    }
}

/// An open file. It is locked for everybody else until it is dropped.
struct FileVolume(FileSystemSyncAccessHandle);

impl FileVolume {
    fn size(&self) -> Result<f64, ShelfError> {
        self.0.get_size().map_err(|error| failure(&error))
    }

    fn read_now(&self, slot: u64) -> Result<Vec<u8>, ShelfError> {
        let length = if slot == 0 { LARGEST_RECORD } else { DIGEST + CHUNK };
        let mut bytes = vec![0; length];
        let read = self
            .0
            .read_with_u8_array_and_options(&mut bytes, &at(begin(slot)))
            .map_err(|error| failure(&error))?;
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "at most the length")]
        bytes.truncate(read as usize);
        Ok(bytes)
    }

    fn write_now(&self, slot: u64, bytes: &[u8]) -> Result<(), ShelfError> {
        let written = self
            .0
            .write_with_u8_array_and_options(bytes, &at(begin(slot)))
            .map_err(|error| failure(&error))?;
        #[expect(clippy::cast_precision_loss, reason = "about a MiB")]
        if written < bytes.len() as f64 {
            return Err(ShelfError::Full);
        }
        self.0.flush().map_err(|error| failure(&error))
    }
}

impl Volume for FileVolume {
    fn slots(&self) -> u64 {
        self.size().map_or(0, slots)
    }

    fn read(&mut self, slot: u64) -> LocalBoxFuture<'_, Result<Vec<u8>, ShelfError>> {
        ready(self.read_now(slot)).boxed_local()
    }

    fn write(&mut self, slot: u64, bytes: Vec<u8>) -> LocalBoxFuture<'_, Result<(), ShelfError>> {
        ready(self.write_now(slot, &bytes)).boxed_local()
    }

    fn truncate(&mut self, slots: u64) -> LocalBoxFuture<'_, Result<(), ShelfError>> {
        let end = begin(slots);
        let result = self.size().and_then(|size| {
            if size <= end {
                return Ok(());
            }
            self.0.truncate_with_f64(end).map_err(|error| failure(&error))
        });
        ready(result).boxed_local()
    }
}

impl Drop for FileVolume {
    fn drop(&mut self) {
        self.0.close();
    }
}

/// Where a slot begins.
#[expect(clippy::cast_precision_loss, reason = "files are far below 2^53 bytes")]
fn begin(slot: u64) -> f64 {
    match slot.checked_sub(1) {
        None => 0.0,
        Some(chunk) => (LARGEST_RECORD as u64 + chunk * (DIGEST + CHUNK) as u64) as f64,
    }
}

/// Whole or started slots in so many bytes.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a file's length in bytes")]
fn slots(size: f64) -> u64 {
    match (size as u64).checked_sub(LARGEST_RECORD as u64) {
        None => 0,
        Some(rest) => 1 + rest.div_ceil((DIGEST + CHUNK) as u64),
    }
}

fn at(offset: f64) -> FileSystemReadWriteOptions {
    let options = FileSystemReadWriteOptions::new();
    options.set_at(offset);
    options
}

fn is_missing(error: &JsValue) -> bool {
    error.dyn_ref::<web_sys::DomException>().is_some_and(|error| error.name() == "NotFoundError")
}

async fn wait<T: wasm_bindgen::JsCast>(promise: js_sys::Promise) -> Result<T, ShelfError> {
    JsFuture::from(promise).await.map(wasm_bindgen::JsCast::unchecked_into).map_err(|error| failure(&error))
}
