//! Synchronisation in detail: stages, figures, and every peer with its troubles.

use crate::components::sync_dock::{ClientTrouble, Stages};
use crate::platform::document;
use crate::store::Store;
use crate::ui::icon::Icon;
use crate::view_model::sync_panel;
use lantern_types::format;
use lantern_worker_bridge::light_client::{LightClientRequest, Peer, Undialable};
use leptos::prelude::*;

/// The view.
#[component]
pub(crate) fn NetworkPage() -> impl IntoView {
    document::set_title("Network · Lantern");
    let store = Store::of_page();
    let name = move || store.choice.with(|choice| choice.as_ref().map(|choice| choice.note()));
    let summary =
        Memo::new(move |_| store.chain.with(|chain| sync_panel::summary(&chain.client, chain.sync.as_ref())));
    view! {
        <div class="head">
            <h1>"Network"</h1>
            <span class="sub">{name}</span>
            <div class="end">
                <button type="button" class="btn second sm" on:click=move |_| store.send(LightClientRequest::Wake)>"Check connections"</button>
                <button type="button" class="btn second sm" on:click=move |_| store.restart(true)>"Start from checkpoint"</button>
            </div>
        </div>
        <div class="cols cols-2">
            <section class="panel" aria-labelledby="stages-title">
                <div class="ph">
                    <h2 id="stages-title">"Synchronisation"</h2>
                    <div class="end"><span class=move || if store.is_current.get() { "chip ok" } else { "chip" }>{move || summary.get()}</span></div>
                </div>
                <div class="pb stack"><Stages /><ClientTrouble /></div>
            </section>
            <Figures />
        </div>
        <Peers />
        <Undialables />
    }
}

#[component]
fn Figures() -> impl IntoView {
    let store = Store::of_page();
    let rows = Memo::new(move |_| {
        let mut rows: Vec<(&'static str, String, bool)> = Vec::new();
        store.head.with(|seen| {
            if let Some(seen) = seen {
                let number =
                    |block: lantern_types::BlockRef| format!("#{}", format::integer(u64::from(block.number)));
                rows.push(("Chain", seen.head.chain.clone(), false));
                rows.push(("Genesis", seen.head.genesis_hash.to_hex(), true));
                rows.push(("Finalized block", number(seen.head.finalized), false));
                rows.push(("Finalized hash", seen.head.finalized.hash.to_hex(), true));
                rows.push(("Best block", number(seen.head.best), false));
                let lag = seen.head.best.number.saturating_sub(seen.head.finalized.number);
                rows.push(("Finality lag", crate::view_model::cell::blocks_in_words(u64::from(lag)), false));
                rows.push(("Runtime", seen.head.spec_version.to_string(), false));
            }
        });
        store.sync.with(|sync| {
            if let Some(sync) = sync {
                rows.push(("Started from", sync_panel::start_words(sync.started_from), false));
                rows.push(("Authority-set changes", sync.authority_set_changes.to_string(), false));
                rows.push(("Proofs checked", format::integer(sync.proofs_checked), false));
                rows.push(("Proofs rejected", format::integer(sync.proofs_rejected), false));
                rows.push(("Received", format::bytes(sync.bytes_down), false));
                rows.push(("Sent", format::bytes(sync.bytes_up), false));
                rows.push(("Memory of the light client", format::bytes(sync.memory_bytes), false));
                rows.push(("Kept for the next visit", sync_panel::saved_words(&sync.saved), false));
                rows.push(("Running for", sync_panel::seconds(sync.elapsed_millis), false));
            }
        });
        rows
    });
    view! {
        <section class="panel" aria-labelledby="figures-title">
            <div class="ph"><h2 id="figures-title">"Figures"</h2></div>
            <div class="pb">
                <dl class="kv lg">
                    {move || rows.get().into_iter().map(|(label, value, is_code)| {
                        let value = if is_code { view! { <code>{value}</code> }.into_any() } else { value.into_any() };
                        view! { <dt>{label}</dt><dd>{value}</dd> }
                    }).collect_view()}
                </dl>
                {move || rows.with(Vec::is_empty).then(|| view! { <p class="muted">"Nothing is known yet."</p> })}
            </div>
        </section>
    }
}

#[component]
fn Peers() -> impl IntoView {
    let store = Store::of_page();
    let peers = Memo::new(move |_| {
        store.sync.with(|sync| sync.as_ref().map_or_else(Vec::new, |sync| sync.peers.clone()))
    });
    view! {
        <section class="panel" aria-labelledby="peers-title">
            <div class="ph"><h2 id="peers-title">"Peers"</h2></div>
            <div class="tw">
                <div class="ts" tabindex="0" role="region" aria-label="Table of peers">
                    <table class="tbl">
                        <thead>
                            <tr>
                                <th scope="col">"Address"</th>
                                <th scope="col">"State"</th>
                                <th scope="col" class="r">"Latency"</th>
                                <th scope="col" class="r">"Best block"</th>
                                <th scope="col" class="r">"Received"</th>
                            </tr>
                        </thead>
                        <tbody>{move || peers.with(|peers| peers.iter().map(peer_row).collect_view())}</tbody>
                    </table>
                </div>
            </div>
            {move || peers.with(Vec::is_empty).then(|| view! {
                <div class="empty"><Icon name="plug" /><b>"No peer yet"</b><p>"Addresses appear here as soon as they are dialled."</p></div>
            })}
        </section>
    }
}

fn peer_row(peer: &Peer) -> impl IntoView + use<> {
    let (class, words) = if peer.is_connected { ("chip ok", "Connected") } else { ("chip", "Not connected") };
    let none = || view! { <span class="na">"no record"</span> }.into_any();
    let latency = peer.latency_millis.map_or_else(none, |millis| {
        view! { <span class="n">{format::integer(u64::from(millis))}<span class="u">"ms"</span></span> }
            .into_any()
    });
    let best = peer.best.map_or_else(none, |number| format::integer(u64::from(number)).into_any());
    view! {
        <tr>
            <td class="wrap"><code>{peer.address.clone()}</code></td>
            <td class="wrap">
                <span class=class>{words}</span>
                {peer.trouble.clone().map(|trouble| view! { <span class="s">{trouble}</span> })}
            </td>
            <td class="r">{latency}</td>
            <td class="r">{best}</td>
            <td class="r">{format::bytes(peer.bytes_down)}</td>
        </tr>
    }
}

#[component]
fn Undialables() -> impl IntoView {
    let store = Store::of_page();
    let list = Memo::new(move |_| {
        store.sync.with(|sync| sync.as_ref().map_or_else(Vec::new, |sync| sync.undialable.clone()))
    });
    let item = |found: &Undialable| {
        let (address, reason) = (found.address.clone(), found.reason.clone());
        view! { <li><code>{address}</code><span class="s">{reason}</span></li> }
    };
    move || {
        (!list.with(Vec::is_empty)).then(|| view! {
            <section class="panel" aria-labelledby="undialable-title">
                <div class="ph"><h2 id="undialable-title">"Addresses that this page cannot dial"</h2></div>
                <ul class="risk">{list.with(|list| list.iter().map(item).collect_view())}</ul>
            </section>
        })
    }
}
