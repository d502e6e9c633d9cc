//! Calls, with the numbers and arguments of the chain. Root makes them; the owner of a subnet may make
//! those that only concern the subnet's neurons.

use frame_support::pallet_macros::pallet_section;

#[pallet_section]
mod calls {
    /// The work of writing one value.
    const SETTER: Weight = Weight::from_parts(20_000_000, 0);

    #[pallet::call]
    impl<T: Config> Pallet<T> {
        /// Replaces the authorities that write blocks.
        #[pallet::call_index(0)]
        #[pallet::weight((SETTER, DispatchClass::Operational))]
        pub fn swap_authorities(
            origin: OriginFor<T>,
            new_authorities: BoundedVec<
                <T as pallet_aura::Config>::AuthorityId,
                <T as pallet_aura::Config>::MaxAuthorities,
            >,
        ) -> DispatchResult {
            ensure_root(origin)?;
            ensure!(!new_authorities.is_empty(), Error::<T>::InvalidValue);
            pallet_aura::Pallet::<T>::change_authorities(new_authorities);
            Ok(())
        }

        /// Blocks between two operations on keys.
        #[pallet::call_index(2)]
        #[pallet::weight(SETTER)]
        pub fn sudo_set_tx_rate_limit(origin: OriginFor<T>, tx_rate_limit: u64) -> DispatchResult {
            ensure_root(origin)?;
            pallet_subtensor::TxRateLimit::<T>::put(tx_rate_limit);
            Self::tell(Told::TxRateLimitSet(tx_rate_limit));
            Ok(())
        }

        /// Blocks between two announcements of an endpoint.
        #[pallet::call_index(3)]
        #[pallet::weight(SETTER)]
        pub fn sudo_set_serving_rate_limit(
            origin: OriginFor<T>,
            netuid: NetUid,
            serving_rate_limit: u64,
        ) -> DispatchResult {
            Self::ensure_owner_or_root(origin, netuid)?;
            pallet_subtensor::ServingRateLimit::<T>::insert(netuid, serving_rate_limit);
            Self::tell(Told::ServingRateLimitSet(netuid, serving_rate_limit));
            Ok(())
        }

        /// Blocks during which a new neuron cannot be replaced.
        #[pallet::call_index(13)]
        #[pallet::weight(SETTER)]
        pub fn sudo_set_immunity_period(
            origin: OriginFor<T>,
            netuid: NetUid,
            immunity_period: u16,
        ) -> DispatchResult {
            Self::ensure_owner_or_root(origin, netuid)?;
            pallet_subtensor::ImmunityPeriod::<T>::insert(netuid, immunity_period);
            Self::tell(Told::ImmunityPeriodSet(netuid, immunity_period));
            Ok(())
        }

        /// Fewest weights a validator may set.
        #[pallet::call_index(14)]
        #[pallet::weight(SETTER)]
        pub fn sudo_set_min_allowed_weights(
            origin: OriginFor<T>,
            netuid: NetUid,
            min_allowed_weights: u16,
        ) -> DispatchResult {
            Self::ensure_owner_or_root(origin, netuid)?;
            pallet_subtensor::MinAllowedWeights::<T>::insert(netuid, min_allowed_weights);
            Self::tell(Told::MinAllowedWeightSet(netuid, min_allowed_weights));
            Ok(())
        }

        /// Most neurons the subnet holds; not fewer than it has.
        #[pallet::call_index(15)]
        #[pallet::weight(SETTER)]
        pub fn sudo_set_max_allowed_uids(
            origin: OriginFor<T>,
            netuid: NetUid,
            max_allowed_uids: u16,
        ) -> DispatchResult {
            Self::ensure_owner_or_root(origin, netuid)?;
            let present = pallet_subtensor::SubnetworkN::<T>::get(netuid);
            ensure!(max_allowed_uids >= present, Error::<T>::MaxAllowedUIdsLessThanCurrentUIds);
            let min = pallet_subtensor::MinAllowedUids::<T>::get(netuid);
            ensure!(max_allowed_uids >= min, Error::<T>::MaxAllowedUidsLessThanMinAllowedUids);
            ensure!(max_allowed_uids <= 256, Error::<T>::MaxAllowedUidsGreaterThanDefaultMaxAllowedUids);
            pallet_subtensor::MaxAllowedUids::<T>::insert(netuid, max_allowed_uids);
            Self::tell(Told::MaxAllowedUidsSet(netuid, max_allowed_uids));
            Ok(())
        }

