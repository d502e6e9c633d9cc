//! How fast texts and searches went over the last minutes, as a chart.

use crate::state::speed::Kind;
use crate::store::miner::MinerStore;
use crate::view_model::speed::{self as words, Chart, HEIGHT, WIDTH};
use leptos::prelude::*;

/// The panel.
#[component]
pub(super) fn SpeedPanel(
    /// The miner.
    miner: MinerStore,
) -> impl IntoView {
    let chosen = RwSignal::new(None::<Kind>);
    let kind = Memo::new(move |_| miner.state.with(|state| words::shown(&state.speed, chosen.get())));
    let is_choice = Memo::new(move |_| miner.state.with(|state| words::is_choice(&state.speed)));
    let chart = Memo::new(move |_| miner.state.with(|state| words::chart(&state.speed, kind.get())));
    let button = move |of: Kind| {
        view! {
            <button type="button" aria-pressed=move || (kind.get() == of).to_string() on:click=move |_| chosen.set(Some(of))>
                {words::name(of)}
            </button>
        }
    };
    view! {
        <section class="panel" aria-labelledby="speed-title">
            <div class="ph">
                <h2 id="speed-title">"Speed"</h2>
                <div class="end">
                    {move || is_choice.get().then(|| view! {
                        <div class="seg" role="group" aria-label="What is shown">
                            {button(Kind::Writing)}
                            {button(Kind::Searching)}
                        </div>
                    })}
                </div>
            </div>
            <div class="pb">
                {move || match chart.get() {
                    Some(chart) => drawn(chart).into_any(),
                    None => view! {
                        <p class="minestate">
                            "Tokens per second while a text is written and seals per second while one is looked for will be drawn here, for the last 10 minutes."
                        </p>
                    }.into_any(),
                }}
            </div>
        </section>
    }
}

fn drawn(chart: Chart) -> impl IntoView {
    let Chart { line, area, held, best, rates, unit, times, held_for, measure, words } = chart;
    let quarter = HEIGHT / 4;
    let grid: String = (0..=4).map(|count| format!("M0 {}H{WIDTH}", count * quarter)).collect();
    let key = |class, path, words: String| {
        view! { <span class="key"><svg viewBox="0 0 20 8" aria-hidden="true"><path class=class d=path></path></svg>{words}</span> }
    };
    view! {
        <figure class="chart">
            <div class="plot">
                <svg viewBox=format!("0 0 {WIDTH} {HEIGHT}") preserveAspectRatio="none" role="img" aria-label=words>
                    <path class="grid-l" d=grid></path>
                    <path class="hole" d=held></path>
                    <path class="area" d=area></path>
                    <path class="s1" d=line></path>
                    <path class="guide" d=best></path>
                </svg>
                <div class="y">{rates.into_iter().map(|rate| view! { <span>{rate}</span> }).collect_view()}</div>
                <div class="x">{times.map(|time| view! { <span>{time}</span> }).collect_view()}</div>
                <div class="u">{unit}</div>
            </div>
            <figcaption class="cap">
                {key("s1", "M0 4H20", measure.to_owned())}
                {key("guide", "M0 4H20", "Best seen in this session".to_owned())}
                {(!held_for.is_empty()).then(|| key("hole", "M4 0H16V8H4", held_for))}
            </figcaption>
        </figure>
    }
}
