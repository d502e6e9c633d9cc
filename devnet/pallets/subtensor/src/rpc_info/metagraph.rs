//! A subnet with all its neurons, whole or in parts.

use super::*;

/// Declares both forms of the metagraph from one list: in the selective one every field but the
/// first is optional, and a field's number in the list is the index that selects it.
macro_rules! metagraph {
    ($($index:literal $field:ident: $ty:ty,)*) => {
        /// Answer of `SubnetInfoRuntimeApi_get_metagraph`.
        #[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, TypeInfo)]
        pub struct Metagraph<AccountId> {
            /// The subnet.
            pub netuid: Compact<NetUid>,
            $(#[doc = concat!("Selected by ", stringify!($index), ".")] pub $field: $ty,)*
        }

        /// Answer of `SubnetInfoRuntimeApi_get_selective_metagraph`: what was asked for.
        #[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, TypeInfo)]
        pub struct SelectiveMetagraph<AccountId> {
            /// The subnet.
            pub netuid: Compact<NetUid>,
            $(#[doc = concat!("Selected by ", stringify!($index), ".")] pub $field: Option<$ty>,)*
            /// Uids with a validator permit. Selected by 72.
            pub validators: Option<Vec<Compact<u16>>>,
            /// What each hotkey has committed to. Selected by 73.
            pub commitments: Option<Vec<(AccountId, Vec<Compact<u8>>)>>,
        }

        impl<AccountId> Metagraph<AccountId> {
            /// Leaves only the fields that `indexes` name. `validators` and `commitments` stay empty.
            fn select(self, indexes: &[u16]) -> SelectiveMetagraph<AccountId> {
                SelectiveMetagraph {
                    netuid: self.netuid,
                    $($field: indexes.contains(&$index).then_some(self.$field),)*
                    validators: None,
                    commitments: None,
                }
            }
        }
    };
}

metagraph! {
    1 name: Vec<Compact<u8>>,
    2 symbol: Vec<Compact<u8>>,
    3 identity: Option<SubnetIdentityV3>,
    4 network_registered_at: Compact<u64>,
    5 owner_hotkey: AccountId,
    6 owner_coldkey: AccountId,
    7 block: Compact<u64>,
    8 tempo: Compact<u16>,
    9 last_step: Compact<u64>,
    10 blocks_since_last_step: Compact<u64>,
    11 subnet_emission: Compact<u64>,
    12 alpha_in: Compact<AlphaBalance>,
    13 alpha_out: Compact<AlphaBalance>,
    14 tao_in: Compact<TaoBalance>,
    15 alpha_out_emission: Compact<AlphaBalance>,
    16 alpha_in_emission: Compact<AlphaBalance>,
    17 tao_in_emission: Compact<TaoBalance>,
    18 pending_alpha_emission: Compact<AlphaBalance>,
    19 pending_root_emission: Compact<TaoBalance>,
    20 subnet_volume: Compact<u128>,
    21 moving_price: I96F32,
    22 rho: Compact<u16>,
    23 kappa: Compact<u16>,
    24 min_allowed_weights: Compact<u16>,
    25 max_weights_limit: Compact<u16>,
    26 weights_version: Compact<u64>,
    27 weights_rate_limit: Compact<u64>,
    28 activity_cutoff: Compact<u64>,
    29 max_validators: Compact<u16>,
    30 num_uids: Compact<u16>,
    31 max_uids: Compact<u16>,
    32 burn: Compact<TaoBalance>,
    33 difficulty: Compact<u64>,
    34 registration_allowed: bool,
    35 pow_registration_allowed: bool,
    36 immunity_period: Compact<u16>,
    37 min_difficulty: Compact<u64>,
    38 max_difficulty: Compact<u64>,
    39 min_burn: Compact<TaoBalance>,
    40 max_burn: Compact<TaoBalance>,
    41 adjustment_alpha: Compact<u64>,
    42 adjustment_interval: Compact<u16>,
    43 target_regs_per_interval: Compact<u16>,
    44 max_regs_per_block: Compact<u16>,
    45 serving_rate_limit: Compact<u64>,
    46 commit_reveal_weights_enabled: bool,
    47 commit_reveal_period: Compact<u64>,
    48 liquid_alpha_enabled: bool,
    49 alpha_high: Compact<u16>,
    50 alpha_low: Compact<u16>,
    51 bonds_moving_avg: Compact<u64>,
    52 hotkeys: Vec<AccountId>,
    53 coldkeys: Vec<AccountId>,
    54 identities: Vec<Option<ChainIdentityV2>>,
    55 axons: Vec<AxonInfo>,
    56 active: Vec<bool>,
    57 validator_permit: Vec<bool>,
    58 pruning_score: Vec<Compact<u16>>,
    59 last_update: Vec<Compact<u64>>,
    60 emission: Vec<Compact<AlphaBalance>>,
    61 dividends: Vec<Compact<u16>>,
    62 incentives: Vec<Compact<u16>>,
    63 consensus: Vec<Compact<u16>>,
    64 trust: Vec<Compact<u16>>,
    65 rank: Vec<Compact<u16>>,
    66 block_at_registration: Vec<Compact<u64>>,
    67 alpha_stake: Vec<Compact<AlphaBalance>>,
    68 tao_stake: Vec<Compact<TaoBalance>>,
    69 total_stake: Vec<Compact<TaoBalance>>,
    70 tao_dividends_per_hotkey: Vec<(AccountId, Compact<TaoBalance>)>,
    71 alpha_dividends_per_hotkey: Vec<(AccountId, Compact<AlphaBalance>)>,
}

/// Selects [`SelectiveMetagraph::validators`].
const VALIDATORS: u16 = 72;
/// Selects [`SelectiveMetagraph::commitments`].
const COMMITMENTS: u16 = 73;

impl<T: Config> Pallet<T> {
    /// A subnet with all its neurons.
    pub fn metagraph(netuid: NetUid) -> Option<Metagraph<T::AccountId>> {
        Self::mechagraph(netuid, MechId::MAIN)
    }

    /// A mechanism of a subnet with all its neurons.
    pub fn mechagraph(netuid: NetUid, mechanism: MechId) -> Option<Metagraph<T::AccountId>> {
        if mechanism >= MechanismCountCurrent::<T>::get(netuid) {
            return None;
        }
        let info = Self::dynamic_info(netuid)?;
        let state = Self::mechanism_state(netuid, mechanism)?;
        let parameters = Self::subnet_hyperparams(netuid)?;
        Some(Metagraph {
            netuid: info.netuid,
            name: info.subnet_name,
            symbol: info.token_symbol,
            identity: info.subnet_identity,
            network_registered_at: info.network_registered_at,
            owner_hotkey: info.owner_hotkey,
            owner_coldkey: info.owner_coldkey,
            block: Compact(Self::current_block()),
            tempo: info.tempo,
            last_step: info.last_step,
            blocks_since_last_step: info.blocks_since_last_step,
            subnet_emission: Compact(0),
            alpha_in: info.alpha_in,
            alpha_out: info.alpha_out,
            tao_in: info.tao_in,
            alpha_out_emission: info.alpha_out_emission,
            alpha_in_emission: info.alpha_in_emission,
            tao_in_emission: info.tao_in_emission,
            pending_alpha_emission: info.pending_alpha_emission,
            pending_root_emission: info.pending_root_emission,
            subnet_volume: info.subnet_volume,
            moving_price: info.moving_price,
            rho: parameters.rho,
            kappa: parameters.kappa,
            min_allowed_weights: parameters.min_allowed_weights,
            max_weights_limit: parameters.max_weights_limit,
            weights_version: parameters.weights_version,
            weights_rate_limit: parameters.weights_rate_limit,
            activity_cutoff: parameters.activity_cutoff,
            max_validators: parameters.max_validators,
            num_uids: Compact(SubnetworkN::<T>::get(netuid)),
            max_uids: Compact(MaxAllowedUids::<T>::get(netuid)),
            burn: Compact(Burn::<T>::get(netuid)),
            difficulty: parameters.difficulty,
            registration_allowed: parameters.registration_allowed,
            pow_registration_allowed: NetworkPowRegistrationAllowed::<T>::get(netuid),
            immunity_period: parameters.immunity_period,
            min_difficulty: parameters.min_difficulty,
            max_difficulty: parameters.max_difficulty,
            min_burn: parameters.min_burn,
            max_burn: parameters.max_burn,
            adjustment_alpha: parameters.adjustment_alpha,
            adjustment_interval: parameters.adjustment_interval,
            target_regs_per_interval: parameters.target_regs_per_interval,
            max_regs_per_block: parameters.max_regs_per_block,
            serving_rate_limit: parameters.serving_rate_limit,
            commit_reveal_weights_enabled: parameters.commit_reveal_weights_enabled,
            commit_reveal_period: parameters.commit_reveal_period,
            liquid_alpha_enabled: parameters.liquid_alpha_enabled,
            alpha_high: parameters.alpha_high,
            alpha_low: parameters.alpha_low,
            bonds_moving_avg: parameters.bonds_moving_avg,
            identities: state.coldkeys.iter().map(IdentitiesV2::<T>::get).collect(),
            axons: state.hotkeys.iter().map(|hotkey| Self::axon(netuid, hotkey)).collect(),
            tao_dividends_per_hotkey: state
                .hotkeys
                .iter()
                .map(|hotkey| (hotkey.clone(), Compact(TaoBalance::ZERO)))
                .collect(),
            alpha_dividends_per_hotkey: state
                .hotkeys
                .iter()
                .map(|hotkey| (hotkey.clone(), Compact(AlphaDividendsPerSubnet::<T>::get(netuid, hotkey))))
                .collect(),
            hotkeys: state.hotkeys,
            coldkeys: state.coldkeys,
            active: state.active,
            validator_permit: state.validator_permit,
            pruning_score: state.pruning_score,
            last_update: state.last_update,
            emission: state.emission,
            dividends: state.dividends,
            incentives: state.incentives,
            consensus: state.consensus,
            trust: state.trust,
            rank: state.rank,
            block_at_registration: state.block_at_registration,
            alpha_stake: state.alpha_stake,
            tao_stake: state.tao_stake,
            total_stake: state.total_stake,
        })
    }

    /// All subnets with all their neurons, root first.
    pub fn all_metagraphs() -> Vec<Option<Metagraph<T::AccountId>>> {
        Self::all_netuids().into_iter().map(Self::metagraph).collect()
    }

    /// All mechanisms with all their neurons, root first.
    pub fn all_mechagraphs() -> Vec<Option<Metagraph<T::AccountId>>> {
        let mechanisms = Self::all_netuids().into_iter().flat_map(|netuid| {
            let count = u8::from(MechanismCountCurrent::<T>::get(netuid));
            (0..count).map(move |mechanism| (netuid, MechId::new(mechanism)))
        });
        mechanisms.map(|(netuid, mechanism)| Self::mechagraph(netuid, mechanism)).collect()
    }

    /// Those parts of a mechanism's metagraph that `indexes` name.
    pub fn selective_mechagraph(
        netuid: NetUid,
        mechanism: MechId,
        indexes: &[u16],
    ) -> Option<SelectiveMetagraph<T::AccountId>> {
        let mut selected = Self::mechagraph(netuid, mechanism)?.select(indexes);
        selected.validators = indexes.contains(&VALIDATORS).then(|| {
            let permits = ValidatorPermit::<T>::get(netuid);
            (0u16..).zip(permits).filter(|(_, permit)| *permit).map(|(uid, _)| Compact(uid)).collect()
        });
        // There is no pallet for commitments yet, so nobody has committed to anything.
        selected.commitments = indexes.contains(&COMMITMENTS).then(Vec::new);
        Some(selected)
    }

    /// Where a neuron serves; all zeros if it has not said so.
    pub(crate) fn axon(netuid: NetUid, hotkey: &T::AccountId) -> AxonInfo {
        Axons::<T>::get(netuid, hotkey).unwrap_or_default()
    }
}
