//! A number that can be asked where it comes from.

use super::proof_popover::ProofAsk;
use crate::view_model::cell::Cell;
use lantern_types::Field;
use leptos::prelude::*;
use wasm_bindgen::JsCast as _;

/// A number as a button: it opens the proof behind it.
#[component]
pub(crate) fn Figure(
    /// What is shown.
    #[prop(into)]
    cell: Signal<Cell>,
    /// What it is the number of.
    field: Field,
    /// Whose number it is, for the popover's head.
    #[prop(into)]
    of: Signal<String>,
) -> impl IntoView {
    let ask = ProofAsk::of_page();
    view! {
        <button
            type="button"
            class="fig"
            aria-haspopup="dialog"
            on:click=move |event| {
                let button = event.current_target().and_then(|target| target.dyn_into().ok());
                ask.open(field, of.get_untracked(), button);
            }
        >
            {move || cell.with(digits)}
        </button>
    }
}

/// A number without its proof, for places that have a badge of their own.
#[component]
pub(crate) fn Digits(
    /// What is shown.
    #[prop(into)]
    cell: Signal<Cell>,
) -> impl IntoView {
    move || cell.with(digits)
}

/// The digits of a cell, set in their weights.
pub(crate) fn digits(cell: &Cell) -> AnyView {
    match cell {
        Cell::Number { printed, unit, dims_decimals } => {
            let whole = printed.whole.clone();
            let decimals = (!printed.decimals.is_empty()).then(|| format!(".{}", printed.decimals));
            let decimals = if *dims_decimals {
                decimals.map(|text| view! { <span class="dec">{text}</span> }.into_any())
            } else {
                decimals.map(IntoAny::into_any)
            };
            let unit = (!unit.is_empty()).then(|| view! { <span class="u">{unit.clone()}</span> });
            view! { <span class="n">{whole}{decimals}{unit}</span> }.into_any()
        }
        Cell::Text(text) => view! { <span class="n">{text.clone()}</span> }.into_any(),
        Cell::Missing(words) => view! { <span class="na">{*words}</span> }.into_any(),
    }
}
