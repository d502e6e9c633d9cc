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
/// The program's functions are compiled when they first run, which makes the first drawing slow. So each part is
/// drawn in a task of its own: the upper ones outside the document, so that they come into sight together, the
/// lower ones and what nobody sees at first once those were painted.
pub fn mount() {
    crate::platform::panic::speak_up();
    document::set_stage();
    document::soon(|| draw(App));
}

/// Draws at the end of the page.
fn draw<V: IntoView + 'static>(part: impl FnOnce() -> V + 'static) {
    if let Some(place) = document::place() {
        mount_to(place, part).forget();
    }
}

/// The page's memory and its first element. The others are drawn later, as if they were its children.
#[component]
fn App() -> impl IntoView {
    let store = Store::new();
    provide_context(store);
    let address = Address::provide();
    provide_context(ProofAsk::new(store));
    store.watch(Topic::Network);
    start(store);
    let frame = Frame { store, address, dock: RwSignal::new(false), has_view: RwSignal::new(false) };
    for part in UPPER {
        document::soon(turn(part, frame));
    }
    view! {
        <a class="skip" href="#main" on:click=|event| { event.prevent_default(); document::focus("main"); }>
            "Skip to content"
        </a>
    }
}

/// What is drawn out of sight, and put into the document together.
const UPPER: [fn(Frame); 5] = [
    |_| draw(TopBar),
    |frame| draw(move || view! { <BlockRail dock=frame.dock /> }),
    |frame| draw(move || main(frame)),
    // The view is drawn at the end of that task.
    |frame| frame.has_view.set(true),
    |frame| {
        for part in LOWER {
            document::later(turn(part, frame));
        }
        document::raise();
    },
];

/// What is drawn once the upper parts were painted.
const LOWER: [fn(Frame); 4] = [
    |_| draw(|| view! { <Footer /><TabBar /> }),
    |frame| {
        draw(move || view! { <SyncDock open=frame.dock /> });
        announce(frame.store, frame.dock);
    },
    |_| draw(|| view! { <ProofPopover /><Shortcuts /> }),
    |frame| {
        draw(
            move || view! { <div class="vh" role="status" aria-live="polite">{move || frame.store.spoken.get()}</div> },
        );
    },
];

/// A part's turn, with the page's memory around it.
fn turn(part: fn(Frame), frame: Frame) -> impl FnOnce() {
    let owner = Owner::current();
    move || match owner {
        Some(owner) => owner.with(|| part(frame)),
        None => part(frame),
    }
}

/// What the parts of the page share.
#[derive(Clone, Copy)]
struct Frame {
    store: Store,
    address: Address,
    /// Whether the panel on synchronisation is open. It is not before it is drawn.
    dock: RwSignal<bool>,
    /// Whether it is the view's turn.
    has_view: RwSignal<bool>,
}

/// The element of the view.
fn main(frame: Frame) -> impl IntoView {
    // A view stays while the address names another one of its kind: it follows the address itself.
    let kind = Memo::new(move |_| frame.address.route().as_ref().map(std::mem::discriminant));
    view! {
        <main id="main" tabindex="-1">
            <Warnings />
            {move || frame.has_view.get().then(|| kind.with(|_kind| view_of(frame.address)))}
        </main>
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
