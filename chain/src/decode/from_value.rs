//! Lantern's own types out of decoded values.

use super::{DecodeError, Value};
use alloc::string::String;
use alloc::vec::Vec;
use lantern_types::{AccountId, AlphaBalance, Coldkey, Hotkey, NetUid, Price, Take, TaoBalance, Uid};

/// A type that can be taken out of a value of a runtime, whatever the runtime wraps it in.
pub(crate) trait FromValue: Sized {
    fn from_value(value: &Value<'_>) -> Result<Self, DecodeError>;
}

impl FromValue for bool {
    fn from_value(value: &Value<'_>) -> Result<Self, DecodeError> {
        match value.inner() {
            Value::Bool(truth) => Ok(*truth),
            _ => Err(DecodeError::Unexpected("truth value")),
        }
    }
}

impl FromValue for u128 {
    fn from_value(value: &Value<'_>) -> Result<Self, DecodeError> {
        match value.inner() {
            Value::Uint(number) => Ok(*number),
            Value::Int(number) => u128::try_from(*number).map_err(|_range| DecodeError::OutOfRange),
            _ => Err(DecodeError::Unexpected("number")),
        }
    }
}

impl FromValue for i128 {
    fn from_value(value: &Value<'_>) -> Result<Self, DecodeError> {
        match value.inner() {
            Value::Int(number) => Ok(*number),
            Value::Uint(number) => i128::try_from(*number).map_err(|_range| DecodeError::OutOfRange),
            _ => Err(DecodeError::Unexpected("number")),
        }
    }
}

macro_rules! narrow {
    ($($number:ty),*) => {$(
        impl FromValue for $number {
            fn from_value(value: &Value<'_>) -> Result<Self, DecodeError> {
                Self::try_from(u128::from_value(value)?).map_err(|_range| DecodeError::OutOfRange)
            }
        }
    )*};
}

narrow!(u8, u16, u32, u64);

macro_rules! wrapped {
    ($($target:ty, $from:ty, $make:expr;)*) => {$(
        impl FromValue for $target {
            fn from_value(value: &Value<'_>) -> Result<Self, DecodeError> {
                <$from>::from_value(value).map($make)
            }
        }
    )*};
}

wrapped! {
    TaoBalance, u64, TaoBalance::from_rao;
    AlphaBalance, u64, AlphaBalance::from_rao;
    Price, u64, Price::from_rao_per_alpha;
    NetUid, u16, NetUid;
    Uid, u16, Uid;
    Take, u16, Take;
    Coldkey, AccountId, Coldkey;
    Hotkey, AccountId, Hotkey;
}

impl FromValue for AccountId {
    fn from_value(value: &Value<'_>) -> Result<Self, DecodeError> {
        match value.inner() {
            Value::Bytes(bytes) => bytes
                .as_slice()
                .try_into()
                .map(AccountId)
                .map_err(|_length| DecodeError::Unexpected("account")),
            _ => Err(DecodeError::Unexpected("account")),
        }
    }
}

impl FromValue for String {
    /// Text as the chain stores it: UTF-8 bytes, or compact numbers that are bytes. Bytes that are no UTF-8
    /// are shown as replacement characters; names are chosen by strangers and must not hide a record.
    fn from_value(value: &Value<'_>) -> Result<Self, DecodeError> {
        let bytes = match value.inner() {
            Value::Text(text) => return Ok(text.clone()),
            Value::Bytes(bytes) => bytes.clone(),
            Value::List(elements) => elements.iter().map(u8::from_value).collect::<Result<_, _>>()?,
            _ => return Err(DecodeError::Unexpected("text")),
        };
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }
}

impl<T: FromValue> FromValue for Vec<T> {
    fn from_value(value: &Value<'_>) -> Result<Self, DecodeError> {
        value.list()?.iter().map(T::from_value).collect()
    }
}
