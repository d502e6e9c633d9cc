//! Typed, versioned messages between the page and its workers, and the ports that carry them.
