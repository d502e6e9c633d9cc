//! Staking and unstaking: amount, review, sign and send.

mod draft;
mod form;
mod review;

use crate::components::account_picker::{NoSigning, WatchAccount};
use crate::navigation::Address;
use crate::pages::not_found::NotFoundPage;
use crate::platform::document;
use crate::routes::{Direction, Route};
use crate::store::Store;
use crate::ui::icon::Icon;
use draft::Draft;
use form::{AmountForm, PreviewPanel};
use lantern_types::{Hotkey, NetUid};
use lantern_worker_bridge::light_client::Topic;
use leptos::prelude::*;
use review::ReviewStep;

/// The view.
#[component]
pub(crate) fn TradePage() -> impl IntoView {
    let address = Address::of_page();
    let route = Memo::new(move |_| match address.route() {
        Some(Route::Trade(direction, netuid, hotkey)) => Some((direction, netuid, hotkey)),
        _ => None,
    });
    move || match route.get() {
        Some((direction, netuid, hotkey)) => view! { <Trade direction netuid hotkey /> }.into_any(),
        None => view! { <NotFoundPage /> }.into_any(),
    }
}

#[component]
fn Trade(
    /// Which way.
    direction: Direction,
    /// The subnet.
    netuid: NetUid,
    /// The validator.
    hotkey: Hotkey,
) -> impl IntoView {
    let store = Store::of_page();
    store.watch(Topic::Subnet(netuid));
    let title = match direction {
        Direction::Stake => "Stake",
        Direction::Unstake => "Unstake",
    };
    document::set_title(&format!("{title} · Lantern"));
    let draft = Draft::new(store, direction, netuid, hotkey);
    let is_reviewing = Memo::new(move |_| draft.prepared.with(Option::is_some));
    let step = move |name: &'static str, is_here: bool, is_last: bool| {
        view! {
            <li aria-current=is_here.then_some("step")>{name}{(!is_last).then(|| view! { <Icon name="chev" /> })}</li>
        }
    };
    view! {
        <WatchAccount />
        <div class="flowpage stack">
            <div class="head">
                <h1>{title}</h1>
                <div class="end">
                    <ol class="flowbar" aria-label="Steps">
                        {move || step("Amount", !is_reviewing.get(), false)}
                        {move || step("Review", is_reviewing.get(), false)}
                        {step("Track", false, true)}
                    </ol>
                </div>
            </div>
            {move || if !store.is_practice.get() {
                view! { <NoSigning /> }.into_any()
            } else if is_reviewing.get() {
                view! { <ReviewStep draft /> }.into_any()
            } else {
                view! { <div class="cols cols-2"><AmountForm draft /><PreviewPanel draft /></div> }.into_any()
            }}
        </div>
    }
}
