//! Listeners that live as long as the page.

use gloo::events::EventListener;
use leptos::prelude::{LocalStorage, StoredValue};

/// Listeners and the view that owns them: they go when it goes.
pub(crate) fn keep(listeners: Vec<EventListener>) {
    let _owner: StoredValue<Vec<EventListener>, LocalStorage> = StoredValue::new_local(listeners);
}
