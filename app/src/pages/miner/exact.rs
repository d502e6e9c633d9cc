//! The bit-exact mode: the switch for it, and the digest that a text gets.

use crate::platform::clipboard;
use crate::store::Store;
use crate::store::miner::MinerStore;
use crate::ui::icon::Icon;
use crate::view_model::exact::{self as words, Receipt};
use leptos::prelude::*;

/// Whether the next model is loaded bit-exactly.
#[component]
pub(super) fn ExactSwitch(
    /// The miner.
    miner: MinerStore,
) -> impl IntoView {
    let is_exact = Memo::new(move |_| miner.state.with(|state| state.is_exact));
    view! {
        <label class="check">
            <input
                id="mine-exact"
                type="checkbox"
                prop:checked=move || is_exact.get()
                on:change=move |event| {
                    let is_on = event_target_checked(&event);
                    miner.state.update(|state| state.is_exact = is_on);
                }
            />
            "Bit-exact"
            <span class="s">
                "Computes in integers and always takes the likeliest token: every device writes the same text and gets the same digest. Slower. Counts for the next load."
            </span>
        </label>
    }
}

/// The digest of the text that was written, where it has one.
#[component]
pub(super) fn Digest(
    /// The miner.
    miner: MinerStore,
) -> impl IntoView {
    let receipt = Memo::new(move |_| miner.state.with(|state| words::receipt(state.writing.as_ref()?)));
    view! {
        {move || receipt.get().map(|Receipt { digest, command }| view! {
            <section class="stack" aria-labelledby="digest-title">
                <h3 id="digest-title">"Digest of this text"</h3>
                <div class="minecode">
                    <code data-digest>{digest.clone()}</code>
                    <CopyButton label="Copy digest" text=digest />
                </div>
                <p class="hint">
                    "SHA-256 over the model's weights, the prompt, and each token with all its logits. Who has the model can check this text on any device: written again, it gets the same digest. From Lantern's source, with the model's folder:"
                </p>
                <div class="minecode">
                    <code>{command.clone()}</code>
                    <CopyButton label="Copy command" text=command />
                </div>
            </section>
        })}
    }
}

#[component]
fn CopyButton(
    /// What it says before it is pressed.
    label: &'static str,
    /// What it copies.
    text: String,
) -> impl IntoView {
    let page = Store::of_page();
    let is_copied = RwSignal::new(false);
    let copy = move |_| {
        let text = text.clone();
        leptos::task::spawn_local(async move {
            let done = clipboard::copy(text).await;
            // The text may be gone meanwhile, and its button with it.
            let _gone = is_copied.try_set(done);
            page.say(if done { "Copied" } else { "The browser did not allow copying" });
        });
    };
    view! {
        <button type="button" class="btn second sm" on:click=copy>
            <Icon name="copy" />
            {move || if is_copied.get() { "Copied" } else { label }}
        </button>
    }
}
