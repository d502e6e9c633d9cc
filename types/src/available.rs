//! A field that a runtime may not have.

use serde::{Deserialize, Serialize};

/// What reading one field gave.
///
/// The chain changes its runtime about twice a week and fields come and go. Their absence is
/// a fact to show, never a zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Available<T> {
    /// The proven value (which includes the runtime's own default for an empty key).
    Value(T),
    /// The runtime has the field, and holds nothing for this key.
    NoRecord,
    /// The runtime of this block does not have such a field.
    NotInRuntime,
}

impl<T> Available<T> {
    /// The value, where there is one.
    pub fn value(&self) -> Option<&T> {
        match self {
            Self::Value(value) => Some(value),
            Self::NoRecord | Self::NotInRuntime => None,
        }
    }

    /// Changes the value and keeps the reason for its absence.
    pub fn map<U>(self, with: impl FnOnce(T) -> U) -> Available<U> {
        match self {
            Self::Value(value) => Available::Value(with(value)),
            Self::NoRecord => Available::NoRecord,
            Self::NotInRuntime => Available::NotInRuntime,
        }
    }

    /// Borrows the value.
    pub fn as_ref(&self) -> Available<&T> {
        match self {
            Self::Value(value) => Available::Value(value),
            Self::NoRecord => Available::NoRecord,
            Self::NotInRuntime => Available::NotInRuntime,
        }
    }
}
