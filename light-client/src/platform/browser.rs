//! The browser's half of the platform. It runs in a dedicated worker as well as in a page.

mod executor;
mod random;
mod socket;
mod timer;

pub(crate) use executor::spawn;
pub(super) use random::fill_random;
pub(super) use socket::Socket;
pub(crate) use timer::sleep;
pub(super) use timer::{Sleep, now, unix_time};

use wasm_bindgen::JsCast as _;

/// Size of this wasm instance's memory in bytes. It never shrinks.
pub(crate) fn memory_bytes() -> u64 {
    let Ok(memory) = wasm_bindgen::memory().dyn_into::<js_sys::WebAssembly::Memory>() else { return 0 };
    memory.buffer().dyn_into::<js_sys::ArrayBuffer>().map_or(0, |buffer| u64::from(buffer.byte_length()))
}
