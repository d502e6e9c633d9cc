//! How fast texts and searches went over the last minutes, as a chart.

use crate::state::speed::Kind;
use crate::store::miner::MinerStore;
use crate::view_model::speed as words;
use leptos::prelude::*;

/// The panel.
#[component]
pub(super) fn SpeedPanel(
    /// The miner.
    miner: MinerStore,
) -> impl IntoView {
    let shown = move || miner.state.with(|state| words::shown(&state.speed));
    let is_choice = Memo::new(move |_| miner.state.with(|state| words::is_choice(&state.speed)));
    // As markup: a view for each of its parts would weigh several times as much.
    let chart = Memo::new(move |_| {
        miner.state.with(|state| {
            words::chart(&state.speed, words::shown(&state.speed))
                .as_ref()
                .map(words::markup)
                .unwrap_or_default()
        })
    });
    let is_empty = Memo::new(move |_| chart.with(String::is_empty));
    let button = move |of: Kind| {
        view! {
            <button
                type="button"
                aria-pressed=move || (shown() == of).to_string()
                on:click=move |_| miner.state.update(|state| state.speed.chosen = Some(of))
            >
                {words::name(of)}
            </button>
        }
    };
    view! {
        <section class="panel" aria-labelledby="speed-title">
            <div class="ph">
                <h2 id="speed-title">"Speed"</h2>
                <div class="end">
                    <div class="seg" role="group" aria-label="What is shown" hidden=move || !is_choice.get()>
                        {button(Kind::Writing)}
                        {button(Kind::Searching)}
                    </div>
                </div>
            </div>
            <div class="pb">
                <p class="minestate" hidden=move || !is_empty.get()>
                    "Tokens per second while a text is written and seals per second while one is looked for will be drawn here, for the last 10 minutes."
                </p>
                <div prop:innerHTML=move || chart.get()></div>
            </div>
        </section>
    }
}
