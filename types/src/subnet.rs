//! A subnet and its pool, as proven at one block.

use crate::{AccountId, AlphaBalance, Available, NetUid, Price, TaoBalance};
use alloc::string::String;
use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

/// One row of the subnets table.
///
/// Fields that a runtime may lack are [`Available`]; all of a record comes from one block.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subnet {
    /// Number of the subnet.
    pub netuid: NetUid,
    /// Name from the subnet's identity; `Root` for the root network.
    pub name: Available<String>,
    /// Symbol of its alpha token, such as `α`.
    pub symbol: Available<String>,
    /// Spot price of one alpha.
    pub price: Available<Price>,
    /// TAO in the pool (`SubnetTAO`).
    pub tao_in_pool: Available<TaoBalance>,
    /// Alpha in the pool (`SubnetAlphaIn`).
    pub alpha_in_pool: Available<AlphaBalance>,
    /// Alpha outside the pool (`SubnetAlphaOut`).
    pub alpha_outstanding: Available<AlphaBalance>,
    /// TAO put into the pool in this block (`SubnetTaoInEmission`).
    pub tao_emission: Available<TaoBalance>,
    /// Share of the block's emission in parts per million: this subnet's moving price over the sum
    /// of the moving prices of all subnets that may receive emission.
    pub emission_share_ppm: Available<u64>,
    /// Blocks between two epochs (`Tempo`).
    pub tempo: Available<u16>,
    /// Blocks until the next epoch, from `Tempo` and `LastEpochBlock` (or the block step counter).
    pub blocks_to_epoch: Available<u64>,
    /// Block of registration (`NetworkRegisteredAt`).
    pub registered_at: Available<u64>,
    /// Owner of the subnet.
    pub owner: Available<AccountId>,
    /// Whether its token can be bought and sold (`SubtokenEnabled`).
    pub is_trading: Available<bool>,
}

/// All subnets at one block, with what belongs to the whole network.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NetworkState {
    /// Subnets by rising netuid, the root network first.
    pub subnets: Vec<Subnet>,
    /// TAO issued so far (`SubtensorModule.TotalIssuance`).
    pub total_issuance: Available<TaoBalance>,
    /// Length of a block in milliseconds, from the Aura slot of the runtime.
    pub block_millis: Available<u64>,
    /// Spec version of the runtime that this state was decoded with.
    pub spec_version: u32,
    /// Bytes of proof that carried the whole table.
    pub proof_bytes: u64,
    /// Time from the request to the last decoded value in milliseconds.
    pub read_millis: u32,
}
