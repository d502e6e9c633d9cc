//! What an account holds, and what a swap would give.

use crate::{AlphaBalance, Available, Coldkey, Hotkey, NetUid, Price, TaoBalance};
use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

/// Alpha of one account on one hotkey of one subnet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StakePosition {
    /// The validator's key.
    pub hotkey: Hotkey,
    /// The subnet.
    pub netuid: NetUid,
    /// Alpha held, rounded down from its share of the pool, as the chain itself rounds.
    pub alpha: AlphaBalance,
    /// Spot price of the subnet at the same block.
    pub price: Available<Price>,
}

/// An account's balance and positions at one block.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountState {
    /// Whose account.
    pub coldkey: Coldkey,
    /// TAO that can be spent or staked (`System.Account.data.free`).
    pub free: TaoBalance,
    /// TAO that is reserved.
    pub reserved: TaoBalance,
    /// Smallest balance that keeps an account alive (constant `Balances.ExistentialDeposit`).
    pub existential_deposit: Available<TaoBalance>,
    /// Next nonce at this block.
    pub nonce: u32,
    /// Positions by netuid, then hotkey.
    pub positions: Vec<StakePosition>,
    /// Bytes of proof that carried this record.
    pub proof_bytes: u64,
}

/// What goes into a swap.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum SwapSide {
    /// Buy alpha with this much TAO.
    Stake(TaoBalance),
    /// Sell this much alpha.
    Unstake(AlphaBalance),
}

/// The chain's own simulation of a swap (`SwapRuntimeApi_sim_swap_*`), run locally on proven state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct SwapQuote {
    /// The subnet.
    pub netuid: NetUid,
    /// What goes in.
    pub side: SwapSide,
    /// TAO on the TAO side of the swap: spent when staking, received when unstaking.
    pub tao: TaoBalance,
    /// Alpha on the alpha side of the swap.
    pub alpha: AlphaBalance,
    /// Fee in TAO (when staking).
    pub tao_fee: TaoBalance,
    /// Fee in alpha (when unstaking).
    pub alpha_fee: AlphaBalance,
    /// Spot price before the swap.
    pub price: Price,
}