        /// Stake majority that makes consensus, parts of 65,535.
        #[pallet::call_index(16)]
        #[pallet::weight(SETTER)]
        pub fn sudo_set_kappa(origin: OriginFor<T>, netuid: NetUid, kappa: u16) -> DispatchResult {
            Self::ensure_root_for(origin, netuid)?;
            pallet_subtensor::Kappa::<T>::insert(netuid, kappa);
            Self::tell(Told::KappaSet(netuid, kappa));
            Ok(())
        }

        /// Steepness of consensus trust.
        #[pallet::call_index(17)]
        #[pallet::weight(SETTER)]
        pub fn sudo_set_rho(origin: OriginFor<T>, netuid: NetUid, rho: u16) -> DispatchResult {
            Self::ensure_owner_or_root(origin, netuid)?;
            pallet_subtensor::Rho::<T>::insert(netuid, rho);
            Self::tell(Told::RhoSet(netuid, rho));
            Ok(())
        }

        /// Whether neurons may register; without it the subnet gets no emission either.
        #[pallet::call_index(19)]
        #[pallet::weight(SETTER)]
        pub fn sudo_set_network_registration_allowed(
            origin: OriginFor<T>,
            netuid: NetUid,
            registration_allowed: bool,
        ) -> DispatchResult {
            Self::ensure_root_for(origin, netuid)?;
            pallet_subtensor::NetworkRegistrationAllowed::<T>::insert(netuid, registration_allowed);
            Self::tell(Told::RegistrationAllowed(netuid, registration_allowed));
            Ok(())
        }

        /// Least price of a registration.
        #[pallet::call_index(22)]
        #[pallet::weight(SETTER)]
        pub fn sudo_set_min_burn(
            origin: OriginFor<T>,
            netuid: NetUid,
            min_burn: TaoBalance,
        ) -> DispatchResult {
            Self::ensure_owner_or_root(origin, netuid)?;
            pallet_subtensor::MinBurn::<T>::insert(netuid, min_burn);
            Self::tell(Told::MinBurnSet(netuid, min_burn));
            Ok(())
        }

        /// Largest price of a registration.
        #[pallet::call_index(23)]
        #[pallet::weight(SETTER)]
        pub fn sudo_set_max_burn(
            origin: OriginFor<T>,
            netuid: NetUid,
            max_burn: TaoBalance,
        ) -> DispatchResult {
            Self::ensure_owner_or_root(origin, netuid)?;
            pallet_subtensor::MaxBurn::<T>::insert(netuid, max_burn);
            Self::tell(Told::MaxBurnSet(netuid, max_burn));
            Ok(())
        }

        /// Without effect now; kept readable.
        #[pallet::call_index(24)]
        #[pallet::weight(SETTER)]
        pub fn sudo_set_difficulty(origin: OriginFor<T>, netuid: NetUid, difficulty: u64) -> DispatchResult {
            Self::ensure_root_for(origin, netuid)?;
            pallet_subtensor::Difficulty::<T>::insert(netuid, difficulty);
            Self::tell(Told::DifficultySet(netuid, difficulty));
            Ok(())
        }

        /// Most validators with a permit; not more than there can be neurons.
        #[pallet::call_index(25)]
        #[pallet::weight(SETTER)]
        pub fn sudo_set_max_allowed_validators(
            origin: OriginFor<T>,
            netuid: NetUid,
            max_allowed_validators: u16,
        ) -> DispatchResult {
            Self::ensure_owner_or_root(origin, netuid)?;
            let max = pallet_subtensor::MaxAllowedUids::<T>::get(netuid);
            ensure!(max_allowed_validators <= max, Error::<T>::MaxValidatorsLargerThanMaxUIds);
            pallet_subtensor::MaxAllowedValidators::<T>::insert(netuid, max_allowed_validators);
            Self::tell(Told::MaxAllowedValidatorsSet(netuid, max_allowed_validators));
            Ok(())
        }

