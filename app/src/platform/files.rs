//! Files: those that ship with the page and those that the user gives.

use gloo::net::http::Request;
use js_sys::Reflect;
use wasm_bindgen::{JsCast as _, JsValue};
use wasm_bindgen_futures::JsFuture;

/// Bytes of a chain specification that the page still reads.
const LARGEST: f64 = 64.0 * 1024.0 * 1024.0;

/// The text of a file of this page.
///
/// # Errors
/// What the server or the browser said.
pub(crate) async fn fetch_text(path: &str) -> Result<String, String> {
    let response = Request::get(path).send().await.map_err(|error| error.to_string())?;
    if !response.ok() {
        return Err(format!("{path}: {} {}", response.status(), response.status_text()));
    }
    response.text().await.map_err(|error| error.to_string())
}

/// The text of a network's file: what the document fetched ahead, or a fetch of its own.
///
/// # Errors
/// As [`fetch_text`].
pub(crate) async fn network_text(path: &str) -> Result<String, String> {
    if let Some(promise) = fetched_ahead(path)
        && let Some(text) = JsFuture::from(promise).await.ok().and_then(|text| text.as_string())
    {
        return Ok(text);
    }
    fetch_text(path).await
}

/// What the first script of `index.html` is fetching, if it is this file. It is there once.
fn fetched_ahead(path: &str) -> Option<js_sys::Promise> {
    let (window, name) = (web_sys::window()?, JsValue::from_str("lanternFile"));
    let file = Reflect::get(&window, &name).ok().filter(JsValue::is_object)?;
    let _own_property = Reflect::set(&window, &name, &JsValue::NULL);
    let is_it = Reflect::get(&file, &JsValue::from_str("path")).ok()?.as_string().as_deref() == Some(path);
    let text = Reflect::get(&file, &JsValue::from_str("text")).ok()?;
    is_it.then(|| text.dyn_into().ok()).flatten()
}

/// The text of a file that the user chose.
///
/// # Errors
/// Why it cannot be read.
pub(crate) async fn read_text(file: &web_sys::File) -> Result<String, String> {
    if file.size() > LARGEST {
        return Err("the file is larger than 64 MiB".to_owned());
    }
    let text =
        JsFuture::from(file.text()).await.map_err(|_error| "the browser cannot read this file".to_owned())?;
    text.as_string().ok_or_else(|| "the file is not text".to_owned())
}

/// A `blob:` address of a file that the user chose, or that the page made. It is good until this is dropped.
pub(crate) struct BlobUrl(String);

impl BlobUrl {
    /// Names, sizes and addresses of chosen files.
    pub(crate) fn of_files(list: Option<web_sys::FileList>) -> Vec<(String, u64, Self)> {
        let Some(list) = list else { return Vec::new() };
        let files = (0..list.length()).filter_map(|index| list.get(index));
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a file's length")]
        let entry = |file: web_sys::File| {
            let url = web_sys::Url::create_object_url_with_blob(&file).ok()?;
            Some((file.name(), file.size() as u64, Self(url)))
        };
        files.filter_map(entry).collect()
    }

    /// The address of a file with this text; nothing where the browser makes none.
    pub(crate) fn of_text(text: &str) -> Option<Self> {
        let blob = web_sys::Blob::new_with_str_sequence(&js_sys::Array::of1(&text.into())).ok()?;
        web_sys::Url::create_object_url_with_blob(&blob).ok().map(Self)
    }

    /// The address.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl Drop for BlobUrl {
    fn drop(&mut self) {
        // An address that is not known any more is of no harm.
        _ = web_sys::Url::revoke_object_url(&self.0);
    }
}
