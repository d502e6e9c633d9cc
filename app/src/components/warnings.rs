//! Things that the user should know although work goes on.

use super::problem_note::RemedyButton;
use crate::problem::Problem;
use crate::store::Store;
use crate::ui::icon::Icon;
use crate::ui::note::{Note, Tone};
use leptos::prelude::*;

/// At most two notes, newest first.
#[component]
pub(crate) fn Warnings() -> impl IntoView {
    let store = Store::of_page();
    let warnings = Memo::new(move |_| store.chain.with(|chain| chain.warnings.clone()));
    let shown = move || {
        warnings
            .get()
            .into_iter()
            .rev()
            .take(2)
            .map(|warning| {
                let kind = warning.kind;
                let wording = Problem::LightClient(warning).wording();
                let tone = if wording.is_grave { Tone::Danger } else { Tone::Info };
                view! {
                    <Note tone title=wording.title text=wording.advice detail=wording.detail>
                        <span class="acts-end">
                            {wording.remedy.map(|remedy| view! { <RemedyButton remedy again=None /> })}
                            <button
                                type="button"
                                class="btn icon quiet"
                                aria-label="Dismiss"
                                on:click=move |_| store.chain.update(|chain| chain.dismiss(kind))
                            >
                                <Icon name="x" />
                            </button>
                        </span>
                    </Note>
                }
            })
            .collect_view()
    };
    view! { <div class="warnings">{shown}</div> }
}
