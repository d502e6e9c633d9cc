//! Records that storage holds, field for field as the chain encodes them.

use alloc::{collections::BTreeSet, vec::Vec};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use frame_support::{pallet_prelude::ConstU32, BoundedVec};
use scale_info::TypeInfo;
use serde::{Deserialize, Serialize};
use sp_runtime::Percent;
use subtensor_runtime_common::{AlphaBalance, NetUid, TaoBalance, U64F64};

/// Longest ciphertext of time-locked weights, bytes.
pub const MAX_COMMIT_BYTES: u32 = 5_000;

/// Where a miner answers.
#[derive(
    Clone, Debug, Default, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub struct AxonInfo {
    /// Block of the announcement.
    pub block: u64,
    /// Version of the miner.
    pub version: u32,
    /// Address as one number.
    pub ip: u128,
    /// Port.
    pub port: u16,
    /// 4 or 6.
    pub ip_type: u8,
    /// 0 TCP, 1 UDP.
    pub protocol: u8,
    /// Free for the miner.
    pub placeholder1: u8,
    /// Free for the miner.
    pub placeholder2: u8,
}

/// Where a miner's metrics are served.
#[derive(
    Clone, Debug, Default, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub struct PrometheusInfo {
    /// Block of the announcement.
    pub block: u64,
    /// Version of the miner.
    pub version: u32,
    /// Address as one number.
    pub ip: u128,
    /// Port.
    pub port: u16,
    /// 4 or 6.
    pub ip_type: u8,
}

/// The key of a miner's certificate.
#[derive(
    Clone, Debug, Default, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub struct NeuronCertificate {
    /// Public key.
    pub public_key: BoundedVec<u8, ConstU32<64>>,
    /// Its algorithm.
    pub algorithm: u8,
}

/// How a coldkey presents itself. All fields are text in UTF-8.
#[derive(
    Clone,
    Debug,
    Default,
    PartialEq,
    Eq,
    Encode,
    Decode,
    DecodeWithMemTracking,
    TypeInfo,
    Serialize,
    Deserialize,
)]
pub struct ChainIdentityV2 {
    /// Name.
    pub name: Vec<u8>,
    /// Web site.
    pub url: Vec<u8>,
    /// Source repository.
    pub github_repo: Vec<u8>,
    /// Picture.
    pub image: Vec<u8>,
    /// Discord contact.
    pub discord: Vec<u8>,
    /// Description.
    pub description: Vec<u8>,
    /// Anything else.
    pub additional: Vec<u8>,
}

/// How a subnet presents itself. All fields are text in UTF-8.
#[derive(
    Clone,
    Debug,
    Default,
    PartialEq,
    Eq,
    Encode,
    Decode,
    DecodeWithMemTracking,
    TypeInfo,
    Serialize,
    Deserialize,
)]
pub struct SubnetIdentityV3 {
    /// Name.
    pub subnet_name: Vec<u8>,
    /// Source repository.
    pub github_repo: Vec<u8>,
    /// Contact.
    pub subnet_contact: Vec<u8>,
    /// Web site.
    pub subnet_url: Vec<u8>,
    /// Discord contact.
    pub discord: Vec<u8>,
    /// Description.
    pub description: Vec<u8>,
    /// Logo.
    pub logo_url: Vec<u8>,
    /// Anything else.
    pub additional: Vec<u8>,
}

/// Alpha locked to a hotkey.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub struct LockState {
    /// Alpha still locked at `last_update`.
    pub locked_mass: AlphaBalance,
    /// Conviction at `last_update`.
    pub conviction: U64F64,
    /// Block at which both were worked out.
    pub last_update: u64,
}

/// What becomes of root dividends.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, TypeInfo)]
pub enum RootClaimTypeEnum {
    /// Sold, and the TAO staked to root.
    #[default]
    Swap,
    /// Kept as alpha.
    Keep,
    /// Kept as alpha on these subnets, sold on the others.
    KeepSubnets {
        /// The subnets.
        subnets: BTreeSet<NetUid>,
    },
}

/// What becomes of pay that the owner's own miners earned.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub enum RecycleOrBurnEnum {
    /// It stays issued but nobody has it.
    #[default]
    Burn,
    /// It can be issued again.
    Recycle,
}

/// A subnet created from a crowdloan.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub struct SubnetLease<AccountId, BlockNumber> {
    /// Who leases it.
    pub beneficiary: AccountId,
    /// Coldkey of the lease.
    pub coldkey: AccountId,
    /// Hotkey of the lease.
    pub hotkey: AccountId,
    /// Part of the emission for the contributors.
    pub emissions_share: Percent,
    /// When the lease ends.
    pub end_block: Option<BlockNumber>,
    /// The subnet.
    pub netuid: NetUid,
    /// What it cost.
    pub cost: TaoBalance,
}

/// What is limited in rate by block number.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub enum RateLimitKey<AccountId> {
    /// A new owner hotkey for a subnet.
    SetSNOwnerHotkey(NetUid),
    /// A change of one hyperparameter by the owner.
    OwnerHyperparamUpdate(NetUid, u8),
    /// A new subnet.
    NetworkLastRegistered,
    /// An operation on keys.
    LastTxBlock(AccountId),
    /// A change of childkey take.
    LastTxBlockChildKeyTake(AccountId),
    /// A rise of take.
    LastTxBlockDelegateTake(AccountId),
}
