//! Keys that work anywhere on the page, and the list of them.

use crate::navigation::Address;
use crate::platform::{document, listener};
use crate::routes::Route;
use crate::store::Store;
use gloo::events::EventListener;
use leptos::html::Dialog;
use leptos::prelude::*;
use wasm_bindgen::JsCast as _;
use web_sys::KeyboardEvent;

const KEYS: [(&str, &str); 9] = [
    ("/", "Find a subnet"),
    ("g s, g p, g n, g a", "Go to Subnets, Portfolio, Network, About"),
    ("j k or ↑ ↓", "Move in the table"),
    ("Enter", "Open the row"),
    ("s", "Stake in the row's subnet"),
    ("p", "Proof of the row's price"),
    ("t", "Next theme"),
    ("Esc", "Close, then clear the filter"),
    ("?", "This list"),
];

/// Listens to the page's keys and holds their list.
#[component]
pub(crate) fn Shortcuts() -> impl IntoView {
    let store = Store::of_page();
    let address = Address::of_page();
    let list = NodeRef::<Dialog>::new();
    let goes = StoredValue::new(false);
    let open = move || {
        if let Some(list) = list.get_untracked() {
            // A list that is open already stays open.
            let _open = list.show_modal();
        }
    };
    let close = move || {
        if let Some(list) = list.get_untracked() {
            list.close();
        }
    };
    let on_key = move |event: &KeyboardEvent| {
        if event.ctrl_key() || event.meta_key() || event.alt_key() || document::is_typing() {
            return;
        }
        let key = event.key();
        let target = match (goes.get_value(), key.as_str()) {
            (true, "s") => Some(Route::Subnets),
            (true, "p") => Some(Route::Portfolio),
            (true, "n") => Some(Route::Network),
            (true, "a") => Some(Route::About),
            _ => None,
        };
        goes.set_value(key == "g");
        if let Some(route) = target {
            // The table has an s and a p of its own.
            event.stop_immediate_propagation();
            address.go(route);
            return;
        }
        match key.as_str() {
            "t" => store.next_theme(),
            "?" => open(),
            "/" => {
                event.prevent_default();
                if document::focus_if_there("find") {
                    return;
                }
                address.go(Route::Subnets);
                document::after_paint(|| document::focus("find"));
            }
            _ => {}
        }
    };
    if let Some(document) = document::document() {
        listener::keep(vec![EventListener::new_with_options(
            &document,
            "keydown",
            gloo::events::EventListenerOptions::enable_prevent_default(),
            move |event| {
                if let Some(event) = event.dyn_ref::<KeyboardEvent>() {
                    on_key(event);
                }
            },
        )]);
    }
    view! {
        <dialog class="dlg" node_ref=list aria-labelledby="keys-title">
            <header><h2 id="keys-title">"Keys"</h2></header>
            <div class="pb">
                <dl class="keys">
                    {KEYS.map(|(keys, what)| view! { <dt><kbd>{keys}</kbd></dt><dd>{what}</dd> }).collect_view()}
                </dl>
            </div>
            <footer>
                <button type="button" class="btn second" on:click=move |_| close()>"Close"</button>
            </footer>
        </dialog>
    }
}
