//! A number that can be asked where it comes from.

use super::proof_popover::ProofAsk;
use crate::platform::document;
use crate::view_model::cell::Cell;
use lantern_types::Field;
use leptos::prelude::*;
use wasm_bindgen::JsCast as _;
use web_sys::Element;

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

/// Writes the digits of a cell into an element that holds nothing else: what [`digits`] draws, where there are
/// too many of them to be drawn one by one.
pub(crate) fn write(cell: &Cell, element: &Element) {
    let (class, text, dimmed, unit) = match cell {
        Cell::Number { printed, unit, dims_decimals } => {
            let point = if printed.decimals.is_empty() { "" } else { "." };
            let decimals = format!("{point}{}", printed.decimals);
            if *dims_decimals {
                ("n", printed.whole.clone(), decimals, unit.as_str())
            } else {
                ("n", printed.whole.clone() + &decimals, String::new(), unit.as_str())
            }
        }
        Cell::Text(text) => ("n", text.clone(), String::new(), ""),
        Cell::Missing(words) => ("na", (*words).to_owned(), String::new(), ""),
    };
    element.set_class_name(class);
    element.set_text_content(Some(&text));
    for (class, text) in [("dec", dimmed.as_str()), ("u", unit)] {
        if !text.is_empty()
            && let Some(part) = document::document().and_then(|page| page.create_element("span").ok())
        {
            part.set_class_name(class);
            part.set_text_content(Some(text));
            let _refused = element.append_child(&part);
        }
    }
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