        /// Owner's part of emission, parts of 65,535.
        #[pallet::call_index(28)]
        #[pallet::weight(SETTER)]
        pub fn sudo_set_subnet_owner_cut(origin: OriginFor<T>, subnet_owner_cut: u16) -> DispatchResult {
            ensure_root(origin)?;
            pallet_subtensor::SubnetOwnerCut::<T>::put(subnet_owner_cut);
            Self::tell(Told::SubnetOwnerCutSet(subnet_owner_cut));
            Ok(())
        }

        /// Blocks between two new subnets.
        #[pallet::call_index(29)]
        #[pallet::weight(SETTER)]
        pub fn sudo_set_network_rate_limit(origin: OriginFor<T>, rate_limit: u64) -> DispatchResult {
            ensure_root(origin)?;
            pallet_subtensor::NetworkRateLimit::<T>::put(rate_limit);
            Self::tell(Told::NetworkRateLimitSet(rate_limit));
            Ok(())
        }

        /// Blocks per epoch. Root may go below the least value an owner may set.
        #[pallet::call_index(30)]
        #[pallet::weight(SETTER)]
        pub fn sudo_set_tempo(origin: OriginFor<T>, netuid: NetUid, tempo: u16) -> DispatchResult {
            Self::ensure_root_for(origin, netuid)?;
            ensure!(tempo > 0, Error::<T>::ValueNotInBounds);
            pallet_subtensor::Tempo::<T>::insert(netuid, tempo);
            Self::tell(Told::TempoSet(netuid, tempo));
            Ok(())
        }

        /// Blocks during which a new subnet cannot be removed.
        #[pallet::call_index(35)]
        #[pallet::weight(SETTER)]
        pub fn sudo_set_network_immunity_period(
            origin: OriginFor<T>,
            immunity_period: u64,
        ) -> DispatchResult {
            ensure_root(origin)?;
            pallet_subtensor::NetworkImmunityPeriod::<T>::put(immunity_period);
            Self::tell(Told::NetworkImmunityPeriodSet(immunity_period));
            Ok(())
        }

        /// Least price of a new subnet.
        #[pallet::call_index(36)]
        #[pallet::weight(SETTER)]
        pub fn sudo_set_network_min_lock_cost(origin: OriginFor<T>, lock_cost: TaoBalance) -> DispatchResult {
            ensure_root(origin)?;
            pallet_subtensor::NetworkMinLockCost::<T>::put(lock_cost);
            Self::tell(Told::NetworkMinLockCostSet(lock_cost));
            Ok(())
        }

        /// Least stake weight of a validator.
        #[pallet::call_index(42)]
        #[pallet::weight(SETTER)]
        pub fn sudo_set_stake_threshold(origin: OriginFor<T>, min_stake: u64) -> DispatchResult {
            ensure_root(origin)?;
            pallet_subtensor::StakeThreshold::<T>::put(min_stake);
            Self::tell(Told::StakeThresholdSet(min_stake));
            Ok(())
        }

        /// Least nomination, as millionths of the least stake.
        #[pallet::call_index(43)]
        #[pallet::weight(SETTER)]
        pub fn sudo_set_nominator_min_required_stake(origin: OriginFor<T>, min_stake: u64) -> DispatchResult {
            ensure_root(origin)?;
            pallet_subtensor::NominatorMinRequiredStake::<T>::put(min_stake);
            Ok(())
        }

        /// Blocks between two rises of take.
        #[pallet::call_index(45)]
        #[pallet::weight(SETTER)]
        pub fn sudo_set_tx_delegate_take_rate_limit(
            origin: OriginFor<T>,
            tx_rate_limit: u64,
        ) -> DispatchResult {
            ensure_root(origin)?;
            pallet_subtensor::TxDelegateTakeRateLimit::<T>::put(tx_rate_limit);
            Self::tell(Told::TxDelegateTakeRateLimitSet(tx_rate_limit));
            Ok(())
        }

        /// Least take, parts of 65,535.
        #[pallet::call_index(46)]
        #[pallet::weight(SETTER)]
        pub fn sudo_set_min_delegate_take(origin: OriginFor<T>, take: u16) -> DispatchResult {
            ensure_root(origin)?;
            pallet_subtensor::MinDelegateTake::<T>::put(subtensor_runtime_common::ratio_from_parts(take));
            Self::tell(Told::MinDelegateTakeSet(take));
            Ok(())
        }

