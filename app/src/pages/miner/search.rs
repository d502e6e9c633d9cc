//! Proof of work: a search for a seal at a given difficulty.

use super::{Lines, is_ready};
use crate::components::problem_note::ProblemNote;
use crate::store::miner::MinerStore;
use crate::ui::icon::Icon;
use crate::ui::note::{Note, Tone};
use crate::view_model::miner as words;
use leptos::prelude::*;

/// The panel.
#[component]
pub(super) fn SearchPanel(
    /// The miner.
    miner: MinerStore,
) -> impl IntoView {
    let search = Memo::new(move |_| miner.state.with(|state| state.search.clone()));
    let problem = Memo::new(move |_| miner.state.with(|state| state.search_problem.clone()));
    let lines =
        Memo::new(move |_| search.with(|search| search.as_ref().map(words::search).unwrap_or_default()));
    let found =
        Memo::new(move |_| search.with(|search| search.as_ref()?.solution.as_ref().map(words::solution)));
    let is_far =
        Memo::new(move |_| search.with(|search| search.as_ref().is_some_and(words::is_out_of_reach)));
    view! {
        <section class="panel" aria-labelledby="search-title">
            <div class="ph">
                <h2 id="search-title">"Proof of work"</h2>
                <div class="end">
                    {move || found.with(Option::is_some).then(|| view! {
                        <span class="chip ok"><Icon name="check" />"Seal found"</span>
                    })}
                </div>
            </div>
            <div class="pb stack">
                <p class="minestate">
                    "Looks for the seal that registering by proof of work asks for, on a practice block with random keys. The seal is real, and good for no chain."
                </p>
                <Controls miner />
                {move || problem.get().map(|problem| view! { <ProblemNote problem /> })}
                {move || is_far.get().then(|| view! {
                    <Note
                        tone=Tone::Warn
                        title="This difficulty is out of reach for this device"
                        text="At this rate a seal takes more than a month on average. A chain's block is too old long before that."
                    />
                })}
                {move || search.with(Option::is_some).then(|| view! { <Lines lines /> })}
                {move || found.get().map(|lines| view! {
                    <div class="stack" data-seal>
                        <Note tone=Tone::Plain title="A seal was found" text="It was checked on the CPU." />
                        <Lines lines=Signal::stored(lines) />
                    </div>
                })}
            </div>
        </section>
    }
}

#[component]
fn Controls(
    /// The miner.
    miner: MinerStore,
) -> impl IntoView {
    let ready = is_ready(miner);
    let typed = RwSignal::new("1 000 000".to_owned());
    let difficulty = Memo::new(move |_| words::difficulty(&typed.get()));
    // The job and whether the user holds it, while it runs.
    let running = Memo::new(move |_| {
        miner.state.with(|state| {
            state
                .search
                .as_ref()
                .filter(|search| search.is_running)
                .map(|search| (search.job, search.is_paused))
        })
    });
    let is_running = Memo::new(move |_| running.get().is_some());
    let cannot = move || !ready.get() || is_running.get() || difficulty.get().is_err();
    let toggle = move |_| {
        miner.state.update(|state| {
            if let Some(search) = &mut state.search {
                search.is_paused = !search.is_paused;
            }
        });
    };
    let stop = move |_| {
        if let Some((job, _)) = running.get_untracked() {
            miner.stop(job);
        }
    };
    let error = move || difficulty.get().err();
    view! {
        <form
            class="stack"
            on:submit=move |event| {
                event.prevent_default();
                if let (false, Ok(difficulty)) = (cannot(), difficulty.get_untracked()) {
                    miner.solve(difficulty);
                }
            }
        >
            <div class="field">
                <div class="mineacts">
                    <div class="field">
                <label for="mine-difficulty">"Difficulty"</label>
                <input
                    id="mine-difficulty"
                    class="inp"
                    inputmode="numeric"
                    autocomplete="off"
                    aria-describedby="mine-difficulty-hint"
                    aria-invalid=move || error().is_some().to_string()
                    prop:value=move || typed.get()
                    on:input=move |event| typed.set(event_target_value(&event))
                />
                    </div>
                    <button type="submit" class="btn primary" disabled=cannot>"Find a seal"</button>
                    <button type="button" class="btn second" disabled=move || !is_running.get() on:click=toggle>
                        {move || if running.get().is_some_and(|(_, is_paused)| is_paused) { "Go on" } else { "Pause" }}
                    </button>
                    <button type="button" class="btn second" disabled=move || !is_running.get() on:click=stop>"Stop search"</button>
                </div>
                <span id="mine-difficulty-hint" class="hint" class:err=move || error().is_some()>
                    {move || error().unwrap_or("So many seals are tried on average until one is valid.")}
                </span>
            </div>
        </form>
    }
}
