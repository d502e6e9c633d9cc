//! The table of subnets: the page's first view.

mod row;
mod window;

use crate::components::problem_note::ProblemNote;
use crate::components::proof_badge::{ProofBadge, standing};
use crate::components::proof_popover::ProofAsk;
use crate::components::table_keys::move_in_table;
use crate::platform::document;
use crate::state::chain::ClientState;
use crate::state::loadable::Loadable;
use crate::store::Store;
use crate::ui::icon::Icon;
use crate::view_model::cell::blocks_in_words;
use crate::view_model::subnet_row::{self, Column, Sort};
use lantern_types::{NetUid, format};
use leptos::html::Tbody;
use leptos::prelude::*;
use row::{Row, Rows, prove_pressed, skeleton};
use std::sync::Arc;
use window::Window;

/// The columns after the name, with the class that says when they leave.
const COLUMNS: [(Column, &str); 7] = [
    (Column::Price, "r c2 w-price"),
    (Column::Emission, "r l w-emission"),
    (Column::Tao, "r l w-tao"),
    (Column::Alpha, "r p3 w-alpha"),
    (Column::Tempo, "r p4 w-tempo"),
    (Column::NextEpoch, "r p2 w-next"),
    (Column::Age, "r p4 w-age"),
];

/// The view.
#[component]
pub(crate) fn SubnetsPage() -> impl IntoView {
    document::set_title("Subnets · Lantern");
    let store = Store::of_page();
    let query = RwSignal::new(String::new());
    let sort = RwSignal::new(Sort::default());
    let order = Memo::new(move |_| {
        store.network.with(|network| {
            network.value().map_or_else(Vec::new, |state| {
                query.with(|query| subnet_row::listed(&state.value, sort.get(), query))
            })
        })
    });
    let count = Memo::new(move |_| {
        store.network.with(|network| network.value().map(|state| state.value.subnets.len()))
    });
    let badge = Signal::derive(move || store.network.with(standing));
    let has_table = RwSignal::new(false);
    // The view may have gone meanwhile.
    document::later(move || {
        let _gone = has_table.try_set(true);
    });
    view! {
        <div class="head">
            <h1>"Subnets"</h1>
            <span class="sub">{move || count.get().map(subtitle)}</span>
            <div class="end"><ProofBadge standing=badge /></div>
        </div>
        <section class="panel" aria-label="Subnet list">
            <div class="tools">
                <input
                    class="inp"
                    id="find"
                    type="search"
                    aria-label="Find a subnet by name or number"
                    placeholder="Find by name or number"
                    aria-keyshortcuts="/"
                    autocomplete="off"
                    prop:value=move || query.get()
                    on:input=move |event| query.set(event_target_value(&event))
                />
                <span class="end muted small" role="status">{move || found(count.get(), order.with(Vec::len), &query.get())}</span>
            </div>
            {move || has_table.get().then(|| view! { <Table order sort /><Foot /> })}
        </section>
    }
}

fn subtitle(count: usize) -> String {
    match count {
        0 => "no subnets".to_owned(),
        1 => "root only".to_owned(),
        2 => "1 subnet and root".to_owned(),
        count => format!("{} subnets and root", count.saturating_sub(1)),
    }
}

fn found(all: Option<usize>, found: usize, query: &str) -> String {
    match all {
        Some(all) if !query.trim().is_empty() => format!("{found} of {all} found"),
        _ => String::new(),
    }
}

