//! One neuron, with or without its weights and bonds.

use super::*;

/// A list of uids with a weight out of 65,535 each.
type CompactWeights = Vec<(Compact<u16>, Compact<u16>)>;

/// Answer of `NeuronInfoRuntimeApi_get_neuron`.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub struct NeuronInfo<AccountId> {
    hotkey: AccountId,
    coldkey: AccountId,
    uid: Compact<u16>,
    netuid: Compact<NetUid>,
    active: bool,
    axon_info: AxonInfo,
    prometheus_info: PrometheusInfo,
    stake: Vec<(AccountId, Compact<AlphaBalance>)>,
    rank: Compact<u16>,
    emission: Compact<AlphaBalance>,
    incentive: Compact<u16>,
    consensus: Compact<u16>,
    trust: Compact<u16>,
    validator_trust: Compact<u16>,
    dividends: Compact<u16>,
    last_update: Compact<u64>,
    validator_permit: bool,
    weights: CompactWeights,
    bonds: CompactWeights,
    pruning_score: Compact<u16>,
}

/// Answer of `NeuronInfoRuntimeApi_get_neuron_lite`.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub struct NeuronInfoLite<AccountId> {
    hotkey: AccountId,
    coldkey: AccountId,
    uid: Compact<u16>,
    netuid: Compact<NetUid>,
    active: bool,
    axon_info: AxonInfo,
    prometheus_info: PrometheusInfo,
    stake: Vec<(AccountId, Compact<AlphaBalance>)>,
    rank: Compact<u16>,
    emission: Compact<AlphaBalance>,
    incentive: Compact<u16>,
    consensus: Compact<u16>,
    trust: Compact<u16>,
    validator_trust: Compact<u16>,
    dividends: Compact<u16>,
    last_update: Compact<u64>,
    validator_permit: bool,
    pruning_score: Compact<u16>,
}

/// The vectors by uid that a neuron's answer takes one entry each of.
struct Vectors {
    active: Vec<bool>,
    emission: Vec<AlphaBalance>,
    incentive: Vec<u16>,
    consensus: Vec<u16>,
    validator_trust: Vec<u16>,
    dividends: Vec<u16>,
    last_update: Vec<u64>,
    validator_permit: Vec<bool>,
}

/// The entry of a uid, or zero where the vector is shorter.
fn at<N: Copy + Default>(values: &[N], uid: u16) -> N {
    values.get(usize::from(uid)).copied().unwrap_or_default()
}

impl<T: Config> Pallet<T> {
    /// All neurons of a subnet, with weights and bonds.
    pub fn neurons(netuid: NetUid) -> Vec<NeuronInfo<T::AccountId>> {
        let vectors = Self::neuron_vectors(netuid);
        (0..SubnetworkN::<T>::get(netuid)).map(|uid| Self::full_neuron(netuid, uid, &vectors)).collect()
    }

    /// One neuron, with weights and bonds.
    pub fn neuron(netuid: NetUid, uid: u16) -> Option<NeuronInfo<T::AccountId>> {
        (uid < SubnetworkN::<T>::get(netuid))
            .then(|| Self::full_neuron(netuid, uid, &Self::neuron_vectors(netuid)))
    }

    /// All neurons of a subnet, without weights and bonds.
    pub fn neurons_lite(netuid: NetUid) -> Vec<NeuronInfoLite<T::AccountId>> {
        let vectors = Self::neuron_vectors(netuid);
        (0..SubnetworkN::<T>::get(netuid)).map(|uid| Self::lite_neuron(netuid, uid, &vectors)).collect()
    }

    /// One neuron, without weights and bonds.
    pub fn neuron_lite(netuid: NetUid, uid: u16) -> Option<NeuronInfoLite<T::AccountId>> {
        (uid < SubnetworkN::<T>::get(netuid))
            .then(|| Self::lite_neuron(netuid, uid, &Self::neuron_vectors(netuid)))
    }

    fn neuron_vectors(netuid: NetUid) -> Vectors {
        let index = NetUidStorageIndex::from(netuid);
        Vectors {
            active: Active::<T>::get(netuid),
            emission: Emission::<T>::get(netuid),
            incentive: parts(Incentive::<T>::get(index)),
            consensus: parts(Consensus::<T>::get(netuid)),
            validator_trust: parts(ValidatorTrust::<T>::get(netuid)),
            dividends: parts(Dividends::<T>::get(netuid)),
            last_update: LastUpdate::<T>::get(index),
            validator_permit: ValidatorPermit::<T>::get(netuid),
        }
    }

    fn lite_neuron(netuid: NetUid, uid: u16, vectors: &Vectors) -> NeuronInfoLite<T::AccountId> {
        let hotkey = Keys::<T>::get(netuid, uid);
        let coldkey = Owner::<T>::get(&hotkey);
        let stake = Self::stake_weight(&hotkey, netuid).into();
        NeuronInfoLite {
            axon_info: Self::axon(netuid, &hotkey),
            prometheus_info: Prometheus::<T>::get(netuid, &hotkey).unwrap_or_default(),
            stake: alloc::vec![(coldkey.clone(), Compact(stake))],
            hotkey,
            coldkey,
            uid: Compact(uid),
            netuid: Compact(netuid),
            active: at(&vectors.active, uid),
            rank: Compact(0),
            emission: Compact(at(&vectors.emission, uid)),
            incentive: Compact(at(&vectors.incentive, uid)),
            consensus: Compact(at(&vectors.consensus, uid)),
            trust: Compact(0),
            validator_trust: Compact(at(&vectors.validator_trust, uid)),
            dividends: Compact(at(&vectors.dividends, uid)),
            last_update: Compact(at(&vectors.last_update, uid)),
            validator_permit: at(&vectors.validator_permit, uid),
            pruning_score: Compact(0),
        }
    }

    fn full_neuron(netuid: NetUid, uid: u16, vectors: &Vectors) -> NeuronInfo<T::AccountId> {
        let index = NetUidStorageIndex::from(netuid);
        let compact = |weights: Vec<(u16, u16)>| {
            let nonzero = weights.into_iter().filter(|(_, weight)| *weight > 0);
            nonzero.map(|(uid, weight)| (Compact(uid), Compact(weight))).collect()
        };
        let lite = Self::lite_neuron(netuid, uid, vectors);
        NeuronInfo {
            hotkey: lite.hotkey,
            coldkey: lite.coldkey,
            uid: lite.uid,
            netuid: lite.netuid,
            active: lite.active,
            axon_info: lite.axon_info,
            prometheus_info: lite.prometheus_info,
            stake: lite.stake,
            rank: lite.rank,
            emission: lite.emission,
            incentive: lite.incentive,
            consensus: lite.consensus,
            trust: lite.trust,
            validator_trust: lite.validator_trust,
            dividends: lite.dividends,
            last_update: lite.last_update,
            validator_permit: lite.validator_permit,
            weights: compact(Weights::<T>::get(index, uid)),
            bonds: compact(Bonds::<T>::get(index, uid)),
            pruning_score: lite.pruning_score,
        }
    }
}
