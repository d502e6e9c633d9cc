//! The block rail: one tick for each block, filled when final. It shows that the page is alive.

use crate::state::rail::LENGTH;
use crate::store::Store;
use crate::ui::icon::Icon;
use crate::view_model::sync_panel;
use lantern_types::format;
use leptos::prelude::*;

/// Units of the drawing from one tick to the next.
const STEP: usize = 6;
/// Its height.
const HEIGHT: u32 = 20;

/// The rail with the figures beside it.
#[component]
pub(crate) fn BlockRail(
    /// Whether the panel on synchronisation is open.
    dock: RwSignal<bool>,
) -> impl IntoView {
    let store = Store::of_page();
    let finalized =
        Memo::new(move |_| store.head.with(|seen| seen.as_ref().map(|seen| seen.head.finalized.number)));
    let ahead = Memo::new(move |_| {
        store.head.with(|seen| {
            seen.as_ref().map(|seen| seen.head.best.number.saturating_sub(seen.head.finalized.number))
        })
    });
    let runtime =
        Memo::new(move |_| store.head.with(|seen| seen.as_ref().map(|seen| seen.head.spec_version)));
    let age = Memo::new(move |_| {
        let now = store.now.get();
        store.head.with(|seen| seen.as_ref().map(|seen| now.saturating_sub(seen.finalized_at) / 1_000))
    });
    let peers = Memo::new(move |_| {
        store.sync.with(|sync| {
            sync.as_ref().map_or(0, |sync| sync.peers.iter().filter(|peer| peer.is_connected).count())
        })
    });
    let memory = Memo::new(move |_| {
        store.sync.with(|sync| sync.as_ref().map(|sync| format::bytes(sync.memory_bytes)))
    });
    let summary =
        Memo::new(move |_| store.chain.with(|chain| sync_panel::summary(&chain.client, chain.sync.as_ref())));
    let is_current = store.is_current;
    let icon = Signal::derive(move || if is_current.get() { "seal" } else { "clock" });
    view! {
        <section class="rail" aria-label="Chain status">
            <Ticks />
            <button
                type="button"
                class="railbtn"
                id="sync-button"
                aria-expanded=move || dock.get().to_string()
                aria-controls="sync-dock"
                on:click=move |_| dock.update(|open| *open = !*open)
            >
                <span class=move || if is_current.get() { "pf final mini" } else { "pf stale mini" }>
                    <Icon name=icon />
                </span>
                {move || summary.get()}
            </button>
            {move || finalized.get().map(|number| view! {
                <span class="railpart">"Finalized "<b>{format::integer(u64::from(number))}</b></span>
            })}
            {move || ahead.get().map(|blocks| view! { <span class="railpart opt2">"Best "<b>{format!("+{blocks}")}</b></span> })}
            {move || age.get().map(|seconds| view! { <span class="railpart opt">{format!("{} ago", format::duration(seconds))}</span> })}
            {move || runtime.get().map(|version| view! { <span class="railpart opt">"Runtime "<b>{version}</b></span> })}
            <span class="end">
                <span class="railpart opt2"><Icon name="plug" /><b>{move || peers.get()}</b>{move || if peers.get() == 1 { " peer" } else { " peers" }}</span>
                {move || memory.get().map(|text| view! { <span class="railpart opt">{text}" memory"</span> })}
                {move || store.is_practice.get().then(|| view! { <span class="sample opt2">"Practice network"</span> })}
            </span>
        </section>
    }
}

#[component]
fn Ticks() -> impl IntoView {
    let store = Store::of_page();
    let rail = Memo::new(move |_| store.chain.with(|chain| chain.rail.clone()));
    let width = LENGTH * STEP;
    let ticks = move || {
        rail.with(|rail| {
            let skipped = LENGTH.saturating_sub(rail.ticks().len());
            rail.ticks()
                .enumerate()
                .map(|(index, tick)| {
                    let is_final = rail.is_final(tick);
                    // Half the height is there for a block as such, the rest for up to twenty extrinsics.
                    let height = 6 + tick.extrinsics.unwrap_or(0).min(20) * 12 / 20;
                    let x = (skipped + index) * STEP;
                    let class = match (is_final, index + skipped + 12 < LENGTH) {
                        (false, _) => "best",
                        (true, true) => "old",
                        (true, false) => "fin",
                    };
                    view! {
                        <rect
                            class=class
                            x=format!("{x}.5")
                            y=format!("{}.5", HEIGHT - 1 - height)
                            width="4"
                            height=height.to_string()
                        ></rect>
                    }
                })
                .collect_view()
        })
    };
    view! {
        <svg
            class="ticks"
            viewBox=format!("0 0 {width} {HEIGHT}")
            preserveAspectRatio="xMaxYMid slice"
            role="img"
            aria-label=move || rail.with(|rail| rail.sentence())
        >
            {ticks}
        </svg>
    }
}
