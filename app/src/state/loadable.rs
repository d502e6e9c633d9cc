//! A value that is on its way, here, old, or not to be had.

use crate::problem::Problem;
use std::sync::Arc;

/// Why a value is old.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StaleReason {
    /// The light client does not follow the head at the moment.
    Behind,
    /// The newest block could not be read.
    Unread(Problem),
}

/// A value from the light client. It is shared, so that handing it on is cheap.
#[derive(Debug, Clone, Default)]
pub enum Loadable<T> {
    /// Nobody wants it.
    #[default]
    NotAsked,
    /// It was asked for.
    Loading,
    /// Proven and of the newest block that was read.
    Ready(Arc<T>),
    /// Was proven; the head went on without it.
    Stale(Arc<T>, StaleReason),
    /// There is none.
    Failed(Problem),
}

impl<T> Loadable<T> {
    /// The value, old or new.
    #[must_use]
    pub const fn value(&self) -> Option<&Arc<T>> {
        match self {
            Self::Ready(value) | Self::Stale(value, _) => Some(value),
            Self::NotAsked | Self::Loading | Self::Failed(_) => None,
        }
    }

    /// Whether it is proven at the newest block that was read.
    #[must_use]
    pub const fn is_ready(&self) -> bool {
        matches!(self, Self::Ready(_))
    }

    /// Keeps a value, but marks it as old.
    pub fn make_stale(&mut self, reason: StaleReason) {
        if let Self::Ready(value) | Self::Stale(value, _) = self {
            *self = Self::Stale(value.clone(), reason);
        }
    }

    /// Takes a failure: a value becomes old, no value becomes the failure.
    pub fn fail(&mut self, problem: Problem) {
        if self.value().is_some() {
            self.make_stale(StaleReason::Unread(problem));
        } else {
            *self = Self::Failed(problem);
        }
    }
}

impl<T> PartialEq for Loadable<T> {
    /// Values are compared by identity: a new reading is a new value.
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::NotAsked, Self::NotAsked) | (Self::Loading, Self::Loading) => true,
            (Self::Ready(a), Self::Ready(b)) => Arc::ptr_eq(a, b),
            (Self::Stale(a, x), Self::Stale(b, y)) => Arc::ptr_eq(a, b) && x == y,
            (Self::Failed(a), Self::Failed(b)) => a == b,
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_never_hides_what_was_proven() {
        let mut value = Loadable::Ready(Arc::new(7));
        value.fail(Problem::Overloaded);
        assert_eq!(value.value().map(|value| **value), Some(7));
        assert!(!value.is_ready());

        let mut nothing = Loadable::<u8>::Loading;
        nothing.fail(Problem::Overloaded);
        assert_eq!(nothing, Loadable::Failed(Problem::Overloaded));
    }
}
