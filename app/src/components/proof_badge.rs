//! The badge of a page or panel: how certain its figures are, and at which block.

use crate::state::loadable::Loadable;
use crate::ui::icon::Icon;
use lantern_types::{AtBlock, Finality, format};
use leptos::prelude::*;

/// What a badge says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Standing {
    class: &'static str,
    icon: &'static str,
    words: &'static str,
    block: Option<u32>,
}

/// The standing of a value.
pub(crate) fn standing<T>(value: &Loadable<AtBlock<T>>) -> Standing {
    let (class, icon, words) = match value {
        Loadable::Ready(value) if value.finality == Finality::Finalized => ("pf final", "seal", "Proven"),
        Loadable::Ready(_) => ("pf best", "half", "Best block"),
        Loadable::Stale(..) => ("pf stale", "clock", "Stale"),
        Loadable::NotAsked | Loadable::Loading => ("pf none", "none", "Not proven yet"),
        Loadable::Failed(_) => ("pf none", "none", "Not available"),
    };
    Standing { class, icon, words, block: value.value().map(|value| value.block.number) }
}

/// The badge.
#[component]
pub(crate) fn ProofBadge(
    /// What it says.
    #[prop(into)]
    standing: Signal<Standing>,
) -> impl IntoView {
    let icon = Signal::derive(move || standing.with(|standing| standing.icon));
    view! {
        <span class=move || standing.with(|standing| standing.class)>
            <Icon name=icon />
            <span>{move || standing.with(|standing| standing.words)}</span>
            {move || standing.with(|standing| standing.block).map(|number| {
                view! { <span class="pb-no">{format!("#{}", format::integer(u64::from(number)))}</span> }
            })}
        </span>
    }
}
