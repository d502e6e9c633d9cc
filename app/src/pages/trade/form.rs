//! The first step: the amount, the tolerance and what the chain makes of them.

use super::draft::{Draft, Quoted};
use crate::components::account_picker::AccountPicker;
use crate::components::figure::digits;
use crate::components::problem_note::ProblemNote;
use crate::routes::Direction;
use crate::state::trade::{AmountProblem, Unit, converted, most_tao, trimmed};
use crate::ui::icon::Icon;
use crate::ui::note::{Note, Tone};
use crate::view_model::cell::{Cell, TAO};
use crate::view_model::preview::{Preview, tolerance_from_percent, tolerance_words};
use lantern_economics::price_limit::Tolerance;
use lantern_types::{AmountError, format};
use leptos::prelude::*;

/// The form.
#[component]
pub(super) fn AmountForm(
    /// The trade.
    draft: Draft,
) -> impl IntoView {
    let is_stake = draft.direction == Direction::Stake;
    let heading = if is_stake { "Stake TAO" } else { "Unstake alpha" };
    let price = Memo::new(move |_| draft.price.get().map(Cell::price));
    view! {
        <div class="stack">
            <form
                class="panel"
                on:submit=move |event| {
                    event.prevent_default();
                    if draft.preview().is_some_and(|preview| preview.is_ok_and(|preview| !preview.is_refused)) {
                        draft.go_to_review();
                    }
                }
            >
                <div class="ph"><h2>{heading}</h2></div>
                <div class="pb stack">
                    <dl class="kv">
                        <dt>"Subnet"</dt>
                        <dd>{move || draft.subnet.get().0}" "<span class="idn">{draft.netuid.to_string()}</span></dd>
                        <dt>"Price now"</dt>
                        <dd>{move || price.get().map_or_else(|| view! { <span class="na">"not available"</span> }.into_any(), |price| digits(&price))}</dd>
                        <dt>"Validator"</dt>
                        <dd>{move || draft.validator.get()}</dd>
                    </dl>
                    <AccountPicker />
                    <Amount draft />
                    <ToleranceField draft />
                </div>
            </form>
            <Note
                tone=Tone::Plain
                title="Alpha is its own currency"
                text="Yield adds alpha. If its price falls, its value in TAO falls too."
            />
        </div>
    }
}

#[component]
fn Amount(
    /// The trade.
    draft: Draft,
) -> impl IntoView {
    let is_stake = draft.direction == Direction::Stake;
    let available = move || {
        draft.bounds.get().map_or_else(
            || "reading the balance …".to_owned(),
            |bounds| {
                if is_stake {
                    format!("Free {} {TAO}", format::tao(bounds.free, 4).text())
                } else {
                    format!("Staked {} {}", format::alpha(bounds.held, 4).text(), draft.subnet.get().1)
                }
            },
        )
    };
    let max = move |_| {
        let Some(bounds) = draft.bounds.get_untracked() else { return };
        if is_stake {
            draft.unit.set(Unit::Tao);
            draft.text.set(trimmed(&most_tao(&bounds).to_exact()));
        } else {
            draft.unit.set(Unit::Alpha);
            draft.text.set(trimmed(&bounds.held.to_exact()));
        }
    };
    let switch = move |to: Unit| {
        if draft.unit.get_untracked() != to {
            let text = draft.text.with_untracked(|text| converted(text, to, draft.price.get_untracked()));
            draft.unit.set(to);
            if let Some(text) = text {
                draft.text.set(text);
            }
        }
    };
    let problem = Memo::new(move |_| match draft.side.get() {
        // An empty field is not yet wrong.
        Ok(_) | Err(AmountProblem::NotAnAmount(AmountError::Empty)) => None,
        Err(problem) => Some(capitalised(&problem.to_string())),
    });
    let unit = move |unit: Unit, label: &'static str| {
        view! {
            <button
                type="button"
                aria-pressed=move || (draft.unit.get() == unit).to_string()
                aria-label=label
                on:click=move |_| switch(unit)
            >
                {move || match unit {
                    Unit::Tao => TAO.to_owned(),
                    Unit::Alpha => draft.subnet.get().1,
                }}
            </button>
        }
    };
    view! {
        <div class="field">
            <span class="lab">
                <label for="amount">{if is_stake { "You pay" } else { "You sell" }}</label>
                <span class="hint" id="available">{available}</span>
            </span>
            <div class="amt" class:err=move || problem.with(Option::is_some)>
                <input
                    id="amount"
                    inputmode="decimal"
                    autocomplete="off"
                    placeholder="0"
                    aria-describedby="amount-hint available"
                    aria-invalid=move || problem.with(Option::is_some).to_string()
                    prop:value=move || draft.text.get()
                    on:input=move |event| draft.text.set(event_target_value(&event))
                />
                <button type="button" class="btn quiet sm max" on:click=max>"Max"</button>
                <span class="unit" role="group" aria-label="Unit">{unit(Unit::Tao, "TAO")}{unit(Unit::Alpha, "Alpha of this subnet")}</span>
            </div>
            <span class="hint" class:err=move || problem.with(Option::is_some) id="amount-hint">
                {move || problem.get().unwrap_or_else(|| if is_stake { "Max keeps 0.01 τ for later fees.".to_owned() } else { "Max sells all of this position.".to_owned() })}
            </span>
        </div>
    }
}

