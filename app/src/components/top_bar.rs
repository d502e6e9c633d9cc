//! The top bar and, on small screens, the bottom bar.

use super::network_menu::NetworkMenu;
use crate::navigation::Address;
use crate::routes::Route;
use crate::store::Store;
use crate::ui::icon::{Icon, Logo};
use leptos::prelude::*;

struct Place {
    route: Route,
    label: &'static str,
    icon: &'static str,
}

const PLACES: [Place; 5] = [
    Place { route: Route::Subnets, label: "Subnets", icon: "grid" },
    Place { route: Route::Portfolio, label: "Portfolio", icon: "wallet" },
    Place { route: Route::Miner, label: "Miner", icon: "chip" },
    Place { route: Route::Network, label: "Network", icon: "plug" },
    Place { route: Route::About, label: "About", icon: "shield" },
];

/// The place in the navigation that a view belongs to.
fn place_of(route: Route) -> Route {
    match route {
        Route::Subnets | Route::Subnet(_) | Route::Trade(..) => Route::Subnets,
        Route::Portfolio | Route::Transaction(_) => Route::Portfolio,
        Route::Miner => Route::Miner,
        Route::Network => Route::Network,
        Route::About => Route::About,
    }
}

fn links(with_icons: bool) -> impl IntoView {
    let address = Address::of_page();
    let here = Memo::new(move |_| address.route().map(place_of));
    PLACES
        .into_iter()
        .map(|place| {
            let route = place.route;
            view! {
                <a href=route.path() aria-current=move || (here.get() == Some(route)).then_some("page")>
                    {with_icons.then(|| view! { <Icon name=place.icon /> })}
                    {place.label}
                </a>
            }
        })
        .collect_view()
}

/// The bar at the top.
#[component]
pub(crate) fn TopBar() -> impl IntoView {
    let store = Store::of_page();
    view! {
        <header class="top">
            <a href=Route::Subnets.path() class="brand">
                <Logo />
                "Lantern"
            </a>
            <nav class="nav" aria-label="Main">{links(false)}</nav>
            <div class="top-end">
                <NetworkMenu />
                <button
                    type="button"
                    class="btn icon quiet"
                    aria-label=move || format!("Theme: {}", store.theme.get().label())
                    aria-keyshortcuts="t"
                    on:click=move |_| store.next_theme()
                >
                    <Icon name="theme" />
                </button>
            </div>
        </header>
    }
}

/// The bar at the bottom of small screens.
#[component]
pub(crate) fn TabBar() -> impl IntoView {
    view! { <nav class="tabbar" aria-label="Main, small screens">{links(true)}</nav> }
}
