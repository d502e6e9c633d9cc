//! Subnet and mechanism identifiers.

use codec::{CompactAs, Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use core::fmt;
use frame_support::traits::Get;
use scale_info::TypeInfo;
use serde::{Deserialize, Serialize};

/// Distance between the storage indices of two mechanisms of one subnet.
pub const MAX_MECHANISMS_STEP: u16 = 4096;

macro_rules! id {
    ($(#[$doc:meta])* $name:ident($inner:ty)) => {
        $(#[$doc])*
        #[derive(
            Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode,
            DecodeWithMemTracking, MaxEncodedLen, TypeInfo, CompactAs, Serialize, Deserialize,
        )]
        #[serde(transparent)]
        pub struct $name($inner);

        impl $name {
            /// Wraps the number.
            pub const fn new(value: $inner) -> Self {
                Self(value)
            }
        }

        impl From<$inner> for $name {
            fn from(value: $inner) -> Self {
                Self(value)
            }
        }

        impl From<$name> for $inner {
            fn from(value: $name) -> Self {
                value.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

id! {
    /// A subnet. Number 0 is the root network.
    NetUid(u16)
}
id! {
    /// A mechanism inside a subnet.
    MechId(u8)
}
id! {
    /// The key of per-mechanism vectors: `netuid + mechanism · 4096`.
    NetUidStorageIndex(u16)
}

impl NetUid {
    /// The root network, where one alpha is one TAO.
    pub const ROOT: NetUid = NetUid(0);

    /// Whether this is the root network.
    pub fn is_root(self) -> bool {
        self == Self::ROOT
    }
}

impl MechId {
    /// The mechanism every subnet has.
    pub const MAIN: MechId = MechId(0);
}

impl From<NetUid> for NetUidStorageIndex {
    fn from(netuid: NetUid) -> Self {
        Self(netuid.0)
    }
}

impl NetUidStorageIndex {
    /// The storage index of one mechanism of a subnet; saturates for numbers no subnet can have.
    pub fn of(netuid: NetUid, mechanism: MechId) -> Self {
        let offset = u16::from(mechanism.0).saturating_mul(MAX_MECHANISMS_STEP);
        Self(netuid.0.saturating_add(offset))
    }
}

/// A mechanism count as a storage default.
pub struct ConstMechId<const N: u8>;

impl<const N: u8> Get<MechId> for ConstMechId<N> {
    fn get() -> MechId {
        MechId(N)
    }
}
