//! Balance, positions and transactions of the chosen account.

use crate::components::account_picker::{AccountPicker, NoSigning, WatchAccount};
use crate::components::figure::{Digits, Figure};
use crate::components::problem_note::ProblemNote;
use crate::components::proof_badge::{ProofBadge, standing};
use crate::platform::document;
use crate::routes::{Direction, Route};
use crate::state::loadable::Loadable;
use crate::state::transactions::{StepMark, Transaction, steps};
use crate::store::Store;
use crate::ui::icon::Icon;
use crate::view_model::cell::Cell;
use crate::view_model::subnet_row::{name_of, symbol_of};
use lantern_types::{AccountState, AtBlock, BlockHash, Field, Hotkey, NetUid, StakePosition, format};
use leptos::prelude::*;

type Account = Memo<Loadable<AtBlock<AccountState>>>;

/// The view.
#[component]
pub(crate) fn PortfolioPage() -> impl IntoView {
    document::set_title("Portfolio · Lantern");
    let store = Store::of_page();
    let account = account_of(store);
    let badge = Signal::derive(move || account.with(standing));
    view! {
        <WatchAccount />
        <div class="head">
            <h1>"Portfolio"</h1>
            <span class="sub mono">{move || store.account.get().map(|account| format::shortened(&account.to_string(), 6, 6))}</span>
            <div class="end">{move || store.is_practice.get().then(|| view! { <ProofBadge standing=badge /> })}</div>
        </div>
        {move || if store.is_practice.get() {
            view! { <Holdings account /> }.into_any()
        } else {
            view! { <NoSigning /> }.into_any()
        }}
        <History />
    }
}

/// The chosen account's state.
pub(crate) fn account_of(store: Store) -> Account {
    Memo::new(move |_| {
        let Some(account) = store.account.get() else { return Loadable::NotAsked };
        store.chain.with(|chain| chain.accounts.get(&account).cloned().unwrap_or_default())
    })
}

#[component]
fn Holdings(
    /// Its state.
    account: Account,
) -> impl IntoView {
    let store = Store::of_page();
    let free = Memo::new(move |_| {
        account.with(|account| {
            account.value().map_or(Cell::Missing("…"), |state| Cell::tao(state.value.free, 4))
        })
    });
    let reserved = Memo::new(move |_| {
        account.with(|account| {
            account.value().map_or(Cell::Missing("…"), |state| Cell::tao(state.value.reserved, 4))
        })
    });
    let positions = Memo::new(move |_| {
        account.with(|account| account.value().map_or_else(Vec::new, |state| state.value.positions.clone()))
    });
    // The account is part of a row's key: another account's rows are other rows.
    let keys = Memo::new(move |_| {
        let owner = store.account.get();
        positions.with(|all| {
            all.iter().map(|position| (owner, position.netuid, position.hotkey)).collect::<Vec<_>>()
        })
    });
    // A table without rows would be an empty promise to a screen reader.
    let has_rows = Memo::new(move |_| keys.with(|keys| !keys.is_empty()));
    let is_unlit = Memo::new(move |_| account.with(|account| !account.is_ready()));
    let is_known = Memo::new(move |_| account.with(|account| account.value().is_some()));
    view! {
        <div class="cols cols-wide">
            <dl class="panel facts roomy" class:unlit=move || is_unlit.get()>
                <div class="fact">
                    <dt>"Free"</dt>
                    <dd class="v" data-figure="free">
                        {move || store.account.get().map(|key| view! { <Figure cell=free field=Field::FreeBalance(key) of=Signal::derive(|| "this account".to_owned()) /> })}
                    </dd>
                    <dd class="x">"can be spent or staked"</dd>
                </div>
                <div class="fact">
                    <dt>"Reserved"</dt>
                    <dd class="v">{move || reserved.with(crate::components::figure::digits)}</dd>
                    <dd class="x">"held by the chain"</dd>
                </div>
            </dl>
            <div class="panel"><div class="pb"><AccountPicker /></div></div>
        </div>
        {move || account.with(|account| match account {
            Loadable::Failed(problem) => Some(view! { <ProblemNote problem=problem.clone() /> }),
            _ => None,
        })}
        <section class="panel" aria-labelledby="positions-title">
            <div class="ph"><h2 id="positions-title">"Stake"</h2></div>
            <Show when=move || has_rows.get() fallback=move || {
                view! { {move || (!is_known.get()).then(|| view! { <p class="pb muted">"Reading the stake …"</p> })} }
            }>
                <div class="tw"><div class="ts" tabindex="0" role="region" aria-label="Table of stake">
                    <table class="tbl cards" class:unlit=move || is_unlit.get() role="table">
                        <caption class="vh">"Stake by subnet and validator"</caption>
                        <thead role="rowgroup"><tr role="row">
                            <th scope="col" role="columnheader" class="c1">"Subnet"</th>
                            <th scope="col" role="columnheader" class="p2">"Validator"</th>
                            <th scope="col" role="columnheader" class="r c2">"Alpha"</th>
                            <th scope="col" role="columnheader" class="r l">"At spot price"</th>
                            <th scope="col" role="columnheader" class="r c3"><span class="vh">"Actions"</span></th>
                        </tr></thead>
                        <tbody role="rowgroup">
                            <For each=move || keys.get() key=|key| *key let:key>
                                <Position netuid=key.1 hotkey=key.2 positions />
                            </For>
                        </tbody>
                    </table>
                </div></div>
            </Show>
            {move || (is_known.get() && positions.with(Vec::is_empty)).then(|| view! {
                <div class="empty"><Icon name="stake" /><b>"No stake yet"</b><p>"Stake appears here as soon as its block is final."</p><a class="btn second" href=Route::Subnets.path()>"Browse subnets"</a></div>
            })}
            <div class="pfoot"><span>"Alpha of different subnets is not added up: each is its own currency. The spot value knows neither fee nor slippage."</span></div>
        </section>
    }
}

