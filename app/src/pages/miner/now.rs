//! The strip of figures at the top: what the device is and how fast it works now.

use crate::state::miner::Engine;
use crate::store::miner::MinerStore;
use crate::view_model::now as words;
use leptos::prelude::*;

/// The strip.
#[component]
pub(super) fn NowStrip(
    /// The miner.
    miner: MinerStore,
) -> impl IntoView {
    // As markup: it is all words and numbers of the page's own.
    let facts = Memo::new(move |_| {
        miner.state.with(|state| words::facts(state).iter().map(words::markup).collect::<String>())
    });
    let is_checking = Memo::new(move |_| miner.state.with(|state| state.engine == Engine::Checking));
    view! {
        <section
            id="miner-now"
            tabindex="-1"
            aria-label="Speed now"
            aria-busy=move || is_checking.get().to_string()
        >
            <dl class="panel facts" prop:innerHTML=move || facts.get()></dl>
        </section>
    }
}
