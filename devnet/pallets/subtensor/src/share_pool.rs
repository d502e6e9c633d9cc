//! Positions as shares. All stake on a hotkey of one subnet is one amount; each coldkey holds shares of
//! it, so that dividends reach everybody by raising the amount alone.
//!
//! A position is worth `floor(amount · share / all shares)`. Shares exist in an old and a new form; a
//! position in the old form moves to the new one when it is written.

use alloc::vec::Vec;
use subtensor_runtime_common::{AlphaBalance, NetUid, SafeFloat};

use crate::{
    Alpha, AlphaV2, Config, NumStakingColdkeys, Pallet, StakingColdkeys, StakingColdkeysByIndex,
    StakingHotkeys, TotalHotkeyAlpha, TotalHotkeyShares, TotalHotkeySharesV2,
};

impl<T: Config> Pallet<T> {
    /// What a coldkey's position on a hotkey is worth, in rao-alpha (rao on root).
    pub fn get_stake_for_hotkey_and_coldkey_on_subnet(
        hotkey: &T::AccountId,
        coldkey: &T::AccountId,
        netuid: NetUid,
    ) -> AlphaBalance {
        let amount = TotalHotkeyAlpha::<T>::get(hotkey, netuid).to_u64();
        let share = Self::share_of(hotkey, coldkey, netuid);
        share.portion_of(amount, Self::all_shares(hotkey, netuid)).into()
    }

    /// Everything staked to a hotkey on a subnet.
    pub fn get_stake_for_hotkey_on_subnet(hotkey: &T::AccountId, netuid: NetUid) -> AlphaBalance {
        TotalHotkeyAlpha::<T>::get(hotkey, netuid)
    }

    /// Adds to one position.
    pub fn increase_stake_for_hotkey_and_coldkey_on_subnet(
        hotkey: &T::AccountId,
        coldkey: &T::AccountId,
        netuid: NetUid,
        amount: AlphaBalance,
    ) {
        if amount.is_zero() {
            return;
        }
        let total = TotalHotkeyAlpha::<T>::get(hotkey, netuid);
        let all = Self::all_shares(hotkey, netuid);
        let added = SafeFloat::from(amount.to_u64());
        // The first position defines what a share is: one rao-alpha. It also takes what a hotkey without
        // stakers may have been paid.
        let added = added.mul_div(all, SafeFloat::from(total.to_u64())).filter(|s| !s.is_zero());
        let added = added.unwrap_or_else(|| SafeFloat::from(amount.to_u64()));
        let share = Self::share_of(hotkey, coldkey, netuid);
        Self::set_share(hotkey, coldkey, netuid, share.plus(added));
        Self::set_all_shares(hotkey, netuid, all.plus(added));
        TotalHotkeyAlpha::<T>::insert(hotkey, netuid, total.saturating_add(amount));
        Self::note_position(hotkey, coldkey);
    }

    /// Takes from one position, at most what it is worth, and returns how much that was.
    pub fn decrease_stake_for_hotkey_and_coldkey_on_subnet(
        hotkey: &T::AccountId,
        coldkey: &T::AccountId,
        netuid: NetUid,
        amount: AlphaBalance,
    ) -> AlphaBalance {
        let worth = Self::get_stake_for_hotkey_and_coldkey_on_subnet(hotkey, coldkey, netuid);
        let amount = amount.min(worth);
        if amount.is_zero() {
            return amount;
        }
        let total = TotalHotkeyAlpha::<T>::get(hotkey, netuid);
        let all = Self::all_shares(hotkey, netuid);
        let share = Self::share_of(hotkey, coldkey, netuid);
        // Whoever leaves entirely leaves the fraction of a rao-alpha behind.
        let removed = if amount == worth {
            share
        } else {
            let part = SafeFloat::from(amount.to_u64());
            part.mul_div(all, SafeFloat::from(total.to_u64())).unwrap_or(share)
        };
        let left = total.saturating_sub(amount);
        let all_left = if left.is_zero() { SafeFloat::ZERO } else { all.saturating_sub(removed) };
        Self::set_share(hotkey, coldkey, netuid, share.saturating_sub(removed));
        Self::set_all_shares(hotkey, netuid, all_left);
        if left.is_zero() {
            TotalHotkeyAlpha::<T>::remove(hotkey, netuid);
        } else {
            TotalHotkeyAlpha::<T>::insert(hotkey, netuid, left);
        }
        amount
    }

