//! Any SCALE value as a small tree, read by the metadata's type table.

use super::DecodeError;
use alloc::string::String;
use alloc::vec::Vec;
use parity_scale_codec::{Compact, Decode as _, Input as _};
use scale_info::form::PortableForm;
use scale_info::{Field, PortableRegistry, TypeDef, TypeDefPrimitive};

/// Types may be nested this deeply.
const MAX_DEPTH: usize = 64;
/// Nodes of the tree, so that a few bytes cannot become a sea of empty elements.
const MAX_NODES: usize = 400_000;

/// A decoded value. Names are the metadata's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Value<'m> {
    Bool(bool),
    Uint(u128),
    Int(i128),
    /// A sequence or an array of bytes.
    Bytes(Vec<u8>),
    Text(String),
    List(Vec<Value<'m>>),
    /// Fields in their order; positional ones have an empty name.
    Struct(Vec<(&'m str, Value<'m>)>),
    Variant(&'m str, Vec<(&'m str, Value<'m>)>),
}

impl<'m> Value<'m> {
    /// The value inside any wrappers of one field, such as `NetUid(u16)` or `{ bits: u128 }`.
    pub(crate) fn inner(&self) -> &Self {
        let mut value = self;
        while let Value::Struct(fields) = value {
            match fields.as_slice() {
                [(_, only)] => value = only,
                _ => break,
            }
        }
        value
    }

    /// A field by its name, also in a variant.
    pub(crate) fn field(&self, name: &str) -> Result<&Self, DecodeError> {
        let (Value::Struct(fields) | Value::Variant(_, fields)) = self else {
            return Err(DecodeError::Unexpected("structure"));
        };
        fields
            .iter()
            .find(|(field, _)| *field == name)
            .map(|(_, value)| value)
            .ok_or_else(|| DecodeError::MissingField(name.into()))
    }

    /// The elements of a list.
    pub(crate) fn list(&self) -> Result<&[Value<'m>], DecodeError> {
        match self.inner() {
            Value::List(elements) => Ok(elements),
            _ => Err(DecodeError::Unexpected("list")),
        }
    }
}

/// Reads a value that fills `bytes` exactly.
pub(crate) fn decode_all<'m>(
    types: &'m PortableRegistry,
    ty: u32,
    bytes: &[u8],
) -> Result<Value<'m>, DecodeError> {
    let mut rest = bytes;
    let value = decode_part(types, ty, &mut rest)?;
    if rest.is_empty() { Ok(value) } else { Err(DecodeError::TrailingBytes(rest.len())) }
}

/// Reads a value from the front of `bytes`.
pub(crate) fn decode_part<'m>(
    types: &'m PortableRegistry,
    ty: u32,
    bytes: &mut &[u8],
) -> Result<Value<'m>, DecodeError> {
    Decoder { types, nodes: 0 }.value(ty, bytes, 0)
}

struct Decoder<'m> {
    types: &'m PortableRegistry,
    nodes: usize,
}

