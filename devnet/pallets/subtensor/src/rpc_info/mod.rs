//! What the runtime calls answer with. The order of the fields is part of the interface.

mod delegate_info;
mod dynamic_info;
mod hyperparams;
mod metagraph;
mod neuron_info;
mod stake_info;
mod subnet_info;
mod subnet_state;
mod swap_info;

pub use delegate_info::DelegateInfo;
pub use dynamic_info::DynamicInfo;
pub use hyperparams::{HyperparamEntry, HyperparamValue, SubnetHyperparams, SubnetHyperparamsV2};
pub use metagraph::{Metagraph, SelectiveMetagraph};
pub use neuron_info::{NeuronInfo, NeuronInfoLite};
pub use stake_info::{StakeAvailability, StakeInfo};
pub use subnet_info::{SubnetInfo, SubnetInfov2};
pub use subnet_state::SubnetState;
pub use swap_info::{SimSwapResult, SubnetPrice};

use alloc::vec::Vec;
use codec::{Compact, Decode, Encode};
use scale_info::TypeInfo;
use subtensor_runtime_common::{
    ratio_parts, AlphaBalance, MechId, NetUid, NetUidStorageIndex, Ratio, TaoBalance, I32F32, I96F32, U64F64,
};

use crate::*;

/// Bytes as the chain's older structs carry them: each one a compact number.
pub(crate) fn compact_bytes(bytes: &[u8]) -> Vec<Compact<u8>> {
    bytes.iter().copied().map(Compact).collect()
}

/// A vector by uid, as compact numbers; uids beyond its end read as zero.
pub(crate) fn compact_by_uid<N, C>(values: Vec<N>, count: u16) -> Vec<Compact<C>>
where
    N: Into<C>,
    C: Default,
{
    let mut values: Vec<_> = values.into_iter().map(|value| Compact(value.into())).collect();
    values.resize_with(count.into(), || Compact(C::default()));
    values
}

/// Ratios by uid, as compact parts of 65,535.
pub(crate) fn compact_ratios(values: Vec<Ratio>, count: u16) -> Vec<Compact<u16>> {
    compact_by_uid(parts(values), count)
}

/// Ratios as parts of 65,535.
pub(crate) fn parts(values: Vec<Ratio>) -> Vec<u16> {
    values.into_iter().map(ratio_parts).collect()
}

impl<T: Config> Pallet<T> {
    /// All netuids, root included, in ascending order.
    pub(crate) fn all_netuids() -> Vec<NetUid> {
        let mut netuids = alloc::vec![NetUid::ROOT];
        netuids.extend(Self::subnets());
        netuids
    }

    /// A subnet's name: from its identity, otherwise a word for root and for everybody else.
    pub(crate) fn subnet_name(netuid: NetUid) -> Vec<u8> {
        match SubnetIdentitiesV3::<T>::get(netuid) {
            Some(identity) if !identity.subnet_name.is_empty() => identity.subnet_name,
            _ if netuid.is_root() => b"root".to_vec(),
            _ => b"unknown".to_vec(),
        }
    }

    /// Hotkeys of a subnet by uid.
    pub(crate) fn hotkeys_by_uid(netuid: NetUid) -> Vec<T::AccountId> {
        (0..SubnetworkN::<T>::get(netuid)).map(|uid| Keys::<T>::get(netuid, uid)).collect()
    }
}
