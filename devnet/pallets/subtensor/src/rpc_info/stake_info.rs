//! Stake positions of coldkeys.

use alloc::collections::BTreeMap;
use subtensor_runtime_common::SwapHandler as _;

use super::*;

/// A position, as `StakeInfoRuntimeApi` answers.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub struct StakeInfo<AccountId> {
    /// To whom.
    pub hotkey: AccountId,
    /// Whose.
    pub coldkey: AccountId,
    /// On which subnet.
    pub netuid: Compact<NetUid>,
    /// Rao-alpha; rao on root.
    pub stake: Compact<AlphaBalance>,
    /// Always 0.
    pub locked: Compact<u64>,
    /// What the hotkey's stakers were paid in the last epoch, all together.
    pub emission: Compact<AlphaBalance>,
    /// Always 0.
    pub tao_emission: Compact<TaoBalance>,
    /// Always 0.
    pub drain: Compact<u64>,
    /// Whether the hotkey is registered on the subnet.
    pub is_registered: bool,
}

/// How much of a coldkey's stake on a subnet could be removed.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub struct StakeAvailability {
    /// Over all hotkeys.
    pub total: Compact<AlphaBalance>,
    /// Held by a lock.
    pub locked: Compact<AlphaBalance>,
    /// The rest.
    pub available: Compact<AlphaBalance>,
}

impl<T: Config> Pallet<T> {
    /// All positions of a coldkey that are not empty.
    pub fn stake_info_for_coldkey(coldkey: &T::AccountId) -> Vec<StakeInfo<T::AccountId>> {
        let netuids = Self::all_netuids();
        let hotkeys = StakingHotkeys::<T>::get(coldkey);
        hotkeys
            .iter()
            .flat_map(|hotkey| netuids.iter().map(move |netuid| (hotkey, *netuid)))
            .map(|(hotkey, netuid)| Self::position(hotkey, coldkey, netuid))
            .filter(|position| !position.stake.0.is_zero())
            .collect()
    }

    /// All positions of several coldkeys.
    #[allow(clippy::type_complexity, reason = "the shape of the chain's own answer")]
    pub fn stake_info_for_coldkeys(
        coldkeys: Vec<T::AccountId>,
    ) -> Vec<(T::AccountId, Vec<StakeInfo<T::AccountId>>)> {
        let positions = coldkeys.into_iter().map(|coldkey| {
            let positions = Self::stake_info_for_coldkey(&coldkey);
            (coldkey, positions)
        });
        positions.collect()
    }

    /// One position, which may be empty.
    pub fn position(
        hotkey: &T::AccountId,
        coldkey: &T::AccountId,
        netuid: NetUid,
    ) -> StakeInfo<T::AccountId> {
        StakeInfo {
            hotkey: hotkey.clone(),
            coldkey: coldkey.clone(),
            netuid: Compact(netuid),
            stake: Compact(Self::get_stake_for_hotkey_and_coldkey_on_subnet(hotkey, coldkey, netuid)),
            locked: Compact(0),
            emission: Compact(AlphaDividendsPerSubnet::<T>::get(netuid, hotkey)),
            tao_emission: Compact(TaoBalance::ZERO),
            drain: Compact(0),
            is_registered: IsNetworkMember::<T>::get(hotkey, netuid),
        }
    }

    /// How much of each coldkey's stake could be removed. Without `netuids`, on every subnet where
    /// there is any.
    pub fn stake_availability(
        coldkeys: Vec<T::AccountId>,
        netuids: Option<Vec<NetUid>>,
    ) -> BTreeMap<T::AccountId, BTreeMap<NetUid, StakeAvailability>> {
        let everywhere = netuids.is_none();
        let netuids = netuids.unwrap_or_else(Self::all_netuids);
        let by_coldkey = coldkeys.into_iter().map(|coldkey| {
            let by_netuid = netuids
                .iter()
                .map(|netuid| (*netuid, Self::availability(&coldkey, *netuid)))
                .filter(|(_, availability)| !everywhere || !availability.total.0.is_zero())
                .collect();
            (coldkey, by_netuid)
        });
        by_coldkey.collect()
    }

    fn availability(coldkey: &T::AccountId, netuid: NetUid) -> StakeAvailability {
        let total: AlphaBalance = StakingHotkeys::<T>::get(coldkey)
            .iter()
            .map(|hotkey| Self::get_stake_for_hotkey_and_coldkey_on_subnet(hotkey, coldkey, netuid))
            .sum();
        let locked = Self::coldkey_lock(coldkey, netuid).map_or(AlphaBalance::ZERO, |lock| lock.locked_mass);
        StakeAvailability {
            total: Compact(total),
            locked: Compact(locked.min(total)),
            available: Compact(total.saturating_sub(locked)),
        }
    }

    /// A coldkey's lock as it was last written. Nothing creates locks yet.
    pub fn coldkey_lock(coldkey: &T::AccountId, netuid: NetUid) -> Option<LockState> {
        Lock::<T>::iter_prefix_values((coldkey, netuid)).next()
    }

    /// The conviction of all locks to a hotkey, as last written.
    pub fn hotkey_conviction(hotkey: &T::AccountId, netuid: NetUid) -> U64F64 {
        let perpetual = HotkeyLock::<T>::get(netuid, hotkey).unwrap_or_default();
        let decaying = DecayingHotkeyLock::<T>::get(netuid, hotkey).unwrap_or_default();
        U64F64::from_bits(perpetual.conviction.bits.saturating_add(decaying.conviction.bits))
    }

    /// The hotkey with the highest conviction, if anybody has locked anything.
    pub fn most_convicted_hotkey(netuid: NetUid) -> Option<T::AccountId> {
        let perpetual = HotkeyLock::<T>::iter_prefix(netuid);
        let decaying = DecayingHotkeyLock::<T>::iter_prefix(netuid);
        let hotkeys = perpetual.chain(decaying).map(|(hotkey, _)| hotkey);
        hotkeys.max_by_key(|hotkey| Self::hotkey_conviction(hotkey, netuid))
    }

    /// The fee for moving `amount` from one position to another: what the pool of the destination, or
    /// else of the origin, takes; nothing within one subnet.
    pub fn stake_fee(origin: Option<NetUid>, destination: Option<NetUid>, amount: u64) -> u64 {
        match (origin, destination) {
            (Some(origin), Some(destination)) if origin == destination => 0,
            (_, Some(netuid)) | (Some(netuid), None) => T::SwapInterface::fee(netuid, amount),
            (None, None) => 0,
        }
    }
}
