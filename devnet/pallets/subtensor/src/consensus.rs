//! What consensus says about a subnet's neurons, as the epoch needs it.
//!
//! This is the one place where the result of Yuma consensus enters: [`Pallet::consensus_outcome`]
//! reads seeded scores from genesis and will compute them from weights, bonds and stake.

use alloc::vec::Vec;
use subtensor_runtime_common::NetUid;

use crate::*;

/// The verdict on every neuron of a subnet, by uid.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ConsensusOutcome<AccountId> {
    /// One entry per uid, without gaps.
    pub neurons: Vec<NeuronOutcome<AccountId>>,
}

/// The verdict on one neuron.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NeuronOutcome<AccountId> {
    /// Whose neuron it is.
    pub hotkey: AccountId,
    /// Weight in the division of the miners' emission.
    pub incentive: u64,
    /// Weight in the division of the validators' emission.
    pub dividend: u64,
    /// Consensus weight, out of 65,535.
    pub consensus: u16,
    /// Validator trust, out of 65,535.
    pub validator_trust: u16,
    /// Stake that counts, in rao-alpha: alpha plus root TAO times the weight of root stake.
    pub stake: u64,
    /// Whether the neuron has been active of late.
    pub active: bool,
    /// Whether the neuron may set weights.
    pub permit: bool,
}

impl<T: Config> Pallet<T> {
    /// Computes the outcome of a subnet's consensus from its present state, without changing it.
    ///
    /// The seeded score of a uid is its weight among miners and its weight among validators, out of
    /// 65,535. A neuron without a score earns nothing.
    pub(crate) fn consensus_outcome(netuid: NetUid) -> ConsensusOutcome<T::AccountId> {
        let scores = SeededScores::<T>::get(netuid);
        let best_miner = scores.iter().map(|(incentive, _)| *incentive).max().unwrap_or(0);
        let neurons = (0..SubnetworkN::<T>::get(netuid))
            .map(|uid| {
                let hotkey = Keys::<T>::get(netuid, uid);
                let (incentive, dividend) = scores.get(usize::from(uid)).copied().unwrap_or_default();
                let consensus = u32::from(incentive)
                    .saturating_mul(u16::MAX.into())
                    .checked_div(best_miner.into())
                    .unwrap_or(0);
                NeuronOutcome {
                    incentive: incentive.into(),
                    dividend: dividend.into(),
                    consensus: u16::try_from(consensus).unwrap_or(u16::MAX),
                    validator_trust: if dividend > 0 { u16::MAX } else { 0 },
                    stake: Self::stake_weight(&hotkey, netuid),
                    active: incentive > 0 || dividend > 0,
                    permit: dividend > 0,
                    hotkey,
                }
            })
            .collect();
        ConsensusOutcome { neurons }
    }

    /// A hotkey's alpha on a subnet plus its root TAO times the weight of root stake, in rao-alpha.
    pub(crate) fn stake_weight(hotkey: &T::AccountId, netuid: NetUid) -> u64 {
        let alpha = TotalHotkeyAlpha::<T>::get(hotkey, netuid).to_u64();
        alpha.saturating_add(Self::weighted_root_stake(hotkey))
    }

    /// A hotkey's root TAO times the weight of root stake, rounded down.
    pub(crate) fn weighted_root_stake(hotkey: &T::AccountId) -> u64 {
        let root = TotalHotkeyAlpha::<T>::get(hotkey, NetUid::ROOT).to_u64();
        emission::mul_div(root, TaoWeight::<T>::get().into(), u64::MAX.into())
    }
}
