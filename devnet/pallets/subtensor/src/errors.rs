//! Errors. The order decides their numbers on the wire and equals the chain's.

use frame_support::pallet_macros::pallet_section;

#[pallet_section]
mod errors {
    /// Why a call was refused.
    #[pallet::error]
    pub enum Error<T> {
        RootNetworkDoesNotExist,
        InvalidIpType,
        InvalidIpAddress,
        InvalidPort,
        HotKeyNotRegisteredInSubNet,
        /// Nobody owns this hotkey.
        HotKeyAccountNotExists,
        /// The coldkey has no registered hotkey.
        HotKeyNotRegisteredInNetwork,
        /// The caller does not own the hotkey.
        NonAssociatedColdKey,
        NotEnoughStake,
        /// More than the position holds.
        NotEnoughStakeToWithdraw,
        NotEnoughStakeToSetWeights,
        NotEnoughStakeToSetChildkeys,
        /// The free balance does not cover the amount.
        NotEnoughBalanceToStake,
        /// The balance could not be taken.
        BalanceWithdrawalError,
        ZeroBalanceAfterWithdrawn,
        NeuronNoValidatorPermit,
        WeightVecNotEqualSize,
        DuplicateUids,
        UidVecContainInvalidOne,
        WeightVecLengthIsLow,
        TooManyRegistrationsThisBlock,
        HotKeyAlreadyRegisteredInSubNet,
        NewHotKeyIsSameWithOld,
        NewHotKeyNotCleanForRootSwap,
        InvalidWorkBlock,
        InvalidDifficulty,
        InvalidSeal,
        MaxWeightExceeded,
        HotKeyAlreadyDelegate,
        SettingWeightsTooFast,
        IncorrectWeightVersionKey,
        ServingRateLimitExceeded,
        UidsLengthExceedUidsInSubNet,
        NetworkTxRateLimitExceeded,
        /// The take rose too recently.
        DelegateTxRateLimitExceeded,
        HotKeySetTxRateLimitExceeded,
        StakingRateLimitExceeded,
        SubNetRegistrationDisabled,
        TooManyRegistrationsThisInterval,
        TransactorAccountShouldBeHotKey,
        FaucetDisabled,
        NotSubnetOwner,
        RegistrationNotPermittedOnRootSubnet,
        StakeTooLowForRoot,
        AllNetworksInImmunity,
        NotEnoughBalanceToPaySwapHotKey,
        NotRootSubnet,
        CanNotSetRootNetworkWeights,
        NoNeuronIdAvailable,
        /// The take is below its bound, or would not fall.
        DelegateTakeTooLow,
        /// The take is above its bound.
        DelegateTakeTooHigh,
        NoWeightsCommitFound,
        InvalidRevealCommitHashNotMatch,
        CommitRevealEnabled,
        CommitRevealDisabled,
        LiquidAlphaDisabled,
        AlphaHighTooLow,
        AlphaLowOutOfRange,
        ColdKeyAlreadyAssociated,
        NotEnoughBalanceToPaySwapColdKey,
        InvalidChild,
        DuplicateChild,
        ProportionOverflow,
        TooManyChildren,
        TxRateLimitExceeded,
        ColdkeySwapAnnouncementNotFound,
        ColdkeySwapTooEarly,
        ColdkeySwapReannouncedTooEarly,
        AnnouncedColdkeyHashDoesNotMatch,
        ColdkeySwapAlreadyDisputed,
        NewColdKeyIsHotkey,
        InvalidChildkeyTake,
        TxChildkeyTakeRateLimitExceeded,
        /// A field of the identity is too long.
        InvalidIdentity,
        MechanismDoesNotExist,
        /// The alpha is locked.
        StakeUnavailable,
        /// The subnet does not exist.
        SubnetNotExists,
        TooManyUnrevealedCommits,
        ExpiredWeightCommit,
        RevealTooEarly,
        InputLengthsUnequal,
        CommittingWeightsTooFast,
        /// Worth less than the least stake.
        AmountTooLow,
        /// The pool is too small for this trade.
        InsufficientLiquidity,
        /// The limit price would be passed and a partial trade is not allowed.
        SlippageTooHigh,
        /// The subnet does not allow transfers.
        TransferDisallowed,
        ActivityCutoffTooLow,
        CallDisabled,
        FirstEmissionBlockNumberAlreadySet,
        NeedWaitingMoreBlocksToStarCall,
        NotEnoughAlphaOutToRecycle,
        CannotBurnOrRecycleOnRootSubnet,
        UnableToRecoverPublicKey,
        InvalidRecoveredPublicKey,
        /// The subnet has not been started.
        SubtokenDisabled,
        HotKeySwapOnSubnetIntervalNotPassed,
        #[cfg(feature = "next")]
        KeepStakeBlockedByCollateral,
        /// Origin and destination are one subnet.
        SameNetuid,
        #[cfg(not(feature = "next"))]
        InsufficientBalance,
        #[cfg(feature = "next")]
        InsufficientTaoBalance,
        InvalidLeaseBeneficiary,
        LeaseCannotEndInThePast,
        LeaseNetuidNotFound,
        LeaseDoesNotExist,
        LeaseHasNoEndBlock,
        LeaseHasNotEnded,
        /// A number left its range.
        Overflow,
        BeneficiaryDoesNotOwnHotkey,
        ExpectedBeneficiaryOrigin,
        AdminActionProhibitedDuringWeightsWindow,
        SymbolDoesNotExist,
        SymbolAlreadyInUse,
        IncorrectCommitRevealVersion,
        InvalidRevealRound,
        RevealPeriodTooLarge,
        RevealPeriodTooSmall,
        InvalidValue,
        SubnetLimitReached,
        CannotAffordLockCost,
        EvmKeyAssociateRateLimitExceeded,
        #[cfg(feature = "next")]
        EvmKeyAssociationLimitExceeded,
        SameAutoStakeHotkeyAlreadySet,
        UidMapCouldNotBeCleared,
        TrimmingWouldExceedMaxImmunePercentage,
        ChildParentInconsistency,
        #[cfg(not(feature = "next"))]
        InvalidNumRootClaim,
        InvalidRootClaimThreshold,
        #[cfg(not(feature = "next"))]
        InvalidSubnetNumber,
        TooManyUIDsPerMechanism,
        VotingPowerTrackingNotEnabled,
        InvalidVotingPowerEmaAlpha,
        Deprecated,
        #[cfg(feature = "next")]
        SubnetBuybackRateLimitExceeded,
        #[cfg(feature = "next")]
        NetworkDissolveAlreadyQueued,
        AddStakeBurnRateLimitExceeded,
        ColdkeySwapAnnounced,
        ColdkeySwapDisputed,
        ColdkeySwapClearTooEarly,
        DisabledTemporarily,
        RegistrationPriceLimitExceeded,
        LockHotkeyMismatch,
        InsufficientStakeForLock,
        NoExistingLock,
        ActiveLockExists,
        CannotUseSystemAccount,
        UnlockAmountTooHigh,
        #[cfg(feature = "next")]
        WaitingForDissolvedSubnetCleanup,
        TempoOutOfBounds,
        ActivityCutoffFactorMilliOutOfBounds,
        EpochTriggerAlreadyPending,
        AutoEpochAlreadyImminent,
        DynamicTempoBlockedByCommitReveal,
        AccountRejectsLockedAlpha,
        #[cfg(feature = "next")]
        LockIdOverFlow,
        #[cfg(feature = "next")]
        StartCallNotReady,
        #[cfg(feature = "next")]
        InsufficientAlphaBalance,
    }
}
