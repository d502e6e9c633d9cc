//! Block headers: their SCALE encoding, their hash, and the authority changes in their digest.

use anyhow::{Context as _, Result};
use blake2::{Blake2b, Digest as _, digest::consts::U32};
use parity_scale_codec::{Compact, Decode, Encode as _, Error, Input};
use serde_json::Value;

use super::rpc::{hash, unhex};

/// GRANDPA's name in a digest.
const GRANDPA: [u8; 4] = *b"FRNK";

/// Ed25519 keys with their weights.
pub type Authorities = Vec<([u8; 32], u64)>;

/// A header whose hash is a 32-byte Blake2b of its encoding, as Substrate's default is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    /// The block before.
    pub parent: [u8; 32],
    /// Height of the block.
    pub number: u32,
    /// Root of the state after the block.
    pub state_root: [u8; 32],
    extrinsics_root: [u8; 32],
    digest: Vec<DigestItem>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum DigestItem {
    Other(Vec<u8>),
    Consensus([u8; 4], Vec<u8>),
    Seal([u8; 4], Vec<u8>),
    PreRuntime([u8; 4], Vec<u8>),
    RuntimeUpdated,
}

/// A change of GRANDPA's authorities that a header announces.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// The next set votes this many blocks after the header.
    Scheduled(Authorities, u32),
    /// A set that root put in place; no finality proof reaches across.
    Forced,
}

impl Header {
    /// Reads the answer of `chain_getHeader`.
    pub fn from_json(json: &Value) -> Result<Self> {
        let text = |key: &str| json[key].as_str().with_context(|| format!("the header has no {key}"));
        let number = text("number")?;
        let number = number.strip_prefix("0x").context("the block number is not hexadecimal")?;
        let logs = json["digest"]["logs"].as_array().context("the header has no digest")?;
        let digest = logs
            .iter()
            .map(|log| {
                let bytes = unhex(log.as_str().context("a digest item is not text")?)?;
                let mut rest = &bytes[..];
                let item = DigestItem::decode(&mut rest).context("a digest item does not decode")?;
                anyhow::ensure!(rest.is_empty(), "a digest item is too long");
                Ok(item)
            })
            .collect::<Result<_>>()?;
        Ok(Self {
            parent: hash(&unhex(text("parentHash")?)?)?,
            number: u32::from_str_radix(number, 16).context("the block number is not a number")?,
            state_root: hash(&unhex(text("stateRoot")?)?)?,
            extrinsics_root: hash(&unhex(text("extrinsicsRoot")?)?)?,
            digest,
        })
    }

    /// The encoding that is hashed.
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = (self.parent, Compact(self.number), self.state_root, self.extrinsics_root).encode();
        let items = u32::try_from(self.digest.len()).unwrap_or(u32::MAX);
        Compact(items).encode_to(&mut bytes);
        for item in &self.digest {
            match item {
                DigestItem::Other(data) => (0_u8, data).encode_to(&mut bytes),
                DigestItem::Consensus(engine, data) => (4_u8, engine, data).encode_to(&mut bytes),
                DigestItem::Seal(engine, data) => (5_u8, engine, data).encode_to(&mut bytes),
                DigestItem::PreRuntime(engine, data) => (6_u8, engine, data).encode_to(&mut bytes),
                DigestItem::RuntimeUpdated => 8_u8.encode_to(&mut bytes),
            }
        }
        bytes
    }

    /// The block's hash.
    pub fn hash(&self) -> [u8; 32] {
        Blake2b::<U32>::digest(self.encode()).into()
    }

    /// The change of GRANDPA's authorities that this header announces.
    pub fn grandpa_change(&self) -> Result<Option<Change>> {
        for item in &self.digest {
            let DigestItem::Consensus(GRANDPA, data) = item else { continue };
            let (kind, mut rest) = data.split_first().context("an empty GRANDPA digest")?;
            match *kind {
                1 => {
                    let (next, delay) = <(Authorities, u32)>::decode(&mut rest)?;
                    return Ok(Some(Change::Scheduled(next, delay)));
                }
                2 => return Ok(Some(Change::Forced)),
                _ => {}
            }
        }
        Ok(None)
    }
}

impl Decode for Header {
    fn decode<I: Input>(input: &mut I) -> Result<Self, Error> {
        Ok(Self {
            parent: Decode::decode(input)?,
            number: Compact::<u32>::decode(input)?.0,
            state_root: Decode::decode(input)?,
            extrinsics_root: Decode::decode(input)?,
            digest: Decode::decode(input)?,
        })
    }
}

impl Decode for DigestItem {
    fn decode<I: Input>(input: &mut I) -> Result<Self, Error> {
        match u8::decode(input)? {
            0 => Ok(Self::Other(Decode::decode(input)?)),
            4 => Ok(Self::Consensus(Decode::decode(input)?, Decode::decode(input)?)),
            5 => Ok(Self::Seal(Decode::decode(input)?, Decode::decode(input)?)),
            6 => Ok(Self::PreRuntime(Decode::decode(input)?, Decode::decode(input)?)),
            8 => Ok(Self::RuntimeUpdated),
            _ => Err("unknown digest item".into()),
        }
    }
}

#[cfg(test)]
pub mod tests {
    use super::*;

    /// A header with a parent, and with a change of authorities where one is given.
    pub fn header(number: u32, parent: [u8; 32], next: Option<(Authorities, u32)>) -> Header {
        let digest = next.map(|change| DigestItem::Consensus(GRANDPA, (1_u8, change).encode()));
        let digest = digest.into_iter().collect();
        Header { parent, number, state_root: [1; 32], extrinsics_root: [2; 32], digest }
    }

    /// Finney's own checkpoint, whose hash and height are known from elsewhere.
    #[test]
    fn a_real_header_keeps_its_bytes_and_its_hash() {
        let file: Value = serde_json::from_str(include_str!("../../../public/networks/finney.json")).unwrap();
        let bytes = unhex(file["checkpoint"]["header"].as_str().unwrap()).unwrap();
        let mut rest = &bytes[..];
        let header = Header::decode(&mut rest).unwrap();
        assert!(rest.is_empty());
        assert_eq!(header.encode(), bytes);
        assert!(header.number > 8_000_000, "{}", header.number);
        // The checkpoint lies at a handover, so the header itself names the set that follows.
        let Some(Change::Scheduled(next, 0)) = header.grandpa_change().unwrap() else {
            panic!("no handover")
        };
        let listed = file["checkpoint"]["grandpaAuthorities"].as_array().unwrap();
        assert_eq!(next.len(), listed.len());
        for ((key, weight), pair) in next.iter().zip(listed) {
            assert_eq!(
                (pair[0].as_str(), pair[1].as_u64()),
                (Some(crate::checkpoint::rpc::hex(key).as_str()), Some(*weight))
            );
        }
    }

    #[test]
    fn changes_of_authorities_are_read() {
        let next = vec![([7; 32], 1)];
        let found = header(5, [0; 32], Some((next.clone(), 3))).grandpa_change().unwrap();
        assert_eq!(found, Some(Change::Scheduled(next, 3)));
        assert_eq!(header(5, [0; 32], None).grandpa_change().unwrap(), None);
    }
}