impl<'m> Decoder<'m> {
    fn value(&mut self, ty: u32, bytes: &mut &[u8], depth: usize) -> Result<Value<'m>, DecodeError> {
        if depth > MAX_DEPTH {
            return Err(DecodeError::TooDeep);
        }
        self.nodes = self.nodes.saturating_add(1);
        if self.nodes > MAX_NODES {
            return Err(DecodeError::TooLarge);
        }
        let depth = depth.saturating_add(1);
        match &self.types.resolve(ty).ok_or(DecodeError::UnknownType(ty))?.type_def {
            TypeDef::Composite(composite) => {
                Ok(Value::Struct(self.fields(&composite.fields, bytes, depth)?))
            }
            TypeDef::Variant(variants) => {
                let index = byte(bytes)?;
                let variant = variants
                    .variants
                    .iter()
                    .find(|variant| variant.index == index)
                    .ok_or(DecodeError::UnknownVariant(index))?;
                Ok(Value::Variant(&variant.name, self.fields(&variant.fields, bytes, depth)?))
            }
            TypeDef::Sequence(sequence) => {
                let Compact(length) = Compact::<u32>::decode(bytes).map_err(|_end| DecodeError::Truncated)?;
                self.elements(sequence.type_param.id, length, bytes, depth)
            }
            TypeDef::Array(array) => self.elements(array.type_param.id, array.len, bytes, depth),
            TypeDef::Tuple(tuple) => {
                let mut fields = Vec::new();
                for field in &tuple.fields {
                    fields.push(("", self.value(field.id, bytes, depth)?));
                }
                Ok(Value::Struct(fields))
            }
            TypeDef::Primitive(primitive) => primitive_value(primitive, bytes),
            TypeDef::Compact(compact) => {
                if self.is_empty(compact.type_param.id, depth)? {
                    return Ok(Value::Struct(Vec::new()));
                }
                let Compact(number) =
                    Compact::<u128>::decode(bytes).map_err(|_end| DecodeError::Truncated)?;
                Ok(Value::Uint(number))
            }
            TypeDef::BitSequence(_) => Err(DecodeError::Unsupported("bit sequence")),
        }
    }

    fn fields(
        &mut self,
        fields: &'m [Field<PortableForm>],
        bytes: &mut &[u8],
        depth: usize,
    ) -> Result<Vec<(&'m str, Value<'m>)>, DecodeError> {
        let mut values = Vec::new();
        for field in fields {
            let name = field.name.as_deref().unwrap_or("");
            values.push((name, self.value(field.ty.id, bytes, depth)?));
        }
        Ok(values)
    }

    fn elements(
        &mut self,
        ty: u32,
        length: u32,
        bytes: &mut &[u8],
        depth: usize,
    ) -> Result<Value<'m>, DecodeError> {
        let is_bytes = self
            .types
            .resolve(ty)
            .is_some_and(|element| matches!(element.type_def, TypeDef::Primitive(TypeDefPrimitive::U8)));
        if is_bytes {
            return take(bytes, length).map(|bytes| Value::Bytes(bytes.to_vec()));
        }
        let mut values = Vec::new();
        for _element in 0..length {
            values.push(self.value(ty, bytes, depth)?);
        }
        Ok(Value::List(values))
    }

    /// Whether a type takes no bytes: `Compact<()>` takes none either.
    fn is_empty(&self, ty: u32, depth: usize) -> Result<bool, DecodeError> {
        if depth > MAX_DEPTH {
            return Err(DecodeError::TooDeep);
        }
        match &self.types.resolve(ty).ok_or(DecodeError::UnknownType(ty))?.type_def {
            TypeDef::Tuple(tuple) => Ok(tuple.fields.is_empty()),
            TypeDef::Composite(composite) => match composite.fields.as_slice() {
                [] => Ok(true),
                [only] => self.is_empty(only.ty.id, depth.saturating_add(1)),
                _ => Err(DecodeError::Unexpected("compact number")),
            },
            _ => Ok(false),
        }
    }
}

fn primitive_value<'m>(primitive: &TypeDefPrimitive, bytes: &mut &[u8]) -> Result<Value<'m>, DecodeError> {
    Ok(match primitive {
        TypeDefPrimitive::Bool => match byte(bytes)? {
            0 => Value::Bool(false),
            1 => Value::Bool(true),
            _ => return Err(DecodeError::OutOfRange),
        },
        TypeDefPrimitive::Char | TypeDefPrimitive::U32 => Value::Uint(unsigned(bytes, 4)?),
        TypeDefPrimitive::Str => {
            let Compact(length) = Compact::<u32>::decode(bytes).map_err(|_end| DecodeError::Truncated)?;
            let text = String::from_utf8(take(bytes, length)?.to_vec());
            Value::Text(text.map_err(|_utf8| DecodeError::Unexpected("text"))?)
        }
        TypeDefPrimitive::U8 => Value::Uint(unsigned(bytes, 1)?),
        TypeDefPrimitive::U16 => Value::Uint(unsigned(bytes, 2)?),
        TypeDefPrimitive::U64 => Value::Uint(unsigned(bytes, 8)?),
        TypeDefPrimitive::U128 => Value::Uint(unsigned(bytes, 16)?),
        TypeDefPrimitive::U256 | TypeDefPrimitive::I256 => Value::Bytes(take(bytes, 32)?.to_vec()),
        TypeDefPrimitive::I8 => Value::Int(signed(bytes, 1)?),
        TypeDefPrimitive::I16 => Value::Int(signed(bytes, 2)?),
        TypeDefPrimitive::I32 => Value::Int(signed(bytes, 4)?),
        TypeDefPrimitive::I64 => Value::Int(signed(bytes, 8)?),
        TypeDefPrimitive::I128 => Value::Int(signed(bytes, 16)?),
    })
}

fn byte(bytes: &mut &[u8]) -> Result<u8, DecodeError> {
    bytes.read_byte().map_err(|_end| DecodeError::Truncated)
}

fn take<'b>(bytes: &mut &'b [u8], length: u32) -> Result<&'b [u8], DecodeError> {
    let length = usize::try_from(length).map_err(|_range| DecodeError::Truncated)?;
    let (taken, rest) = bytes.split_at_checked(length).ok_or(DecodeError::Truncated)?;
    *bytes = rest;
    Ok(taken)
}

