//! Stands in for the page where there is no browser, so that the pure half can be built and tested.

/// Does nothing: there is no document to draw into.
pub const fn mount() {}
