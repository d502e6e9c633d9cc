//! Puts the page into its document.

fn main() {
    lantern_app::app::mount();
}
