//! One transaction on its way: reviewed, signed, sent, in a block, final.

use crate::components::figure::digits;
use crate::navigation::Address;
use crate::platform::document;
use crate::routes::Route;
use crate::state::transactions::{Received, Step, StepMark, Transaction, refusal, steps};
use crate::store::Store;
use crate::ui::icon::Icon;
use crate::ui::note::{Note, Tone};
use crate::view_model::cell::Cell;
use lantern_types::{
    AlphaBalance, TaoBalance, TransactionFact, TransactionOutcome, TransactionStatus, format,
};
use leptos::prelude::*;

/// The view.
#[component]
pub(crate) fn TransactionPage() -> impl IntoView {
    document::set_title("Transaction · Lantern");
    let store = Store::of_page();
    let address = Address::of_page();
    let transaction = Memo::new(move |_| match address.route() {
        Some(Route::Transaction(hash)) => store.transactions.with(|all| all.get(&hash.0).cloned()),
        _ => None,
    });
    move || match transaction.get() {
        Some(transaction) => view! { <Followed transaction /> }.into_any(),
        None => view! {
            <div class="empty">
                <Icon name="search" />
                <h1>"This transaction is not known here"</h1>
                <p>"Lantern follows the transactions that were sent from this browser."</p>
                <a class="btn second" href=Route::Portfolio.path()>"Open portfolio"</a>
            </div>
        }
        .into_any(),
    }
}

#[component]
fn Followed(
    /// Which one.
    transaction: Transaction,
) -> impl IntoView {
    let summary = transaction.summary.clone();
    let status = transaction.status.clone();
    let note = status.as_ref().and_then(refusal);
    let docs = match &status {
        Some(TransactionStatus::Finalized {
            outcome: TransactionOutcome::Failed { pallet, error, docs },
            ..
        }) => {
            format!("{pallet}.{error} {docs}")
        }
        _ => String::new(),
    };
    let again = Route::Trade(summary.direction(), summary.netuid, summary.hotkey).path();
    let (class, icon, words) = badge(status.as_ref());
    let passed = |title, at| Step { title, mark: StepMark::Done, note: document::time_of_day(at) };
    let all = [passed("Reviewed", transaction.reviewed_at), passed("Signed", transaction.signed_at)]
        .into_iter()
        .chain(steps(status.as_ref()));
    let foot = match &status {
        Some(TransactionStatus::Finalized { .. }) => {
            "This was read from the finalized block and its events, with proof."
        }
        Some(status) if status.is_final() => "Nothing more will follow.",
        _ => "You can leave this page. It is found again when you come back.",
    };
    view! {
        <div class="flowpage stack">
            <div class="head"><h1>"Transaction"</h1></div>
            <div class="cols cols-wide">
                <section class="panel" aria-labelledby="sentence">
                    <div class="ph">
                        <h2 id="sentence">{summary.sentence.clone()}</h2>
                        <div class="end"><span class=class><Icon name=icon /><span>{words}</span></span></div>
                    </div>
                    <div class="pb stack">
                        <ol class="steps" data-status=words>{all.map(step).collect_view()}</ol>
                        {note.map(|(cost, advice)| view! {
                            <Note tone=Tone::Danger title=cost text=advice detail=docs>
                                <a class="btn second sm" href=again>"Preview again"</a>
                            </Note>
                        })}
                        <Outcome transaction=transaction.clone() />
                    </div>
                    <div class="pfoot">
                        <span>{foot}</span>
                    </div>
                </section>
                <div class="stack">
                    <Events status />
                    <a class="btn second full" href=Route::Portfolio.path()>"Open portfolio"</a>
                </div>
            </div>
        </div>
    }
}

fn badge(status: Option<&TransactionStatus>) -> (&'static str, &'static str, &'static str) {
    match status {
        Some(TransactionStatus::Finalized { outcome: TransactionOutcome::Succeeded, .. }) => {
            ("pf final", "seal", "Final")
        }
        Some(TransactionStatus::Finalized { .. }) => ("pf bad", "bad", "Refused"),
        Some(TransactionStatus::InBestBlock { .. }) => ("pf best", "half", "In a block, not final"),
        Some(TransactionStatus::Invalid { .. } | TransactionStatus::Expired) => {
            ("pf bad", "bad", "Not included")
        }
        Some(TransactionStatus::Dropped { .. } | TransactionStatus::Unknown { .. }) => {
            ("pf none", "none", "Not known")
        }
        _ => ("pf none", "none", "On its way"),
    }
}