#[component]
fn Position(
    /// The subnet.
    netuid: NetUid,
    /// The validator.
    hotkey: Hotkey,
    /// All positions.
    positions: Memo<Vec<StakePosition>>,
) -> impl IntoView {
    let store = Store::of_page();
    let subnet = Memo::new(move |_| {
        let found = store.network.with(|network| {
            let state = network.value()?;
            let subnet = state.value.subnets.iter().find(|subnet| subnet.netuid == netuid)?;
            Some((name_of(subnet).0, symbol_of(subnet)))
        });
        found.unwrap_or_else(|| (format!("Subnet {netuid}"), "α".to_owned()))
    });
    let position = Memo::new(move |before: Option<&Option<StakePosition>>| {
        let found = positions
            .with(|all| all.iter().find(|found| found.netuid == netuid && found.hotkey == hotkey).cloned());
        // A row that leaves keeps its figures for the moment until it is gone.
        found.or_else(|| before.cloned().flatten())
    });
    let alpha = Memo::new(move |_| {
        position.with(|position| {
            position.as_ref().map_or(Cell::Missing("no record"), |position| {
                subnet.with(|(_, symbol)| Cell::alpha(position.alpha, 4, symbol))
            })
        })
    });
    let value = Memo::new(move |_| {
        position.with(|position| {
            position.as_ref().map_or(Cell::Missing("no record"), |position| {
                Cell::from_available(&position.price, |price| Cell::tao(price.value_floor(position.alpha), 4))
            })
        })
    });
    let key = format::shortened(&hotkey.to_string(), 4, 4);
    let of = {
        let key = key.clone();
        Signal::derive(move || format!("{} with {key}", subnet.get().0))
    };
    let owner = store.account.get_untracked();
    let action =
        move |direction: Direction, class: &'static str, verb: &'static str, preposition: &'static str| {
            view! {
                <a
                    class=class
                    href=Route::Trade(direction, netuid, hotkey).path()
                    aria-label=move || format!("{verb} {preposition} {}", subnet.get().0)
                >
                    {verb}
                </a>
            }
        };
    view! {
        <tr role="row" class="row" data-netuid=netuid.to_string()>
            <th scope="row" role="rowheader" class="c1 main">
                <span class="ident">
                    <span class="sym" aria-hidden="true">{move || subnet.get().1}</span>
                    <a href=Route::Subnet(netuid).path()>{move || subnet.get().0}</a>
                </span>
            </th>
            <td role="cell" class="p2 mono">{key}</td>
            <td role="cell" class="r c2">
                {owner.map(|owner| view! { <Figure cell=alpha field=Field::Position(netuid, hotkey, owner) of /> })}
            </td>
            <td role="cell" class="r l" data-label="At spot price"><Digits cell=value /></td>
            <td role="cell" class="r c3">
                {action(Direction::Stake, "btn quiet sm", "Stake", "more in")}
                {action(Direction::Unstake, "btn second sm", "Unstake", "from")}
            </td>
        </tr>
    }
}

#[component]
fn History() -> impl IntoView {
    let store = Store::of_page();
    let genesis =
        Memo::new(move |_| store.head.with(|seen| seen.as_ref().map(|seen| seen.head.genesis_hash)));
    let list = Memo::new(move |_| {
        let Some(genesis) = genesis.get() else { return Vec::new() };
        store.transactions.with(|all| all.of_chain(genesis).cloned().collect::<Vec<_>>())
    });
    move || {
        (!list.with(Vec::is_empty)).then(|| {
            view! {
                <section class="panel" aria-labelledby="history-title">
                    <div class="ph"><h2 id="history-title">"Transactions from this browser"</h2></div>
                    <ul class="risk">{list.with(|list| list.iter().map(entry).collect_view())}</ul>
                </section>
            }
        })
    }
}

fn entry(transaction: &Transaction) -> impl IntoView + use<> {
    let href = Route::Transaction(BlockHash(transaction.pending.hash)).path();
    let sentence = transaction.summary.sentence.clone();
    let [sent, included, last] = steps(transaction.status.as_ref());
    let step = [&last, &included, &sent]
        .into_iter()
        .find(|step| matches!(step.mark, StepMark::Failed))
        .or_else(|| {
            [&last, &included, &sent]
                .into_iter()
                .find(|step| matches!(step.mark, StepMark::Done | StepMark::Open))
        })
        .cloned()
        .unwrap_or(sent.clone());
    let (class, icon) = match step.mark {
        StepMark::Failed => ("warn", "bad"),
        StepMark::Done if step.title == last.title => ("ok", "seal"),
        _ => ("", "half"),
    };
    let words =
        if step.note.is_empty() { step.title.to_owned() } else { format!("{}: {}", step.title, step.note) };
    view! {
        <li class=class><Icon name=icon /><a class="link" href=href>{sentence}</a><span class="s">{words}</span></li>
    }
}
