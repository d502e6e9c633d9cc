//! One subnet with its validators and what a delegator earns there.

use crate::components::figure::{Digits, Figure};
use crate::components::problem_note::ProblemNote;
use crate::components::proof_badge::{ProofBadge, standing};
use crate::components::table_keys::move_in_table;
use crate::navigation::Address;
use crate::pages::not_found::NotFoundPage;
use crate::platform::document;
use crate::routes::{Direction, Route};
use crate::state::loadable::Loadable;
use crate::store::Store;
use crate::ui::icon::Icon;
use crate::view_model::cell::{Cell, blocks_in_words, next_epoch};
use crate::view_model::subnet_row::{name_of, symbol_of};
use crate::view_model::validator_row::{self, ValidatorRow};
use lantern_types::{AtBlock, Field, NetUid, SubnetDetail, format};
use lantern_worker_bridge::light_client::Topic;
use leptos::prelude::*;

type Detail = Memo<Loadable<AtBlock<SubnetDetail>>>;

/// The view; it is made anew for each subnet.
#[component]
pub(crate) fn SubnetPage() -> impl IntoView {
    let address = Address::of_page();
    let netuid = Memo::new(move |_| match address.route() {
        Some(Route::Subnet(netuid)) => Some(netuid),
        _ => None,
    });
    move || match netuid.get() {
        Some(netuid) => view! { <Subnet netuid /> }.into_any(),
        None => view! { <NotFoundPage /> }.into_any(),
    }
}

#[component]
fn Subnet(
    /// Which subnet.
    netuid: NetUid,
) -> impl IntoView {
    let store = Store::of_page();
    store.watch(Topic::Subnet(netuid));
    let detail: Detail =
        Memo::new(move |_| store.chain.with(|chain| chain.subnets.get(&netuid).cloned().unwrap_or_default()));
    let of = move |with: fn(&SubnetDetail) -> String| {
        Memo::new(move |_| detail.with(|detail| detail.value().map(|detail| with(&detail.value))))
    };
    let name = of(|detail| name_of(&detail.subnet).0);
    let symbol = of(|detail| symbol_of(&detail.subnet));
    let owner = of(|detail| {
        detail
            .subnet
            .owner
            .value()
            .map_or_else(String::new, |owner| format::shortened(&owner.to_string(), 4, 4))
    });
    let description = of(|detail| detail.description.value().cloned().unwrap_or_default());
    let title = Memo::new(move |_| name.get().unwrap_or_else(|| format!("Subnet {netuid}")));
    Effect::new(move |_| document::set_title(&format!("{} · Lantern", title.get())));
    let badge = Signal::derive(move || detail.with(standing));
    let is_unlit = Memo::new(move |_| detail.with(|detail| !detail.is_ready()));
    view! {
        <div class="head">
            <span class="sym lg" aria-hidden="true">{move || symbol.get()}</span>
            <div>
                <h1>{move || title.get()}" "<span class="idn">{netuid.to_string()}</span></h1>
                <p class="sub">
                    {move || description.get()}
                    {move || owner.get().filter(|owner| !owner.is_empty()).map(|owner| view! { <span>" · owner "<span class="mono">{owner}</span></span> })}
                </p>
            </div>
            <div class="end"><ProofBadge standing=badge /></div>
        </div>
        {move || detail.with(|detail| match detail {
            Loadable::Failed(problem) => Some(view! { <ProblemNote problem=problem.clone() /> }),
            _ => None,
        })}
        <Facts netuid detail name=title is_unlit />
        <Validators netuid detail is_unlit />
    }
}

