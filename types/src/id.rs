//! Identifiers of the chain: subnets, neurons and blocks.

use alloc::string::String;
use core::fmt;
use parity_scale_codec::{Decode, Encode};
use serde::{Deserialize, Serialize};

/// Height of a block. Substrate's default, as on Finney.
pub type BlockNumber = u32;

/// Number of a subnet; 0 is the root network.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode, Serialize, Deserialize, Default,
)]
pub struct NetUid(pub u16);

impl NetUid {
    /// The root network, where TAO is staked one to one.
    pub const ROOT: Self = Self(0);

    /// Whether this is the root network.
    #[must_use]
    pub const fn is_root(self) -> bool {
        self.0 == 0
    }
}

impl fmt::Display for NetUid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Slot of a neuron inside its subnet.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode, Serialize, Deserialize, Default,
)]
pub struct Uid(pub u16);

impl fmt::Display for Uid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Blake2-256 of a block's SCALE header.
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode, Serialize, Deserialize, Default,
)]
pub struct BlockHash(pub [u8; 32]);

impl BlockHash {
    /// `0x` and 64 lower-case hexadecimal digits.
    #[must_use]
    pub fn to_hex(&self) -> String {
        crate::format::hex(&self.0)
    }

    /// Reads the form that [`to_hex`](Self::to_hex) writes.
    #[must_use]
    pub fn from_hex(text: &str) -> Option<Self> {
        crate::format::parse_hex(text)?.try_into().ok().map(Self)
    }
}

impl fmt::Debug for BlockHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_hex())
    }
}

impl fmt::Display for BlockHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_hex())
    }
}
