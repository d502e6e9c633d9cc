//! What the device is, how the self-test went and which tier was chosen.

use super::Lines;
use crate::state::miner::Engine;
use crate::store::miner::MinerStore;
use crate::ui::icon::Icon;
use crate::view_model::miner as words;
use lantern_worker_bridge::miner::DeviceReport;
use leptos::prelude::*;

/// The panel.
#[component]
pub(super) fn DevicePanel(
    /// The miner.
    miner: MinerStore,
) -> impl IntoView {
    let device = Memo::new(move |_| miner.state.with(|state| state.device.clone()));
    let is_checking = Memo::new(move |_| miner.state.with(|state| state.engine == Engine::Checking));
    view! {
        <section class="panel" aria-labelledby="device-title" aria-busy=move || is_checking.get().to_string()>
            <div class="ph">
                <h2 id="device-title">"This device"</h2>
                <div class="end">
                    {move || device.get().map(|report| view! { <span class="chip" data-tier>{words::tier(&report).0}</span> })}
                </div>
            </div>
            <div class="pb stack">
                {move || match device.get() {
                    Some(report) => view! { <Report report /> }.into_any(),
                    None if is_checking.get() => {
                        view! { <p class="minestate">"Checking kernels against the CPU and measuring …"</p> }.into_any()
                    }
                    None => view! { <p class="minestate">"Not checked."</p> }.into_any(),
                }}
            </div>
            <div class="pfoot">"Browsers hide most names of a device, to make tracking harder."</div>
        </section>
    }
}

#[component]
fn Report(
    /// What was found.
    report: DeviceReport,
) -> impl IntoView {
    let (_, why) = words::tier(&report);
    let checks = words::checks(&report)
        .into_iter()
        .map(|(kernel, outcome, has_passed)| {
            let icon = if has_passed { "check" } else { "bad" };
            view! {
                <li class:bad=!has_passed>
                    <Icon name=icon />
                    <b>{kernel}</b>
                    <span>{outcome}</span>
                </li>
            }
        })
        .collect_view();
    let lines = words::device(&report);
    view! {
        <p>{why}</p>
        <Lines lines=Signal::stored(lines) />
        <h3>"Self-test "{words::self_test(&report)}</h3>
        <ul class="minecheck">{checks}</ul>
    }
}
