//! Who is paid at an epoch: the owner, the miners, the validators and those who stake to them.
//!
//! Every pot is paid out to the last unit. What nobody can receive is recycled: it leaves the
//! subnet's outstanding alpha, so that the schedule emits it again.

use alloc::vec;
use alloc::vec::Vec;
use subtensor_runtime_common::{
    ratio_parts, AlphaBalance, AlphaLedger as _, NetUid, NetUidStorageIndex, I96F32, U96F32,
};

use crate::consensus::ConsensusOutcome;
use crate::emission::{apportion, mul_div, FIXED_32_ONE};
use crate::*;

/// What has been set aside for an epoch, in rao-alpha.
#[derive(Debug, Clone, Copy, Default)]
pub struct Pots {
    /// The owner's cut.
    pub owner_cut: AlphaBalance,
    /// The miners' emission.
    pub server: AlphaBalance,
    /// The validators' emission that goes to alpha stake.
    pub validator: AlphaBalance,
    /// The validators' emission that goes to root stake.
    pub root: AlphaBalance,
}

/// One hotkey's dividends, before its take.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Dividend<AccountId> {
    uid: usize,
    hotkey: AccountId,
    alpha: u64,
    root: u64,
}

impl<T: Config> Pallet<T> {
    /// Pays the pots and returns each uid's emission, takes included.
    pub(crate) fn distribute_emission(
        netuid: NetUid,
        pots: Pots,
        outcome: &ConsensusOutcome<T::AccountId>,
    ) -> Vec<AlphaBalance> {
        let mut emission = vec![0u64; outcome.neurons.len()];
        Self::pay_owner(netuid, pots.owner_cut);
        let for_validators = Self::pay_miners(netuid, pots.server, outcome, &mut emission);
        let validator = pots.validator.saturating_add(for_validators).to_u64();
        let dividends = Self::dividends(netuid, validator, pots.root.to_u64(), outcome);
        Self::pay_validators(netuid, &dividends, &mut emission);
        let paid_alpha: u64 = dividends.iter().map(|dividend| dividend.alpha).sum();
        let paid_root: u64 = dividends.iter().map(|dividend| dividend.root).sum();
        Self::recycle_subnet_alpha(netuid, validator.saturating_sub(paid_alpha).into());
        Self::recycle_subnet_alpha(netuid, pots.root.to_u64().saturating_sub(paid_root).into());
        for neuron in &outcome.neurons {
            // Taken after everybody has been paid: a yield is d / (T − d).
            let alpha = TotalHotkeyAlpha::<T>::get(&neuron.hotkey, netuid);
            if alpha.is_zero() {
                TotalHotkeyAlphaLastEpoch::<T>::remove(&neuron.hotkey, netuid);
            } else {
                TotalHotkeyAlphaLastEpoch::<T>::insert(&neuron.hotkey, netuid, alpha);
            }
        }
        emission.into_iter().map(AlphaBalance::from).collect()
    }

    fn pay_owner(netuid: NetUid, cut: AlphaBalance) {
        if cut.is_zero() {
            return;
        }
        let hotkey = SubnetOwnerHotkey::<T>::get(netuid);
        if Owner::<T>::contains_key(&hotkey) {
            let coldkey = SubnetOwner::<T>::get(netuid);
            Self::increase_stake_for_hotkey_and_coldkey_on_subnet(&hotkey, &coldkey, netuid, cut);
        } else {
            Self::recycle_subnet_alpha(netuid, cut);
        }
    }

    /// Pays the miners and returns what is left for the validators: everything if nobody has an
    /// incentive, and nothing otherwise.
    ///
    /// The incentive of neurons that belong to the subnet's owner is withheld.
    fn pay_miners(
        netuid: NetUid,
        pot: AlphaBalance,
        outcome: &ConsensusOutcome<T::AccountId>,
        emission: &mut [u64],
    ) -> AlphaBalance {
        let weights: Vec<u128> = outcome.neurons.iter().map(|neuron| neuron.incentive.into()).collect();
        if weights.iter().all(|weight| *weight == 0) {
            MinerBurned::<T>::insert(netuid, U96F32::ZERO);
            return pot;
        }
        let parts = apportion(pot.to_u64(), &weights);
        let subnet_owner = SubnetOwner::<T>::get(netuid);
        let mut withheld = 0u64;
        for ((neuron, part), emission) in outcome.neurons.iter().zip(&parts).zip(emission) {
            let owner = Owner::<T>::get(&neuron.hotkey);
            if owner == subnet_owner {
                withheld = withheld.saturating_add(*part);
            } else if *part > 0 {
                *emission = emission.saturating_add(*part);
                Self::pay_miner(netuid, &neuron.hotkey, &owner, (*part).into());
            }
        }
        Self::withhold(netuid, withheld.into());
        let burned = mul_div(withheld, FIXED_32_ONE, pot.to_u64().into());
        MinerBurned::<T>::insert(netuid, U96F32::from_bits(burned.into()));
        Self::deposit_event(Event::IncentiveAlphaEmittedToMiners {
            netuid: NetUidStorageIndex::from(netuid),
            emissions: parts.into_iter().map(AlphaBalance::from).collect(),
        });
        AlphaBalance::ZERO
    }

