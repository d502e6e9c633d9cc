//! A subnet's hyperparameters, in the three forms that have been in use.

use super::*;

/// Answer of `SubnetInfoRuntimeApi_get_subnet_hyperparams`.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub struct SubnetHyperparams {
    pub(super) rho: Compact<u16>,
    pub(super) kappa: Compact<u16>,
    pub(super) immunity_period: Compact<u16>,
    pub(super) min_allowed_weights: Compact<u16>,
    pub(super) max_weights_limit: Compact<u16>,
    pub(super) tempo: Compact<u16>,
    pub(super) min_difficulty: Compact<u64>,
    pub(super) max_difficulty: Compact<u64>,
    pub(super) weights_version: Compact<u64>,
    pub(super) weights_rate_limit: Compact<u64>,
    pub(super) adjustment_interval: Compact<u16>,
    pub(super) activity_cutoff: Compact<u64>,
    pub(super) registration_allowed: bool,
    pub(super) target_regs_per_interval: Compact<u16>,
    pub(super) min_burn: Compact<TaoBalance>,
    pub(super) max_burn: Compact<TaoBalance>,
    pub(super) bonds_moving_avg: Compact<u64>,
    pub(super) max_regs_per_block: Compact<u16>,
    pub(super) serving_rate_limit: Compact<u64>,
    pub(super) max_validators: Compact<u16>,
    pub(super) adjustment_alpha: Compact<u64>,
    pub(super) difficulty: Compact<u64>,
    pub(super) commit_reveal_period: Compact<u64>,
    pub(super) commit_reveal_weights_enabled: bool,
    pub(super) alpha_high: Compact<u16>,
    pub(super) alpha_low: Compact<u16>,
    pub(super) liquid_alpha_enabled: bool,
}

/// Answer of `SubnetInfoRuntimeApi_get_subnet_hyperparams_v2`.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub struct SubnetHyperparamsV2 {
    pub(super) rho: Compact<u16>,
    pub(super) kappa: Compact<u16>,
    pub(super) immunity_period: Compact<u16>,
    pub(super) min_allowed_weights: Compact<u16>,
    pub(super) max_weights_limit: Compact<u16>,
    pub(super) tempo: Compact<u16>,
    pub(super) min_difficulty: Compact<u64>,
    pub(super) max_difficulty: Compact<u64>,
    pub(super) weights_version: Compact<u64>,
    pub(super) weights_rate_limit: Compact<u64>,
    pub(super) adjustment_interval: Compact<u16>,
    pub(super) activity_cutoff: Compact<u64>,
    pub(super) registration_allowed: bool,
    pub(super) target_regs_per_interval: Compact<u16>,
    pub(super) min_burn: Compact<TaoBalance>,
    pub(super) max_burn: Compact<TaoBalance>,
    pub(super) bonds_moving_avg: Compact<u64>,
    pub(super) max_regs_per_block: Compact<u16>,
    pub(super) serving_rate_limit: Compact<u64>,
    pub(super) max_validators: Compact<u16>,
    pub(super) adjustment_alpha: Compact<u64>,
    pub(super) difficulty: Compact<u64>,
    pub(super) commit_reveal_period: Compact<u64>,
    pub(super) commit_reveal_weights_enabled: bool,
    pub(super) alpha_high: Compact<u16>,
    pub(super) alpha_low: Compact<u16>,
    pub(super) liquid_alpha_enabled: bool,
    pub(super) alpha_sigmoid_steepness: I32F32,
    pub(super) yuma_version: Compact<u16>,
    pub(super) subnet_is_active: bool,
    pub(super) transfers_enabled: bool,
    pub(super) bonds_reset_enabled: bool,
    pub(super) user_liquidity_enabled: bool,
}

/// A hyperparameter's value with its unit's type.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub enum HyperparamValue {
    /// A switch.
    Bool(bool),
    /// A 16-bit number.
    U16(Compact<u16>),
    /// A 32-bit number.
    U32(Compact<u32>),
    /// A 64-bit number.
    U64(Compact<u64>),
    /// A 128-bit number.
    U128(Compact<u128>),
    /// An amount in rao.
    TaoBalance(Compact<TaoBalance>),
    /// A signed fixed-point number.
    I32F32(I32F32),
    /// An unsigned fixed-point number.
    U64F64(U64F64),
}

/// One hyperparameter of `SubnetInfoRuntimeApi_get_subnet_hyperparams_v3`. Match by name.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub struct HyperparamEntry {
    /// The name, ASCII.
    pub name: Vec<u8>,
    /// The value.
    pub value: HyperparamValue,
}

