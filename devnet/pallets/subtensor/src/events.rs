//! Events. The order decides their numbers on the wire and equals the chain's.

use frame_support::pallet_macros::pallet_section;

#[pallet_section]
mod events {
    /// What a block did, as clients read it.
    #[pallet::event]
    #[pallet::generate_deposit(pub fn deposit_event)]
    pub enum Event<T: Config> {
        /// A subnet was created: number, mechanism.
        NetworkAdded(NetUid, u16),
        /// A subnet was removed.
        NetworkRemoved(NetUid),
        /// Stake was bought: coldkey, hotkey, rao given (fee included), alpha received, subnet,
        /// fee in rao.
        StakeAdded(T::AccountId, T::AccountId, TaoBalance, AlphaBalance, NetUid, u64),
        /// Stake was sold: coldkey, hotkey, rao received, alpha sold (fee excluded), subnet, fee
        /// in rao-alpha.
        StakeRemoved(T::AccountId, T::AccountId, TaoBalance, AlphaBalance, NetUid, u64),
        /// Stake went from one hotkey to another: coldkey, origin, its subnet, destination, its
        /// subnet, worth in rao.
        StakeMoved(T::AccountId, T::AccountId, NetUid, T::AccountId, NetUid, TaoBalance),
        WeightsSet(NetUidStorageIndex, u16),
        /// A neuron registered: subnet, number, hotkey.
        NeuronRegistered(NetUid, u16, T::AccountId),
        BulkNeuronsRegistered(u16, u16),
        BulkBalancesSet(u16, u16),
        MaxAllowedUidsSet(NetUid, u16),
        MaxWeightLimitSet(NetUid, u16),
        DifficultySet(NetUid, u64),
        AdjustmentIntervalSet(NetUid, u16),
        RegistrationPerIntervalSet(NetUid, u16),
        MaxRegistrationsPerBlockSet(NetUid, u16),
        ActivityCutoffSet(NetUid, u16),
        RhoSet(NetUid, u16),
        AlphaSigmoidSteepnessSet(NetUid, i16),
        KappaSet(NetUid, u16),
        MinAllowedWeightSet(NetUid, u16),
        ValidatorPruneLenSet(NetUid, u64),
        ScalingLawPowerSet(NetUid, u16),
        WeightsSetRateLimitSet(NetUid, u64),
        ImmunityPeriodSet(NetUid, u16),
        BondsMovingAverageSet(NetUid, u64),
        BondsPenaltySet(NetUid, u16),
        BondsResetOnSet(NetUid, bool),
        MaxAllowedValidatorsSet(NetUid, u16),
        AxonServed(NetUid, T::AccountId),
        PrometheusServed(NetUid, T::AccountId),
        DelegateAdded(T::AccountId, T::AccountId, u16),
        DefaultTakeSet(u16),
        WeightsVersionKeySet(NetUid, u64),
        MinDifficultySet(NetUid, u64),
        MaxDifficultySet(NetUid, u64),
        ServingRateLimitSet(NetUid, u64),
        BurnSet(NetUid, TaoBalance),
        MaxBurnSet(NetUid, TaoBalance),
        MinBurnSet(NetUid, TaoBalance),
        MaxEpochsPerBlockSet(u8),
        TxRateLimitSet(u64),
        TxDelegateTakeRateLimitSet(u64),
        TxChildKeyTakeRateLimitSet(u64),
        AdminFreezeWindowSet(u16),
        OwnerHyperparamRateLimitSet(u16),
        MinChildKeyTakeSet(u16),
        MinChildKeyTakePerSubnetSet(NetUid, u16),
        MaxChildKeyTakeSet(u16),
        ChildKeyTakeSet(T::AccountId, u16),
        Sudid(DispatchResult),
        RegistrationAllowed(NetUid, bool),
        PowRegistrationAllowed(NetUid, bool),
        /// Blocks per epoch changed.
        TempoSet(NetUid, u16),
        RAORecycledForRegistrationSet(NetUid, TaoBalance),
        StakeThresholdSet(u64),
        AdjustmentAlphaSet(NetUid, u64),
        Faucet(T::AccountId, u64),
        SubnetOwnerCutSet(u16),
        NetworkRateLimitSet(u64),
        NetworkImmunityPeriodSet(u64),
        StartCallDelaySet(u64),
        NetworkMinLockCostSet(TaoBalance),
        SubnetLimitSet(u16),
        NetworkLockCostReductionIntervalSet(u64),
        /// Take fell: coldkey, hotkey, take in parts of 65,535.
        TakeDecreased(T::AccountId, T::AccountId, u16),
        /// Take rose: coldkey, hotkey, take in parts of 65,535.
        TakeIncreased(T::AccountId, T::AccountId, u16),
        HotkeySwapped {
            coldkey: T::AccountId,
            old_hotkey: T::AccountId,
            new_hotkey: T::AccountId,
        },
        MaxDelegateTakeSet(u16),
        MinDelegateTakeSet(u16),
        ColdkeySwapAnnounced {
            who: T::AccountId,
            new_coldkey_hash: T::Hash,
        },
        ColdkeySwapReset {
            who: T::AccountId,
        },
        ColdkeySwapped {
            old_coldkey: T::AccountId,
            new_coldkey: T::AccountId,
        },
        ColdkeySwapDisputed {
            coldkey: T::AccountId,
        },
        AllBalanceUnstakedAndTransferredToNewColdkey {
            current_coldkey: T::AccountId,
            new_coldkey: T::AccountId,
            total_balance: TaoBalance,
        },
        ArbitrationPeriodExtended {
            coldkey: T::AccountId,
        },
        SetChildrenScheduled(T::AccountId, NetUid, u64, Vec<(u64, T::AccountId)>),
        SetChildren(T::AccountId, NetUid, Vec<(u64, T::AccountId)>),
        /// A coldkey described itself.
        ChainIdentitySet(T::AccountId),
        SubnetIdentitySet(NetUid),
        SubnetIdentityRemoved(NetUid),
        DissolveNetworkScheduled {
            account: T::AccountId,
            netuid: NetUid,
            execution_block: BlockNumberFor<T>,
        },
        ColdkeySwapAnnouncementDelaySet(BlockNumberFor<T>),
        ColdkeySwapReannouncementDelaySet(BlockNumberFor<T>),
        DissolveNetworkScheduleDurationSet(BlockNumberFor<T>),
        CRV3WeightsCommitted(T::AccountId, NetUidStorageIndex, H256),
        WeightsCommitted(T::AccountId, NetUidStorageIndex, H256),
        WeightsRevealed(T::AccountId, NetUidStorageIndex, H256),
        WeightsBatchRevealed(T::AccountId, NetUid, Vec<H256>),
        BatchWeightsCompleted(Vec<Compact<NetUid>>, T::AccountId),
        BatchCompletedWithErrors,
        BatchWeightItemFailed(NetUid, DispatchError),
        /// Stake changed its owner: old coldkey, new coldkey, hotkey, origin subnet, destination
        /// subnet, worth in rao.
        StakeTransferred(T::AccountId, T::AccountId, T::AccountId, NetUid, NetUid, TaoBalance),
        /// Stake changed its subnet: coldkey, hotkey, origin subnet, destination subnet, worth in
        /// rao.
        StakeSwapped(T::AccountId, T::AccountId, NetUid, NetUid, TaoBalance),
        TransferToggle(NetUid, bool),
        SubnetOwnerHotkeySet(NetUid, T::AccountId),
        FirstEmissionBlockNumberSet(NetUid, u64),
        AlphaRecycled(T::AccountId, T::AccountId, AlphaBalance, NetUid),
        AlphaBurned(T::AccountId, T::AccountId, AlphaBalance, NetUid),
        EvmKeyAssociated {
            netuid: NetUid,
            hotkey: T::AccountId,
            evm_key: H160,
            block_associated: u64,
        },
        CRV3WeightsRevealed(NetUid, T::AccountId),
        CommitRevealPeriodsSet(NetUid, u64),
        CommitRevealEnabled(NetUid, bool),
        HotkeySwappedOnSubnet {
            coldkey: T::AccountId,
            old_hotkey: T::AccountId,
            new_hotkey: T::AccountId,
            netuid: NetUid,
        },
        SubnetLeaseCreated {
            beneficiary: T::AccountId,
            lease_id: u32,
            netuid: NetUid,
            end_block: Option<BlockNumberFor<T>>,
        },
        SubnetLeaseTerminated {
            beneficiary: T::AccountId,
            netuid: NetUid,
        },
        SymbolUpdated {
            netuid: NetUid,
            symbol: Vec<u8>,
        },
        CommitRevealVersionSet(u16),
        TimelockedWeightsCommitted(T::AccountId, NetUidStorageIndex, H256, u64),
        TimelockedWeightsRevealed(NetUidStorageIndex, T::AccountId),
        AutoStakeAdded {
            netuid: NetUid,
            destination: T::AccountId,
            hotkey: T::AccountId,
            owner: T::AccountId,
            incentive: AlphaBalance,
        },
        /// An epoch paid the miners, in the order of their numbers.
        IncentiveAlphaEmittedToMiners {
            netuid: NetUidStorageIndex,
            emissions: Vec<AlphaBalance>,
        },
        MinAllowedUidsSet(NetUid, u16),
        AutoStakeDestinationSet {
            coldkey: T::AccountId,
            netuid: NetUid,
            hotkey: T::AccountId,
        },
        MinNonImmuneUidsSet(NetUid, u16),
        RootClaimed {
            coldkey: T::AccountId,
        },
        RootClaimTypeSet {
            coldkey: T::AccountId,
            root_claim_type: RootClaimTypeEnum,
        },
        VotingPowerTrackingEnabled {
            netuid: NetUid,
        },
        VotingPowerTrackingDisableScheduled {
            netuid: NetUid,
            disable_at_block: u64,
        },
        VotingPowerTrackingDisabled {
            netuid: NetUid,
        },
        VotingPowerEmaAlphaSet {
            netuid: NetUid,
            alpha: u64,
        },
        SubnetLeaseDividendsDistributed {
            lease_id: u32,
            contributor: T::AccountId,
            alpha: AlphaBalance,
        },
        AddStakeBurn {
            netuid: NetUid,
            hotkey: T::AccountId,
            amount: TaoBalance,
            alpha: AlphaBalance,
        },
        ColdkeySwapCleared {
            who: T::AccountId,
        },
        /// A transaction fee was taken from stake.
        TransactionFeePaidWithAlpha {
            who: T::AccountId,
            netuid: NetUid,
            alpha_fee: AlphaBalance,
            tao_amount: TaoBalance,
        },
        BurnHalfLifeSet {
            netuid: NetUid,
            burn_half_life: u16,
        },
        BurnIncreaseMultSet {
            netuid: NetUid,
            burn_increase_mult: U64F64,
        },
        AutoParentDelegationEnabledSet {
            hotkey: T::AccountId,
            enabled: bool,
        },
        StakeLocked {
            coldkey: T::AccountId,
            hotkey: T::AccountId,
            netuid: NetUid,
            amount: AlphaBalance,
        },
        StakeUnlocked {
            coldkey: T::AccountId,
            hotkey: T::AccountId,
            netuid: NetUid,
            amount: AlphaBalance,
        },
        LockMoved {
            coldkey: T::AccountId,
            origin_hotkey: T::AccountId,
            destination_hotkey: T::AccountId,
            netuid: NetUid,
        },
        ActivityCutoffFactorMilliSet {
            netuid: NetUid,
            factor_milli: u32,
        },
        EpochTriggered {
            netuid: NetUid,
            by: T::AccountId,
            fires_at: u64,
        },
        /// An epoch had to wait because enough others ran in this block.
        EpochDeferred {
            netuid: NetUid,
            from_block: u64,
            to_block: u64,
        },
        EpochSkipped {
            netuid: NetUid,
            block: u64,
        },
        SubnetOwnerChanged {
            netuid: NetUid,
            old_coldkey: T::AccountId,
            new_coldkey: T::AccountId,
        },
        PerpetualLockUpdated {
            coldkey: T::AccountId,
            netuid: NetUid,
            enabled: bool,
        },
        RejectLockedAlphaUpdated {
            coldkey: T::AccountId,
            enabled: bool,
        },
    }
}
