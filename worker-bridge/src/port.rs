//! The ports that carry messages: a browser's `postMessage` on either side.
//!
//! Tests and native builds move the same bytes themselves.

#[cfg(target_arch = "wasm32")]
pub mod browser;
