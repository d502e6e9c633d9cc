//! Keeps what the user chose.

use crate::network::Choice;
use crate::platform::{document, storage};
use crate::state::preferences::Theme;

const THEME: &str = "lantern.theme";
const NETWORK: &str = "lantern.network";

/// The theme of the last visit.
pub(super) fn theme() -> Theme {
    storage::read(THEME).map_or(Theme::System, |key| Theme::from_key(&key))
}

/// Shows a theme and keeps it.
pub(super) fn keep_theme(theme: Theme) {
    document::set_theme(theme);
    // A browser that keeps nothing still shows it now.
    let _kept = storage::write(THEME, theme.key());
}

/// The network of the last visit.
pub(super) fn network() -> Option<Choice> {
    storage::read(NETWORK).and_then(|key| Choice::from_key(&key))
}

/// Keeps the network for the next visit; a file of the user's is not kept.
pub(super) fn keep_network(choice: &Choice) {
    if let Some(key) = choice.key() {
        let _kept = storage::write(NETWORK, key);
    }
}
