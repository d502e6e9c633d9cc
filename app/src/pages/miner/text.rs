//! The model: loading it, and a prompt that it writes on from.

use super::exact::Digest;
use super::models::Models;
use super::{Lines, is_ready};
use crate::components::problem_note::ProblemNote;
use crate::store::miner::MinerStore;
use crate::ui::icon::Icon;
use crate::view_model::miner as words;
use leptos::prelude::*;

const LENGTHS: [u32; 3] = [100, 300, 1_000];
/// What the page starts with: a prompt, and the most tokens to write.
pub(super) const START: (&str, u32) = ("The chain", LENGTHS[1]);

/// The panel.
#[component]
pub(super) fn TextPanel(
    /// The miner.
    miner: MinerStore,
) -> impl IntoView {
    let has_model = Memo::new(move |_| miner.state.with(|state| state.model.is_some()));
    view! {
        <section class="panel" aria-labelledby="text-title">
            <div class="ph"><h2 id="text-title">"Write with a model"</h2></div>
            <div class="pb stack">
                <Models miner />
                {move || has_model.get().then(|| view! { <ModelFacts miner /> })}
                <Write miner has_model />
            </div>
        </section>
    }
}

#[component]
fn ModelFacts(
    /// The miner.
    miner: MinerStore,
) -> impl IntoView {
    let lines = Memo::new(move |_| {
        miner.state.with(|state| state.model.as_ref().map(words::model).unwrap_or_default())
    });
    view! { <Lines lines /> }
}

#[component]
fn Write(
    /// The miner.
    miner: MinerStore,
    /// Whether a model is ready.
    has_model: Memo<bool>,
) -> impl IntoView {
    let prompt = RwSignal::new(START.0.to_owned());
    let length = RwSignal::new(START.1);
    let writing = Memo::new(move |_| miner.state.with(|state| state.writing.clone()));
    let running = Memo::new(move |_| {
        miner.state.with(|state| {
            state.writing.as_ref().filter(|writing| writing.is_running).map(|writing| writing.job)
        })
    });
    let is_loading = Memo::new(move |_| miner.state.with(|state| state.loading.is_some()));
    let problem = Memo::new(move |_| miner.state.with(|state| state.write_problem.clone()));
    let has_text = Memo::new(move |_| writing.with(Option::is_some));
    let lines =
        Memo::new(move |_| writing.with(|writing| writing.as_ref().map(words::writing).unwrap_or_default()));
    let start = move || miner.write(prompt.get_untracked(), length.get_untracked());
    // What was written becomes the beginning of what is written next.
    let go_on = move |_| {
        if let Some(writing) = writing.get_untracked() {
            miner.write(writing.prompt + &writing.text, length.get_untracked());
        }
    };
    let ready = is_ready(miner);
    let cannot = move || !ready.get() || is_loading.get() || running.get().is_some();
    let label = move || if has_model.get() { "Write" } else { "Load the demonstration model and write" };
    view! {
        <form
            class="stack"
            on:submit=move |event| {
                event.prevent_default();
                if !cannot() {
                    start();
                }
            }
        >
            <div class="field">
                <label for="mine-prompt">"Prompt"</label>
                <textarea
                    id="mine-prompt"
                    class="mineprompt"
                    rows="3"
                    prop:value=move || prompt.get()
                    on:input=move |event| prompt.set(event_target_value(&event))
                ></textarea>
            </div>
            <div class="mineacts">
                <div class="field">
                <label for="mine-length">"At most"</label>
                <select
                    id="mine-length"
                    class="inp"
                    on:change=move |event| {
                        if let Ok(tokens) = event_target_value(&event).parse() {
                            length.set(tokens);
                        }
                    }
                >
                    {LENGTHS.map(|tokens| view! {
                        <option value=tokens.to_string() selected=move || length.get() == tokens>{format!("{tokens} tokens")}</option>
                    }).collect_view()}
                </select>
                </div>
                <button type="submit" class="btn primary" disabled=cannot>{label}</button>
                <button
                    type="button"
                    class="btn second"
                    disabled=move || running.get().is_none()
                    on:click=move |_| {
                        if let Some(job) = running.get_untracked() {
                            miner.stop(job);
                        }
                    }
                >
                    <Icon name="x" />
                    "Stop writing"
                </button>
                <button type="button" class="btn second" disabled=move || cannot() || !has_model.get() || !has_text.get() on:click=go_on>
                    "Go on from here"
                </button>
            </div>
        </form>
        {move || problem.get().map(|problem| view! { <ProblemNote problem again=Callback::new(move |()| start()) /> })}
        {move || has_text.get().then(|| view! {
            <div class="minetext" id="mine-text" tabindex="0" role="region" aria-label="What the model wrote">
                <span class="from">{move || writing.with(|writing| writing.as_ref().map(|writing| writing.prompt.clone()))}</span>
                <span data-written>{move || writing.with(|writing| writing.as_ref().map(|writing| writing.text.clone()))}</span>
            </div>
            <Lines lines />
            <Digest miner />
        })}
    }
}
