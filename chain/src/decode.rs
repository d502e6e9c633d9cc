//! SCALE bytes to values, by the types of the block's own runtime.
//!
//! [`value`] reads any type of the metadata into a small tree, [`from_value`] takes Lantern's own types out of
//! it by field name. No layout is written down anywhere in this crate.

mod from_value;
mod value;

pub(crate) use from_value::FromValue;
pub(crate) use value::{Value, decode_all, decode_part};

use alloc::string::String;

/// Why bytes are not a value of a type. Both the bytes and the type come from outside.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DecodeError {
    /// The bytes end too early.
    #[error("the data ends too early")]
    Truncated,
    /// Bytes are left over.
    #[error("{0} bytes are left over")]
    TrailingBytes(usize),
    /// Types are nested too deeply.
    #[error("the type is nested too deeply")]
    TooDeep,
    /// More elements than this client accepts.
    #[error("the value has too many elements")]
    TooLarge,
    /// The metadata has no such type.
    #[error("the metadata has no type {0}")]
    UnknownType(u32),
    /// A kind of type that this client does not read.
    #[error("a {0} cannot be read by this client")]
    Unsupported(&'static str),
    /// An enumeration has no such variant.
    #[error("there is no variant {0}")]
    UnknownVariant(u8),
    /// A structure has no such field in this runtime.
    #[error("there is no field {0}")]
    MissingField(String),
    /// The value is of another kind.
    #[error("a {0} was expected")]
    Unexpected(&'static str),
    /// A number does not fit.
    #[error("the number is out of range")]
    OutOfRange,
}
