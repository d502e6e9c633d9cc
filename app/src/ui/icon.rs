//! Icons from the sprite in `index.html`.

use leptos::prelude::*;

/// An icon beside words; it is hidden from those who listen.
#[component]
pub(crate) fn Icon(
    /// Name in the sprite, without `i-`.
    #[prop(into)]
    name: Signal<&'static str>,
) -> impl IntoView {
    view! {
        <svg class="i" viewBox="0 0 16 16" aria-hidden="true">
            <use href=move || format!("#i-{}", name.get())></use>
        </svg>
    }
}

/// The lantern of the brand.
#[component]
pub(crate) fn Logo() -> impl IntoView {
    view! {
        <svg viewBox="0 0 24 24" aria-hidden="true">
            <use href="#lantern"></use>
        </svg>
    }
}
