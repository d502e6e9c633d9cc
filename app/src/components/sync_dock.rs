//! The panel on synchronisation. It floats, so that nothing moves when it comes or goes.

use super::problem_note::ProblemNote;
use crate::routes::Route;
use crate::state::chain::ClientState;
use crate::store::Store;
use crate::ui::icon::Icon;
use crate::ui::note::{Note, Tone};
use crate::view_model::sync_panel::{self, Mark, StageLine};
use lantern_types::format;
use leptos::prelude::*;

/// The four stages.
#[component]
pub(crate) fn Stages() -> impl IntoView {
    let store = Store::of_page();
    let lines = Memo::new(move |_| {
        store.chain.with(|chain| sync_panel::stages(&chain.client, chain.sync.as_ref(), chain.head.as_ref()))
    });
    view! { <ol class="stages">{move || lines.with(|lines| lines.iter().map(stage).collect_view())}</ol> }
}

fn stage(line: &StageLine) -> impl IntoView + use<> {
    let (class, icon) = match line.mark {
        Mark::Done => ("done", "seal"),
        Mark::Now => ("now", "turn"),
        Mark::Slow => ("slow", "warn"),
        Mark::Failed => ("fail", "bad"),
        Mark::Waiting => ("wait", "dot"),
    };
    let is_current = matches!(line.mark, Mark::Now | Mark::Slow | Mark::Failed);
    let (title, time, reason) = (line.title, line.time.clone(), line.reason.clone());
    view! {
        <li class=class aria-current=is_current.then_some("step")>
            <Icon name=icon />
            <span>{title}</span>
            <span class="t">{time}</span>
            {(!reason.is_empty()).then(|| view! { <span class="s">{reason}</span> })}
        </li>
    }
}

/// What stopped the light client, where something did.
#[component]
pub(crate) fn ClientTrouble() -> impl IntoView {
    let store = Store::of_page();
    let client = Memo::new(move |_| store.chain.with(|chain| chain.client.clone()));
    move || match client.get() {
        ClientState::Failed(problem) => Some(view! { <ProblemNote problem /> }.into_any()),
        ClientState::Restarting { cause, attempt } => Some(
            view! {
                <Note
                    tone=Tone::Warn
                    title="The light client stopped and is being started again"
                    text=format!("Attempt {attempt} of 3. Figures stay as they were and are marked as old.")
                    detail=cause
                />
            }
            .into_any(),
        ),
        ClientState::NotStarted | ClientState::Starting | ClientState::Running => None,
    }
}

/// The floating panel.
#[component]
pub(crate) fn SyncDock(
    /// Whether it is open.
    open: RwSignal<bool>,
) -> impl IntoView {
    let store = Store::of_page();
    let summary =
        Memo::new(move |_| store.chain.with(|chain| sync_panel::summary(&chain.client, chain.sync.as_ref())));
    let foot = Memo::new(move |_| {
        store.sync.with(|sync| {
            sync.as_ref().map(|sync| {
                (
                    sync_panel::seconds(sync.elapsed_millis),
                    format::bytes(sync.bytes_down),
                    match sync.proofs_checked {
                        1 => "1 proof".to_owned(),
                        count => format::integer(count) + " proofs",
                    },
                    sync.proofs_rejected,
                )
            })
        })
    });
    let is_current = store.is_current;
    view! {
        <aside class="dock panel" id="sync-dock" aria-label="Light client" hidden=move || !open.get()>
            <div class="ph">
                <h2>"Light client"</h2>
                <div class="end">
                    <span class=move || if is_current.get() { "chip ok" } else { "chip" }>{move || summary.get()}</span>
                    <button type="button" class="btn icon quiet" aria-label="Close" on:click=move |_| open.set(false)>
                        <Icon name="x" />
                    </button>
                </div>
            </div>
            <div class="pb stack">
                <Stages />
                <ClientTrouble />
            </div>
            <div class="pfoot">
                {move || foot.get().map(|(elapsed, down, checked, rejected)| view! {
                    <span>{elapsed}</span>
                    <span>{down}" down"</span>
                    <span>{checked}" checked"</span>
                    <span class:rejected=move || rejected != 0>{format::integer(rejected)}" rejected"</span>
                })}
                <a href=Route::Network.path() class="link">"Details"</a>
            </div>
        </aside>
    }
}