#[component]
fn Table(
    /// Subnets in the order of the table.
    order: Memo<Vec<NetUid>>,
    /// The order.
    sort: RwSignal<Sort>,
) -> impl IntoView {
    let store = Store::of_page();
    let ask = ProofAsk::of_page();
    let rows: Memo<Rows> = Memo::new(move |_| {
        store.network.with(|network| {
            let rows = network.value().map(|state| subnet_row::rows(&state.value, state.block.number));
            Arc::new(rows.into_iter().flatten().map(|row| (row.netuid, Arc::new(row))).collect())
        })
    });
    let body = NodeRef::<Tbody>::new();
    let window = Window::new(body, Signal::derive(move || order.with(Vec::len)));
    let visible = Memo::new(move |_| {
        let range = window.range();
        order.with(|order| order.get(range).map(<[NetUid]>::to_vec).unwrap_or_default())
    });
    let drawn = RwSignal::new(Vec::new());
    Effect::new(move |_| {
        visible.track();
        draw_some(visible, drawn, FIRST_STEP, window);
    });
    let is_unlit = Memo::new(move |_| store.network.with(|network| !network.is_ready()));
    let has_stopped =
        Memo::new(move |_| store.chain.with(|chain| matches!(chain.client, ClientState::Failed(_))));
    let state = Memo::new(move |_| {
        store.network.with(|network| match network {
            Loadable::Ready(_) | Loadable::Stale(..) => Content::Rows,
            Loadable::Failed(problem) => Content::Failed(problem.clone()),
            Loadable::NotAsked | Loadable::Loading if has_stopped.get() => Content::Stopped,
            Loadable::NotAsked | Loadable::Loading => Content::Loading,
        })
    });
    let below = move || window.below(drawn.with(Vec::len));
    let block =
        Memo::new(move |_| store.network.with(|network| network.value().map(|state| state.block.number)));
    view! {
        <div
            class="tw"
            on:keydown=|event| move_in_table(&event)
            on:click=move |event| { let _none_pressed = prove_pressed(&event, rows, ask); }
        >
            <div class="ts" tabindex="0" role="region" aria-label="Table of subnets">
                <table
                    class="tbl cards stick subnets"
                    class:unlit=move || is_unlit.get()
                    role="table"
                    aria-rowcount=move || order.with(|order| order.len().saturating_add(1)).to_string()
                    aria-busy=move || (state.get() == Content::Loading).to_string()
                    data-block=move || block.get().map(|number| number.to_string())
                    data-proven=move || (!is_unlit.get()).to_string()
                >
                    <caption class="vh">"Subnets"</caption>
                    <thead role="rowgroup">
                        <tr role="row" aria-rowindex="1">
                            <Head column=Column::Netuid class="pin c1 main w-name" sort />
                            {COLUMNS.map(|(column, class)| view! { <Head column class sort /> }).collect_view()}
                            <th scope="col" role="columnheader" class="r p2 w-act"><span class="vh">"Actions"</span></th>
                        </tr>
                    </thead>
                    <tbody role="rowgroup" node_ref=body>
                        <tr class="spacer" aria-hidden="true" hidden=move || window.above() == 0>
                            <td colspan="9" style:height=move || format!("{}px", window.above())></td>
                        </tr>
                        <For each=move || drawn.get() key=|netuid| *netuid let:netuid>
                            <Row netuid rows order />
                        </For>
                        <tr class="spacer" aria-hidden="true" hidden=move || below() == 0>
                            <td colspan="9" style:height=move || format!("{}px", below())></td>
                        </tr>
                        {move || (state.get() == Content::Loading).then(skeleton)}
                    </tbody>
                </table>
            </div>
            {move || match state.get() {
                Content::Failed(problem) => Some(view! { <div class="pb"><ProblemNote problem /></div> }.into_any()),
                Content::Rows if order.with(Vec::is_empty) => Some(
                    view! {
                        <div class="empty">
                            <Icon name="search" />
                            <b>"No subnet matches"</b>
                            <p>"Search by name, by number or by symbol."</p>
                        </div>
                    }
                    .into_any(),
                ),
                Content::Stopped => Some(
                    view! {
                        <div class="empty">
                            <Icon name="none" />
                            <b>"No figure to show"</b>
                            <p>"The light client stopped before it could prove one. Nothing is shown rather than a guess."</p>
                        </div>
                    }
                    .into_any(),
                ),
                Content::Rows | Content::Loading => None,
            }}
        </div>
    }
}

/// Rows that are drawn in the task that brings their values, which has enough to do.
const FIRST_STEP: usize = 8;
/// Rows that are drawn at a time after that.
const STEP: usize = 12;

/// Draws a few of the rows that should be there, and the others in later tasks: all at once would keep the
/// browser waiting.
fn draw_some(wanted: Memo<Vec<NetUid>>, drawn: RwSignal<Vec<NetUid>>, step: usize, window: Window) {
    // The view may have gone meanwhile.
    let (Some(goal), Some(before)) = (wanted.try_get_untracked(), drawn.try_get_untracked()) else { return };
    let next = subnet_row::approach(&before, &goal, step);
    if next.len() < goal.len() {
        document::soon(move || draw_some(wanted, drawn, STEP, window));
    } else if !goal.is_empty() {
        // Now the rows have a height, and there may be room for more.
        document::after_paint(move || window.look());
    }
    if next != before {
        drawn.set(next);
    }
}

#[derive(Debug, Clone, PartialEq)]
enum Content {
    Loading,
    Stopped,
    Rows,
    Failed(crate::problem::Problem),
}

#[component]
fn Head(
    /// Which column.
    column: Column,
    /// Its classes.
    class: &'static str,
    /// The order of the table.
    sort: RwSignal<Sort>,
) -> impl IntoView {
    let direction = Memo::new(move |_| {
        let sort = sort.get();
        (sort.column == column).then_some(if sort.is_falling { "descending" } else { "ascending" })
    });
    let icon = Signal::derive(move || if direction.get() == Some("ascending") { "sort-up" } else { "sort" });
    view! {
        <th scope="col" role="columnheader" class=class aria-sort=move || direction.get()>
            <button type="button" class="sort" on:click=move |_| sort.update(|sort| *sort = sort.pressed(column))>
                {column.label()}
                <Icon name=icon />
            </button>
        </th>
    }
}

#[component]
fn Foot() -> impl IntoView {
    let store = Store::of_page();
    let proof = Memo::new(move |_| {
        store.network.with(|network| {
            network.value().map(|state| {
                let rows = state.value.subnets.len();
                let size = format::bytes(state.value.proof_bytes);
                let millis = state.value.read_millis;
                (format!("Proof: {size} for all {rows} rows, read in {millis} ms"), state.value.spec_version)
            })
        })
    });
    let behind = Memo::new(move |_| {
        let finalized = store.head.with(|seen| seen.as_ref().map(|seen| seen.head.finalized.number));
        let shown = store.network.with(|network| network.value().map(|state| state.block.number));
        finalized.zip(shown).map(|(finalized, shown)| u64::from(finalized.saturating_sub(shown)))
    });
    view! {
        <div class="pfoot">
            <span class="railpart"><Icon name="seal" />"Plain figures are proven at a finalized block. Press one to see its proof."</span>
            <span class="railpart"><Icon name="fx" />"Emission is computed here from proven moving prices."</span>
            {move || proof.get().map(|(words, _)| view! { <span>{words}</span> })}
            {move || behind.get().filter(|blocks| *blocks > 1).map(|blocks| view! {
                <span class="railpart"><Icon name="clock" />{format!("{} behind the finalized head", blocks_in_words(blocks))}</span>
            })}
        </div>
    }
}