#[component]
fn ToleranceField(
    /// The trade.
    draft: Draft,
) -> impl IntoView {
    const PRESETS: [u32; 3] = [1_000, 5_000, 10_000];
    let is_other = RwSignal::new(false);
    let preset = move |ppm: u32| {
        let tolerance = Tolerance::from_ppm(ppm);
        view! {
            <button
                type="button"
                aria-pressed=move || (!is_other.get() && draft.tolerance.get() == tolerance).to_string()
                on:click=move |_| {
                    is_other.set(false);
                    draft.tolerance.set(tolerance);
                }
            >
                {tolerance.map(tolerance_words)}
            </button>
        }
    };
    let note = move || match draft.tolerance.get() {
        None => "Enter a percentage from 0 to 50, with at most four decimals.",
        Some(tolerance) if tolerance.ppm() > 20_000 => {
            "Over 2 %: the trade may happen at a much worse price."
        }
        Some(_) => "The trade is refused as a whole if the price moves further.",
    };
    view! {
        <div class="field">
            <span class="lab"><span class="label" id="tolerance-label">"Price tolerance"</span></span>
            <div class="seg" role="group" aria-labelledby="tolerance-label">
                {PRESETS.map(preset).collect_view()}
                <button type="button" aria-pressed=move || is_other.get().to_string() on:click=move |_| is_other.set(true)>"Other"</button>
            </div>
            {move || is_other.get().then(|| view! {
                <input
                    class="inp"
                    inputmode="decimal"
                    aria-label="Price tolerance in per cent"
                    aria-describedby="tolerance-hint"
                    placeholder="per cent"
                    on:input=move |event| draft.tolerance.set(tolerance_from_percent(&event_target_value(&event)))
                />
            })}
            <span class="hint" id="tolerance-hint">{note}</span>
        </div>
    }
}

/// What the chain makes of the amount.
#[component]
pub(super) fn PreviewPanel(
    /// The trade.
    draft: Draft,
) -> impl IntoView {
    let preview = Memo::new(move |_| draft.preview());
    let facts = Memo::new(move |_| {
        draft.quoted.with(|quoted| match quoted {
            Quoted::Here(quote) => Some((quote.fee, quote.swap.block.number)),
            _ => None,
        })
    });
    let is_ready = Memo::new(move |_| {
        preview.with(|preview| matches!(preview, Some(Ok(preview)) if !preview.is_refused))
    });
    let is_current = draft.store.is_current;
    let body = move || match preview.get() {
        Some(Ok(preview)) => {
            figures(&preview, facts.get().map(|(fee, _)| Cell::tao(fee, 6)), draft.subnet.get().1)
        }
        Some(Err(problem)) => view! { <div class="pb"><ProblemNote problem /></div> }.into_any(),
        None if draft.quoted.with(|quoted| *quoted == Quoted::Asking) => {
            view! { <p class="pb muted">"Running the chain's own code on this amount …"</p> }.into_any()
        }
        None => view! { <p class="pb muted">"Enter an amount to see what you would receive."</p> }.into_any(),
    };
    view! {
        <div class="stack">
            <section class="panel" aria-labelledby="preview-title" aria-live="polite" aria-busy=move || draft.quoted.with(|quoted| *quoted == Quoted::Asking).to_string()>
                <div class="ph">
                    <h2 id="preview-title">"Preview"</h2>
                    <div class="end">
                        {move || facts.get().map(|(_, number)| view! {
                            <span class="pf derived"><Icon name="fx" /><span>"Run locally"</span><span class="pb-no">{format!("#{}", format::integer(u64::from(number)))}</span></span>
                        })}
                    </div>
                </div>
                {body}
                {move || draft.problem.get().map(|problem| view! { <div class="pb"><ProblemNote problem /></div> })}
                <div class="pfoot">
                    <button
                        type="button"
                        class="btn primary lg full"
                        disabled=move || !is_ready.get() || !is_current.get() || draft.is_busy.get()
                        on:click=move |_| draft.go_to_review()
                    >
                        "Review"
                    </button>
                    {move || (!is_current.get()).then_some("Review opens when the light client is in sync.")}
                </div>
            </section>
        </div>
    }
}

fn figures(preview: &Preview, fee: Option<Cell>, symbol: String) -> AnyView {
    let warning = match (preview.is_refused, preview.is_near_limit) {
        (true, _) => {
            Some((Tone::Danger, "This trade would be refused: it moves the price past your tolerance"))
        }
        (false, true) => Some((Tone::Warn, "This trade alone may move the price past your tolerance")),
        (false, false) => None,
    };
    let row = |label: &'static str, cell: &Cell| view! { <dt>{label}</dt><dd>{digits(cell)}</dd> };
    view! {
        <div class="pb">
            <p class="muted small">"You receive"</p>
            <p class="big" data-figure="receive">{digits(&preview.receive)}</p>
            <p class="muted small">"At least "{digits(&preview.at_least)}" or the trade is refused"</p>
        </div>
        <div class="pb">
            <dl class="kv lg">
                {row("Price now", &preview.spot)}
                <dt>"Your price"</dt><dd>{digits(&preview.yours)}" per "{symbol}</dd>
                {row("Price impact", &preview.impact)}
                {row("Pool fee", &preview.pool_fee)}
                {fee.map(|fee| row("Network fee", &fee))}
            </dl>
        </div>
        {warning.map(|(tone, title)| view! {
            <div class="pb"><Note tone title text="Lower the amount, or allow a larger tolerance." /></div>
        })}
    }
    .into_any()
}

fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}
