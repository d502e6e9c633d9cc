//! An account's balance and stake at one block.

use super::{available, proof_bytes};
use crate::chain::View;
use crate::decode::{DecodeError, FromValue, Value};
use crate::error::ReadError;
use crate::storage::Batch;
use alloc::string::String;
use alloc::vec::Vec;
use futures::future::try_join3;
use lantern_types::{
    AccountId, AccountState, AlphaBalance, AtBlock, Available, Coldkey, Hotkey, NetUid, StakePosition,
    TaoBalance,
};

pub(crate) const POSITIONS: &str = "StakeInfoRuntimeApi_get_stake_info_for_coldkey";

/// A position as the runtime tells it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Position {
    pub(crate) hotkey: Hotkey,
    pub(crate) netuid: NetUid,
    pub(crate) alpha: AlphaBalance,
}

/// What `System.Account` holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Balance {
    pub(crate) nonce: u32,
    pub(crate) free: TaoBalance,
    pub(crate) reserved: TaoBalance,
}

impl FromValue for Balance {
    fn from_value(value: &Value<'_>) -> Result<Self, DecodeError> {
        let data = value.field("data")?;
        Ok(Self {
            nonce: u32::from_value(value.field("nonce")?)?,
            free: TaoBalance::from_value(data.field("free")?)?,
            reserved: TaoBalance::from_value(data.field("reserved")?)?,
        })
    }
}

impl FromValue for Position {
    fn from_value(value: &Value<'_>) -> Result<Self, DecodeError> {
        Ok(Self {
            hotkey: Hotkey::from_value(value.field("hotkey")?)?,
            netuid: NetUid::from_value(value.field("netuid")?)?,
            alpha: AlphaBalance::from_value(value.field("stake")?)?,
        })
    }
}

impl View {
    /// Balance, nonce and positions of an account.
    ///
    /// What a position is worth follows rules that have changed with runtimes, so the chain's own code
    /// computes it (`StakeInfoRuntimeApi`), here, on proven state.
    ///
    /// # Errors
    /// As reads.
    pub async fn account(&self, account: AccountId) -> Result<AtBlock<AccountState>, ReadError> {
        let before = self.checked_bytes();
        let (balance, positions, prices) =
            try_join3(self.balance(account), self.positions(Coldkey(account)), async {
                available(self.prices().await)
            })
            .await?;
        let price = |netuid: NetUid| match &prices {
            Available::Value(prices) => {
                prices.get(&netuid).copied().map_or(Available::NoRecord, Available::Value)
            }
            Available::NoRecord => Available::NoRecord,
            Available::NotInRuntime => Available::NotInRuntime,
        };
        let mut positions: Vec<StakePosition> = positions
            .into_iter()
            .filter(|position| !position.alpha.is_zero())
            .map(|Position { hotkey, netuid, alpha }| StakePosition {
                hotkey,
                netuid,
                alpha,
                price: price(netuid),
            })
            .collect();
        positions.sort_unstable_by_key(|position| (position.netuid, position.hotkey));
        Ok(self.at_block(AccountState {
            coldkey: Coldkey(account),
            free: balance.free,
            reserved: balance.reserved,
            existential_deposit: self.constant("Balances", "ExistentialDeposit")?,
            nonce: balance.nonce,
            positions,
            proof_bytes: proof_bytes(self, before),
        }))
    }

    pub(crate) async fn balance(&self, account: AccountId) -> Result<Balance, ReadError> {
        const NAME: &str = "System.Account";
        let mut batch = Batch::new(self);
        let slot = batch.add(NAME, &[account.into()])?;
        match batch.read().await?.get(slot)? {
            Available::Value(balance) => Ok(balance),
            // An account that does not exist has the runtime's default: an optional entry has none.
            Available::NoRecord => {
                Ok(Balance { nonce: 0, free: TaoBalance::ZERO, reserved: TaoBalance::ZERO })
            }
            Available::NotInRuntime => Err(ReadError::NotInRuntime { item: String::from(NAME) }),
        }
    }

    /// Positions as the chain's own code values them.
    pub(crate) async fn positions(&self, coldkey: Coldkey) -> Result<Vec<Position>, ReadError> {
        let value = self.call(POSITIONS, &[coldkey.0.into()]).await?;
        Vec::from_value(&value)
            .map_err(|source| ReadError::Undecodable { item: String::from(POSITIONS), source })
    }
}
