//! Storage keys, built with the hashers and key types of live metadata.

use super::hasher;
use crate::decode::{DecodeError, Value, decode_part};
use crate::metadata::{Entry, Metadata};
use alloc::vec::Vec;
use lantern_types::{AccountId, NetUid, Shape, Uid};

/// A part of a map's key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum KeyPart {
    /// A whole number; its width is the metadata's.
    Uint(u64),
    /// An account.
    Account(AccountId),
}

impl From<NetUid> for KeyPart {
    fn from(netuid: NetUid) -> Self {
        Self::Uint(netuid.0.into())
    }
}

impl From<Uid> for KeyPart {
    fn from(uid: Uid) -> Self {
        Self::Uint(uid.0.into())
    }
}

impl From<AccountId> for KeyPart {
    fn from(account: AccountId) -> Self {
        Self::Account(account)
    }
}

/// The key of an entry, or the prefix of all keys that begin with `parts`.
pub(crate) fn key(metadata: &Metadata, entry: &Entry, parts: &[KeyPart]) -> Result<Vec<u8>, DecodeError> {
    if parts.len() > entry.keys.len() {
        return Err(DecodeError::Unexpected("shorter key"));
    }
    let mut key = entry.prefix.clone();
    for (part, (hasher, ty)) in parts.iter().zip(&entry.keys) {
        let mut encoded = Vec::new();
        encode(*part, &metadata.shape(*ty), &mut encoded)?;
        hasher::hash_to(hasher, &encoded, &mut key);
    }
    Ok(key)
}

/// Encodes a part in the form that a type of the runtime asks for.
pub(crate) fn encode(part: KeyPart, shape: &Shape, target: &mut Vec<u8>) -> Result<(), DecodeError> {
    use parity_scale_codec::{Compact, Encode as _};
    match (part, shape) {
        (KeyPart::Account(account), Shape::AccountId | Shape::Hash) => target.extend_from_slice(&account.0),
        (KeyPart::Account(account), Shape::Array(of, 32)) if **of == Shape::U8 => {
            target.extend_from_slice(&account.0);
        }
        (KeyPart::Uint(number), Shape::U8) => target.push(narrow(number)?),
        (KeyPart::Uint(number), Shape::U16) => {
            target.extend_from_slice(&narrow::<u16>(number)?.to_le_bytes());
        }
        (KeyPart::Uint(number), Shape::U32) => {
            target.extend_from_slice(&narrow::<u32>(number)?.to_le_bytes());
        }
        (KeyPart::Uint(number), Shape::U64) => target.extend_from_slice(&number.to_le_bytes()),
        (KeyPart::Uint(number), Shape::U128) => target.extend_from_slice(&u128::from(number).to_le_bytes()),
        (KeyPart::Uint(number), Shape::Compact(_)) => Compact(number).encode_to(target),
        (KeyPart::Uint(number), Shape::Struct(fields)) => match fields.as_slice() {
            [only] => encode(KeyPart::Uint(number), &only.shape, target)?,
            _ => return Err(DecodeError::Unexpected("number")),
        },
        _ => return Err(DecodeError::Unexpected("known key type")),
    }
    Ok(())
}

/// Reads the parts of a full key back. Only for hashers that keep the key.
pub(crate) fn parts<'m>(
    metadata: &'m Metadata,
    entry: &Entry,
    key: &[u8],
) -> Result<Vec<Value<'m>>, DecodeError> {
    let mut rest =
        key.strip_prefix(entry.prefix.as_slice()).ok_or(DecodeError::Unexpected("key of this entry"))?;
    let mut parts = Vec::new();
    for (hasher, ty) in &entry.keys {
        let skip = hasher::bytes_before_key(hasher).ok_or(DecodeError::Unsupported("hashed key"))?;
        rest = rest.get(skip..).ok_or(DecodeError::Truncated)?;
        parts.push(decode_part(&metadata.types, *ty, &mut rest)?);
    }
    if rest.is_empty() { Ok(parts) } else { Err(DecodeError::TrailingBytes(rest.len())) }
}

fn narrow<T: TryFrom<u64>>(number: u64) -> Result<T, DecodeError> {
    T::try_from(number).map_err(|_range| DecodeError::OutOfRange)
}
