//! The address bar: which view it names, and how it changes without loading the page again.
//!
//! Links are plain `a` elements. A click on one that stays on this page changes the address and is taken
//! from the browser; everything else (a new tab, another origin, a download) is left to it.

use crate::platform::{document, listener};
use crate::routes::Route;
use gloo::events::{EventListener, EventListenerOptions};
use leptos::prelude::*;
use wasm_bindgen::{JsCast as _, JsValue};
use web_sys::{Element, HtmlAnchorElement, MouseEvent};

/// The path in the address bar.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Address(RwSignal<String>);

impl Address {
    /// Follows the address bar, and gives all views below access to it.
    pub(crate) fn provide() -> Self {
        let address = Self(RwSignal::new(current()));
        provide_context(address);
        let window =
            web_sys::window().map(|window| EventListener::new(&window, "popstate", move |_| address.read()));
        let links = document::document().map(|document| {
            let options = EventListenerOptions::enable_prevent_default();
            EventListener::new_with_options(&document, "click", options, move |event| {
                if let Some(path) = event.dyn_ref::<MouseEvent>().and_then(path_of_link) {
                    event.prevent_default();
                    address.go_to(&path);
                }
            })
        });
        listener::keep(window.into_iter().chain(links).collect());
        address
    }

    /// The one of this page.
    pub(crate) fn of_page() -> Self {
        expect_context()
    }

    /// The view that the address names; it is tracked.
    pub(crate) fn route(self) -> Option<Route> {
        self.0.with(|path| Route::parse(path))
    }

    /// Shows another view, as a new entry of the browser's history.
    pub(crate) fn go(self, route: Route) {
        self.go_to(&route.path());
    }

    fn go_to(self, path: &str) {
        let Some(window) = web_sys::window() else { return };
        let pushed =
            window.history().and_then(|history| history.push_state_with_url(&JsValue::NULL, "", Some(path)));
        if pushed.is_ok() {
            self.read();
            window.scroll_to_with_x_and_y(0.0, 0.0);
        }
    }

    fn read(self) {
        let path = current();
        // A view that is asked for again keeps what was typed into it.
        if self.0.with_untracked(|known| *known != path) {
            self.0.set(path);
        }
    }
}

fn current() -> String {
    web_sys::window().and_then(|window| window.location().pathname().ok()).unwrap_or_default()
}

/// The path that a click leads to, where it stays on this page and in this tab.
fn path_of_link(event: &MouseEvent) -> Option<String> {
    let is_plain = event.button() == 0
        && !(event.ctrl_key() || event.meta_key() || event.shift_key() || event.alt_key())
        && !event.default_prevented();
    if !is_plain {
        return None;
    }
    let link = event.target()?.dyn_into::<Element>().ok()?.closest("a[href]").ok()??;
    let link = link.dyn_into::<HtmlAnchorElement>().ok()?;
    let origin = web_sys::window()?.location().origin().ok()?;
    let stays = link.origin() == origin && link.target().is_empty() && !link.has_attribute("download");
    let path = link.pathname();
    // Files of this host are not views.
    (stays && Route::parse(&path).is_some()).then_some(path)
}
