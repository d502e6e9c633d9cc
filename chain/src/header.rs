//! Block headers: just enough to know a block's number, parent and state root.

use alloc::string::String;
use alloc::vec::Vec;
use blake2::digest::consts::U32;
use blake2::{Blake2b, Digest as _};
use lantern_types::{BlockHash, BlockNumber, format};
use parity_scale_codec::{Compact, Decode as _};

/// The fixed part of a header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Header {
    pub(crate) number: BlockNumber,
    pub(crate) state_root: [u8; 32],
}

/// Why a header cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum HeaderError {
    #[error("the header has an unknown form")]
    Malformed,
    #[error("the header is not that of the block asked for")]
    OtherBlock,
}

/// Blake2-256, the chain's hash.
pub(crate) fn blake2_256(bytes: &[u8]) -> [u8; 32] {
    Blake2b::<U32>::digest(bytes).into()
}

/// Reads the answer of `chainHead_v1_header` and checks it against the hash that was asked for.
pub(crate) fn from_json(json: &str, expected: &BlockHash) -> Result<Header, HeaderError> {
    with_bytes(json, expected).map(|(header, _bytes)| header)
}

/// The same, with the bytes that the header is read from.
pub(crate) fn with_bytes(json: &str, expected: &BlockHash) -> Result<(Header, Vec<u8>), HeaderError> {
    let text: String = serde_json::from_str(json).map_err(|_form| HeaderError::Malformed)?;
    let bytes = format::parse_hex(&text).ok_or(HeaderError::Malformed)?;
    if blake2_256(&bytes) != expected.0 {
        return Err(HeaderError::OtherBlock);
    }
    let header = decode(&bytes).ok_or(HeaderError::Malformed)?;
    Ok((header, bytes))
}

fn decode(bytes: &Vec<u8>) -> Option<Header> {
    let input = &mut bytes.as_slice();
    <[u8; 32]>::decode(input).ok()?;
    let number = Compact::<u32>::decode(input).ok()?.0;
    let state_root = <[u8; 32]>::decode(input).ok()?;
    Some(Header { number, state_root })
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use parity_scale_codec::Encode as _;

    /// A header for tests, with its hash.
    pub(crate) fn sample(number: u32, parent: [u8; 32]) -> (String, BlockHash) {
        let bytes = (parent, Compact(number), [7_u8; 32], [8_u8; 32], 0_u8).encode();
        (format::hex(&bytes), BlockHash(blake2_256(&bytes)))
    }

    #[test]
    fn headers_are_checked_against_their_hash() {
        let (text, hash) = sample(300, [1; 32]);
        let json = alloc::format!("\"{text}\"");
        assert_eq!(from_json(&json, &hash), Ok(Header { number: 300, state_root: [7; 32] }));
        assert_eq!(from_json(&json, &BlockHash([0; 32])), Err(HeaderError::OtherBlock));
        assert_eq!(from_json("null", &hash), Err(HeaderError::Malformed));
    }
}
