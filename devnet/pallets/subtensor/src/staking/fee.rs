//! Transaction fees paid from stake, for accounts whose free TAO does not suffice.

use frame_support::{ensure, traits::Get as _};
use sp_runtime::{DispatchError, DispatchResult};
use subtensor_runtime_common::{AlphaBalance, NetUid, SwapHandler as _, TaoBalance};

use crate::{Config, Error, Event, Pallet};

/// Rao-alpha of a price of one.
const PAR: u128 = 1_000_000_000;

impl<T: Config> Pallet<T> {
    /// The alpha that a fee costs at the present price, if the position has that much.
    pub fn alpha_for_fee(
        coldkey: &T::AccountId,
        hotkey: &T::AccountId,
        netuid: NetUid,
        fee: TaoBalance,
    ) -> Result<AlphaBalance, DispatchError> {
        Self::ensure_tradable(netuid)?;
        let price = T::SwapInterface::current_price(netuid);
        let alpha = fee.mul_ratio_floor(PAR, price.into()).ok_or(Error::<T>::InsufficientLiquidity)?;
        let alpha = AlphaBalance::new(alpha.to_u64().saturating_add(1));
        let position = Self::get_stake_for_hotkey_and_coldkey_on_subnet(hotkey, coldkey, netuid);
        ensure!(alpha <= position, Error::<T>::NotEnoughStakeToWithdraw);
        T::SwapInterface::quote_sell(netuid, alpha, true)?;
        Ok(alpha)
    }

    /// Sells as much of a position as a fee costs and gives the proceeds to the author of the block.
    pub fn pay_fee_with_alpha(
        coldkey: &T::AccountId,
        hotkey: &T::AccountId,
        netuid: NetUid,
        fee: TaoBalance,
    ) -> DispatchResult {
        let author = T::BlockAuthor::get().ok_or(DispatchError::Unavailable)?;
        let alpha = Self::alpha_for_fee(coldkey, hotkey, netuid, fee)?;
        Self::decrease_stake_for_hotkey_and_coldkey_on_subnet(hotkey, coldkey, netuid, alpha);
        let sale = Self::sell_alpha(&author, netuid, alpha, true)?;
        Self::deposit_event(Event::TransactionFeePaidWithAlpha {
            who: coldkey.clone(),
            netuid,
            alpha_fee: alpha,
            tao_amount: sale.amount_out,
        });
        Ok(())
    }
}
