//! The popover that tells where a number comes from. There is one for the whole page.

use crate::components::problem_note::ProblemNote;
use crate::platform::clipboard;
use crate::problem::Problem;
use crate::store::Store;
use crate::ui::icon::Icon;
use crate::view_model::provenance;
use lantern_types::{Field, Finality, Provenance};
use lantern_worker_bridge::light_client::{LightClientRequest, LightClientResponse};
use leptos::html::Div;
use leptos::prelude::*;
use web_sys::HtmlElement;

/// What the popover shows.
#[derive(Debug, Clone, PartialEq)]
enum Proof {
    Asking,
    Here(Box<Provenance>),
    Missing(Problem),
}

/// What was asked.
#[derive(Debug, Clone, PartialEq)]
struct Ask {
    field: Field,
    of: String,
}

/// Opens the popover from any figure.
#[derive(Clone, Copy)]
pub(crate) struct ProofAsk {
    ask: RwSignal<Option<Ask>>,
    proof: RwSignal<Proof>,
    anchor: RwSignal<Option<HtmlElement>, LocalStorage>,
    store: Store,
}

impl ProofAsk {
    /// A popover that nobody asked anything.
    pub(crate) fn new(store: Store) -> Self {
        Self {
            ask: RwSignal::new(None),
            proof: RwSignal::new(Proof::Asking),
            anchor: RwSignal::new_local(None),
            store,
        }
    }

    /// The page's popover.
    pub(crate) fn of_page() -> Self {
        expect_context()
    }

    /// Asks for the proof of a number and shows it beside `anchor`.
    pub(crate) fn open(self, field: Field, of: String, anchor: Option<HtmlElement>) {
        self.ask.set(Some(Ask { field, of }));
        self.anchor.set(anchor);
        self.fetch(field);
    }

    fn fetch(self, field: Field) {
        self.proof.set(Proof::Asking);
        leptos::task::spawn_local(async move {
            let answer = self.store.ask(LightClientRequest::Prove(field)).await;
            // Meanwhile another number may have been asked for.
            if self.ask.try_with_untracked(|ask| ask.as_ref().map(|ask| ask.field)) != Some(Some(field)) {
                return;
            }
            self.proof.set(match answer {
                Ok(LightClientResponse::Provenance(found)) => Proof::Here(Box::new(found)),
                Ok(_) => Proof::Missing(Problem::UnexpectedAnswer),
                Err(problem) => Proof::Missing(problem),
            });
        });
    }
}

/// The popover.
#[component]
pub(crate) fn ProofPopover() -> impl IntoView {
    let state = ProofAsk::of_page();
    let element = NodeRef::<Div>::new();
    Effect::new(move |_| {
        let (Some(popover), Some(anchor)) = (element.get(), state.anchor.get()) else { return };
        place(&popover, &anchor);
        // It is open already when one number follows another.
        let _open = popover.show_popover();
        let _gone = popover.focus();
    });
    let close = move || {
        if let Some(popover) = element.get_untracked() {
            let _closed = popover.hide_popover();
        }
        if let Some(anchor) = state.anchor.get_untracked() {
            let _gone = anchor.focus();
        }
    };
    view! {
        <div popover="auto" class="pop proof" role="dialog" aria-labelledby="proof-title" tabindex="-1" node_ref=element>
            {move || state.ask.get().map(|ask| {
                let title = format!("{}, {}", provenance::label(&ask.field), ask.of);
                view! {
                    <div class="poph-row">
                        <h2 id="proof-title" class="poph">{title}</h2>
                        <button type="button" class="btn icon quiet" aria-label="Close" on:click=move |_| close()>
                            <Icon name="x" />
                        </button>
                    </div>
                    <div aria-busy=move || state.proof.with(|proof| *proof == Proof::Asking).to_string()>
                        {move || state.proof.with(|proof| body(proof, state, ask.field))}
                    </div>
                }
            })}
        </div>
    }
}

fn body(proof: &Proof, state: ProofAsk, field: Field) -> AnyView {
    match proof {
        Proof::Asking => view! { <p>"Proving it again at the finalized head …"</p> }.into_any(),
        Proof::Missing(problem) => view! {
            <div class="pb"><ProblemNote problem=problem.clone() again=Callback::new(move |()| state.fetch(field)) /></div>
        }
        .into_any(),
        Proof::Here(found) => {
            let text = StoredValue::new(provenance::as_text(found));
            let (class, icon, words) = match (found.finality, found.formula.is_some()) {
                (Finality::Best, _) => ("pf best", "half", "Best block"),
                (Finality::Finalized, true) => ("pf derived", "fx", "Derived"),
                (Finality::Finalized, false) => ("pf final", "seal", "Proven"),
            };
            let facts = provenance::facts(found)
                .into_iter()
                .map(|fact| {
                    let value = if fact.is_code {
                        view! { <code>{fact.value}</code> }.into_any()
                    } else {
                        fact.value.into_any()
                    };
                    view! { <dt>{fact.label}</dt><dd>{value}</dd> }
                })
                .collect_view();
            view! {
                <p><span class=class><Icon name=icon /><span>{words}</span></span></p>
                <p>{provenance::sentence(found)}</p>
                <dl class="kv">{facts}</dl>
                <div class="acts">
                    <button type="button" class="btn second sm" on:click=move |_| copy(state.store, text.get_value())>
                        <Icon name="copy" />
                        "Copy proof"
                    </button>
                    <button type="button" class="btn quiet sm" on:click=move |_| state.fetch(field)>"Check again"</button>
                </div>
            }
            .into_any()
        }
    }
}

fn copy(store: Store, text: String) {
    leptos::task::spawn_local(async move {
        let words = if clipboard::copy(text).await { "Copied" } else { "The browser did not allow copying" };
        store.say(words);
    });
}

/// Puts the popover beside its anchor, inside the window. Small screens draw it as a sheet instead.
fn place(popover: &HtmlElement, anchor: &HtmlElement) {
    const WIDTH: f64 = 400.0;
    const GAP: f64 = 6.0;
    const EDGE: f64 = 12.0;
    let Some(window) = web_sys::window() else { return };
    let length =
        |value: Result<wasm_bindgen::JsValue, _>| value.ok().and_then(|value| value.as_f64()).unwrap_or(0.0);
    let (width, height) = (length(window.inner_width()), length(window.inner_height()));
    let at = anchor.get_bounding_client_rect();
    let left = (at.right() - WIDTH).clamp(EDGE, (width - WIDTH - EDGE).max(EDGE));
    let style = popover.style();
    let set = |name: &str, value: String| {
        // A property that the browser does not know leaves the popover where it is.
        let _unknown = style.set_property(name, &value);
    };
    set("--pop-x", format!("{left}px"));
    if at.bottom() > height / 2.0 {
        set("--pop-y", "auto".to_owned());
        set("--pop-b", format!("{}px", height - at.top() + GAP));
        set("--pop-h", format!("{}px", at.top() - GAP - EDGE));
    } else {
        set("--pop-y", format!("{}px", at.bottom() + GAP));
        set("--pop-b", "auto".to_owned());
        set("--pop-h", format!("{}px", height - at.bottom() - GAP - EDGE));
    }
}
