//! The page: Leptos, rendered in the browser.
//!
//! The pure half (state, view models, words, routes) builds and is tested natively. The other half draws
//! it and talks to the browser; it exists on wasm32 only. Nothing here decodes chain bytes.

pub mod client;
pub mod network;
pub mod problem;
pub mod routes;
pub mod state;
pub mod view_model;

#[cfg(target_arch = "wasm32")]
#[allow(unreachable_pub, reason = "the component macro writes public types into private modules")]
pub mod app;
#[cfg(target_arch = "wasm32")]
#[allow(unreachable_pub, reason = "the component macro writes public types into private modules")]
mod components;
#[cfg(target_arch = "wasm32")]
mod navigation;
#[cfg(target_arch = "wasm32")]
#[allow(unreachable_pub, reason = "the component macro writes public types into private modules")]
mod pages;
#[cfg(target_arch = "wasm32")]
mod platform;
#[cfg(target_arch = "wasm32")]
mod store;
#[cfg(target_arch = "wasm32")]
#[allow(unreachable_pub, reason = "the component macro writes public types into private modules")]
mod ui;

#[cfg(not(target_arch = "wasm32"))]
#[path = "app_native.rs"]
pub mod app;