impl<T: Config> Pallet<T> {
    /// Blocks without weights after which a validator counts as inactive: a factor in thousandths of
    /// the tempo, but never less than the floor.
    fn activity_cutoff(netuid: NetUid) -> u64 {
        let factor = u64::from(ActivityCutoffFactorMilli::<T>::get(netuid));
        let blocks = factor.saturating_mul(Tempo::<T>::get(netuid).into()) / 1_000;
        blocks.max(MinActivityCutoff::<T>::get().into())
    }

    fn yuma_version(netuid: NetUid) -> u16 {
        if Yuma3On::<T>::get(netuid) {
            3
        } else {
            2
        }
    }

    /// The steepness as a fixed-point number of whole units.
    fn alpha_sigmoid_steepness(netuid: NetUid) -> I32F32 {
        let steepness = i64::from(AlphaSigmoidSteepness::<T>::get(netuid));
        I32F32::from_bits(steepness << 32)
    }

    /// A subnet's hyperparameters, first form.
    pub fn subnet_hyperparams(netuid: NetUid) -> Option<SubnetHyperparams> {
        if !NetworksAdded::<T>::get(netuid) {
            return None;
        }
        let (alpha_low, alpha_high) = AlphaValues::<T>::get(netuid);
        Some(SubnetHyperparams {
            rho: Compact(Rho::<T>::get(netuid)),
            kappa: Compact(Kappa::<T>::get(netuid)),
            immunity_period: Compact(ImmunityPeriod::<T>::get(netuid)),
            min_allowed_weights: Compact(MinAllowedWeights::<T>::get(netuid)),
            max_weights_limit: Compact(MaxWeightsLimit::<T>::get(netuid)),
            tempo: Compact(Tempo::<T>::get(netuid)),
            min_difficulty: Compact(MinDifficulty::<T>::get(netuid)),
            max_difficulty: Compact(MaxDifficulty::<T>::get(netuid)),
            weights_version: Compact(WeightsVersionKey::<T>::get(netuid)),
            weights_rate_limit: Compact(WeightsSetRateLimit::<T>::get(netuid)),
            adjustment_interval: Compact(AdjustmentInterval::<T>::get(netuid)),
            activity_cutoff: Compact(Self::activity_cutoff(netuid)),
            registration_allowed: NetworkRegistrationAllowed::<T>::get(netuid),
            target_regs_per_interval: Compact(TargetRegistrationsPerInterval::<T>::get(netuid)),
            min_burn: Compact(MinBurn::<T>::get(netuid)),
            max_burn: Compact(MaxBurn::<T>::get(netuid)),
            bonds_moving_avg: Compact(BondsMovingAverage::<T>::get(netuid)),
            max_regs_per_block: Compact(MaxRegistrationsPerBlock::<T>::get(netuid)),
            serving_rate_limit: Compact(ServingRateLimit::<T>::get(netuid)),
            max_validators: Compact(MaxAllowedValidators::<T>::get(netuid)),
            adjustment_alpha: Compact(AdjustmentAlpha::<T>::get(netuid)),
            difficulty: Compact(Difficulty::<T>::get(netuid)),
            commit_reveal_period: Compact(RevealPeriodEpochs::<T>::get(netuid)),
            commit_reveal_weights_enabled: CommitRevealWeightsEnabled::<T>::get(netuid),
            alpha_high: Compact(alpha_high),
            alpha_low: Compact(alpha_low),
            liquid_alpha_enabled: LiquidAlphaOn::<T>::get(netuid),
        })
    }

