//! An address that names no view.

use crate::platform::document;
use crate::routes::Route;
use leptos::prelude::*;

/// The view.
#[component]
pub(crate) fn NotFoundPage() -> impl IntoView {
    document::set_title("Not found · Lantern");
    view! {
        <div class="empty">
            <h1>"Nothing is here"</h1>
            <p>"This address names no page of Lantern."</p>
            <a class="btn second" href=Route::Subnets.path()>"Browse subnets"</a>
        </div>
    }
}
