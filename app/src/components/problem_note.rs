//! A problem with its words and the button that helps.

use crate::navigation::Address;
use crate::platform::document;
use crate::problem::{Problem, Remedy};
use crate::routes::Route;
use crate::store::Store;
use crate::ui::note::{Note, Tone};
use leptos::prelude::*;

/// A note on a problem.
#[component]
pub(crate) fn ProblemNote(
    /// What went wrong.
    problem: Problem,
    /// Asks the same again; without it, "Try again" restarts the light client.
    #[prop(optional)]
    again: Option<Callback<()>>,
) -> impl IntoView {
    let wording = problem.wording();
    let tone = if wording.is_grave { Tone::Danger } else { Tone::Warn };
    let button = wording.remedy.map(|remedy| view! { <RemedyButton remedy again=again /> });
    view! {
        <Note tone title=wording.title text=wording.advice detail=wording.detail>
            {button}
        </Note>
    }
}

/// The button that helps.
#[component]
pub(crate) fn RemedyButton(
    /// What it does.
    remedy: Remedy,
    /// Asks the same again.
    again: Option<Callback<()>>,
) -> impl IntoView {
    let store = Store::of_page();
    let address = Address::of_page();
    let act = move |_| match remedy {
        Remedy::Restart => store.restart(false),
        Remedy::StartFromCheckpoint => store.restart(true),
        Remedy::TryAgain => match again {
            Some(again) => again.run(()),
            None => store.restart(false),
        },
        Remedy::RestartMiner => {
            if let Some(again) = again {
                again.run(());
            }
        }
        Remedy::ChooseNetwork => document::focus("network-button"),
        Remedy::ShowPeers => address.go(Route::Network),
        Remedy::Reload => document::reload(),
    };
    view! { <button type="button" class="btn second sm" on:click=act>{remedy.label()}</button> }
}
