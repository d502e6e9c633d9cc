//! The page's frame: providers, navigation and the view that the address names.

use crate::components::block_rail::BlockRail;
use crate::components::proof_popover::{ProofAsk, ProofPopover};
use crate::components::shortcuts::Shortcuts;
use crate::components::sync_dock::SyncDock;
use crate::components::top_bar::{TabBar, TopBar};
use crate::components::warnings::Warnings;
use crate::navigation::Address;
use crate::pages::about::AboutPage;
use crate::pages::miner::MinerPage;
use crate::pages::network::NetworkPage;
use crate::pages::not_found::NotFoundPage;
use crate::pages::portfolio::PortfolioPage;
use crate::pages::subnet::SubnetPage;
use crate::pages::subnets::SubnetsPage;
use crate::pages::trade::TradePage;
use crate::pages::transaction::TransactionPage;
use crate::platform::document;
use crate::routes::Route;
use crate::state::chain::ClientState;
use crate::store::{Store, start};
use lantern_types::format;
use lantern_worker_bridge::light_client::{SyncStage, Topic};
use leptos::prelude::*;

/// Draws the page into its document.
///
/// The program's functions are compiled when they first run, which makes the first drawing slow. So the frame
/// and the view are drawn in tasks of their own, outside the document, and put into it together.
pub fn mount() {
    crate::platform::panic::speak_up();
    document::soon(|| match document::stage() {
        Some(stage) => mount_to(stage, App).forget(),
        None => mount_to_body(App),
    });
}

#[component]
fn App() -> impl IntoView {
    let store = Store::new();
    provide_context(store);
    let address = Address::provide();
    // A view stays while the address names another one of its kind: it follows the address itself.
    let kind = Memo::new(move |_| address.route().as_ref().map(std::mem::discriminant));
    provide_context(ProofAsk::new(store));
    store.watch(Topic::Network);
    start(store);
    let has_frame = RwSignal::new(false);
    document::soon(move || {
        has_frame.set(true);
        // The view is drawn at the end of that task.
        document::soon(document::raise);
    });
    let dock = RwSignal::new(true);
    announce(store, dock);
    view! {
        <a class="skip" href="#main" on:click=|event| { event.prevent_default(); document::focus("main"); }>
            "Skip to content"
        </a>
        <TopBar />
        <BlockRail dock />
        <main id="main" tabindex="-1">
            <Warnings />
            {move || has_frame.get().then(|| kind.with(|_kind| view_of(address)))}
        </main>
        <Footer />
        <TabBar />
        <SyncDock open=dock />
        <ProofPopover />
        <Shortcuts />
        <div class="vh" role="status" aria-live="polite">{move || store.spoken.get()}</div>
    }
}

/// The view that the address names.
fn view_of(address: Address) -> AnyView {
    match untrack(|| address.route()) {
        Some(Route::Subnets) => SubnetsPage().into_any(),
        Some(Route::Subnet(_)) => SubnetPage().into_any(),
        Some(Route::Trade(..)) => TradePage().into_any(),
        Some(Route::Transaction(_)) => TransactionPage().into_any(),
        Some(Route::Portfolio) => PortfolioPage().into_any(),
        Some(Route::Miner) => MinerPage().into_any(),
        Some(Route::Network) => NetworkPage().into_any(),
        Some(Route::About) => AboutPage().into_any(),
        None => NotFoundPage().into_any(),
    }
}

/// Says each stage aloud once. The panel opens when there is something to tell, and closes when it is over.
fn announce(store: Store, dock: RwSignal<bool>) {
    let stage = Memo::new(move |_| store.sync.with(|sync| sync.as_ref().map(|sync| sync.stage)));
    Effect::new(move |before: Option<Option<SyncStage>>| {
        let stage = stage.get();
        let words = match stage {
            None | Some(SyncStage::FindingPeers) => None,
            Some(SyncStage::CatchingUp) => Some("Peers connected, catching up"),
            Some(SyncStage::Checking) => Some("Finality proof checked, checking the runtime"),
            Some(SyncStage::Verified) => Some("Verified: figures on this page are proven"),
        };
        if let Some(words) = words.filter(|_| before.flatten() != stage) {
            store.say(words);
        }
        stage
    });
    let needs_eyes = Memo::new(move |_| {
        store.chain.with(|chain| {
            let is_delayed = chain
                .sync
                .as_ref()
                .is_none_or(|sync| sync.delay.is_some() || sync.stage != SyncStage::Verified);
            is_delayed || chain.client != ClientState::Running
        })
    });
    Effect::new(move |before: Option<bool>| {
        let needs_eyes = needs_eyes.get();
        if before != Some(needs_eyes) {
            dock.set(needs_eyes);
        }
        needs_eyes
    });
}

#[component]
fn Footer() -> impl IntoView {
    let store = Store::of_page();
    let chain = Memo::new(move |_| {
        store.head.with(|seen| {
            seen.as_ref().map(|seen| {
                (seen.head.chain.clone(), format::shortened(&seen.head.genesis_hash.to_hex(), 6, 4))
            })
        })
    });
    view! {
        <footer class="foot">
            {move || chain.get().map(|(name, genesis)| view! {
                <span>{name}", genesis "<span class="mono">{genesis}</span></span>
            })}
            <span>"Every figure of the chain is read from its peers and checked in this page."</span>
            <a class="link" href=Route::About.path()>"What is proven"</a>
        </footer>
    }
}
