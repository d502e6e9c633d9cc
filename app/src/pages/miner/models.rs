//! Loading a model: the one that comes with the page, or the user's own; and what is kept of them.

use super::exact::ExactSwitch;
use super::is_ready;
use crate::components::problem_note::ProblemNote;
use crate::platform::files::BlobUrl;
use crate::store::miner::MinerStore;
use crate::ui::note::{Note, Tone};
use crate::view_model::miner as words;
use lantern_types::format;
use lantern_worker_bridge::miner::{ModelFile, ModelSource, Precision};
use leptos::prelude::*;
use std::rc::Rc;

/// A file that the user chose: its name, its size and its address.
type Chosen = (String, u64, Rc<BlobUrl>);

/// Everything about loading.
#[component]
pub(super) fn Models(
    /// The miner.
    miner: MinerStore,
) -> impl IntoView {
    let ready = is_ready(miner);
    let cannot = Memo::new(move |_| {
        !ready.get()
            || miner.state.with(|state| {
                state.loading.is_some() || state.writing.as_ref().is_some_and(|writing| writing.is_running)
            })
    });
    let problem = Memo::new(move |_| miner.state.with(|state| state.load_problem.clone()));
    let not_kept = Memo::new(move |_| miner.state.with(|state| state.not_kept.clone()));
    view! {
        <div class="mineacts">
            <button type="button" class="btn second" disabled=cannot on:click=move |_| miner.load_demonstration()>
                "Load the demonstration model"
            </button>
            <span class="hint">"A small model that comes with this page: 1.9 MB. It writes words, not sense."</span>
        </div>
        <ExactSwitch miner />
        <Own miner cannot />
        <Loading miner />
        {move || problem.get().map(|problem| view! {
            <ProblemNote problem again=Callback::new(move |()| miner.load_again()) />
        })}
        {move || not_kept.get().map(|detail| view! {
            <Note
                tone=Tone::Warn
                title="This model is not kept for the next visit"
                text="Loading goes on without keeping it."
                detail
            />
        })}
        <Kept miner />
    }
}

#[component]
fn Loading(
    /// The miner.
    miner: MinerStore,
) -> impl IntoView {
    let loading = Memo::new(move |_| miner.state.with(|state| state.loading));
    let is_loading = Memo::new(move |_| loading.with(Option::is_some));
    let cancel = move |_| {
        if let Some(loading) = loading.get_untracked() {
            miner.stop(loading.job);
        }
    };
    let label = move || loading.with(|loading| loading.as_ref().map(words::loading).unwrap_or_default());
    let most = move || loading.with(|loading| loading.map_or(1, |loading| loading.total_bytes.max(1)));
    let done = move || loading.with(|loading| loading.map_or(0, |loading| loading.loaded_bytes));
    view! {
        {move || is_loading.get().then(|| view! {
            <div class="stack">
                <progress
                    class="minebar"
                    aria-label="Loading the model"
                    max=move || most().to_string()
                    prop:value=move || done().to_string()
                ></progress>
                <div class="mineacts">
                    <span class="minestate">{label}</span>
                    <button type="button" class="btn second sm" on:click=cancel>"Cancel"</button>
                </div>
            </div>
        })}
    }
}

