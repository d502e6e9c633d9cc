//! The shape of SCALE data, resolved from live metadata: enough to write a call and to read it back.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

/// One type of a runtime, without the metadata's type table.
///
/// Wrappers with a single unnamed field are resolved to what they wrap, so `NetUid` is a `U16` on every
/// runtime whatever it is called there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the primitive variants are their own names")]
pub enum Shape {
    Bool,
    U8,
    U16,
    U32,
    U64,
    U128,
    I8,
    I16,
    I32,
    I64,
    I128,
    /// 32 bytes that name an account.
    AccountId,
    /// 32 bytes that are a hash.
    Hash,
    /// UTF-8 text with a compact length.
    Text,
    /// Bytes with a compact length.
    Bytes,
    /// A compact integer of the given shape.
    Compact(Box<Shape>),
    /// A fixed number of equal elements.
    Array(Box<Shape>, u32),
    /// A compact length and as many elements.
    Sequence(Box<Shape>),
    /// Elements one after the other; empty for `()`.
    Tuple(Vec<Shape>),
    /// Named fields in their order.
    Struct(Vec<FieldShape>),
    /// An index byte and that variant's fields.
    Variant(Vec<VariantShape>),
    /// Something that this client cannot write or read, by its name in the metadata. It blocks signing.
    Unsupported(String),
}

/// A named field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldShape {
    /// Name in the metadata; empty for a positional field.
    pub name: String,
    /// Its type's name as the runtime writes it, such as `TaoBalance`.
    pub type_name: String,
    /// Its shape.
    pub shape: Shape,
}

/// One variant of an enumeration.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VariantShape {
    /// Index byte.
    pub index: u8,
    /// Name in the metadata.
    pub name: String,
    /// Fields in their order.
    pub fields: Vec<FieldShape>,
}
