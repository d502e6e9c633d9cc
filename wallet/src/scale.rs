//! Writing and reading SCALE values by their [`Shape`].
//!
//! Reading is bounded in depth and length, and every byte that is read stands in the result: what the user
//! sees is what was signed.

use lantern_types::{AccountId, FieldShape, Shape, VariantShape};
use parity_scale_codec::{Compact, Decode, Encode as _};

/// Nesting deeper than this is refused.
const MAX_DEPTH: u32 = 16;
/// Elements of a sequence beyond this are refused.
const MAX_ELEMENTS: u32 = 4_096;

/// A value without its type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// A truth value.
    Bool(bool),
    /// Any unsigned integer.
    Unsigned(u128),
    /// Any signed integer.
    Signed(i128),
    /// An account.
    Account(AccountId),
    /// 32 bytes of a hash.
    Hash([u8; 32]),
    /// Text.
    Text(String),
    /// Bytes.
    Bytes(Vec<u8>),
    /// Elements of a sequence, an array or a tuple.
    List(Vec<Value>),
    /// Named fields.
    Struct(Vec<NamedValue>),
    /// A variant by name, with its fields.
    Variant(String, Vec<NamedValue>),
}

/// A field with its name; the name is empty for a positional field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedValue {
    /// Name in the metadata.
    pub name: String,
    /// Value.
    pub value: Value,
}

/// Why a value cannot be written or read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ScaleError {
    /// The value is not of the shape.
    #[error("a value does not fit the type that the runtime asks for")]
    WrongValue,
    /// The bytes end too early or hold something that the shape does not allow.
    #[error("the bytes are not what the runtime describes")]
    Malformed,
    /// The runtime uses a type that this build cannot show.
    #[error("the runtime uses a type that cannot be shown: {0}")]
    Unsupported(String),
    /// Nested or long beyond all sense.
    #[error("the value is too large to be shown")]
    TooLarge,
}

/// Writes `value` as `shape` describes it.
///
/// # Errors
/// The value is not of that shape, or the shape is not supported.
pub(crate) fn encode(shape: &Shape, value: &Value, out: &mut Vec<u8>) -> Result<(), ScaleError> {
    match (shape, value) {
        (Shape::Bool, Value::Bool(value)) => value.encode_to(out),
        (Shape::U8, Value::Unsigned(value)) => narrow::<u8>(*value)?.encode_to(out),
        (Shape::U16, Value::Unsigned(value)) => narrow::<u16>(*value)?.encode_to(out),
        (Shape::U32, Value::Unsigned(value)) => narrow::<u32>(*value)?.encode_to(out),
        (Shape::U64, Value::Unsigned(value)) => narrow::<u64>(*value)?.encode_to(out),
        (Shape::U128, Value::Unsigned(value)) => value.encode_to(out),
        (Shape::AccountId, Value::Account(account)) => account.0.encode_to(out),
        (Shape::Hash, Value::Hash(hash)) => hash.encode_to(out),
        (Shape::Text, Value::Text(text)) => text.encode_to(out),
        (Shape::Bytes, Value::Bytes(bytes)) => bytes.encode_to(out),
        (Shape::Compact(inner), Value::Unsigned(value)) => {
            if *value > largest(inner)? {
                return Err(ScaleError::WrongValue);
            }
            Compact(*value).encode_to(out);
        }
        (Shape::Variant(variants), Value::Variant(name, fields)) => {
            let variant =
                variants.iter().find(|variant| variant.name == *name).ok_or(ScaleError::WrongValue)?;
            out.push(variant.index);
            encode_fields(&variant.fields, fields, out)?;
        }
        (Shape::Struct(shapes), Value::Struct(fields)) => encode_fields(shapes, fields, out)?,
        (Shape::Unsupported(name), _) => return Err(ScaleError::Unsupported(name.clone())),
        _ => return Err(ScaleError::WrongValue),
    }
    Ok(())
}

/// Reads one value of `shape` from the front of `input`.
///
/// # Errors
/// The bytes are not of that shape, or it is not supported.
pub(crate) fn decode(shape: &Shape, input: &mut &[u8]) -> Result<Value, ScaleError> {
    decode_at(shape, input, 0)
}

/// Whether the shape takes no bytes at all.
pub(crate) fn is_empty(shape: &Shape) -> bool {
    match shape {
        Shape::Tuple(parts) => parts.iter().all(is_empty),
        Shape::Struct(fields) => fields.iter().all(|field| is_empty(&field.shape)),
        Shape::Array(inner, count) => *count == 0 || is_empty(inner),
        _ => false,
    }
}

fn encode_fields(shapes: &[FieldShape], fields: &[NamedValue], out: &mut Vec<u8>) -> Result<(), ScaleError> {
    if shapes.len() != fields.len() {
        return Err(ScaleError::WrongValue);
    }
    for (shape, field) in shapes.iter().zip(fields) {
        if shape.name != field.name {
            return Err(ScaleError::WrongValue);
        }
        encode(&shape.shape, &field.value, out)?;
    }
    Ok(())
}

