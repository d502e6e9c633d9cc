//! Block headers: enough of them to know a block's hash and what it says about authorities.

use super::GrandpaAuthority;
use blake2::Digest as _;
use parity_scale_codec::{Compact, Decode, Encode};

/// Blake2b with 32 bytes of output, Substrate's hash.
type Blake2b256 = blake2::Blake2b<blake2::digest::consts::U32>;

const AURA: [u8; 4] = *b"aura";
const BABE: [u8; 4] = *b"BABE";
const GRANDPA: [u8; 4] = *b"FRNK";

/// Why bytes are not a header.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HeaderError {
    /// They end too early, go on too long or hold an impossible value.
    #[error("its bytes are not those of a header: {0}")]
    Malformed(String),
    /// A part of the digest is damaged.
    #[error("the {0} part of its digest is damaged")]
    Digest(&'static str),
}

/// An item of a header's digest.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
enum DigestItem {
    #[codec(index = 0)]
    Other(Vec<u8>),
    #[codec(index = 4)]
    Consensus([u8; 4], Vec<u8>),
    #[codec(index = 5)]
    Seal([u8; 4], Vec<u8>),
    #[codec(index = 6)]
    PreRuntime([u8; 4], Vec<u8>),
    #[codec(index = 8)]
    RuntimeEnvironmentUpdated,
}

/// A block header with 32-bit numbers and Blake2 hashes.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Header {
    /// Hash of the block before.
    pub parent_hash: [u8; 32],
    /// Height.
    #[codec(compact)]
    pub number: u32,
    /// Root of the state after the block.
    pub state_root: [u8; 32],
    /// Root of the block's extrinsics.
    pub extrinsics_root: [u8; 32],
    digest: Vec<DigestItem>,
}

/// A change of the GRANDPA authorities that a header announces.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GrandpaChange {
    /// Who votes from then on.
    pub authorities: Vec<GrandpaAuthority>,
    /// Blocks until then.
    pub delay: u32,
}

impl Header {
    /// Reads a header and nothing after it.
    ///
    /// # Errors
    /// The bytes are not a header.
    pub fn decode_all(bytes: &[u8]) -> Result<Self, HeaderError> {
        let mut rest = bytes;
        let header =
            <Self as Decode>::decode(&mut rest).map_err(|error| HeaderError::Malformed(error.to_string()))?;
        if rest.is_empty() {
            Ok(header)
        } else {
            Err(HeaderError::Malformed(format!("{} bytes are left over", rest.len())))
        }
    }

    /// The header of block 0 of a chain whose state starts with this root.
    pub fn genesis(state_root: [u8; 32]) -> Self {
        /// Root of a trie without entries.
        const EMPTY_ROOT: [u8; 32] = [
            0x03, 0x17, 0x0a, 0x2e, 0x75, 0x97, 0xb7, 0xb7, 0xe3, 0xd8, 0x4c, 0x05, 0x39, 0x1d, 0x13, 0x9a,
            0x62, 0xb1, 0x57, 0xe7, 0x87, 0x86, 0xd8, 0xc0, 0x82, 0xf2, 0x9d, 0xcf, 0x4c, 0x11, 0x13, 0x14,
        ];
        Self { parent_hash: [0; 32], number: 0, state_root, extrinsics_root: EMPTY_ROOT, digest: Vec::new() }
    }

    /// Hash of the block.
    pub fn hash(&self) -> [u8; 32] {
        Blake2b256::digest(self.encode()).into()
    }

    /// Whether the block was authored with BABE, by its own digest.
    pub fn is_babe(&self) -> bool {
        self.digest.iter().any(|item| matches!(item, DigestItem::PreRuntime(BABE, _)))
    }

    /// The slot that the block's author claimed with Aura, if it did.
    pub fn aura_slot(&self) -> Option<u64> {
        let claim = self.digest.iter().find_map(|item| match item {
            DigestItem::PreRuntime(AURA, claim) => Some(claim),
            _ => None,
        })?;
        Some(u64::from_le_bytes(claim.as_slice().try_into().ok()?))
    }

    /// The Aura authorities that the header announces, if it does.
    ///
    /// # Errors
    /// The announcement is damaged.
    pub fn aura_authorities(&self) -> Result<Option<Vec<[u8; 32]>>, HeaderError> {
        const DAMAGED: HeaderError = HeaderError::Digest("Aura");
        let Some(log) = self.consensus(AURA, 1) else { return Ok(None) };
        Vec::<[u8; 32]>::decode(&mut &*log).map(Some).map_err(|_error| DAMAGED)
    }

