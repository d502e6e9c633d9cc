//! What the page needs of the browser. Nothing else in this crate names `web_sys`, apart from views.

pub(crate) mod battery;
pub(crate) mod clipboard;
pub(crate) mod document;
pub(crate) mod files;
pub(crate) mod json;
pub(crate) mod listener;
pub(crate) mod panic;
pub(crate) mod random;
pub(crate) mod storage;