fn decode_at(shape: &Shape, input: &mut &[u8], depth: u32) -> Result<Value, ScaleError> {
    if depth > MAX_DEPTH {
        return Err(ScaleError::TooLarge);
    }
    let next = depth.saturating_add(1);
    Ok(match shape {
        Shape::Bool => Value::Bool(take(input)?),
        Shape::U8 => Value::Unsigned(take::<u8>(input)?.into()),
        Shape::U16 => Value::Unsigned(take::<u16>(input)?.into()),
        Shape::U32 => Value::Unsigned(take::<u32>(input)?.into()),
        Shape::U64 => Value::Unsigned(take::<u64>(input)?.into()),
        Shape::U128 => Value::Unsigned(take(input)?),
        Shape::I8 => Value::Signed(take::<i8>(input)?.into()),
        Shape::I16 => Value::Signed(take::<i16>(input)?.into()),
        Shape::I32 => Value::Signed(take::<i32>(input)?.into()),
        Shape::I64 => Value::Signed(take::<i64>(input)?.into()),
        Shape::I128 => Value::Signed(take(input)?),
        Shape::AccountId => Value::Account(AccountId(take(input)?)),
        Shape::Hash => Value::Hash(take(input)?),
        Shape::Text => Value::Text(take(input)?),
        Shape::Bytes => Value::Bytes(take(input)?),
        Shape::Compact(inner) => {
            let value = take::<Compact<u128>>(input)?.0;
            if value > largest(inner)? {
                return Err(ScaleError::Malformed);
            }
            Value::Unsigned(value)
        }
        Shape::Array(inner, count) => decode_list(inner, *count, input, next)?,
        Shape::Sequence(inner) => {
            let count = take::<Compact<u32>>(input)?.0;
            decode_list(inner, count, input, next)?
        }
        Shape::Tuple(parts) => {
            Value::List(parts.iter().map(|part| decode_at(part, input, next)).collect::<Result<_, _>>()?)
        }
        Shape::Struct(fields) => Value::Struct(decode_fields(fields, input, next)?),
        Shape::Variant(variants) => decode_variant(variants, input, next)?,
        Shape::Unsupported(name) => return Err(ScaleError::Unsupported(name.clone())),
    })
}

fn decode_list(inner: &Shape, count: u32, input: &mut &[u8], depth: u32) -> Result<Value, ScaleError> {
    if count > MAX_ELEMENTS {
        return Err(ScaleError::TooLarge);
    }
    (0..count).map(|_| decode_at(inner, input, depth)).collect::<Result<_, _>>().map(Value::List)
}

fn decode_fields(
    shapes: &[FieldShape],
    input: &mut &[u8],
    depth: u32,
) -> Result<Vec<NamedValue>, ScaleError> {
    shapes
        .iter()
        .map(|field| {
            Ok(NamedValue { name: field.name.clone(), value: decode_at(&field.shape, input, depth)? })
        })
        .collect()
}

fn decode_variant(variants: &[VariantShape], input: &mut &[u8], depth: u32) -> Result<Value, ScaleError> {
    let index: u8 = take(input)?;
    let variant = variants.iter().find(|variant| variant.index == index).ok_or(ScaleError::Malformed)?;
    Ok(Value::Variant(variant.name.clone(), decode_fields(&variant.fields, input, depth)?))
}

fn take<T: Decode>(input: &mut &[u8]) -> Result<T, ScaleError> {
    T::decode(input).map_err(|_malformed| ScaleError::Malformed)
}

fn narrow<T: TryFrom<u128>>(value: u128) -> Result<T, ScaleError> {
    T::try_from(value).map_err(|_too_large| ScaleError::WrongValue)
}

fn largest(shape: &Shape) -> Result<u128, ScaleError> {
    Ok(match shape {
        Shape::U8 => u8::MAX.into(),
        Shape::U16 => u16::MAX.into(),
        Shape::U32 => u32::MAX.into(),
        Shape::U64 => u64::MAX.into(),
        Shape::U128 => u128::MAX,
        _ => return Err(ScaleError::Unsupported(String::from("a compact value that is not an integer"))),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn shapes() -> impl Strategy<Value = Shape> {
        let leaf = prop_oneof![
            Just(Shape::Bool),
            Just(Shape::U8),
            Just(Shape::U64),
            Just(Shape::U128),
            Just(Shape::I64),
            Just(Shape::AccountId),
            Just(Shape::Text),
            Just(Shape::Bytes),
            Just(Shape::Compact(Box::new(Shape::U64))),
            Just(Shape::Unsupported(String::from("Call"))),
        ];
        leaf.prop_recursive(4, 24, 4, |inner| {
            prop_oneof![
                inner.clone().prop_map(|shape| Shape::Sequence(Box::new(shape))),
                (inner.clone(), 0u32..9).prop_map(|(shape, count)| Shape::Array(Box::new(shape), count)),
                prop::collection::vec(inner.clone(), 0..4).prop_map(Shape::Tuple),
                prop::collection::vec(inner, 0..4).prop_map(|shapes| {
                    let field =
                        |shape| FieldShape { name: String::from("f"), type_name: String::new(), shape };
                    Shape::Variant(vec![VariantShape {
                        index: 1,
                        name: String::from("V"),
                        fields: shapes.into_iter().map(field).collect(),
                    }])
                }),
            ]
        })
    }

    proptest! {
        #[test]
        fn any_bytes_are_a_value_or_an_error(shape in shapes(), bytes in any::<Vec<u8>>()) {
            let _outcome = decode(&shape, &mut bytes.as_slice());
        }

        #[test]
        fn compact_integers_read_back(value in any::<u64>()) {
            let shape = Shape::Compact(Box::new(Shape::U64));
            let mut bytes = Vec::new();
            prop_assert_eq!(encode(&shape, &Value::Unsigned(value.into()), &mut bytes), Ok(()));
            prop_assert_eq!(decode(&shape, &mut bytes.as_slice()), Ok(Value::Unsigned(value.into())));
        }
    }

    #[test]
    fn values_that_do_not_fit_are_refused_not_cut() {
        let mut out = Vec::new();
        assert_eq!(encode(&Shape::U16, &Value::Unsigned(65_536), &mut out), Err(ScaleError::WrongValue));
        let compact = Shape::Compact(Box::new(Shape::U8));
        assert_eq!(encode(&compact, &Value::Unsigned(256), &mut out), Err(ScaleError::WrongValue));
        assert!(out.is_empty());
    }
}