    fn pay_miner(netuid: NetUid, hotkey: &T::AccountId, owner: &T::AccountId, part: AlphaBalance) {
        let destination = AutoStakeDestination::<T>::get(owner, netuid);
        if let Some(destination) = destination.filter(|destination| destination != hotkey) {
            Self::increase_stake_for_hotkey_and_coldkey_on_subnet(&destination, owner, netuid, part);
            Self::deposit_event(Event::AutoStakeAdded {
                netuid,
                destination,
                hotkey: hotkey.clone(),
                owner: owner.clone(),
                incentive: part,
            });
        } else {
            Self::increase_stake_for_hotkey_and_coldkey_on_subnet(hotkey, owner, netuid, part);
        }
    }

    /// Burns or recycles what the owner's own neurons would have earned.
    fn withhold(netuid: NetUid, alpha: AlphaBalance) {
        if alpha.is_zero() {
            return;
        }
        match RecycleOrBurn::<T>::get(netuid) {
            RecycleOrBurnEnum::Recycle => Self::recycle_subnet_alpha(netuid, alpha),
            RecycleOrBurnEnum::Burn => T::AlphaAssets::burn(netuid, alpha),
        }
    }

    /// Divides both validator pots among the hotkeys.
    ///
    /// First each hotkey's dividend is split by the stake behind it: the alpha part is
    /// `α / (α + w · root)` of it. Then both pots are divided in proportion to these parts, so that
    /// each is paid out exactly; a pot that nobody has a part in stays.
    fn dividends(
        netuid: NetUid,
        validator: u64,
        root: u64,
        outcome: &ConsensusOutcome<T::AccountId>,
    ) -> Vec<Dividend<T::AccountId>> {
        let weights: Vec<u128> = outcome.neurons.iter().map(|neuron| neuron.dividend.into()).collect();
        let total = validator.saturating_add(root);
        let (mut alpha_parts, mut root_parts) = (Vec::new(), Vec::new());
        for (neuron, dividend) in outcome.neurons.iter().zip(apportion(total, &weights)) {
            let alpha = TotalHotkeyAlpha::<T>::get(&neuron.hotkey, netuid).to_u64();
            let stake = u128::from(alpha).saturating_add(Self::weighted_root_stake(&neuron.hotkey).into());
            let alpha_part = mul_div(dividend, alpha.into(), stake);
            let root_part = if stake == 0 { 0 } else { dividend.saturating_sub(alpha_part) };
            alpha_parts.push(u128::from(alpha_part));
            root_parts.push(u128::from(root_part));
        }
        let alpha = apportion(validator, &alpha_parts);
        let root = apportion(root, &root_parts);
        outcome
            .neurons
            .iter()
            .zip(alpha.into_iter().zip(root))
            .enumerate()
            .filter(|(_, (_, (alpha, root)))| *alpha > 0 || *root > 0)
            .map(|(uid, (neuron, (alpha, root)))| Dividend {
                uid,
                hotkey: neuron.hotkey.clone(),
                alpha,
                root,
            })
            .collect()
    }

    /// Pays each hotkey's take to its owner and the rest to its stakers, and records the rest.
    fn pay_validators(netuid: NetUid, dividends: &[Dividend<T::AccountId>], emission: &mut [u64]) {
        let _ = AlphaDividendsPerSubnet::<T>::clear_prefix(netuid, u32::MAX, None);
        let _ = RootAlphaDividendsPerSubnet::<T>::clear_prefix(netuid, u32::MAX, None);
        for dividend in dividends {
            let Dividend { uid, hotkey, alpha, root } = dividend;
            if let Some(emission) = emission.get_mut(*uid) {
                *emission = emission.saturating_add(*alpha).saturating_add(*root);
            }
            let owner = Owner::<T>::get(hotkey);
            let rate = u128::from(ratio_parts(Delegates::<T>::get(hotkey)));
            let alpha_take = mul_div(*alpha, rate, u16::MAX.into());
            let root_take = mul_div(*root, rate, u16::MAX.into());
            let take = alpha_take.saturating_add(root_take);
            if take > 0 {
                Self::increase_stake_for_hotkey_and_coldkey_on_subnet(hotkey, &owner, netuid, take.into());
            }
            let alpha = alpha.saturating_sub(alpha_take);
            if alpha > 0 {
                Self::increase_stake_for_hotkey_on_subnet(hotkey, netuid, alpha.into());
                AlphaDividendsPerSubnet::<T>::insert(netuid, hotkey, AlphaBalance::from(alpha));
            }
            let root = root.saturating_sub(root_take);
            if root > 0 {
                Self::credit_root_stakers(netuid, hotkey, root);
                RootAlphaDividendsPerSubnet::<T>::insert(netuid, hotkey, AlphaBalance::from(root));
            }
        }
    }

    /// Raises what each unit of a hotkey's root stake may claim of a subnet's alpha.
    fn credit_root_stakers(netuid: NetUid, hotkey: &T::AccountId, alpha: u64) {
        let stake = TotalHotkeyAlpha::<T>::get(hotkey, NetUid::ROOT).to_u64();
        let rate = mul_div(alpha, FIXED_32_ONE, stake.into());
        RootClaimable::<T>::mutate(hotkey, |claimable| {
            let entry = claimable.entry(netuid).or_insert(I96F32::ZERO);
            *entry = I96F32::from_bits(entry.bits.saturating_add(rate.into()));
        });
    }
}
