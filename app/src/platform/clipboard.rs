//! The clipboard.

use wasm_bindgen_futures::JsFuture;

/// Puts a text into the clipboard; says whether the browser allowed it.
pub(crate) async fn copy(text: String) -> bool {
    let Some(window) = web_sys::window() else { return false };
    // Outside a secure context there is no clipboard, and touching it would throw.
    if !window.is_secure_context() {
        return false;
    }
    JsFuture::from(window.navigator().clipboard().write_text(&text)).await.is_ok()
}
