//! The strip of figures at the top: what the device is and how fast it works now.

use crate::state::miner::Engine;
use crate::store::miner::MinerStore;
use crate::view_model::now::{self as words, Fact};
use leptos::prelude::*;

/// The strip.
#[component]
pub(super) fn NowStrip(
    /// The miner.
    miner: MinerStore,
) -> impl IntoView {
    let facts = Memo::new(move |_| miner.state.with(words::facts));
    let is_checking = Memo::new(move |_| miner.state.with(|state| state.engine == Engine::Checking));
    let fact = |Fact { name, value, unit, note }: Fact| {
        let value = if value.is_empty() {
            view! { <span class="na">"–"</span> }.into_any()
        } else if unit.is_empty() {
            view! { <span class="word">{value}</span> }.into_any()
        } else {
            view! { <span class="n">{value}<span class="u">{unit}</span></span> }.into_any()
        };
        view! {
            <div class="fact">
                <dt>{name}</dt>
                <dd class="v">{value}</dd>
                <dd class="x">{note}</dd>
            </div>
        }
    };
    view! {
        <section
            id="miner-now"
            tabindex="-1"
            aria-label="Speed now"
            aria-busy=move || is_checking.get().to_string()
        >
            <dl class="panel facts">{move || facts.get().into_iter().map(fact).collect_view()}</dl>
        </section>
    }
}
