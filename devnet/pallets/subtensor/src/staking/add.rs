//! Buying stake with free TAO.

use frame_support::ensure;
use frame_system::pallet_prelude::OriginFor;
use sp_runtime::{DispatchError, DispatchResult};
use subtensor_runtime_common::{AlphaBalance, NetUid, SubnetPools as _, SwapHandler as _, TaoBalance};

use super::PriceLimit;
use crate::{defaults::MIN_STAKE, Config, Error, Event, LastColdkeyHotkeyStakeBlock, Pallet, SubnetTAO};

/// A purchase may not be larger than this multiple of the TAO in the pool.
const MAX_MULTIPLE_OF_RESERVE: u64 = 1_000;

impl<T: Config> Pallet<T> {
    pub(crate) fn do_add_stake(
        origin: OriginFor<T>,
        hotkey: T::AccountId,
        netuid: NetUid,
        tao: TaoBalance,
        limit: Option<PriceLimit>,
    ) -> DispatchResult {
        let coldkey = frame_system::ensure_signed(origin)?;
        let tao = Self::validate_add_stake(&coldkey, &hotkey, netuid, tao, limit)?;
        Self::stake_into_subnet(&hotkey, &coldkey, &coldkey, netuid, tao, false)?;
        Ok(())
    }

    /// Checks a purchase against the present state and returns how much of `tao` it will spend: less
    /// than all only if a partial trade is allowed.
    pub fn validate_add_stake(
        coldkey: &T::AccountId,
        hotkey: &T::AccountId,
        netuid: NetUid,
        tao: TaoBalance,
        limit: Option<PriceLimit>,
    ) -> Result<TaoBalance, DispatchError> {
        Self::ensure_tradable(netuid)?;
        let min = MIN_STAKE.to_u64();
        let least = min.saturating_add(T::SwapInterface::fee(netuid, min));
        ensure!(tao.to_u64() >= least, Error::<T>::AmountTooLow);
        let tao = match limit {
            None => tao,
            Some(limit) => {
                let max = T::SwapInterface::max_buy(netuid, limit.price)?;
                ensure!(tao <= max || limit.allow_partial, Error::<T>::SlippageTooHigh);
                tao.min(max)
            }
        };
        ensure!(tao.to_u64() >= least, Error::<T>::AmountTooLow);
        ensure!(tao <= Self::spendable(coldkey), Error::<T>::NotEnoughBalanceToStake);
        ensure!(Self::hotkey_account_exists(hotkey), Error::<T>::HotKeyAccountNotExists);
        if Self::is_dynamic(netuid) {
            let max = SubnetTAO::<T>::get(netuid).to_u64().saturating_mul(MAX_MULTIPLE_OF_RESERVE);
            ensure!(tao.to_u64() <= max, Error::<T>::InsufficientLiquidity);
        }
        let quote = T::SwapInterface::quote_buy(netuid, tao, false)?;
        ensure!(!quote.amount_out.is_zero(), Error::<T>::InsufficientLiquidity);
        Ok(tao)
    }

    /// Buys alpha with TAO of `payer` and adds it to the position of `coldkey`.
    pub(crate) fn stake_into_subnet(
        hotkey: &T::AccountId,
        coldkey: &T::AccountId,
        payer: &T::AccountId,
        netuid: NetUid,
        tao: TaoBalance,
        drop_fee: bool,
    ) -> Result<AlphaBalance, DispatchError> {
        let quote = Self::buy_alpha(payer, netuid, tao, drop_fee)?;
        ensure!(!quote.amount_out.is_zero(), Error::<T>::AmountTooLow);
        Self::increase_stake_for_hotkey_and_coldkey_on_subnet(hotkey, coldkey, netuid, quote.amount_out);
        LastColdkeyHotkeyStakeBlock::<T>::insert(coldkey, hotkey, Self::current_block());
        Self::deposit_event(Event::StakeAdded(
            coldkey.clone(),
            hotkey.clone(),
            quote.amount_in,
            quote.amount_out,
            netuid,
            quote.fee.to_u64(),
        ));
        Ok(quote.amount_out)
    }
}
