//! What was done in this session, with a check where there can be one, and a file of it.

use crate::components::problem_note::ProblemNote;
use crate::platform::document;
use crate::store::miner::MinerStore;
use crate::view_model::receipts as words;
use leptos::prelude::*;
use wasm_bindgen::JsCast as _;
use web_sys::{Element, HtmlAnchorElement, MouseEvent};

/// The panel.
#[component]
pub(super) fn ReceiptsPanel(
    /// The miner.
    miner: MinerStore,
) -> impl IntoView {
    // As markup: a view for each of its parts would weigh several times as much.
    let table = Memo::new(move |_| {
        miner.state.with(|state| words::table(&words::rows(state), document::time_of_day))
    });
    let is_empty = Memo::new(move |_| table.with(String::is_empty));
    let problem = Memo::new(move |_| miner.state.with(|state| state.check_problem.clone()));
    let save = move |event: MouseEvent| {
        let link = event.current_target().and_then(|link| link.dyn_into::<HtmlAnchorElement>().ok());
        if let (Some(link), Some(address)) = (link, miner.receipts_file()) {
            link.set_href(&address);
        }
    };
    let check = move |event: MouseEvent| {
        let target = event.target().and_then(|target| target.dyn_into::<Element>().ok());
        let button = target.and_then(|target| target.closest("[data-check]").ok()).flatten();
        let job = button.and_then(|button| button.get_attribute("data-check"));
        if let Some(job) = job.and_then(|job| job.parse().ok()) {
            miner.check_receipt(job);
            // The button is drawn anew, so the focus stays with the list.
            document::focus("receipts-log");
        }
    };
    view! {
        <section class="panel" aria-labelledby="receipts-title">
            <div class="ph">
                <h2 id="receipts-title">"Receipts"</h2>
                <div class="end">
                    <a class="btn quiet sm" href="#" download="lantern-receipts.json" hidden=move || is_empty.get() on:click=save>
                        "Export"
                    </a>
                </div>
            </div>
            {move || problem.get().map(|problem| view! { <ProblemNote problem /> })}
            <p class="pb minestate" hidden=move || !is_empty.get()>
                "Texts, rankings and searches of this session will be listed here, with what the CPU made of those that can be checked."
            </p>
            <div class="tw" hidden=move || is_empty.get()>
                <div
                    class="ts minelog"
                    id="receipts-log"
                    tabindex="0"
                    role="region"
                    aria-label="Receipts of this session"
                    on:click=check
                    prop:innerHTML=move || table.get()
                ></div>
            </div>
            <div class="pfoot">"A bit-exact text can be computed again on the CPU. Seals are, before they are told. Gone when you leave this page."</div>
        </section>
    }
}