        /// Signals new authorities for GRANDPA, which take over after `in_blocks` blocks.
        ///
        /// With a delay of zero the block that signals the change is the last of the old set: the only
        /// kind of change a warp proof can cross. The set number moves with the change.
        #[pallet::call_index(59)]
        #[pallet::weight((SETTER, DispatchClass::Operational))]
        pub fn schedule_grandpa_change(
            origin: OriginFor<T>,
            next_authorities: AuthorityList,
            in_blocks: BlockNumberFor<T>,
            forced: Option<BlockNumberFor<T>>,
        ) -> DispatchResult {
            ensure_root(origin)?;
            pallet_grandpa::Pallet::<T>::schedule_change(next_authorities, in_blocks, forced)?;
            if in_blocks.is_zero() {
                Self::advance_grandpa_set();
            }
            Ok(())
        }

        /// Whether stake may be transferred between coldkeys.
        #[pallet::call_index(61)]
        #[pallet::weight(SETTER)]
        pub fn sudo_set_toggle_transfer(
            origin: OriginFor<T>,
            netuid: NetUid,
            toggle: bool,
        ) -> DispatchResult {
            Self::ensure_owner_or_root(origin, netuid)?;
            pallet_subtensor::TransferToggle::<T>::insert(netuid, toggle);
            Self::tell(Told::TransferToggle(netuid, toggle));
            Ok(())
        }

        /// Time constant of the moving price.
        #[pallet::call_index(65)]
        #[pallet::weight(SETTER)]
        pub fn sudo_set_ema_price_halving_period(
            origin: OriginFor<T>,
            netuid: NetUid,
            ema_halving: u64,
        ) -> DispatchResult {
            Self::ensure_root_for(origin, netuid)?;
            pallet_subtensor::EMAPriceHalvingBlocks::<T>::insert(netuid, ema_halving);
            Ok(())
        }

        /// Whether the subnet's alpha can be staked and traded.
        #[pallet::call_index(66)]
        #[pallet::weight(SETTER)]
        pub fn sudo_set_subtoken_enabled(
            origin: OriginFor<T>,
            netuid: NetUid,
            subtoken_enabled: bool,
        ) -> DispatchResult {
            Self::ensure_root_for(origin, netuid)?;
            pallet_subtensor::SubtokenEnabled::<T>::insert(netuid, subtoken_enabled);
            Ok(())
        }

        /// Whether the owner of the subnet is paid.
        #[pallet::call_index(92)]
        #[pallet::weight(SETTER)]
        pub fn sudo_set_owner_cut_enabled(
            origin: OriginFor<T>,
            netuid: NetUid,
            enabled: bool,
        ) -> DispatchResult {
            Self::ensure_root_for(origin, netuid)?;
            pallet_subtensor::OwnerCutEnabled::<T>::insert(netuid, enabled);
            Ok(())
        }

        /// Whether the subnet gets TAO from emission.
        #[pallet::call_index(94)]
        #[pallet::weight(SETTER)]
        pub fn sudo_set_subnet_emission_enabled(
            origin: OriginFor<T>,
            netuid: NetUid,
            enabled: bool,
        ) -> DispatchResult {
            Self::ensure_root_for(origin, netuid)?;
            pallet_subtensor::SubnetEmissionEnabled::<T>::insert(netuid, enabled);
            Self::deposit_event(Event::SubnetEmissionEnabledSet { netuid, enabled });
            Ok(())
        }

        /// Most epochs in one block.
        #[pallet::call_index(96)]
        #[pallet::weight(SETTER)]
        pub fn sudo_set_max_epochs_per_block(
            origin: OriginFor<T>,
            max_epochs_per_block: u8,
        ) -> DispatchResult {
            ensure_root(origin)?;
            pallet_subtensor::MaxEpochsPerBlock::<T>::put(max_epochs_per_block);
            Self::tell(Told::MaxEpochsPerBlockSet(max_epochs_per_block));
            Ok(())
        }
    }
}
