//! Hotkeys and their owners, takes and identities.

use alloc::vec::Vec;
use frame_support::ensure;
use frame_system::pallet_prelude::OriginFor;
use sp_runtime::{traits::UniqueSaturatedInto as _, DispatchResult};
use subtensor_runtime_common::{ratio_parts, NetUid, Ratio, SubnetPools as _};

use crate::{
    defaults::MAX_CHAIN_IDENTITY_BYTES, AutoStakeDestination, AutoStakeDestinationColdkeys, ChainIdentityV2,
    Config, Delegates, Error, Event, IdentitiesV2, IsNetworkMember, LastRateLimitedBlock, MaxDelegateTake,
    MinDelegateTake, OwnedHotkeys, Owner, Pallet, RateLimitKey, StakingHotkeys, TxDelegateTakeRateLimit,
    Uids,
};

impl<T: Config> Pallet<T> {
    /// Number of the present block.
    pub fn current_block() -> u64 {
        frame_system::Pallet::<T>::block_number().unique_saturated_into()
    }

    /// Whether somebody owns the hotkey.
    pub fn hotkey_account_exists(hotkey: &T::AccountId) -> bool {
        Owner::<T>::contains_key(hotkey)
    }

    /// Whether the coldkey owns the hotkey.
    pub fn coldkey_owns_hotkey(coldkey: &T::AccountId, hotkey: &T::AccountId) -> bool {
        Owner::<T>::try_get(hotkey).is_ok_and(|owner| owner == *coldkey)
    }

    /// Gives a hotkey that nobody owns to a coldkey; changes nothing for others.
    pub fn create_account_if_non_existent(coldkey: &T::AccountId, hotkey: &T::AccountId) {
        if Self::hotkey_account_exists(hotkey) {
            return;
        }
        Owner::<T>::insert(hotkey, coldkey);
        let note = |hotkeys: &mut Vec<T::AccountId>| {
            if !hotkeys.contains(hotkey) {
                hotkeys.push(hotkey.clone());
            }
        };
        OwnedHotkeys::<T>::mutate(coldkey, note);
        StakingHotkeys::<T>::mutate(coldkey, note);
    }

    pub(crate) fn do_try_associate_hotkey(origin: OriginFor<T>, hotkey: T::AccountId) -> DispatchResult {
        let coldkey = frame_system::ensure_signed(origin)?;
        Self::create_account_if_non_existent(&coldkey, &hotkey);
        Ok(())
    }

    pub(crate) fn do_decrease_take(
        origin: OriginFor<T>,
        hotkey: T::AccountId,
        take: Ratio,
    ) -> DispatchResult {
        let coldkey = Self::ensure_owner(origin, &hotkey)?;
        if let Ok(present) = Delegates::<T>::try_get(&hotkey) {
            ensure!(take < present, Error::<T>::DelegateTakeTooLow);
        }
        ensure!(take >= MinDelegateTake::<T>::get(), Error::<T>::DelegateTakeTooLow);
        Delegates::<T>::insert(&hotkey, take);
        Self::deposit_event(Event::TakeDecreased(coldkey, hotkey, ratio_parts(take)));
        Ok(())
    }

    pub(crate) fn do_increase_take(
        origin: OriginFor<T>,
        hotkey: T::AccountId,
        take: Ratio,
    ) -> DispatchResult {
        let coldkey = Self::ensure_owner(origin, &hotkey)?;
        if let Ok(present) = Delegates::<T>::try_get(&hotkey) {
            ensure!(take > present, Error::<T>::DelegateTakeTooLow);
        }
        ensure!(take <= MaxDelegateTake::<T>::get(), Error::<T>::DelegateTakeTooHigh);
        let key = RateLimitKey::LastTxBlockDelegateTake(hotkey.clone());
        let (now, last) = (Self::current_block(), LastRateLimitedBlock::<T>::get(&key));
        let waited = last == 0 || now.saturating_sub(last) >= TxDelegateTakeRateLimit::<T>::get();
        ensure!(waited, Error::<T>::DelegateTxRateLimitExceeded);
        LastRateLimitedBlock::<T>::insert(&key, now);
        Delegates::<T>::insert(&hotkey, take);
        Self::deposit_event(Event::TakeIncreased(coldkey, hotkey, ratio_parts(take)));
        Ok(())
    }

    pub(crate) fn do_set_identity(origin: OriginFor<T>, identity: ChainIdentityV2) -> DispatchResult {
        let coldkey = frame_system::ensure_signed(origin)?;
        let registered = OwnedHotkeys::<T>::get(&coldkey)
            .iter()
            .any(|hotkey| IsNetworkMember::<T>::iter_prefix(hotkey).any(|(_netuid, member)| member));
        ensure!(registered, Error::<T>::HotKeyNotRegisteredInNetwork);
        let fields = [
            &identity.name,
            &identity.url,
            &identity.github_repo,
            &identity.image,
            &identity.discord,
            &identity.description,
            &identity.additional,
        ];
        let fits = fields.iter().zip(MAX_CHAIN_IDENTITY_BYTES).all(|(field, max)| field.len() <= max);
        ensure!(fits, Error::<T>::InvalidIdentity);
        IdentitiesV2::<T>::insert(&coldkey, identity);
        Self::deposit_event(Event::ChainIdentitySet(coldkey));
        Ok(())
    }

    /// Miner pay of the caller on a subnet is staked to this hotkey from now on.
    pub(crate) fn do_set_auto_stake_hotkey(
        origin: OriginFor<T>,
        netuid: NetUid,
        hotkey: T::AccountId,
    ) -> DispatchResult {
        let coldkey = frame_system::ensure_signed(origin)?;
        ensure!(Self::exists(netuid), Error::<T>::SubnetNotExists);
        ensure!(Uids::<T>::contains_key(netuid, &hotkey), Error::<T>::HotKeyNotRegisteredInSubNet);
        let present = AutoStakeDestination::<T>::get(&coldkey, netuid);
        ensure!(present.as_ref() != Some(&hotkey), Error::<T>::SameAutoStakeHotkeyAlreadySet);
        if let Some(present) = present {
            AutoStakeDestinationColdkeys::<T>::mutate(present, netuid, |coldkeys| {
                coldkeys.retain(|other| *other != coldkey);
            });
        }
        AutoStakeDestination::<T>::insert(&coldkey, netuid, &hotkey);
        AutoStakeDestinationColdkeys::<T>::mutate(&hotkey, netuid, |coldkeys| coldkeys.push(coldkey.clone()));
        Self::deposit_event(Event::AutoStakeDestinationSet { coldkey, netuid, hotkey });
        Ok(())
    }

    fn ensure_owner(
        origin: OriginFor<T>,
        hotkey: &T::AccountId,
    ) -> Result<T::AccountId, sp_runtime::DispatchError> {
        let coldkey = frame_system::ensure_signed(origin)?;
        ensure!(Self::hotkey_account_exists(hotkey), Error::<T>::HotKeyAccountNotExists);
        ensure!(Self::coldkey_owns_hotkey(&coldkey, hotkey), Error::<T>::NonAssociatedColdKey);
        Ok(coldkey)
    }
}