    /// A subnet's hyperparameters, second form.
    pub fn subnet_hyperparams_v2(netuid: NetUid) -> Option<SubnetHyperparamsV2> {
        let first = Self::subnet_hyperparams(netuid)?;
        Some(SubnetHyperparamsV2 {
            rho: first.rho,
            kappa: first.kappa,
            immunity_period: first.immunity_period,
            min_allowed_weights: first.min_allowed_weights,
            max_weights_limit: first.max_weights_limit,
            tempo: first.tempo,
            min_difficulty: first.min_difficulty,
            max_difficulty: first.max_difficulty,
            weights_version: first.weights_version,
            weights_rate_limit: first.weights_rate_limit,
            adjustment_interval: first.adjustment_interval,
            activity_cutoff: first.activity_cutoff,
            registration_allowed: first.registration_allowed,
            target_regs_per_interval: first.target_regs_per_interval,
            min_burn: first.min_burn,
            max_burn: first.max_burn,
            bonds_moving_avg: first.bonds_moving_avg,
            max_regs_per_block: first.max_regs_per_block,
            serving_rate_limit: first.serving_rate_limit,
            max_validators: first.max_validators,
            adjustment_alpha: first.adjustment_alpha,
            difficulty: first.difficulty,
            commit_reveal_period: first.commit_reveal_period,
            commit_reveal_weights_enabled: first.commit_reveal_weights_enabled,
            alpha_high: first.alpha_high,
            alpha_low: first.alpha_low,
            liquid_alpha_enabled: first.liquid_alpha_enabled,
            alpha_sigmoid_steepness: Self::alpha_sigmoid_steepness(netuid),
            yuma_version: Compact(Self::yuma_version(netuid)),
            subnet_is_active: SubtokenEnabled::<T>::get(netuid),
            transfers_enabled: TransferToggle::<T>::get(netuid),
            bonds_reset_enabled: BondsResetOn::<T>::get(netuid),
            user_liquidity_enabled: false,
        })
    }

    /// A subnet's hyperparameters by name, in the order in which the chain lists them.
    pub fn subnet_hyperparams_v3(netuid: NetUid) -> Option<Vec<HyperparamEntry>> {
        use HyperparamValue as V;
        let p = Self::subnet_hyperparams_v2(netuid)?;
        let min_childkey_take = MinChildkeyTake::<T>::get().max(MinChildkeyTakePerSubnet::<T>::get(netuid));
        let entries: [(&str, HyperparamValue); 33] = [
            ("kappa", V::U16(p.kappa)),
            ("immunity_period", V::U16(p.immunity_period)),
            ("min_allowed_weights", V::U16(p.min_allowed_weights)),
            ("max_weights_limit", V::U16(p.max_weights_limit)),
            ("tempo", V::U16(p.tempo)),
            ("weights_version", V::U64(p.weights_version)),
            ("weights_rate_limit", V::U64(p.weights_rate_limit)),
            ("activity_cutoff", V::U64(p.activity_cutoff)),
            ("activity_cutoff_factor", V::U32(Compact(ActivityCutoffFactorMilli::<T>::get(netuid)))),
            ("registration_allowed", V::Bool(p.registration_allowed)),
            ("target_regs_per_interval", V::U16(p.target_regs_per_interval)),
            ("min_burn", V::TaoBalance(p.min_burn)),
            ("max_burn", V::TaoBalance(p.max_burn)),
            ("burn_half_life", V::U16(Compact(BurnHalfLife::<T>::get(netuid)))),
            ("burn_increase_mult", V::U64F64(BurnIncreaseMult::<T>::get(netuid))),
            ("bonds_moving_avg", V::U64(p.bonds_moving_avg)),
            ("max_regs_per_block", V::U16(p.max_regs_per_block)),
            ("serving_rate_limit", V::U64(p.serving_rate_limit)),
            ("max_validators", V::U16(p.max_validators)),
            ("commit_reveal_period", V::U64(p.commit_reveal_period)),
            ("commit_reveal_weights_enabled", V::Bool(p.commit_reveal_weights_enabled)),
            ("alpha_high", V::U16(p.alpha_high)),
            ("alpha_low", V::U16(p.alpha_low)),
            ("liquid_alpha_enabled", V::Bool(p.liquid_alpha_enabled)),
            ("alpha_sigmoid_steepness", V::I32F32(p.alpha_sigmoid_steepness)),
            ("yuma_version", V::U16(p.yuma_version)),
            ("subnet_is_active", V::Bool(p.subnet_is_active)),
            ("transfers_enabled", V::Bool(p.transfers_enabled)),
            ("bonds_reset_enabled", V::Bool(p.bonds_reset_enabled)),
            ("user_liquidity_enabled", V::Bool(p.user_liquidity_enabled)),
            ("owner_cut_enabled", V::Bool(OwnerCutEnabled::<T>::get(netuid))),
            ("owner_cut_auto_lock_enabled", V::Bool(OwnerCutAutoLockEnabled::<T>::get(netuid))),
            ("min_childkey_take", V::U16(Compact(ratio_parts(min_childkey_take)))),
        ];
        let entries = entries
            .into_iter()
            .map(|(name, value)| HyperparamEntry { name: name.as_bytes().to_vec(), value });
        Some(entries.collect())
    }
}