/// A little-endian number of up to 16 bytes.
fn unsigned(bytes: &mut &[u8], length: u32) -> Result<u128, DecodeError> {
    let taken = take(bytes, length)?;
    Ok(taken.iter().rev().fold(0_u128, |number, byte| (number << 8) | u128::from(*byte)))
}

fn signed(bytes: &mut &[u8], length: u32) -> Result<i128, DecodeError> {
    let raw = unsigned(bytes, length)?;
    // Shifting the sign bit to the top and back extends it.
    let shift = 128_u32.saturating_sub(length.saturating_mul(8));
    Ok((raw << shift).cast_signed() >> shift)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decode::FromValue as _;
    use crate::metadata::tests::{Named, Wrapper, registry_of};
    use alloc::vec;
    use lantern_types::{AccountId, NetUid, TaoBalance};
    use parity_scale_codec::Encode as _;
    use proptest::prelude::*;
    use scale_info::TypeInfo;

    #[test]
    fn numbers_of_all_widths_are_read() {
        fn check<T: TypeInfo + parity_scale_codec::Encode + 'static>(number: T, expected: Value<'static>) {
            let (types, ty) = registry_of::<T>();
            assert_eq!(decode_all(&types, ty, &number.encode()), Ok(expected));
        }
        check(200_u8, Value::Uint(200));
        check(u64::MAX, Value::Uint(u64::MAX.into()));
        check(u128::MAX, Value::Uint(u128::MAX));
        check(-1_i8, Value::Int(-1));
        check(i64::MIN, Value::Int(i64::MIN.into()));
        check(i128::MIN, Value::Int(i128::MIN));
        check(true, Value::Bool(true));
        check(Compact(70_u8), Value::Uint(70));
        check(Compact(u64::MAX), Value::Uint(u64::MAX.into()));
        check(vec![1_u8, 2], Value::Bytes(vec![1, 2]));
        check(String::from("τ"), Value::Text("τ".into()));
    }

    #[test]
    fn fields_are_found_by_name_and_wrappers_are_looked_through() {
        let (types, ty) = registry_of::<Named>();
        let named = Named { tao: Wrapper(7), account: [3; 32], note: vec![Compact(0x41), Compact(0x42)] };
        let bytes = named.encode();
        let value = decode_all(&types, ty, &bytes).unwrap();
        assert_eq!(value.field("tao").and_then(TaoBalance::from_value), Ok(TaoBalance::from_rao(7)));
        assert_eq!(value.field("account").and_then(AccountId::from_value), Ok(AccountId([3; 32])));
        assert_eq!(value.field("note").and_then(String::from_value), Ok("AB".into()));
        assert_eq!(value.field("gone"), Err(DecodeError::MissingField("gone".into())));
        // Seven fits a netuid; an account does not.
        assert_eq!(value.field("tao").and_then(NetUid::from_value), Ok(NetUid(7)));
        assert_eq!(
            value.field("account").and_then(NetUid::from_value),
            Err(DecodeError::Unexpected("number"))
        );
        let short = bytes.get(..bytes.len() - 1).unwrap();
        assert_eq!(decode_all(&types, ty, short), Err(DecodeError::Truncated));
        let long = [bytes.as_slice(), &[0]].concat();
        assert_eq!(decode_all(&types, ty, &long), Err(DecodeError::TrailingBytes(1)));
    }

    #[test]
    fn a_few_bytes_cannot_become_a_sea_of_elements() {
        let (types, ty) = registry_of::<Vec<()>>();
        let bytes = Compact(u32::MAX).encode();
        assert_eq!(decode_all(&types, ty, &bytes), Err(DecodeError::TooLarge));
        let (types, ty) = registry_of::<Vec<u8>>();
        assert_eq!(decode_all(&types, ty, &bytes), Err(DecodeError::Truncated));
    }

    #[test]
    fn a_type_that_contains_itself_ends() {
        #[derive(TypeInfo)]
        struct Endless {
            #[allow(dead_code, reason = "only its type is used")]
            inner: alloc::boxed::Box<Endless>,
        }
        let (types, ty) = registry_of::<Endless>();
        assert_eq!(decode_all(&types, ty, &[]), Err(DecodeError::TooDeep));
        assert_eq!(decode_all(&types, 99, &[]), Err(DecodeError::UnknownType(99)));
    }

    proptest! {
        #[test]
        fn any_bytes_are_survived(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let (types, _) = registry_of::<(Named, Option<Vec<Named>>, Vec<(u16, bool)>, [Wrapper; 3])>();
            for ty in 0..u32::try_from(types.types.len()).unwrap() {
                let _value = decode_all(&types, ty, &bytes);
            }
        }
    }
}
