//! The practice account: which one signs, clearly marked as what it is.

use crate::store::Store;
use crate::ui::note::{Note, Tone};
use lantern_types::AccountId;
use lantern_wallet::PracticeAccount;
use lantern_worker_bridge::light_client::Topic;
use leptos::prelude::*;

/// A choice of practice accounts.
#[component]
pub(crate) fn AccountPicker() -> impl IntoView {
    let store = Store::of_page();
    let choose = move |event| {
        let name = event_target_value(&event);
        if let Some(account) = PracticeAccount::ALL.into_iter().find(|account| account.name() == name) {
            store.practice.set(account);
        }
    };
    view! {
        <div class="field">
            <span class="lab">
                <label for="practice">"Account"</label>
                <span class="chip warn">"Practice account"</span>
            </span>
            <select id="practice" class="inp" on:change=choose prop:value=move || store.practice.get().name()>
                {PracticeAccount::ALL.map(|account| view! {
                    <option value=account.name() selected=move || store.practice.get() == account>{account.name()}</option>
                }).collect_view()}
            </select>
            <span class="hint">"Its key is public and worth nothing. It exists on development networks only."</span>
        </div>
    }
}

/// Keeps the state of the chosen account up to date while it is drawn.
#[component]
pub(crate) fn WatchAccount() -> impl IntoView {
    let store = Store::of_page();
    move || store.account.get().map(|account| view! { <WatchOne account /> })
}

#[component]
fn WatchOne(
    /// Which account.
    account: AccountId,
) -> impl IntoView {
    Store::of_page().watch(Topic::Account(account));
}

/// Why nothing can be signed on this network.
#[component]
pub(crate) fn NoSigning() -> impl IntoView {
    view! {
        <Note
            tone=Tone::Info
            title="Signing is off on this network"
            text="This version signs with practice accounts, and those exist on development networks only. Choose Local to try it."
        />
    }
}
