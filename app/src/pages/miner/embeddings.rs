//! Ranks sentences by meaning with an encoder that is loaded at the first use.

use super::is_ready;
use crate::components::problem_note::ProblemNote;
use crate::store::miner::MinerStore;
use crate::view_model::{embeddings as words, miner};
use leptos::prelude::*;

const QUERY: &str = "How do I earn from staking?";
const SENTENCES: &str = "Bread needs flour, water, salt and time.
Delegate TAO to a validator and you receive a share of its dividends.
The cat sleeps on the warm radiator.
A validator keeps a part of the reward and passes the rest on.
Slippage is the difference between the price you expect and the price you pay.
Rain is likely in the north tomorrow.";

/// The panel.
#[component]
pub(super) fn EmbeddingsPanel(
    /// The miner.
    miner: MinerStore,
) -> impl IntoView {
    let ready = is_ready(miner);
    let query = RwSignal::new(QUERY.to_owned());
    let sentences = RwSignal::new(SENTENCES.to_owned());
    let ranking = Memo::new(move |_| miner.state.with(|state| state.ranking.clone()));
    let encoder = Memo::new(move |_| miner.state.with(|state| state.encoder.clone()));
    let problem = Memo::new(move |_| miner.state.with(|state| state.rank_problem.clone()));
    let running = Memo::new(move |_| {
        ranking
            .with(|ranking| ranking.as_ref().filter(|ranking| ranking.is_running).map(|ranking| ranking.job))
    });
    let start = move || {
        let texts = words::sentences(&sentences.get_untracked());
        if ready.get_untracked() && running.get_untracked().is_none() && !texts.is_empty() {
            miner.rank(query.get_untracked(), texts);
        }
    };
    let label =
        move || if encoder.with(Option::is_some) { "Rank by meaning" } else { "Load MiniLM and rank" };
    let hint = move || {
        encoder.with(|encoder| match encoder {
            Some(encoder) => words::encoder(encoder),
            None => "MiniLM comes from this page's host: 45 MB, Apache-2.0. Sentences stay in this tab."
                .to_owned(),
        })
    };
    view! {
        <section class="panel" aria-labelledby="rank-title" aria-busy=move || running.get().is_some().to_string()>
            <div class="ph"><h2 id="rank-title">"Rank by meaning"</h2></div>
            <form
                class="pb stack"
                on:submit=move |event| {
                    event.prevent_default();
                    start();
                }
            >
                <div class="field">
                    <label for="rank-query">"Compare with"</label>
                    <input
                        id="rank-query"
                        class="inp"
                        autocomplete="off"
                        prop:value=move || query.get()
                        on:input=move |event| query.set(event_target_value(&event))
                    />
                </div>
                <div class="field">
                    <label for="rank-texts">"Sentences, one on each line"</label>
                    <textarea
                        id="rank-texts"
                        class="mineprompt"
                        rows="6"
                        prop:value=move || sentences.get()
                        on:input=move |event| sentences.set(event_target_value(&event))
                    ></textarea>
                </div>
                <div class="mineacts">
                    <button type="submit" class="btn primary" disabled=move || !ready.get() || running.get().is_some()>
                        {label}
                    </button>
                    {move || running.get().map(|job| view! {
                        <button type="button" class="btn second" on:click=move |_| miner.stop(job)>"Cancel"</button>
                    })}
                    <span class="hint">{hint}</span>
                </div>
                {move || problem.get().map(|problem| view! { <ProblemNote problem again=Callback::new(move |()| start()) /> })}
                <Loading miner />
                {move || ranking.with(|ranking| {
                    let rows = words::rows(ranking.as_ref()?);
                    let summary = encoder.with(|encoder| words::summary(ranking.as_ref()?, encoder.as_ref()));
                    let row = |(text, cosine, length): words::Row| view! {
                        <li>
                            <span>{text}</span>
                            <meter value=length.to_string() aria-label="Likeness"></meter>
                            <b class="n">{cosine}</b>
                        </li>
                    };
                    summary.map(|summary| view! {
                        <ol class="ranked">{rows.into_iter().map(row).collect_view()}</ol>
                        <p class="hint">{summary}" The figures are cosines: 1 is the same meaning, about 0 is none in common."</p>
                    })
                })}
            </form>
        </section>
    }
}

/// How far the encoder has come.
#[component]
fn Loading(
    /// The miner.
    miner: MinerStore,
) -> impl IntoView {
    let loading = Memo::new(move |_| miner.state.with(|state| state.ranking.as_ref()?.loading));
    view! {
        {move || loading.get().map(|loading| view! {
            <progress
                class="minebar"
                aria-label="Loading MiniLM"
                max=loading.total_bytes.max(1).to_string()
                value=loading.loaded_bytes.to_string()
            ></progress>
            <span class="minestate">{miner::loading(&loading)}</span>
        })}
    }
}
