//! What the device is, how the self-test went and which tier was chosen.

use super::Lines;
use crate::state::miner::Engine;
use crate::store::miner::MinerStore;
use crate::view_model::miner as words;
use lantern_worker_bridge::miner::DeviceReport;
use leptos::prelude::*;

/// The panel.
#[component]
pub(super) fn DevicePanel(
    /// The miner.
    miner: MinerStore,
) -> impl IntoView {
    let of_report = move |say: fn(&DeviceReport) -> String| {
        Memo::new(move |_| miner.state.with(|state| state.device.as_ref().map(say).unwrap_or_default()))
    };
    let tier = of_report(|report| words::tier(report).0.to_owned());
    let why = of_report(|report| words::tier(report).1);
    let self_test = of_report(|report| format!("Self-test {}", words::self_test(report)));
    let checks = of_report(words::checks);
    let lines = Memo::new(move |_| {
        miner.state.with(|state| state.device.as_ref().map(words::device).unwrap_or_default())
    });
    let is_checking = Memo::new(move |_| miner.state.with(|state| state.engine == Engine::Checking));
    let is_known = Memo::new(move |_| !tier.with(String::is_empty));
    let waiting = move || {
        if is_checking.get() { "Checking kernels against the CPU and measuring …" } else { "Not checked." }
    };
    view! {
        <section class="panel" aria-labelledby="device-title" aria-busy=move || is_checking.get().to_string()>
            <div class="ph">
                <h2 id="device-title">"This device"</h2>
                <div class="end">
                    {move || is_known.get().then(|| view! { <span class="chip" data-tier>{move || tier.get()}</span> })}
                </div>
            </div>
            <div class="pb stack">
                <p class="minestate" hidden=move || is_known.get()>{waiting}</p>
                <div class="stack" hidden=move || !is_known.get()>
                    <p>{move || why.get()}</p>
                    <Lines lines />
                    <h3>{move || self_test.get()}</h3>
                    <ul class="minecheck" prop:innerHTML=move || checks.get()></ul>
                </div>
            </div>
            <div class="pfoot">"Browsers hide most names of a device, to make tracking harder."</div>
        </section>
    }
}
