//! The miner: what this device can do, a model that writes, and proof of work. Nothing runs before the user agrees.

mod benchmark;
mod device;
mod embeddings;
mod exact;
mod limits;
mod models;
mod now;
mod receipts;
mod search;
mod speed;
mod text;

use crate::components::problem_note::ProblemNote;
use crate::platform::document;
use crate::state::miner::Engine;
use crate::store::miner::MinerStore;
use crate::ui::icon::Icon;
use crate::ui::note::{Note, Tone};
use crate::view_model::miner::{self as words, Line};
use benchmark::BenchmarkPanel;
use device::DevicePanel;
use embeddings::EmbeddingsPanel;
use leptos::prelude::*;
use limits::LimitsPanel;
use now::NowStrip;
use receipts::ReceiptsPanel;
use search::SearchPanel;
use speed::SpeedPanel;
use text::{START, TextPanel};

/// The view. Its worker ends with it.
#[component]
pub(crate) fn MinerPage() -> impl IntoView {
    document::set_title("Miner · Lantern");
    let miner = MinerStore::new();
    let engine = Memo::new(move |_| miner.state.with(|state| state.engine.clone()));
    let is_asked = Memo::new(move |_| engine.get() != Engine::NotAsked);
    let hold = Memo::new(move |_| {
        miner.state.with(|state| state.hold().filter(|_| !state.jobs().is_empty()).map(words::hold))
    });
    view! {
        <div class="head">
            <h1>"Miner"</h1>
            <span class="sub">"Models and proof of work on this device, in this tab only."</span>
            <div class="end">{move || hold.get().map(|words| view! { <span class="chip warn">{words}</span> })}</div>
        </div>
        <Note
            tone=Tone::Info
            title="In a browser, expect to earn about 0 TAO on mainnet."
            text="This page shows what your device can do. It sends nothing to the chain and is paid nothing. Work stops when you leave this page."
        />
        {move || match engine.get() {
            Engine::Stopped(problem) => {
                Some(view! { <ProblemNote problem again=Callback::new(move |()| check(miner)) /> })
            }
            _ => None,
        }}
        {move || if is_asked.get() {
            view! { <Panels miner /> }.into_any()
        } else {
            view! { <Consent miner /> }.into_any()
        }}
    }
}

/// Checks the device and moves the focus to where the figures will stand, since the button goes away.
fn check(miner: MinerStore) {
    miner.check();
    show_figures();
}

/// The same, and then writes a first text with the model that comes with the page.
fn start(miner: MinerStore) {
    let (prompt, max_tokens) = START;
    miner.start(prompt.to_owned(), max_tokens);
    show_figures();
}

fn show_figures() {
    document::after_paint(|| document::focus("miner-now"));
}

#[component]
fn Consent(
    /// The miner.
    miner: MinerStore,
) -> impl IntoView {
    view! {
        <section class="panel" aria-labelledby="consent-title">
            <div class="ph"><h2 id="consent-title">"Before anything runs"</h2></div>
            <div class="pb stack">
                <p>
                    "Checking loads the miner's program, computes for some seconds on your graphics device or CPU, and measures how fast it is. What it finds stays in this tab. The first text comes from a small model of 1.9 MB that lies beside this page; nothing else starts before you start it."
                </p>
                <p class="hint">"Heavy work uses power and warms the device."</p>
                <div class="mineacts">
                    <button type="button" class="btn primary" on:click=move |_| start(miner)>
                        "Check and write a first text"
                    </button>
                    <button type="button" class="btn second" on:click=move |_| check(miner)>
                        <Icon name="chip" />
                        "Check this device"
                    </button>
                </div>
            </div>
        </section>
    }
}

#[component]
fn Panels(
    /// The miner.
    miner: MinerStore,
) -> impl IntoView {
    view! {
        <NowStrip miner />
        <div class="cols cols-wide">
            <div class="stack">
                <TextPanel miner />
                <EmbeddingsPanel miner />
                <SearchPanel miner />
                <ReceiptsPanel miner />
            </div>
            <div class="stack">
                <SpeedPanel miner />
                <DevicePanel miner />
                <LimitsPanel miner />
                <BenchmarkPanel miner />
            </div>
        </div>
    }
}

/// Names and what they say.
#[component]
fn Lines(
    /// What is printed.
    #[prop(into)]
    lines: Signal<Vec<Line>>,
) -> impl IntoView {
    view! {
        <dl class="kv lg">
            {move || lines.get().into_iter().map(|(name, value)| view! { <dt>{name}</dt><dd>{value}</dd> }).collect_view()}
        </dl>
    }
}

/// Whether jobs may be given.
fn is_ready(miner: MinerStore) -> Memo<bool> {
    Memo::new(move |_| miner.state.with(|state| state.engine == Engine::Ready))
}
