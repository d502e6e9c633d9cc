//! How fast the miner worked over the last ten minutes: what the worker measured, gathered into short spans of time.

use std::collections::VecDeque;

/// How long a span is.
pub const SPAN_MILLIS: u64 = 2_000;
/// So many spans are ten minutes.
pub const SPANS: usize = 300;

const SPAN_SECONDS: f64 = 2.0;

/// What is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Kind {
    /// Tokens while a text is written.
    #[default]
    Writing,
    /// Seals while one is looked for, with the rests that the user asks for.
    Searching,
}

/// One span of time.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Span {
    amount: f64,
    seconds: f64,
    /// Whether work was held in it.
    pub is_held: bool,
}

impl Span {
    /// What was done per second of work; nothing where no work was measured.
    #[must_use]
    pub fn rate(&self) -> Option<f64> {
        (self.seconds > 0.0).then(|| self.amount / self.seconds)
    }
}

/// The spans of one kind of work, the newest last. It is empty before the first measurement.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Course {
    spans: VecDeque<Span>,
    /// The highest rate of the spans that were dropped.
    dropped_best: f64,
    is_held: bool,
}

impl Course {
    /// The spans, the newest last.
    #[must_use]
    pub const fn spans(&self) -> &VecDeque<Span> {
        &self.spans
    }

    /// The highest rate of a span, also of one that was dropped.
    #[must_use]
    pub fn best(&self) -> f64 {
        self.spans.iter().filter_map(Span::rate).fold(self.dropped_best, f64::max)
    }

    fn advance(&mut self, by: u64, is_held: bool) {
        let was_held = std::mem::replace(&mut self.is_held, is_held);
        if self.spans.is_empty() {
            return;
        }
        for _ in 0..by.min(SPANS as u64) {
            self.spans.push_back(Span { is_held: was_held, ..Span::default() });
        }
        while self.spans.len() > SPANS {
            let dropped = self.spans.pop_front().and_then(|span| span.rate());
            self.dropped_best = dropped.map_or(self.dropped_best, |rate| rate.max(self.dropped_best));
        }
        if let Some(now) = self.spans.back_mut() {
            now.is_held |= is_held;
        }
        // What was done too long ago to be shown is not kept as an empty course.
        if self.spans.iter().all(|span| span.rate().is_none()) {
            self.spans.clear();
        }
    }

    fn note(&mut self, amount: f64, seconds: f64) {
        if !(seconds > 0.0 && seconds.is_finite() && amount >= 0.0 && amount.is_finite()) {
            return;
        }
        // A long measurement is of the spans before as well; no count of spans is above the bound.
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to 1..=SPANS")]
        let count = (seconds / SPAN_SECONDS).ceil().clamp(1.0, SPANS as f64) as usize;
        while self.spans.len() < count {
            self.spans.push_front(Span::default());
        }
        #[allow(clippy::cast_precision_loss, reason = "at most SPANS")]
        let share = 1.0 / count as f64;
        for span in self.spans.iter_mut().rev().take(count) {
            span.amount += amount * share;
            span.seconds += seconds * share;
        }
    }
}

/// Both kinds of work, on the page's clock.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Speed {
    /// The current span's number.
    now: u64,
    writing: Course,
    searching: Course,
    /// What was measured last.
    pub latest: Kind,
    /// What the user wants to see; nothing for what was measured last.
    pub chosen: Option<Kind>,
}

impl Speed {
    /// One kind of work.
    #[must_use]
    pub const fn course(&self, kind: Kind) -> &Course {
        match kind {
            Kind::Writing => &self.writing,
            Kind::Searching => &self.searching,
        }
    }

    /// Whether nothing was measured in the last ten minutes.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.writing.spans.is_empty() && self.searching.spans.is_empty()
    }

    /// Time passed. Says for each kind whether a job of it is held from now on.
    pub fn advance(&mut self, millis: u64, is_writing_held: bool, is_searching_held: bool) {
        let now = millis / SPAN_MILLIS;
        let by = now.saturating_sub(self.now);
        self.now = self.now.max(now);
        self.writing.advance(by, is_writing_held);
        self.searching.advance(by, is_searching_held);
    }

    /// So much was done in the last so many seconds. What is no measurement is left out.
    pub fn note(&mut self, kind: Kind, amount: f64, seconds: f64) {
        self.latest = kind;
        match kind {
            Kind::Writing => self.writing.note(amount, seconds),
            Kind::Searching => self.searching.note(amount, seconds),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rates(speed: &Speed, kind: Kind) -> Vec<Option<f64>> {
        speed.course(kind).spans().iter().map(Span::rate).collect()
    }

    #[test]
    fn measurements_of_a_span_are_weighed_by_their_time() {
        let mut speed = Speed::default();
        speed.advance(10_000, false, false);
        speed.note(Kind::Writing, 10.0, 0.1);
        speed.note(Kind::Writing, 10.0, 0.3);
        assert_eq!(rates(&speed, Kind::Writing), [Some(50.0)]);
        assert_eq!(rates(&speed, Kind::Searching), []);
        speed.advance(14_500, false, false);
        speed.note(Kind::Writing, 20.0, 0.5);
        assert_eq!(rates(&speed, Kind::Writing), [Some(50.0), None, Some(40.0)]);
        assert!((speed.course(Kind::Writing).best() - 50.0).abs() < 1e-9);
    }

    #[test]
    fn a_long_measurement_fills_the_spans_that_it_took() {
        let mut speed = Speed::default();
        speed.note(Kind::Searching, 500.0, 5.0);
        assert_eq!(rates(&speed, Kind::Searching), [Some(100.0); 3]);
    }

    #[test]
    fn what_is_no_measurement_is_left_out() {
        let mut speed = Speed::default();
        for (amount, seconds) in [(1.0, 0.0), (1.0, -1.0), (f64::NAN, 1.0), (1.0, f64::INFINITY), (-1.0, 1.0)]
        {
            speed.note(Kind::Writing, amount, seconds);
        }
        assert!(speed.is_empty());
    }

    #[test]
    fn held_time_is_told_from_idle_time() {
        let mut speed = Speed::default();
        speed.note(Kind::Searching, 1.0, 1.0);
        speed.advance(2_000, false, false);
        speed.advance(4_000, false, true);
        speed.advance(10_000, false, false);
        let held: Vec<bool> = speed.course(Kind::Searching).spans().iter().map(|span| span.is_held).collect();
        assert_eq!(held, [false, false, true, true, true, true]);
    }

    #[test]
    fn ten_minutes_are_kept_and_the_best_for_longer() {
        let mut speed = Speed::default();
        speed.note(Kind::Writing, 9.0, 1.0);
        speed.advance(300_000, false, false);
        speed.note(Kind::Writing, 3.0, 1.0);
        speed.advance(700_000, false, false);
        let course = speed.course(Kind::Writing);
        assert_eq!((course.spans().len(), course.best()), (SPANS, 9.0));
        // A clock that jumps must cost neither memory nor time.
        speed.advance(u64::MAX, false, false);
        assert!(speed.is_empty());
    }
}
