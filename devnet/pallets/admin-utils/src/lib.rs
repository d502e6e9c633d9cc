//! What root, and subnet owners, may set: hyperparameters, and the authorities of the chain.
#![cfg_attr(not(feature = "std"), no_std)]

extern crate alloc;

mod calls;

pub use pallet::*;

use frame_support::pallet_macros::import_section;

#[import_section(calls::calls)]
#[frame_support::pallet]
pub mod pallet {
    use frame_support::pallet_prelude::*;
    use frame_system::pallet_prelude::*;
    use pallet_subtensor::Event as Told;
    use sp_consensus_grandpa::AuthorityList;
    use subtensor_runtime_common::{NetUid, TaoBalance, U64F64};

    /// What the pallet needs from the runtime around it.
    #[pallet::config]
    pub trait Config:
        frame_system::Config<RuntimeEvent: From<Event<Self>>>
        + pallet_aura::Config
        + pallet_grandpa::Config
        + pallet_subtensor::Config
    {
    }

    /// The pallet.
    #[pallet::pallet]
    pub struct Pallet<T>(_);

    /// What changed, where the staking pallet has no event for it. Numbers equal the chain's.
    #[pallet::event]
    #[pallet::generate_deposit(pub(super) fn deposit_event)]
    pub enum Event<T: Config> {
        /// Whether the third version of Yuma consensus runs.
        #[codec(index = 1)]
        Yuma3EnableToggled { netuid: NetUid, enabled: bool },
        /// Whether bonds can be reset.
        #[codec(index = 2)]
        BondsResetToggled { netuid: NetUid, enabled: bool },
        /// Blocks in which the price of a registration halves.
        #[codec(index = 3)]
        BurnHalfLifeSet { netuid: NetUid, burn_half_life: u16 },
        /// Factor by which a registration raises that price.
        #[codec(index = 4)]
        BurnIncreaseMultSet { netuid: NetUid, burn_increase_mult: U64F64 },
        /// Whether the subnet gets TAO from emission.
        #[codec(index = 5)]
        SubnetEmissionEnabledSet { netuid: NetUid, enabled: bool },
    }

    /// Why a call was refused. The order equals the chain's.
    #[pallet::error]
    pub enum Error<T> {
        /// The subnet does not exist.
        SubnetDoesNotExist,
        /// More validators than neurons.
        MaxValidatorsLargerThanMaxUIds,
        /// Fewer than the subnet has.
        MaxAllowedUIdsLessThanCurrentUIds,
        /// Above one million millionths.
        BondsMovingAverageMaxReached,
        /// Below zero.
        NegativeSigmoidSteepness,
        /// Outside its range.
        ValueNotInBounds,
        /// More than the subnet has.
        MinAllowedUidsGreaterThanCurrentUids,
        /// More than it may have.
        MinAllowedUidsGreaterThanMaxAllowedUids,
        /// Fewer than it must be able to have.
        MaxAllowedUidsLessThanMinAllowedUids,
        /// More than any subnet may have.
        MaxAllowedUidsGreaterThanDefaultMaxAllowedUids,
        /// Not a value this setting can take.
        InvalidValue,
        /// Root has no such setting.
        NotPermittedOnRootSubnet,
        /// Nobody registers by work any more.
        POWRegistrationDisabled,
        /// No longer offered.
        Deprecated,
    }

    #[pallet::hooks]
    impl<T: Config> Hooks<BlockNumberFor<T>> for Pallet<T> {
        /// A change of GRANDPA's authorities that waited until this block moves the set number too.
        fn on_initialize(now: BlockNumberFor<T>) -> Weight {
            let due = pallet_grandpa::Pallet::<T>::pending_change()
                .is_some_and(|change| change.scheduled_at + change.delay == now);
            if due {
                Self::advance_grandpa_set();
            }
            T::DbWeight::get().reads(1)
        }
    }

    impl<T: Config> Pallet<T> {
        fn advance_grandpa_set() {
            pallet_grandpa::CurrentSetId::<T>::mutate(|id| *id = id.saturating_add(1));
        }

        fn ensure_root_for(origin: OriginFor<T>, netuid: NetUid) -> DispatchResult {
            ensure_root(origin)?;
            Self::ensure_exists(netuid)
        }

        fn ensure_owner_or_root(origin: OriginFor<T>, netuid: NetUid) -> DispatchResult {
            Self::ensure_exists(netuid)?;
            if let Some(who) = ensure_signed_or_root(origin)? {
                let owner = pallet_subtensor::SubnetOwner::<T>::get(netuid);
                ensure!(who == owner, DispatchError::BadOrigin);
            }
            Ok(())
        }

        fn ensure_exists(netuid: NetUid) -> DispatchResult {
            let exists = pallet_subtensor::NetworksAdded::<T>::get(netuid);
            ensure!(exists, Error::<T>::SubnetDoesNotExist);
            Ok(())
        }

        fn tell(event: Told<T>) {
            pallet_subtensor::Pallet::<T>::deposit_event(event);
        }
    }
}
