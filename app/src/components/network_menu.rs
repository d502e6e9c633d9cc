//! The network switch: the shipped networks and a chain specification of the user's own.

use crate::network::Choice;
use crate::platform::files;
use crate::store::Store;
use crate::ui::icon::Icon;
use leptos::html::Div;
use leptos::prelude::*;
use wasm_bindgen::JsCast as _;
use web_sys::{DragEvent, Event, File, HtmlInputElement};

/// The button in the top bar and its menu.
#[component]
pub(crate) fn NetworkMenu() -> impl IntoView {
    let store = Store::of_page();
    let menu = NodeRef::<Div>::new();
    let refusal = RwSignal::new(None::<String>);
    let close = move || {
        if let Some(menu) = menu.get_untracked() {
            let _closed = menu.hide_popover();
        }
    };
    let pick = move |choice: Choice| {
        refusal.set(None);
        close();
        store.say(format!("Joining {}", choice.label()));
        store.join(choice, false);
    };
    let take_file = move |file: File| {
        leptos::task::spawn_local(async move {
            match files::read_text(&file).await {
                Ok(specification) => pick(Choice::Own { name: file.name(), specification }),
                Err(reason) => refusal.set(Some(reason)),
            }
        });
    };
    let label = move || {
        store.choice.with(|choice| choice.as_ref().map_or("Network", |choice| choice.label()).to_owned())
    };
    let item = move |choice: Choice| {
        let is_chosen = {
            let choice = choice.clone();
            move || store.choice.with(|chosen| chosen.as_ref() == Some(&choice))
        };
        view! {
            <li>
                <button
                    type="button"
                    class="menuitem"
                    aria-current=move || is_chosen().then_some("true")
                    on:click={ let choice = choice.clone(); move |_| pick(choice.clone()) }
                >
                    <b>{choice.label().to_owned()}</b>
                    <span>{choice.note()}</span>
                </button>
            </li>
        }
    };
    view! {
        <button type="button" id="network-button" class="btn second sm" popovertarget="network-menu">
            <span class="vh">"Network "</span>
            {label}
            <Icon name="down" />
        </button>
        <div popover="auto" id="network-menu" class="pop menu" node_ref=menu>
            <ul aria-label="Networks">{Choice::SHIPPED.into_iter().map(item).collect_view()}</ul>
            <label
                class="drop"
                on:dragover=|event: DragEvent| event.prevent_default()
                on:drop=move |event: DragEvent| {
                    event.prevent_default();
                    let files = event.data_transfer().and_then(|data| data.files());
                    if let Some(file) = files.and_then(|files| files.get(0)) {
                        take_file(file);
                    }
                }
            >
                <b>"Your own chain specification"</b>
                <span>"Choose a JSON file or drop it here. It is kept for this visit."</span>
                <input
                    type="file"
                    accept=".json,application/json"
                    on:change=move |event: Event| {
                        let input = event.target().and_then(|target| target.dyn_into::<HtmlInputElement>().ok());
                        let Some(input) = input else { return };
                        if let Some(file) = input.files().and_then(|files| files.get(0)) {
                            take_file(file);
                        }
                        // The same file can be chosen again after it was mended.
                        input.set_value("");
                    }
                />
                {move || refusal.get().map(|reason| view! { <span class="hint err" role="alert">{reason}</span> })}
            </label>
        </div>
    }
}
