//! Files: those that ship with the page and those that the user gives.

use gloo::net::http::Request;
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
