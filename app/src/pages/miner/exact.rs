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
    let page = Store::of_page();
    let copy = move |text: String| {
        leptos::task::spawn_local(async move {
            let is_copied = clipboard::copy(text).await;
            page.say(if is_copied { "Copied" } else { "The browser did not allow copying" });
        });
    };
    view! {
        {move || receipt.get().map(|Receipt { digest, command }| {
            let (copied_digest, copied_command) = (digest.clone(), command.clone());
            view! {
                <section class="stack" aria-labelledby="digest-title">
                    <h3 id="digest-title">"Digest of this text"</h3>
                    <div class="minecode">
                        <code data-digest>{digest}</code>
                        <button type="button" class="btn second sm" on:click=move |_| copy(copied_digest.clone())>
                            <Icon name="copy" />
                            "Copy digest"
                        </button>
                    </div>
                    <p class="hint">
                        "SHA-256 over the model's weights, the prompt, and each token with all its logits. Who has the model can check this text on any device: written again, it gets the same digest. From Lantern's source, with the model's folder:"
                    </p>
                    <div class="minecode">
                        <code>{command}</code>
                        <button type="button" class="btn second sm" on:click=move |_| copy(copied_command.clone())>
                            <Icon name="copy" />
                            "Copy command"
                        </button>
                    </div>
                </section>
            }
        })}
    }
}
