//! Selling stake for free TAO.

use frame_support::{ensure, storage::with_storage_layer};
use frame_system::pallet_prelude::OriginFor;
use sp_runtime::{DispatchError, DispatchResult};
use subtensor_runtime_common::{AlphaBalance, NetUid, SwapHandler as _, TaoBalance};

use super::PriceLimit;
use crate::{defaults::MIN_STAKE, Config, Error, Event, Pallet};

impl<T: Config> Pallet<T> {
    pub(crate) fn do_remove_stake(
        origin: OriginFor<T>,
        hotkey: T::AccountId,
        netuid: NetUid,
        alpha: AlphaBalance,
        limit: Option<PriceLimit>,
    ) -> DispatchResult {
        let coldkey = frame_system::ensure_signed(origin)?;
        let alpha = Self::validate_remove_stake(&coldkey, &hotkey, netuid, alpha, limit)?;
        Self::unstake_from_subnet(&hotkey, &coldkey, &coldkey, netuid, alpha, false)?;
        Self::clear_small_nomination(&hotkey, &coldkey, netuid);
        Ok(())
    }

    /// Sells the whole position, or nothing if a limit would be passed.
    pub(crate) fn do_remove_stake_full_limit(
        origin: OriginFor<T>,
        hotkey: T::AccountId,
        netuid: NetUid,
        limit_price: Option<TaoBalance>,
    ) -> DispatchResult {
        let limit = limit_price.map(|price| PriceLimit { price, allow_partial: false });
        Self::do_remove_stake(origin, hotkey, netuid, AlphaBalance::MAX, limit)
    }

    /// Sells every position of the caller on a hotkey. A position that cannot be sold stays as it is.
    pub(crate) fn do_unstake_all(origin: OriginFor<T>, hotkey: T::AccountId) -> DispatchResult {
        let coldkey = frame_system::ensure_signed(origin)?;
        ensure!(Self::hotkey_account_exists(&hotkey), Error::<T>::HotKeyAccountNotExists);
        for (netuid, alpha) in Self::positions(&hotkey, &coldkey) {
            Self::try_sell_position(&hotkey, &coldkey, netuid, alpha);
        }
        Ok(())
    }

    /// Sells every position of the caller on a hotkey but root, and stakes the proceeds to root.
    pub(crate) fn do_unstake_all_alpha(origin: OriginFor<T>, hotkey: T::AccountId) -> DispatchResult {
        let coldkey = frame_system::ensure_signed(origin)?;
        ensure!(Self::hotkey_account_exists(&hotkey), Error::<T>::HotKeyAccountNotExists);
        let mut proceeds = TaoBalance::ZERO;
        for (netuid, alpha) in Self::positions(&hotkey, &coldkey) {
            if !netuid.is_root() {
                let tao = Self::try_sell_position(&hotkey, &coldkey, netuid, alpha);
                proceeds = proceeds.saturating_add(tao);
            }
        }
        ensure!(proceeds >= MIN_STAKE, Error::<T>::AmountTooLow);
        Self::stake_into_subnet(&hotkey, &coldkey, &coldkey, NetUid::ROOT, proceeds, false)?;
        Ok(())
    }

    /// Checks a sale against the present state and returns how much it will sell: no more than the
    /// position, and less than asked for only if a partial trade is allowed.
    pub fn validate_remove_stake(
        coldkey: &T::AccountId,
        hotkey: &T::AccountId,
        netuid: NetUid,
        alpha: AlphaBalance,
        limit: Option<PriceLimit>,
    ) -> Result<AlphaBalance, DispatchError> {
        Self::ensure_tradable(netuid)?;
        ensure!(Self::hotkey_account_exists(hotkey), Error::<T>::HotKeyAccountNotExists);
        let position = Self::get_stake_for_hotkey_and_coldkey_on_subnet(hotkey, coldkey, netuid);
        ensure!(!position.is_zero(), Error::<T>::NotEnoughStakeToWithdraw);
        let alpha = alpha.min(position);
        let alpha = match limit {
            None => alpha,
            Some(limit) => {
                let max = T::SwapInterface::max_sell(netuid, limit.price)?;
                ensure!(alpha <= max || limit.allow_partial, Error::<T>::SlippageTooHigh);
                alpha.min(max)
            }
        };
        ensure!(!alpha.is_zero(), Error::<T>::AmountTooLow);
        let quote = T::SwapInterface::quote_sell(netuid, alpha, false)?;
        ensure!(quote.amount_out >= MIN_STAKE || alpha == position, Error::<T>::AmountTooLow);
        Ok(alpha)
    }

    /// Takes alpha from a position and sells it for `receiver`.
    pub(crate) fn unstake_from_subnet(
        hotkey: &T::AccountId,
        coldkey: &T::AccountId,
        receiver: &T::AccountId,
        netuid: NetUid,
        alpha: AlphaBalance,
        drop_fee: bool,
    ) -> Result<TaoBalance, DispatchError> {
        let taken = Self::decrease_stake_for_hotkey_and_coldkey_on_subnet(hotkey, coldkey, netuid, alpha);
        ensure!(taken == alpha, Error::<T>::NotEnoughStakeToWithdraw);
        let quote = Self::sell_alpha(receiver, netuid, alpha, drop_fee)?;
        Self::deposit_event(Event::StakeRemoved(
            coldkey.clone(),
            hotkey.clone(),
            quote.amount_out,
            quote.amount_in.saturating_sub(quote.fee),
            netuid,
            quote.fee.to_u64(),
        ));
        Ok(quote.amount_out)
    }

    /// Sells a position if that is possible and returns the proceeds.
    fn try_sell_position(
        hotkey: &T::AccountId,
        coldkey: &T::AccountId,
        netuid: NetUid,
        alpha: AlphaBalance,
    ) -> TaoBalance {
        let sale = with_storage_layer(|| {
            let alpha = Self::validate_remove_stake(coldkey, hotkey, netuid, alpha, None)?;
            Self::unstake_from_subnet(hotkey, coldkey, coldkey, netuid, alpha, false)
        });
        match sale {
            Ok(tao) => tao,
            Err(error) => {
                log::debug!(target: "subtensor", "a position on {netuid} stays: {error:?}");
                TaoBalance::ZERO
            }
        }
    }
}
