//! The vectors of a subnet's neurons, by uid.

use super::*;

/// Answer of `SubnetInfoRuntimeApi_get_subnet_state`.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub struct SubnetState<AccountId> {
    /// The subnet.
    pub netuid: Compact<NetUid>,
    /// Hotkeys.
    pub hotkeys: Vec<AccountId>,
    /// The coldkeys that own them.
    pub coldkeys: Vec<AccountId>,
    /// Whether each neuron has been active of late.
    pub active: Vec<bool>,
    /// Whether each neuron may set weights.
    pub validator_permit: Vec<bool>,
    /// No longer kept; zeros.
    pub pruning_score: Vec<Compact<u16>>,
    /// Block of each neuron's last weights.
    pub last_update: Vec<Compact<u64>>,
    /// Rao-alpha earned in the last epoch.
    pub emission: Vec<Compact<AlphaBalance>>,
    /// Dividends out of 65,535.
    pub dividends: Vec<Compact<u16>>,
    /// Incentive out of 65,535.
    pub incentives: Vec<Compact<u16>>,
    /// Consensus weight out of 65,535.
    pub consensus: Vec<Compact<u16>>,
    /// No longer kept; zeros.
    pub trust: Vec<Compact<u16>>,
    /// No longer kept; zeros.
    pub rank: Vec<Compact<u16>>,
    /// Block of registration.
    pub block_at_registration: Vec<Compact<u64>>,
    /// Alpha staked to each hotkey.
    pub alpha_stake: Vec<Compact<AlphaBalance>>,
    /// TAO staked to it on root, times the weight of root stake.
    pub tao_stake: Vec<Compact<TaoBalance>>,
    /// The sum of both.
    pub total_stake: Vec<Compact<TaoBalance>>,
    /// What each hotkey earned on each subnet in the last epoch, as an old interface showed it.
    pub emission_history: Vec<Vec<Compact<AlphaBalance>>>,
}

impl<T: Config> Pallet<T> {
    /// The vectors of a subnet's neurons.
    pub fn subnet_state(netuid: NetUid) -> Option<SubnetState<T::AccountId>> {
        let mut state = Self::mechanism_state(netuid, MechId::MAIN)?;
        state.emission_history = Self::all_netuids()
            .into_iter()
            .map(|netuid| {
                let earned = |hotkey| Compact(LastHotkeyEmissionOnNetuid::<T>::get(hotkey, netuid));
                state.hotkeys.iter().map(earned).collect()
            })
            .collect();
        Some(state)
    }

    /// The vectors of one mechanism's neurons, without their history.
    pub(crate) fn mechanism_state(netuid: NetUid, mechanism: MechId) -> Option<SubnetState<T::AccountId>> {
        if !NetworksAdded::<T>::get(netuid) {
            return None;
        }
        let index = NetUidStorageIndex::of(netuid, mechanism);
        let count = SubnetworkN::<T>::get(netuid);
        let hotkeys = Self::hotkeys_by_uid(netuid);
        let alpha = |hotkey| TotalHotkeyAlpha::<T>::get(hotkey, netuid);
        let padded = |mut flags: Vec<bool>| {
            flags.resize(count.into(), false);
            flags
        };
        Some(SubnetState {
            netuid: Compact(netuid),
            coldkeys: hotkeys.iter().map(Owner::<T>::get).collect(),
            active: padded(Active::<T>::get(netuid)),
            validator_permit: padded(ValidatorPermit::<T>::get(netuid)),
            pruning_score: compact_by_uid(Vec::<u16>::new(), count),
            last_update: compact_by_uid(LastUpdate::<T>::get(index), count),
            emission: compact_by_uid(Emission::<T>::get(netuid), count),
            dividends: compact_ratios(Dividends::<T>::get(netuid), count),
            incentives: compact_ratios(Incentive::<T>::get(index), count),
            consensus: compact_ratios(Consensus::<T>::get(netuid), count),
            trust: compact_by_uid(Vec::<u16>::new(), count),
            rank: compact_by_uid(Vec::<u16>::new(), count),
            block_at_registration: (0..count)
                .map(|uid| Compact(BlockAtRegistration::<T>::get(netuid, uid)))
                .collect(),
            alpha_stake: hotkeys.iter().map(|hotkey| Compact(alpha(hotkey))).collect(),
            tao_stake: hotkeys
                .iter()
                .map(|hotkey| Compact(Self::weighted_root_stake(hotkey).into()))
                .collect(),
            total_stake: hotkeys
                .iter()
                .map(|hotkey| Compact(Self::stake_weight(hotkey, netuid).into()))
                .collect(),
            emission_history: Vec::new(),
            hotkeys,
        })
    }
}
