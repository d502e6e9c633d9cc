//! What the user allows the miner.

use crate::platform::document;
use crate::store::miner::MinerStore;
use lantern_worker_bridge::miner::Place;
use leptos::prelude::*;

const PLACES: [(&str, &str, Place); 3] = [
    ("fastest", "Whichever is faster, by measurement", Place::Fastest),
    ("gpu", "Graphics device", Place::Gpu),
    ("cpu", "CPU", Place::Cpu),
];

/// The panel.
#[component]
pub(super) fn LimitsPanel(
    /// The miner.
    miner: MinerStore,
) -> impl IntoView {
    let limits = Memo::new(move |_| miner.state.with(|state| state.limits));
    let duty = move || limits.get().duty_percent;
    let battery = Memo::new(move |_| miner.state.with(|state| state.is_on_battery));
    let battery_words = move || match battery.get() {
        Some(true) => "On battery now",
        Some(false) => "On mains now",
        None => "This browser does not tell, so it cannot take effect",
    };
    let set_duty = move |event| {
        if let Ok(percent) = event_target_value(&event).parse::<u8>() {
            miner.set_duty(percent.clamp(5, 100));
        }
    };
    let set_place = move |event| {
        let chosen = event_target_value(&event);
        if let Some((_, _, place)) = PLACES.into_iter().find(|(key, ..)| *key == chosen) {
            miner.state.update(|state| state.limits.place = place);
        }
    };
    let set_hidden = move |event| {
        let is_on = event_target_checked(&event);
        miner.state.update(|state| {
            state.limits.pauses_when_hidden = is_on;
            state.is_hidden = !document::is_visible();
        });
    };
    let set_battery = move |event| {
        let is_on = event_target_checked(&event);
        miner.state.update(|state| state.limits.pauses_on_battery = is_on);
    };
    view! {
        <section class="panel" aria-labelledby="limits-title">
            <div class="ph"><h2 id="limits-title">"Limits"</h2></div>
            <div class="pb stack">
                <div class="field">
                    <label for="mine-place">"Run on"</label>
                    <select id="mine-place" class="inp" on:change=set_place>
                        {PLACES.map(|(key, label, place)| view! {
                            <option value=key selected=move || limits.get().place == place>{label}</option>
                        }).collect_view()}
                    </select>
                    <span class="hint">"Counts for the next model and the next search."</span>
                </div>
                <div class="field">
                    <span class="lab">
                        <label for="mine-duty">"Share of time for proof of work"</label>
                        <span class="n">{move || format!("{} %", duty())}</span>
                    </span>
                    <input
                        id="mine-duty"
                        type="range"
                        min="5"
                        max="100"
                        step="5"
                        prop:value=move || duty().to_string()
                        aria-valuetext=move || format!("{} percent", duty())
                        on:input=set_duty
                    />
                    <span class="hint">"The device rests in between. A search that runs follows at once."</span>
                </div>
                <div>
                    <label class="check">
                        <input type="checkbox" prop:checked=move || limits.get().pauses_when_hidden on:change=set_hidden />
                        "Pause when this tab is hidden"
                    </label>
                    <label class="check">
                        <input type="checkbox" prop:checked=move || limits.get().pauses_on_battery on:change=set_battery />
                        "Pause on battery"
                        <span class="s">{battery_words}</span>
                    </label>
                </div>
            </div>
        </section>
    }
}