#[component]
fn Facts(
    /// Which subnet.
    netuid: NetUid,
    /// What is known of it.
    detail: Detail,
    /// Its name.
    name: Memo<String>,
    /// Whether it is old.
    is_unlit: Memo<bool>,
) -> impl IntoView {
    let cell = move |with: fn(&SubnetDetail) -> Cell| {
        Memo::new(move |_| {
            detail.with(|detail| detail.value().map_or(Cell::Missing("…"), |detail| with(&detail.value)))
        })
    };
    let note = move |with: fn(&SubnetDetail) -> String| {
        Memo::new(move |_| {
            detail.with(|detail| detail.value().map_or_else(String::new, |detail| with(&detail.value)))
        })
    };
    let fact = move |label: &'static str, field: Field, value: Memo<Cell>, under: Memo<String>| {
        view! {
            <div class="fact">
                <dt>{label}</dt>
                <dd class="v"><Figure cell=value field of=Signal::derive(move || name.get()) /></dd>
                <dd class="x">{move || under.get()}</dd>
            </div>
        }
    };
    view! {
        <dl class="panel facts" class:unlit=move || is_unlit.get()>
            {fact(
                "Price of 1 alpha",
                Field::SubnetPrice(netuid),
                cell(|d| Cell::from_available(&d.subnet.price, |price| Cell::price(*price))),
                note(|d| format!("TAO for one {}", symbol_of(&d.subnet))),
            )}
            {fact(
                "TAO in pool",
                Field::SubnetTaoInPool(netuid),
                cell(|d| Cell::from_available(&d.subnet.tao_in_pool, |tao| Cell::tao(*tao, 2))),
                note(|d| d.subnet.tao_emission.value().map_or_else(String::new, |tao| Cell::tao(*tao, 6).text() + " added in this block")),
            )}
            {fact(
                "Alpha in pool",
                Field::SubnetAlphaInPool(netuid),
                cell(|d| Cell::from_available(&d.subnet.alpha_in_pool, |alpha| Cell::alpha(*alpha, 2, &symbol_of(&d.subnet)))),
                note(|d| d.subnet.alpha_outstanding.value().map_or_else(String::new, |alpha| Cell::alpha(*alpha, 2, &symbol_of(&d.subnet)).text() + " outside")),
            )}
            {fact(
                "Emission share",
                Field::SubnetEmissionShare(netuid),
                cell(|d| Cell::from_available(&d.subnet.emission_share_ppm, |ppm| Cell::percent(*ppm, 2))),
                note(|_| "of all new TAO, from moving prices".to_owned()),
            )}
            {fact(
                "Next epoch",
                Field::SubnetBlocksToEpoch(netuid),
                cell(|d| next_epoch(&d.subnet.blocks_to_epoch, &d.block_millis)),
                note(|d| match (d.subnet.blocks_to_epoch.value(), d.subnet.tempo.value()) {
                    (Some(0), Some(tempo)) => format!("{} have passed", blocks_in_words((*tempo).into())),
                    (Some(blocks), Some(tempo)) => format!("{} of {tempo} left", blocks_in_words(*blocks)),
                    _ => String::new(),
                }),
            )}
        </dl>
    }
}

