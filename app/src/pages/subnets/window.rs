//! Which rows of a long table are drawn: those in sight and a few around them.

use crate::platform::document::whole;
use crate::platform::listener;
use gloo::events::EventListener;
use leptos::html::Tbody;
use leptos::prelude::*;
use std::ops::Range;

/// Rows that are drawn beyond the edges of the screen, and the step in which the window moves.
const MARGIN: usize = 8;
/// Height of a row until one was measured.
const USUAL_HEIGHT: u64 = 40;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Sight {
    first: usize,
    rows: usize,
    height: u64,
}

/// The window of a table.
#[derive(Clone, Copy)]
pub(super) struct Window {
    sight: RwSignal<Sight>,
    count: Signal<usize>,
    body: NodeRef<Tbody>,
}

impl Window {
    /// Follows the scrolling of the page over `body`, a table of `count` rows.
    pub(super) fn new(body: NodeRef<Tbody>, count: Signal<usize>) -> Self {
        let sight = RwSignal::new(Sight { first: 0, rows: 24, height: USUAL_HEIGHT });
        let this = Self { sight, count, body };
        if let Some(window) = web_sys::window() {
            listener::keep(vec![
                EventListener::new(&window, "scroll", move |_| this.look()),
                EventListener::new(&window, "resize", move |_| this.look()),
            ]);
        }
        this
    }

    /// Looks which rows are in sight. That is free just after a paint; before it, the browser has to do the
    /// layout at once and may have to do it again.
    pub(super) fn look(self) {
        // The view may have gone between the change and the paint after it.
        if let Some(known) = self.sight.try_get_untracked()
            && let Some(seen) = measure(self.body, known.height)
            && seen != known
        {
            self.sight.set(seen);
        }
    }

    /// The rows to draw.
    pub(super) fn range(self) -> Range<usize> {
        let (sight, count) = (self.sight.get(), self.count.get());
        let last = sight.first.saturating_add(sight.rows).saturating_add(MARGIN).min(count);
        sight.first.saturating_sub(MARGIN).min(last)..last
    }

    /// Pixels of the rows above that are not drawn.
    pub(super) fn above(self) -> u64 {
        self.pixels(self.range().start)
    }

    /// Pixels of the rows below that are not drawn, where so many of the window's are.
    pub(super) fn below(self, drawn: usize) -> u64 {
        let end = self.range().start.saturating_add(drawn);
        self.pixels(self.count.get().saturating_sub(end))
    }

    fn pixels(self, rows: usize) -> u64 {
        u64::try_from(rows).unwrap_or(0).saturating_mul(self.sight.get().height)
    }
}

fn measure(body: NodeRef<Tbody>, usual: u64) -> Option<Sight> {
    let body = body.try_get_untracked()??;
    let window = web_sys::window()?;
    let screen = whole(window.inner_height().ok()?.as_f64()?);
    let row = body.query_selector("tr.row").ok().flatten();
    let height = row.map_or(usual, |row| whole(row.get_bounding_client_rect().height().round())).max(1);
    let passed = whole(-body.get_bounding_client_rect().top());
    let rows = |pixels: u64| usize::try_from(pixels / height).unwrap_or(0);
    // Whole steps, so that a little scrolling draws nothing.
    let first = rows(passed) / MARGIN * MARGIN;
    Some(Sight { first, rows: rows(screen).saturating_add(MARGIN), height })
}
