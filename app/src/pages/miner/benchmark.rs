//! The benchmark: progress while it runs, and a report to copy or save.

use super::is_ready;
use crate::components::problem_note::ProblemNote;
use crate::platform::clipboard;
use crate::store::Store;
use crate::store::miner::MinerStore;
use leptos::prelude::*;

/// The panel.
#[component]
pub(super) fn BenchmarkPanel(
    /// The miner.
    miner: MinerStore,
) -> impl IntoView {
    let ready = is_ready(miner);
    let page = Store::of_page();
    let benchmark = Memo::new(move |_| miner.state.with(|state| state.benchmark.clone()));
    let running = Memo::new(move |_| {
        benchmark.with(|work| work.as_ref().filter(|work| work.is_running).map(|work| work.job))
    });
    let is_writing = Memo::new(move |_| {
        miner.state.with(|state| state.writing.as_ref().is_some_and(|writing| writing.is_running))
    });
    let stage =
        move || benchmark.with(|work| work.as_ref().map(|work| work.stage.clone()).unwrap_or_default());
    let json = Memo::new(move |_| benchmark.with(|work| work.as_ref()?.json.clone()));
    let problem = Memo::new(move |_| benchmark.with(|work| work.as_ref()?.problem.clone()));
    let stop = move |_| {
        if let Some(job) = running.get_untracked() {
            miner.stop(job);
        }
    };
    let copy = move |text: String| {
        leptos::task::spawn_local(async move {
            let done = clipboard::copy(text).await;
            page.say(if done { "The report was copied" } else { "The browser does not allow copying" });
        });
    };
    view! {
        <section class="panel" aria-labelledby="benchmark-title">
            <div class="ph"><h2 id="benchmark-title">"Benchmark"</h2></div>
            <div class="pb stack">
                <p class="minestate">
                    "Measures the loaded model and the solver the same way each time. The report names the device, the model's hash and a digest of the text, so that others can repeat it."
                </p>
                <div class="mineacts">
                    <button
                        type="button"
                        class="btn second"
                        disabled=move || !ready.get() || running.get().is_some() || is_writing.get()
                        on:click=move |_| miner.benchmark()
                    >
                        "Run the benchmark"
                    </button>
                    {move || running.get().map(|_| view! {
                        <progress
                            class="minebar"
                            aria-label="Benchmark"
                            max=move || stage().2.to_string()
                            prop:value=move || stage().1.to_string()
                        ></progress>
                        <span class="minestate">{move || format!("Measuring {} …", stage().0)}</span>
                        <button type="button" class="btn second sm" on:click=stop>"Stop the benchmark"</button>
                    })}
                </div>
                {move || problem.get().map(|problem| view! { <ProblemNote problem /> })}
                {move || json.get().map(|json| {
                    let file = js_sys::encode_uri_component(&json).as_string().unwrap_or_default();
                    let copied = json.clone();
                    view! {
                        <pre class="minetext mono" tabindex="0" role="region" aria-label="The report" data-report>{json}</pre>
                        <div class="mineacts">
                            <button type="button" class="btn second sm" on:click=move |_| copy(copied.clone())>"Copy"</button>
                            <a class="btn second sm" download="lantern-benchmark.json" href=format!("data:application/json,{file}")>
                                "Save as a file"
                            </a>
                        </div>
                    }
                })}
            </div>
        </section>
    }
}
