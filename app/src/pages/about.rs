//! What this build is, and what it proves and does not prove.

use crate::platform::{document, files, json};
use leptos::prelude::*;

/// Names and SHA-256 hashes from the manifest that the build writes beside the page.
type Manifest = Vec<(String, String)>;

const CLAIMS: [(&str, &str); 5] = [
    (
        "Every figure is proven",
        "Lantern downloads state with Merkle proofs from the chain's own peers and checks them here against the state root of a finalized block.",
    ),
    (
        "Finality is checked, not believed",
        "From a checkpoint that ships with this page, each change of the authority set and the newest finalized block are followed by the signatures of two thirds of the voters.",
    ),
    (
        "No server of ours is asked",
        "The page makes requests to the host it came from and to the chain's peers. There is no indexer and no trusted node.",
    ),
    (
        "Peers can withhold, not invent",
        "A peer can stay silent or cut you off. It cannot make a false figure appear: what does not fit its proof is refused and counted.",
    ),
    (
        "What you still trust",
        "This page's files, your browser, the checkpoint in the network's file, and two thirds of the chain's authorities.",
    ),
];

/// The view.
#[component]
pub(crate) fn AboutPage() -> impl IntoView {
    document::set_title("About · Lantern");
    let manifest = RwSignal::new(None::<Result<Manifest, String>>);
    leptos::task::spawn_local(async move {
        let found = files::fetch_text("/manifest.json").await.and_then(|text| {
            json::texts_in(&text, "files", "sha256").ok_or_else(|| "it is damaged".to_owned())
        });
        // The page may have been left meanwhile.
        let _left = manifest.try_set(Some(found));
    });
    view! {
        <div class="head"><h1>"About Lantern"</h1><span class="sub">"A light client that you carry yourself"</span></div>
        <section class="panel" aria-labelledby="claims">
            <div class="ph"><h2 id="claims">"What is proven"</h2></div>
            <ul class="risk">
                {CLAIMS.map(|(title, text)| view! {
                    <li><span>{title}</span><span class="s">{text}</span></li>
                }).collect_view()}
            </ul>
        </section>
        <section class="panel" aria-labelledby="build">
            <div class="ph"><h2 id="build">"This build"</h2></div>
            {move || match manifest.get() {
                None => view! { <p class="pb muted">"Reading the list of files …"</p> }.into_any(),
                Some(Err(reason)) => view! {
                    <p class="pb muted">"There is no list of files: "{reason}</p>
                }.into_any(),
                Some(Ok(manifest)) => view! {
                    <div class="pb stack">
                        <p class="muted small">
                            "The SHA-256 of every file that this page is made of. Two builds of the same source give the same list."
                        </p>
                        <dl class="hashes">
                            {manifest.into_iter().map(|(name, hash)| view! {
                                <dt>{name}</dt><dd><code>{hash}</code></dd>
                            }).collect_view()}
                        </dl>
                    </div>
                }.into_any(),
            }}
        </section>
    }
}
