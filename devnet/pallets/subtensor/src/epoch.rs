//! When epochs run, and what each of them writes down.
//!
//! A subnet's epoch is due `Tempo` blocks after its last one, or at a block that its owner chose.
//! A block runs at most `MaxEpochsPerBlock` of them; the others are put off to the next block.

use alloc::vec::Vec;
use subtensor_runtime_common::{ratio_from_parts, AlphaBalance, NetUid, NetUidStorageIndex, Ratio};

use crate::consensus::ConsensusOutcome;
use crate::dividends::Pots;
use crate::*;

impl<T: Config> Pallet<T> {
    /// Runs the epochs that are due at `block`, in the order of their netuids.
    pub(crate) fn run_due_epochs(subnets: &[NetUid], block: u64) {
        let due = subnets
            .iter()
            .copied()
            .filter(|netuid| Self::next_epoch_block(*netuid).is_some_and(|next| next <= block));
        let most = usize::from(MaxEpochsPerBlock::<T>::get());
        for (position, netuid) in due.enumerate() {
            if position < most {
                Self::run_epoch(netuid, block);
            } else {
                Self::deposit_event(Event::EpochDeferred {
                    netuid,
                    from_block: block,
                    to_block: block.saturating_add(1),
                });
            }
        }
    }

    /// The block at which a subnet's next epoch is due; none where no epochs run.
    pub fn next_epoch_block(netuid: NetUid) -> Option<u64> {
        let tempo = u64::from(Tempo::<T>::get(netuid));
        if tempo == 0 || netuid.is_root() || !NetworksAdded::<T>::get(netuid) {
            return None;
        }
        let regular = LastEpochBlock::<T>::get(netuid).saturating_add(tempo);
        Some(match PendingEpochAt::<T>::get(netuid) {
            0 => regular,
            chosen => chosen.min(regular),
        })
    }

    /// Runs one epoch: pays what has been set aside, by what consensus says, and records both.
    pub(crate) fn run_epoch(netuid: NetUid, block: u64) {
        let outcome = Self::consensus_outcome(netuid);
        let pots = Pots {
            owner_cut: PendingOwnerCut::<T>::take(netuid),
            server: PendingServerEmission::<T>::take(netuid),
            validator: PendingValidatorEmission::<T>::take(netuid),
            root: PendingRootAlphaDivs::<T>::take(netuid),
        };
        let emission = Self::distribute_emission(netuid, pots, &outcome);
        Self::record_outcome(netuid, &outcome, emission);
        LastEpochBlock::<T>::insert(netuid, block);
        LastMechansimStepBlock::<T>::insert(netuid, block);
        BlocksSinceLastStep::<T>::insert(netuid, 0);
        PendingEpochAt::<T>::remove(netuid);
        SubnetEpochIndex::<T>::mutate(netuid, |index| *index = index.saturating_add(1));
    }

    /// Writes the vectors that clients read. `emission` is rao-alpha by uid.
    fn record_outcome(netuid: NetUid, outcome: &ConsensusOutcome<T::AccountId>, emission: Vec<AlphaBalance>) {
        let neurons = &outcome.neurons;
        Incentive::<T>::insert(
            NetUidStorageIndex::from(netuid),
            ratios(neurons.iter().map(|neuron| neuron.incentive)),
        );
        Dividends::<T>::insert(netuid, ratios(neurons.iter().map(|neuron| neuron.dividend)));
        Consensus::<T>::insert(
            netuid,
            neurons.iter().map(|n| ratio_from_parts(n.consensus)).collect::<Vec<_>>(),
        );
        ValidatorTrust::<T>::insert(
            netuid,
            neurons.iter().map(|n| ratio_from_parts(n.validator_trust)).collect::<Vec<_>>(),
        );
        Active::<T>::insert(netuid, neurons.iter().map(|n| n.active).collect::<Vec<_>>());
        ValidatorPermit::<T>::insert(netuid, neurons.iter().map(|n| n.permit).collect::<Vec<_>>());
        StakeWeight::<T>::insert(netuid, proportions(neurons.iter().map(|neuron| neuron.stake)));
        Emission::<T>::insert(netuid, emission);
    }
}

/// Weights as ratios of their sum.
fn ratios(weights: impl Iterator<Item = u64> + Clone) -> Vec<Ratio> {
    proportions(weights).into_iter().map(ratio_from_parts).collect()
}

/// Weights as parts of 65,535 of their sum, rounded down.
pub(crate) fn proportions(weights: impl Iterator<Item = u64> + Clone) -> Vec<u16> {
    let sum: u128 = weights.clone().map(u128::from).sum();
    weights
        .map(|weight| {
            let part = u128::from(weight).saturating_mul(u16::MAX.into()).checked_div(sum);
            u16::try_from(part.unwrap_or(0)).unwrap_or(u16::MAX)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::proportions;

    #[test]
    fn proportions_are_parts_of_the_whole() {
        assert_eq!(proportions([1u64, 3, 0].into_iter()), [16_383, 49_151, 0]);
        assert_eq!(proportions([u64::MAX, u64::MAX].into_iter()), [32_767, 32_767]);
        assert_eq!(proportions([0u64, 0].into_iter()), [0, 0]);
    }
}
