//! A subnet's pool, emissions and identity.

use super::*;

/// Answer of `SubnetInfoRuntimeApi_get_dynamic_info`.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub struct DynamicInfo<AccountId> {
    /// The subnet.
    pub netuid: Compact<NetUid>,
    /// The owner's hotkey.
    pub owner_hotkey: AccountId,
    /// The owner.
    pub owner_coldkey: AccountId,
    /// Name, UTF-8.
    pub subnet_name: Vec<Compact<u8>>,
    /// Symbol, UTF-8.
    pub token_symbol: Vec<Compact<u8>>,
    /// Blocks per epoch.
    pub tempo: Compact<u16>,
    /// Block of the last epoch.
    pub last_step: Compact<u64>,
    /// Blocks since the last epoch.
    pub blocks_since_last_step: Compact<u64>,
    /// Always 0.
    pub emission: Compact<u64>,
    /// Alpha in the pool, rao-alpha.
    pub alpha_in: Compact<AlphaBalance>,
    /// Alpha outside the pool, rao-alpha.
    pub alpha_out: Compact<AlphaBalance>,
    /// TAO in the pool, rao.
    pub tao_in: Compact<TaoBalance>,
    /// Alpha emitted to participants in this block.
    pub alpha_out_emission: Compact<AlphaBalance>,
    /// Alpha emitted into the pool in this block.
    pub alpha_in_emission: Compact<AlphaBalance>,
    /// TAO emitted into the pool in this block.
    pub tao_in_emission: Compact<TaoBalance>,
    /// Alpha that waits for the next epoch, miners' and validators'.
    pub pending_alpha_emission: Compact<AlphaBalance>,
    /// Always 0.
    pub pending_root_emission: Compact<TaoBalance>,
    /// Rao traded through the pool so far.
    pub subnet_volume: Compact<u128>,
    /// Block of the subnet's creation.
    pub network_registered_at: Compact<u64>,
    /// The subnet's own description of itself.
    pub subnet_identity: Option<SubnetIdentityV3>,
    /// Moving price, TAO per alpha.
    pub moving_price: I96F32,
}

impl<T: Config> Pallet<T> {
    /// A subnet's pool, emissions and identity.
    pub fn dynamic_info(netuid: NetUid) -> Option<DynamicInfo<T::AccountId>> {
        if !NetworksAdded::<T>::get(netuid) {
            return None;
        }
        Some(DynamicInfo {
            netuid: Compact(netuid),
            owner_hotkey: SubnetOwnerHotkey::<T>::get(netuid),
            owner_coldkey: SubnetOwner::<T>::get(netuid),
            subnet_name: compact_bytes(&Self::subnet_name(netuid)),
            token_symbol: compact_bytes(&TokenSymbol::<T>::get(netuid)),
            tempo: Compact(Tempo::<T>::get(netuid)),
            last_step: Compact(LastMechansimStepBlock::<T>::get(netuid)),
            blocks_since_last_step: Compact(BlocksSinceLastStep::<T>::get(netuid)),
            emission: Compact(0),
            alpha_in: Compact(SubnetAlphaIn::<T>::get(netuid)),
            alpha_out: Compact(SubnetAlphaOut::<T>::get(netuid)),
            tao_in: Compact(SubnetTAO::<T>::get(netuid)),
            alpha_out_emission: Compact(SubnetAlphaOutEmission::<T>::get(netuid)),
            alpha_in_emission: Compact(SubnetAlphaInEmission::<T>::get(netuid)),
            tao_in_emission: Compact(SubnetTaoInEmission::<T>::get(netuid)),
            pending_alpha_emission: Compact(Self::pending_alpha(netuid)),
            pending_root_emission: Compact(TaoBalance::ZERO),
            subnet_volume: Compact(SubnetVolume::<T>::get(netuid)),
            network_registered_at: Compact(NetworkRegisteredAt::<T>::get(netuid)),
            subnet_identity: SubnetIdentitiesV3::<T>::get(netuid),
            moving_price: SubnetMovingPrice::<T>::get(netuid),
        })
    }

    /// All subnets' pools, emissions and identities, root first.
    pub fn all_dynamic_info() -> Vec<Option<DynamicInfo<T::AccountId>>> {
        Self::all_netuids().into_iter().map(Self::dynamic_info).collect()
    }

    /// Alpha that waits for the next epoch, the miners' and the validators'.
    pub(crate) fn pending_alpha(netuid: NetUid) -> AlphaBalance {
        PendingServerEmission::<T>::get(netuid).saturating_add(PendingValidatorEmission::<T>::get(netuid))
    }
}
