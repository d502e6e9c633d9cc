//! Destroying one's own alpha.
//!
//! Recycled alpha is taken out of issuance and can be emitted again; burned alpha stays issued, but
//! nobody has it.

use frame_support::ensure;
use frame_system::pallet_prelude::OriginFor;
use sp_runtime::DispatchResult;
use subtensor_runtime_common::{AlphaBalance, AlphaLedger as _, NetUid, SubnetPools as _, TaoBalance};

use crate::{staking::PriceLimit, Config, Error, Event, Pallet, SubnetAlphaOut};

impl<T: Config> Pallet<T> {
    pub(crate) fn do_recycle_alpha(
        origin: OriginFor<T>,
        hotkey: T::AccountId,
        alpha: AlphaBalance,
        netuid: NetUid,
    ) -> DispatchResult {
        let coldkey = frame_system::ensure_signed(origin)?;
        ensure!(SubnetAlphaOut::<T>::get(netuid) >= alpha, Error::<T>::NotEnoughAlphaOutToRecycle);
        Self::destroy_position(&hotkey, &coldkey, netuid, alpha)?;
        SubnetAlphaOut::<T>::mutate(netuid, |out| *out = out.saturating_sub(alpha));
        T::AlphaAssets::recycle(netuid, alpha);
        Self::deposit_event(Event::AlphaRecycled(coldkey, hotkey, alpha, netuid));
        Ok(())
    }

    pub(crate) fn do_burn_alpha(
        origin: OriginFor<T>,
        hotkey: T::AccountId,
        alpha: AlphaBalance,
        netuid: NetUid,
    ) -> DispatchResult {
        let coldkey = frame_system::ensure_signed(origin)?;
        Self::burn_position(coldkey, hotkey, alpha, netuid)
    }

    /// Stakes, and burns what was bought.
    pub(crate) fn do_add_stake_burn(
        origin: OriginFor<T>,
        hotkey: T::AccountId,
        netuid: NetUid,
        amount: TaoBalance,
        limit: Option<TaoBalance>,
    ) -> DispatchResult {
        let coldkey = frame_system::ensure_signed(origin)?;
        ensure!(!netuid.is_root(), Error::<T>::CannotBurnOrRecycleOnRootSubnet);
        let limit = limit.map(|price| PriceLimit { price, allow_partial: false });
        let tao = Self::validate_add_stake(&coldkey, &hotkey, netuid, amount, limit)?;
        let alpha = Self::stake_into_subnet(&hotkey, &coldkey, &coldkey, netuid, tao, false)?;
        // Rounding may have made the position a rao-alpha smaller than what was bought.
        let position = Self::get_stake_for_hotkey_and_coldkey_on_subnet(&hotkey, &coldkey, netuid);
        Self::burn_position(coldkey, hotkey.clone(), alpha.min(position), netuid)?;
        Self::deposit_event(Event::AddStakeBurn { netuid, hotkey, amount, alpha });
        Ok(())
    }

    fn burn_position(
        coldkey: T::AccountId,
        hotkey: T::AccountId,
        alpha: AlphaBalance,
        netuid: NetUid,
    ) -> DispatchResult {
        Self::destroy_position(&hotkey, &coldkey, netuid, alpha)?;
        T::AlphaAssets::burn(netuid, alpha);
        Self::deposit_event(Event::AlphaBurned(coldkey, hotkey, alpha, netuid));
        Ok(())
    }

    fn destroy_position(
        hotkey: &T::AccountId,
        coldkey: &T::AccountId,
        netuid: NetUid,
        alpha: AlphaBalance,
    ) -> DispatchResult {
        ensure!(!netuid.is_root(), Error::<T>::CannotBurnOrRecycleOnRootSubnet);
        ensure!(Self::exists(netuid), Error::<T>::SubnetNotExists);
        ensure!(Self::hotkey_account_exists(hotkey), Error::<T>::HotKeyAccountNotExists);
        ensure!(!alpha.is_zero(), Error::<T>::AmountTooLow);
        let taken = Self::decrease_stake_for_hotkey_and_coldkey_on_subnet(hotkey, coldkey, netuid, alpha);
        ensure!(taken == alpha, Error::<T>::NotEnoughStakeToWithdraw);
        Ok(())
    }
}
