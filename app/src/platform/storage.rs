//! Small texts that stay between visits. A browser may refuse; then the page works without.

fn area() -> Option<web_sys::Storage> {
    web_sys::window()?.local_storage().ok().flatten()
}

/// What was kept under a name.
pub(crate) fn read(name: &str) -> Option<String> {
    area()?.get_item(name).ok().flatten()
}

/// Keeps a text; says whether the browser took it.
pub(crate) fn write(name: &str, text: &str) -> bool {
    area().is_some_and(|area| area.set_item(name, text).is_ok())
}
