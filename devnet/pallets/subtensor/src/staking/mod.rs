//! Buying and selling stake, and moving it between hotkeys, subnets and coldkeys.

mod add;
mod fee;
mod remove;
mod transition;

use frame_support::{
    ensure,
    traits::{
        fungible::Inspect as _,
        tokens::{Fortitude, Preservation},
    },
};
use sp_runtime::{DispatchError, DispatchResult};
use subtensor_runtime_common::{AlphaBalance, NetUid, SubnetPools as _, SwapHandler as _, TaoBalance};

use crate::{defaults::MIN_STAKE, Config, Error, NominatorMinRequiredStake, Owner, Pallet, SubtokenEnabled};

pub use transition::Transition;

/// A price the market may not pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PriceLimit {
    /// Rao per alpha; for a swap between subnets, origin price over destination price times 1e9.
    pub price: TaoBalance,
    /// Whether to trade as much as the limit lets through instead of nothing.
    pub allow_partial: bool,
}

impl<T: Config> Pallet<T> {
    /// The subnet exists and has been started.
    pub fn ensure_tradable(netuid: NetUid) -> DispatchResult {
        ensure!(Self::exists(netuid), Error::<T>::SubnetNotExists);
        ensure!(SubtokenEnabled::<T>::get(netuid), Error::<T>::SubtokenDisabled);
        Ok(())
    }

    /// What a coldkey can spend without dying.
    pub fn spendable(coldkey: &T::AccountId) -> TaoBalance {
        T::Currency::reducible_balance(coldkey, Preservation::Preserve, Fortitude::Polite).into()
    }

    /// The least nomination a hotkey has to carry, in rao-alpha.
    pub fn nominator_min_required_stake() -> AlphaBalance {
        let factor = NominatorMinRequiredStake::<T>::get();
        let min = MIN_STAKE.mul_ratio_floor(factor.into(), 1_000_000).unwrap_or(TaoBalance::MAX);
        min.to_u64().into()
    }

    /// Sells what remains of a nomination that has become too small to carry. The owner's own stake is
    /// never too small, and a remainder that cannot be sold stays.
    fn clear_small_nomination(hotkey: &T::AccountId, coldkey: &T::AccountId, netuid: NetUid) {
        if Owner::<T>::get(hotkey) == *coldkey {
            return;
        }
        let left = Self::get_stake_for_hotkey_and_coldkey_on_subnet(hotkey, coldkey, netuid);
        if left.is_zero() || left >= Self::nominator_min_required_stake() {
            return;
        }
        let sale = frame_support::storage::with_storage_layer(|| {
            Self::unstake_from_subnet(hotkey, coldkey, coldkey, netuid, left, false)
        });
        if let Err(error) = sale {
            log::debug!(target: "subtensor", "a small nomination on {netuid} stays: {error:?}");
        }
    }

    /// The pool's price in TAO per alpha times an amount, rounded down: what alpha is worth before any
    /// slippage.
    pub(crate) fn worth(netuid: NetUid, alpha: AlphaBalance) -> Result<TaoBalance, DispatchError> {
        let price = T::SwapInterface::current_price(netuid);
        let worth = alpha.mul_ratio_floor(price.into(), 1_000_000_000).ok_or(Error::<T>::Overflow)?;
        Ok(worth.to_u64().into())
    }
}