fn step(step: Step) -> impl IntoView {
    let (class, icon) = match step.mark {
        StepMark::Done => ("done", "seal"),
        StepMark::Now => ("now", "turn"),
        StepMark::Open => ("now", "half"),
        StepMark::Failed => ("fail", "bad"),
        StepMark::Waiting => ("wait", "dot"),
    };
    let is_current = matches!(step.mark, StepMark::Now | StepMark::Open | StepMark::Failed);
    view! {
        <li class=class aria-current=is_current.then_some("step")>
            <b><Icon name=icon />{step.title}</b>
            {step.note}
        </li>
    }
}

#[component]
fn Outcome(
    /// Which one.
    transaction: Transaction,
) -> impl IntoView {
    let summary = &transaction.summary;
    let symbol = summary.symbol.clone();
    let expected = if summary.is_stake {
        Cell::alpha(AlphaBalance::from_rao(summary.expected), 9, &symbol)
    } else {
        Cell::tao(TaoBalance::from_rao(summary.expected), 9)
    };
    let received = transaction.received().map(|received| match received {
        Received::Alpha { alpha, paid } => (Cell::alpha(alpha, 9, &symbol), "Paid", Cell::tao(paid, 9)),
        Received::Tao { tao, sold } => (Cell::tao(tao, 9), "Sold", Cell::alpha(sold, 9, &symbol)),
    });
    let fee = transaction.fee().map(|fee| Cell::tao(fee, 9));
    let hash = format::hex(&transaction.pending.hash);
    let last_valid =
        transaction.pending.last_valid.map(|number| format!("#{}", format::integer(u64::from(number))));
    view! {
        <dl class="kv lg">
            {received.map(|(received, label, given)| view! {
                <dt>"Received"</dt><dd data-figure="received">{digits(&received)}</dd>
                <dt>{label}</dt><dd>{digits(&given)}</dd>
            })}
            <dt>"Preview was"</dt><dd>{digits(&expected)}</dd>
            {fee.map(|fee| view! { <dt>"Network fee"</dt><dd>{digits(&fee)}</dd> })}
            {last_valid.map(|number| view! { <dt>"Valid until block"</dt><dd>{number}</dd> })}
            <dt>"Transaction"</dt><dd><code>{hash}</code></dd>
        </dl>
    }
}

#[component]
fn Events(
    /// Where the transaction stands.
    status: Option<TransactionStatus>,
) -> impl IntoView {
    let Some(TransactionStatus::Finalized { facts, index, .. }) = status else { return ().into_any() };
    let rows = facts
        .into_iter()
        .map(|fact| {
            let (title, text) = match fact {
                TransactionFact::StakeAdded { tao, alpha, .. } => (
                    "Stake added".to_owned(),
                    format!("{} τ in, {} alpha to the account", format::tao(tao, 9).text(), format::alpha(alpha, 9).text()),
                ),
                TransactionFact::StakeRemoved { tao, alpha, .. } => (
                    "Stake removed".to_owned(),
                    format!("{} alpha sold, {} τ to the account", format::alpha(alpha, 9).text(), format::tao(tao, 9).text()),
                ),
                TransactionFact::FeePaid { fee } => ("Network fee paid".to_owned(), format!("{} τ", format::tao(fee, 9).text())),
                TransactionFact::Other { pallet, name } => (name, pallet),
            };
            view! { <li class="ok"><Icon name="seal" /><span>{title}</span><span class="s">{text}</span></li> }
        })
        .collect_view();
    view! {
        <section class="panel" aria-labelledby="events-title">
            <div class="ph"><h2 id="events-title">"Events, decoded"</h2></div>
            <ul class="risk">{rows}</ul>
            <div class="pfoot"><span>{format!("Extrinsic {index} of its block")}</span></div>
        </section>
    }
    .into_any()
}