#[component]
fn Validators(
    /// Which subnet.
    netuid: NetUid,
    /// What is known of it.
    detail: Detail,
    /// Whether it is old.
    is_unlit: Memo<bool>,
) -> impl IntoView {
    let rows = Memo::new(move |_| {
        detail
            .with(|detail| detail.value().map_or_else(Vec::new, |detail| validator_row::rows(&detail.value)))
    });
    let keys = Memo::new(move |_| rows.with(|rows| rows.iter().map(|row| row.hotkey).collect::<Vec<_>>()));
    let proof = Memo::new(move |_| {
        detail.with(|detail| detail.value().map(|detail| format::bytes(detail.value.proof_bytes)))
    });
    let is_known = Memo::new(move |_| detail.with(|detail| detail.value().is_some()));
    view! {
        <section class="panel" id="validators" tabindex="-1" aria-labelledby="validators-title">
            <div class="ph"><h2 id="validators-title">"Validators"</h2><span class="muted small">{move || is_known.get().then(|| keys.with(Vec::len).to_string())}</span></div>
            <div class="tw" on:keydown=|event| move_in_table(&event)>
                <div class="ts" tabindex="0" role="region" aria-label="Table of validators">
                    <table class="tbl cards stick" class:unlit=move || is_unlit.get() role="table" aria-busy=move || (!is_known.get()).to_string() data-proven=move || (!is_unlit.get()).to_string()>
                        <caption class="vh">"Validators by stake"</caption>
                        <thead role="rowgroup">
                            <tr role="row">
                                <th scope="col" role="columnheader" class="pin c1 main">"Validator"</th>
                                <th scope="col" role="columnheader" class="r p3">"UID"</th>
                                <th scope="col" role="columnheader" class="p2">"Permit"</th>
                                <th scope="col" role="columnheader" class="r l">"Stake"</th>
                                <th scope="col" role="columnheader" class="r l">"Take"</th>
                                <th scope="col" role="columnheader" class="r c2">"Yield, yearly in alpha"</th>
                                <th scope="col" role="columnheader" class="r c3"><span class="vh">"Actions"</span></th>
                            </tr>
                        </thead>
                        <tbody role="rowgroup">
                            <For each=move || keys.get() key=|hotkey| *hotkey let:hotkey>
                                <ValidatorView netuid row=Memo::new(move |_| rows.with(|rows| rows.iter().find(|row| row.hotkey == hotkey).cloned())) hotkey />
                            </For>
                        </tbody>
                    </table>
                </div>
            </div>
            {move || (is_known.get() && keys.with(Vec::is_empty)).then(|| view! {
                <div class="empty"><Icon name="shield" /><b>"No validators yet"</b><p>"Nobody holds stake or a permit on this subnet."</p></div>
            })}
            {move || (!is_known.get()).then(|| view! { <p class="pb muted" aria-busy="true">"Reading the validators with their proofs …"</p> })}
            <div class="pfoot">
                <span class="railpart"><Icon name="fx" />"Yield: d / (T − d) of the last epoch times the epochs of a year; simple, after take, from 1 epoch. It is thin data and therefore dotted."</span>
                {move || proof.get().map(|size| view! { <span>"Proof: "{size}</span> })}
            </div>
        </section>
    }
}

#[component]
fn ValidatorView(
    /// Which subnet.
    netuid: NetUid,
    /// The validator.
    hotkey: lantern_types::Hotkey,
    /// What its cells print.
    row: Memo<Option<ValidatorRow>>,
) -> impl IntoView {
    let cell = move |of: fn(&ValidatorRow) -> &Cell| {
        Memo::new(move |_| {
            row.with(|row| row.as_ref().map_or(Cell::Missing("no record"), |row| of(row).clone()))
        })
    };
    let text = move |of: fn(&ValidatorRow) -> &str| {
        Memo::new(move |_| row.with(|row| row.as_ref().map_or_else(String::new, |row| of(row).to_owned())))
    };
    let name = text(|row| &row.name);
    let key = text(|row| &row.short_key);
    let explanation = text(|row| &row.explanation);
    let is_named = Memo::new(move |_| row.with(|row| row.as_ref().is_some_and(|row| row.is_named)));
    let of = Signal::derive(move || name.get());
    let permit = cell(|row| &row.permit);
    let href = Route::Trade(Direction::Stake, netuid, hotkey).path();
    view! {
        <tr role="row" class="row" data-hotkey=hotkey.to_string()>
            <th scope="row" role="rowheader" class="pin c1 main">
                <a href=href.clone() class:mono=move || !is_named.get()>{move || name.get()}</a>
                {move || is_named.get().then(|| view! { <span class="k2 mono">{key.get()}</span> })}
            </th>
            <td role="cell" class="r p3"><Digits cell=cell(|row| &row.uid) /></td>
            <td role="cell" class="p2"><Digits cell=permit /></td>
            <td role="cell" class="r l" data-label="Stake"><Figure cell=cell(|row| &row.stake) field=Field::ValidatorStake(netuid, hotkey) of /></td>
            <td role="cell" class="r l" data-label="Take"><Figure cell=cell(|row| &row.take) field=Field::ValidatorTake(hotkey) of /></td>
            <td role="cell" class="r c2 calc-cell" title=move || explanation.get()>
                <Figure cell=cell(|row| &row.yearly) field=Field::ValidatorDividends(netuid, hotkey) of />
                <span class="vh">{move || explanation.get()}</span>
            </td>
            <td role="cell" class="r c3">
                <a class="btn second sm" href=href data-action="stake" aria-label=move || format!("Stake with {}", name.get())>"Stake"</a>
            </td>
        </tr>
    }
}