    /// The change of GRANDPA authorities that the header announces, if it does.
    ///
    /// # Errors
    /// The announcement is damaged, or it is forced, which no light client can follow.
    pub fn grandpa_change(&self) -> Result<Option<GrandpaChange>, HeaderError> {
        const DAMAGED: HeaderError = HeaderError::Digest("GRANDPA");
        if self.consensus(GRANDPA, 2).is_some() {
            return Err(HeaderError::Digest("forced GRANDPA change"));
        }
        let Some(log) = self.consensus(GRANDPA, 1) else { return Ok(None) };
        let (list, delay) = <(Vec<([u8; 32], u64)>, u32)>::decode(&mut &*log).map_err(|_error| DAMAGED)?;
        let authorities = list.into_iter().map(|(key, weight)| GrandpaAuthority { key, weight }).collect();
        Ok(Some(GrandpaChange { authorities, delay }))
    }

    /// What an engine's log of this kind carries.
    fn consensus(&self, engine: [u8; 4], kind: u8) -> Option<&[u8]> {
        self.digest.iter().find_map(|item| match item {
            DigestItem::Consensus(of, log) if *of == engine => {
                let (first, rest) = log.split_first()?;
                (*first == kind).then_some(rest)
            }
            _ => None,
        })
    }

    /// A header that is well formed and belongs to no chain: authored with BABE in slot 1.
    pub(super) fn stand_in() -> Self {
        let pre_runtime = (2u8, 0u32, 1u64).encode();
        Self {
            parent_hash: [0; 32],
            number: 1,
            state_root: [0; 32],
            extrinsics_root: [0; 32],
            digest: vec![DigestItem::PreRuntime(BABE, pre_runtime), DigestItem::Seal(BABE, vec![0; 64])],
        }
    }
}

/// Reads a GRANDPA authority set as `(set id, authorities)`.
///
/// # Errors
/// The bytes are not such a set.
pub(super) fn authority_set(bytes: &[u8]) -> Result<(u64, Vec<GrandpaAuthority>), HeaderError> {
    let (set_id, list) = <(u64, Vec<([u8; 32], u64)>)>::decode(&mut &*bytes)
        .map_err(|error| HeaderError::Malformed(error.to_string()))?;
    Ok((set_id, list.into_iter().map(|(key, weight)| GrandpaAuthority { key, weight }).collect()))
}

/// SCALE bytes of the stand-in for a BABE checkpoint: two epochs that follow each other.
pub(super) fn stand_in_epochs() -> Vec<u8> {
    let epoch = |index: u64, slot: u64| {
        let authorities: Vec<([u8; 32], u64)> = vec![([0; 32], 1)];
        let constant = (1u64, 1u64);
        let allowed_slots = 1u8;
        let regular = 1u8;
        (regular, index, slot, 1u64, authorities, [0u8; 32], constant, allowed_slots).encode()
    };
    let mut bytes = (Compact(0u32), Option::<u32>::None, Compact(2u32)).encode();
    for (number, epoch) in [(0u32, epoch(0, 0)), (1, epoch(1, 1))] {
        let hash = [u8::try_from(number).unwrap_or_default(); 32];
        (hash, number).encode_to(&mut bytes);
        bytes.extend(epoch);
    }
    bytes
}

/// SCALE bytes of the stand-in for a GRANDPA authority set.
pub(super) fn stand_in_authority_set() -> Vec<u8> {
    let authorities: Vec<([u8; 32], u64)> = vec![([0; 32], 1)];
    let empty_tree = (Compact(0u32), Option::<u32>::None);
    (authorities, 0u64, empty_tree, Compact(0u32), Compact(0u32)).encode()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn testnet_genesis_has_its_well_known_hash() {
        // subtensor testnet: both values are public.
        let root = hex::decode("c15439f31626cd90c778831721bb9d0166da302321918887d381829d8c13763f").unwrap();
        let header = Header::genesis(root.try_into().unwrap());
        assert_eq!(
            hex::encode(header.hash()),
            "8f9cf856bf558a14440e75569c9e58594757048d7b3a84b5d25f6bd978263105"
        );
    }

    #[test]
    fn headers_read_back() {
        let header = Header::stand_in();
        assert_eq!(Header::decode_all(&header.encode()), Ok(header.clone()));
        assert!(header.is_babe());
        let mut longer = header.encode();
        longer.push(0);
        assert!(Header::decode_all(&longer).is_err());
    }

    proptest! {
        #[test]
        fn any_bytes_are_a_header_or_an_error(bytes in any::<Vec<u8>>()) {
            if let Ok(header) = Header::decode_all(&bytes) {
                let _outcome = (header.aura_authorities(), header.grandpa_change());
            }
            let _outcome = authority_set(&bytes);
        }

        #[test]
        fn any_log_is_an_announcement_or_an_error(aura: Vec<u8>, grandpa: Vec<u8>) {
            let mut header = Header::stand_in();
            header.digest.push(DigestItem::Consensus(AURA, aura));
            header.digest.push(DigestItem::Consensus(GRANDPA, grandpa));
            let _outcome = (header.aura_authorities(), header.grandpa_change());
        }
    }
}
