//! Keys that move in a table: they move the focus from one row's link to the next.

use crate::platform::document;
use leptos::ev::KeyboardEvent;
use wasm_bindgen::JsCast as _;
use web_sys::{Element, HtmlElement};

/// Takes a key that was pressed inside a table whose rows are `tr.row`.
pub(crate) fn move_in_table(event: &KeyboardEvent) {
    if event.ctrl_key() || event.meta_key() || event.alt_key() || document::is_typing() {
        return;
    }
    let here = event.target().and_then(|target| target.dyn_into::<Element>().ok());
    let Some(here) = here else { return };
    let row = here.closest("tr.row").ok().flatten();
    let target = match (event.key().as_str(), row) {
        ("j" | "ArrowDown", Some(row)) => neighbour(&row, Element::next_element_sibling),
        ("k" | "ArrowUp", Some(row)) => neighbour(&row, Element::previous_element_sibling),
        ("j" | "ArrowDown", None) => first(&here, "tr.row a"),
        ("s", Some(row)) => return press(&row, "[data-action=stake]"),
        ("p", Some(row)) => return press(&row, ".fig"),
        _ => None,
    };
    if let Some(target) = target {
        event.prevent_default();
        let _gone = target.focus();
    }
}

fn neighbour(row: &Element, step: impl Fn(&Element) -> Option<Element>) -> Option<HtmlElement> {
    first(&step(row)?, "a")
}

fn first(inside: &Element, selector: &str) -> Option<HtmlElement> {
    inside.query_selector(selector).ok().flatten()?.dyn_into().ok()
}

fn press(row: &Element, selector: &str) {
    if let Some(target) = first(row, selector) {
        target.click();
    }
}
