//! The second step: exactly the bytes that will be signed, read back in words.

use super::draft::{Draft, Prepared};
use crate::components::figure::digits;
use crate::components::problem_note::ProblemNote;
use crate::navigation::Address;
use crate::ui::icon::Icon;
use crate::ui::note::{Note, Tone};
use crate::view_model::cell::Cell;
use crate::view_model::review::{Line, may_be_signed};
use lantern_types::{SwapSide, format};
use leptos::prelude::*;
use std::sync::Arc;

/// Letters of an address.
const KEY_LENGTH: usize = 48;

/// The step.
#[component]
pub(super) fn ReviewStep(
    /// The trade.
    draft: Draft,
) -> impl IntoView {
    move || draft.prepared.get().map(|prepared| view! { <Reviewed draft prepared /> })
}

#[component]
fn Reviewed(
    /// The trade.
    draft: Draft,
    /// What is ready to be signed.
    prepared: Arc<Prepared>,
) -> impl IntoView {
    let may_sign = may_be_signed(&prepared.lines);
    let address = Address::of_page();
    let sign = move |_| draft.sign_and_send(move |route| address.go(route));
    let payload = prepared.unsigned.payload();
    view! {
        <div class="cols cols-wide">
            <section class="panel" aria-labelledby="review-title">
                <div class="ph">
                    <h2 id="review-title">"What you are about to sign"</h2>
                    <div class="end"><span class="pf final"><Icon name="seal" /><span>{format!("Decoded from runtime {}", prepared.context.spec_version)}</span></span></div>
                </div>
                <div class="pb stack">
                    <div class="call">
                        <p class="title">{prepared.sentence.clone()}</p>
                        <dl>{prepared.lines.iter().map(line).collect_view()}</dl>
                    </div>
                    <details>
                        <summary class="link small">"Show the bytes"</summary>
                        <p class="small muted">{format!("Call, {} bytes", prepared.unsigned.call.len())}</p>
                        <p class="mono small wrap">{format::hex(&prepared.unsigned.call)}</p>
                        <p class="small muted">{format!("Payload that is signed, {} bytes", payload.len())}</p>
                        <p class="mono small wrap">{format::hex(&payload)}</p>
                    </details>
                </div>
            </section>
            <div class="stack">
                <BeforeAndAfter draft prepared=prepared.clone() />
                <section class="panel practice" aria-labelledby="sign-title">
                    <div class="ph">
                        <h2 id="sign-title">"Sign"</h2>
                        <div class="end"><span class="chip warn">"Practice account"</span></div>
                    </div>
                    <div class="pb stack">
                        <p class="small">{move || format!("{} signs in this page. The key is public and worth nothing.", draft.store.practice.get().name())}</p>
                        {(!may_sign).then(|| view! {
                            <Note tone=Tone::Danger title="The bytes are not what you chose" text="Signing is blocked. Go back and start again." />
                        })}
                        {move || draft.problem.get().map(|problem| view! { <ProblemNote problem /> })}
                        <button type="button" class="btn primary lg full" disabled=move || !may_sign || draft.is_busy.get() on:click=sign>"Sign and send"</button>
                        <button type="button" class="btn quiet full" on:click=move |_| { draft.problem.set(None); draft.prepared.set(None); }>"Back to amount"</button>
                    </div>
                </section>
            </div>
        </div>
    }
}

fn line(line: &Line) -> impl IntoView + use<> {
    // Of what is right, the key alone is marked: it is what nobody can compare by eye.
    let chip = match line.matches {
        Some(true) if line.raw.len() == KEY_LENGTH => {
            Some(view! { <span class="chip ok">"Matches your choice"</span> }.into_any())
        }
        Some(false) => Some(view! { <span class="chip danger">"Differs from your choice"</span> }.into_any()),
        _ => None,
    };
    let raw = line.raw.clone();
    // A full key is read in two halves.
    let raw = match raw.split_at_checked(24) {
        Some((head, tail)) if raw.len() == KEY_LENGTH => {
            view! { {head.to_owned()}<wbr />{tail.to_owned()} }.into_any()
        }
        _ => raw.into_any(),
    };
    view! {
        <div class="row">
            <dt>{line.label.clone()}</dt>
            <dd>{line.meaning.clone()}" "{chip}<span class="raw">{raw}</span></dd>
        </div>
    }
}

#[component]
fn BeforeAndAfter(
    /// The trade.
    draft: Draft,
    /// What is ready to be signed.
    prepared: Arc<Prepared>,
) -> impl IntoView {
    let symbol = prepared.chosen.symbol.clone();
    let rows = draft.bounds.get_untracked().map(|bounds| {
        let quote = &prepared.quote;
        let after_fee = bounds.free.checked_sub(quote.fee);
        let (free_after, held_after) = match prepared.chosen.side {
            SwapSide::Stake(tao) => (
                after_fee.and_then(|free| free.checked_sub(tao)),
                bounds.held.checked_add(quote.swap.value.alpha),
            ),
            SwapSide::Unstake(alpha) => (
                after_fee.and_then(|free| free.checked_add(quote.swap.value.tao)),
                bounds.held.checked_sub(alpha),
            ),
        };
        let row = |label: &'static str, now: Cell, after: Option<Cell>| {
            let after = after.unwrap_or(Cell::Missing("not possible"));
            view! {
                <span>{label}</span>
                <span class="r">{digits(&now)}</span>
                <span class="muted" aria-hidden="true">"→"</span>
                <span class="r">{digits(&after)}</span>
            }
        };
        view! {
            {row("Free", Cell::tao(bounds.free, 4), free_after.map(|free| Cell::tao(free, 4)))}
            {row("Stake", Cell::alpha(bounds.held, 4, &symbol), held_after.map(|held| Cell::alpha(held, 4, &symbol)))}
        }
    });
    view! {
        <section class="panel" aria-labelledby="after-title">
            <div class="ph">
                <h2 id="after-title">"Before and after"</h2>
                <div class="end"><span class="pf derived"><Icon name="fx" /><span>"Run locally"</span></span></div>
            </div>
            <div class="pb">
                <div class="ba">
                    <span class="h">"Balance"</span><span class="h r">"Now"</span><span class="h"></span><span class="h r">"After, about"</span>
                    {rows}
                </div>
            </div>
        </section>
    }
}