/// A model of the user's own, from files or from an address.
#[component]
fn Own(
    /// The miner.
    miner: MinerStore,
    /// Whether nothing may be loaded now.
    cannot: Memo<bool>,
) -> impl IntoView {
    let address = RwSignal::new(String::new());
    let precision = RwSignal::new(Precision::AsStored);
    let chosen = RwSignal::new_local(Vec::<Chosen>::new());
    let choose = move |list: Option<web_sys::FileList>| {
        let files = BlobUrl::of_files(list);
        chosen.set(files.into_iter().map(|(name, size, url)| (name, size, Rc::new(url))).collect());
    };
    let input = NodeRef::<leptos::html::Input>::new();
    let load_files = move |_| {
        let file = |(name, _, url): &Chosen| ModelFile { name: name.clone(), url: url.as_str().to_owned() };
        let files = chosen.with_untracked(|chosen| chosen.iter().map(file).collect());
        miner.load(ModelSource::Files { files }, precision.get_untracked());
    };
    let is_address = move || !address.with(|address| address.trim().is_empty());
    let load_address = move |_| {
        let url = address.get_untracked().trim().to_owned();
        miner.load(ModelSource::Url(url), precision.get_untracked());
    };
    view! {
        <details
            class="mineown"
            on:dragover=move |event| event.prevent_default()
            on:drop=move |event| {
                event.prevent_default();
                choose(event.data_transfer().and_then(|data| data.files()));
            }
        >
            <summary>"Load a model of your own"</summary>
            <div class="stack">
                <div class="field">
                    <label for="mine-precision">"Weights in memory"</label>
                    <select
                        id="mine-precision"
                        class="inp"
                        on:change=move |event| precision.set(
                            if event_target_value(&event) == "8" { Precision::Q8_0 } else { Precision::AsStored },
                        )
                    >
                        <option value="">"As the file has them"</option>
                        <option value="8">"8 bits: smaller and faster, a little less exact"</option>
                    </select>
                </div>
                <div class="field">
                    <label for="mine-files">"Files"</label>
                    <input
                        id="mine-files"
                        type="file"
                        multiple
                        node_ref=input
                        on:change=move |_| choose(input.get_untracked().and_then(|input| input.files()))
                    />
                    <span class="hint">"One GGUF file; or config.json, tokenizer.json and model.safetensors together. They can be dropped here. Nothing is uploaded."</span>
                </div>
                {move || chosen.with(|chosen| (!chosen.is_empty()).then(|| {
                    let lines = chosen.iter().map(|(name, size, _)| view! {
                        <dt>{name.clone()}</dt>
                        <dd>{format::bytes(*size)}</dd>
                    }).collect_view();
                    view! {
                        <dl class="kv">{lines}</dl>
                        <button type="button" class="btn second" disabled=cannot on:click=load_files>"Load these files"</button>
                    }
                }))}
                <div class="field">
                    <label for="mine-address">"Or the address of a folder with a manifest.json"</label>
                    <input
                        id="mine-address"
                        class="inp"
                        inputmode="url"
                        autocomplete="off"
                        prop:value=move || address.get()
                        on:input=move |event| address.set(event_target_value(&event))
                    />
                    <span class="hint">"The host of that address sees that you ask for it."</span>
                </div>
                <button type="button" class="btn second" disabled=move || cannot.get() || !is_address() on:click=load_address>
                    "Load from this address"
                </button>
            </div>
        </details>
    }
}

/// What is kept on this device, with a button to remove it.
#[component]
fn Kept(
    /// The miner.
    miner: MinerStore,
) -> impl IntoView {
    let kept = Memo::new(move |_| miner.state.with(|state| state.kept.clone()));
    let is_loading = Memo::new(move |_| miner.state.with(|state| state.loading.is_some()));
    view! {
        {move || kept.get().map(|report| {
            let said = words::kept(&report);
            let rows = report.models.into_iter().map(|model| {
                let size = words::kept_size(&model);
                let label = format!("Remove {}", model.name);
                let forget = move |_| miner.look_at_kept(Some(model.model.clone()));
                view! {
                    <li>
                        <b>{model.name.clone()}</b>
                        <span>{size}</span>
                        <button type="button" class="btn quiet sm" aria-label=label disabled=is_loading on:click=forget>
                            "Remove"
                        </button>
                    </li>
                }
            }).collect_view();
            view! {
                <div>
                    <h3>"On this device"</h3>
                    <p class="hint">{said}</p>
                    <ul class="minekept" data-kept>{rows}</ul>
                </div>
            }
        })}
    }
}
