//! The header of a safetensors file, read from its first bytes alone so that the rest can be streamed.
//!
//! The usual crate checks a header against a buffer that holds the whole file, which a tab cannot afford.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::{
    error::LoadError,
    loader::{body::fill, stored::Stored},
};

/// The largest header that we read: 16 MiB, some two hundred thousand tensors.
pub const LARGEST_HEADER: u64 = 16 << 20;

/// A tensor in the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tensor {
    /// Its name.
    pub name: String,
    /// How its values are stored, where that is something that we read.
    pub stored: Option<Stored>,
    /// Its shape.
    pub shape: Vec<usize>,
    /// Where it starts, after the header.
    pub begin: u64,
    /// Where it ends, after the header.
    pub end: u64,
}

#[derive(Deserialize)]
struct RawTensor {
    dtype: String,
    shape: Vec<u64>,
    data_offsets: [u64; 2],
}

fn refuse<T>(reason: impl Into<String>) -> Result<T, LoadError> {
    Err(LoadError::Header { reason: reason.into() })
}

/// The length of the header from the first eight bytes of the file.
///
/// # Errors
/// [`LoadError::Header`] for an empty or absurdly long header.
pub fn header_length(prefix: [u8; 8]) -> Result<usize, LoadError> {
    let length = u64::from_le_bytes(prefix);
    if !(2..=LARGEST_HEADER).contains(&length) {
        return refuse(format!("a header of {length} bytes"));
    }
    usize::try_from(length).or_else(|_| refuse("a header larger than memory"))
}

/// A header that is whole: its tensors in the order of the file, its length, and the bytes that came after it.
pub type Whole<'a> = (Vec<Tensor>, u64, &'a [u8]);

/// The header of a file that comes in pieces.
#[derive(Debug, Default)]
pub struct Header {
    length: Option<usize>,
    bytes: Vec<u8>,
}

impl Header {
    /// Takes the next piece. Nothing comes back before the header is whole.
    ///
    /// # Errors
    /// [`LoadError::Header`] naming the rule that is broken.
    pub fn push<'a>(&mut self, piece: &'a [u8]) -> Result<Option<Whole<'a>>, LoadError> {
        let mut rest = piece;
        let length = match self.length {
            Some(length) => length,
            None => {
                rest = fill(&mut self.bytes, 8, rest);
                let Ok(prefix) = <[u8; 8]>::try_from(self.bytes.as_slice()) else { return Ok(None) };
                self.bytes.clear();
                *self.length.insert(header_length(prefix)?)
            }
        };
        rest = fill(&mut self.bytes, length, rest);
        Ok(if self.bytes.len() < length { None } else { Some((parse(&self.bytes)?, length as u64, rest)) })
    }

    /// Bytes that the file has at least, as far as that is known before the header is whole.
    #[must_use]
    pub fn least_bytes(&self) -> u64 {
        8 + self.length.unwrap_or(0) as u64
    }
}

/// Reads the header's JSON. Tensors come back in the order of the file, without gaps or overlaps.
///
/// # Errors
/// [`LoadError::Header`] naming the rule that is broken.
pub fn parse(header: &[u8]) -> Result<Vec<Tensor>, LoadError> {
    let raw: BTreeMap<String, serde_json::Value> =
        serde_json::from_slice(header).or_else(|error| refuse(error.to_string()))?;
    let mut tensors = Vec::with_capacity(raw.len());
    for (name, value) in raw {
        if name != "__metadata__" {
            tensors.push(tensor(name, value)?);
        }
    }
    tensors.sort_by_key(|tensor| (tensor.begin, tensor.end));
    let mut at = 0;
    for tensor in &tensors {
        if tensor.begin != at {
            return refuse(format!("{} starts at {}, not at {at}", tensor.name, tensor.begin));
        }
        at = tensor.end;
    }
    Ok(tensors)
}

fn tensor(name: String, value: serde_json::Value) -> Result<Tensor, LoadError> {
    let raw: RawTensor = serde_json::from_value(value).or_else(|error| refuse(format!("{name}: {error}")))?;
    let stored = match raw.dtype.as_str() {
        "F32" => Some(Stored::F32),
        "F16" => Some(Stored::F16),
        "BF16" => Some(Stored::Bf16),
        _ => None,
    };
    let [begin, end] = raw.data_offsets;
    let Some(length) = end.checked_sub(begin) else {
        return refuse(format!("{name} ends at {end}, before it starts at {begin}"));
    };
    let mut shape = Vec::with_capacity(raw.shape.len());
    for side in &raw.shape {
        match usize::try_from(*side) {
            Ok(side) if side <= 1 << 31 => shape.push(side),
            _ => return refuse(format!("{name} has a side of {side}")),
        }
    }
    if let Some(stored) = stored {
        let values = raw.shape.iter().try_fold(1_u64, |product, side| product.checked_mul(*side));
        if values.and_then(|values| stored.bytes(values)) != Some(length) {
            return refuse(format!("{name} has {length} bytes for shape {:?}", raw.shape));
        }
    }
    Ok(Tensor { name, stored, shape, begin, end })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn check(json: &str, reason: &str) {
        match parse(json.as_bytes()) {
            Err(LoadError::Header { reason: got }) => assert!(got.contains(reason), "{got}"),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn reads_tensors_in_file_order() {
        let tensors = parse(
            br#"{"__metadata__":{"format":"pt"},"b":{"dtype":"F32","shape":[],"data_offsets":[8,12]},
            "a":{"dtype":"F16","shape":[2,2],"data_offsets":[0,8]}}"#,
        )
        .unwrap();
        assert_eq!(tensors.iter().map(|tensor| tensor.name.as_str()).collect::<Vec<_>>(), ["a", "b"]);
    }

    #[test]
    fn names_the_broken_rule() {
        check("[]", "invalid type");
        check(r#"{"a":{"dtype":"F16","shape":[2],"data_offsets":[0,8]}}"#, "8 bytes");
        check(r#"{"a":{"dtype":"F16","shape":[2],"data_offsets":[8,4]}}"#, "before");
        check(r#"{"a":{"dtype":"F16","shape":[2],"data_offsets":[4,8]}}"#, "not at 0");
        check(r#"{"a":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,0]}}"#, "side");
        check(r#"{"a":{"dtype":"F32","shape":[2147483648,2147483648,4],"data_offsets":[0,0]}}"#, "shape");
        assert!(header_length([255; 8]).is_err());
        assert!(header_length([0; 8]).is_err());
    }

    proptest! {
        #[test]
        fn any_bytes_are_a_header_or_an_error(bytes in proptest::collection::vec(any::<u8>(), 0..256)) {
            _ = parse(&bytes);
        }

        #[test]
        fn any_numbers_are_a_header_or_an_error(
            shape in proptest::collection::vec(any::<u64>(), 0..4), begin in any::<u64>(), end in any::<u64>()
        ) {
            let json = format!(r#"{{"a":{{"dtype":"BF16","shape":{shape:?},"data_offsets":[{begin},{end}]}}}}"#);
            _ = parse(json.as_bytes());
        }
    }
}