    /// Adds to every position of a hotkey in proportion; with no position yet, to the first to come.
    pub fn increase_stake_for_hotkey_on_subnet(hotkey: &T::AccountId, netuid: NetUid, amount: AlphaBalance) {
        TotalHotkeyAlpha::<T>::mutate(hotkey, netuid, |total| *total = total.saturating_add(amount));
    }

    /// All positions of a coldkey on a hotkey: subnet and worth, empty ones left out.
    pub fn positions(hotkey: &T::AccountId, coldkey: &T::AccountId) -> Vec<(NetUid, AlphaBalance)> {
        let mut netuids: Vec<NetUid> = AlphaV2::<T>::iter_key_prefix((hotkey, coldkey)).collect();
        netuids.extend(Alpha::<T>::iter_key_prefix((hotkey, coldkey)));
        netuids.sort_unstable();
        netuids.dedup();
        netuids
            .into_iter()
            .map(|netuid| (netuid, Self::get_stake_for_hotkey_and_coldkey_on_subnet(hotkey, coldkey, netuid)))
            .filter(|(_, worth)| !worth.is_zero())
            .collect()
    }

    fn share_of(hotkey: &T::AccountId, coldkey: &T::AccountId, netuid: NetUid) -> SafeFloat {
        match Alpha::<T>::try_get((hotkey, coldkey, netuid)) {
            Ok(old) => old.into(),
            Err(()) => AlphaV2::<T>::get((hotkey, coldkey, netuid)),
        }
    }

    fn all_shares(hotkey: &T::AccountId, netuid: NetUid) -> SafeFloat {
        match TotalHotkeyShares::<T>::try_get(hotkey, netuid) {
            Ok(old) => old.into(),
            Err(()) => TotalHotkeySharesV2::<T>::get(hotkey, netuid),
        }
    }

    fn set_share(hotkey: &T::AccountId, coldkey: &T::AccountId, netuid: NetUid, share: SafeFloat) {
        Alpha::<T>::remove((hotkey, coldkey, netuid));
        if share.is_zero() {
            AlphaV2::<T>::remove((hotkey, coldkey, netuid));
        } else {
            AlphaV2::<T>::insert((hotkey, coldkey, netuid), share);
        }
    }

    fn set_all_shares(hotkey: &T::AccountId, netuid: NetUid, shares: SafeFloat) {
        TotalHotkeyShares::<T>::remove(hotkey, netuid);
        if shares.is_zero() {
            TotalHotkeySharesV2::<T>::remove(hotkey, netuid);
        } else {
            TotalHotkeySharesV2::<T>::insert(hotkey, netuid, shares);
        }
    }

    /// Remembers that a coldkey stakes to a hotkey, and numbers coldkeys that stake.
    fn note_position(hotkey: &T::AccountId, coldkey: &T::AccountId) {
        StakingHotkeys::<T>::mutate(coldkey, |hotkeys| {
            if !hotkeys.contains(hotkey) {
                hotkeys.push(hotkey.clone());
            }
        });
        if !StakingColdkeys::<T>::contains_key(coldkey) {
            let index = NumStakingColdkeys::<T>::get();
            StakingColdkeysByIndex::<T>::insert(index, coldkey);
            StakingColdkeys::<T>::insert(coldkey, index);
            NumStakingColdkeys::<T>::put(index.saturating_add(1));
        }
    }
}
