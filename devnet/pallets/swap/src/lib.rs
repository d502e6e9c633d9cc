//! The market of each subnet: a pool of TAO and alpha with weights.
//!
//! The staking pallet keeps the reserves; this pallet keeps the weights and the fee rates and works out
//! trades. Nothing here moves money.
#![cfg_attr(not(feature = "std"), no_std)]

mod balancer;
mod logarithm;
mod positions;
mod quotes;

#[cfg(test)]
mod tests;

pub use balancer::{Balancer, Reserves, MAX_INPUT_MULTIPLE, MINIMUM_RESERVE};
pub use pallet::*;
pub use positions::{PositionId, TickIndex};

#[frame_support::pallet]
pub mod pallet {
    use crate::balancer::Balancer;
    use crate::positions::{PositionId, TickIndex};
    use core::num::NonZeroU64;
    use frame_support::{pallet_prelude::*, traits::ConstU16, PalletId};
    use frame_system::pallet_prelude::*;
    use subtensor_runtime_common::{AlphaBalance, NetUid, SubnetPools};

    /// Largest fee rate, parts of 65,535.
    pub const MAX_FEE_RATE: u16 = 10_000;

    /// What the pallet needs from the runtime around it.
    #[pallet::config]
    pub trait Config: frame_system::Config<RuntimeEvent: From<Event<Self>>> {
        /// The reserves of every pool.
        type Pools: SubnetPools;
    }

    /// The pallet.
    #[pallet::pallet]
    pub struct Pallet<T>(_);

    /// Part of every input that goes to the author of the block, parts of 65,535.
    #[pallet::storage]
    pub type FeeRate<T: Config> = StorageMap<_, Twox64Concat, NetUid, u16, ValueQuery, ConstU16<33>>;

    /// Weights of a pool.
    #[pallet::storage]
    pub type SwapBalancer<T: Config> = StorageMap<_, Twox64Concat, NetUid, Balancer, ValueQuery>;

    /// Whether the pool has been given its weights.
    #[pallet::storage]
    pub type PalSwapInitialized<T: Config> = StorageMap<_, Twox64Concat, NetUid, bool, ValueQuery>;

    /// Migrations that have run.
    #[pallet::storage]
    pub type HasMigrationRun<T: Config> =
        StorageMap<_, Identity, BoundedVec<u8, ConstU32<128>>, bool, ValueQuery>;

    /// Alpha that emission could not bring into the pool.
    #[pallet::storage]
    pub type ScrapReservoirAlpha<T: Config> = StorageMap<_, Twox64Concat, NetUid, AlphaBalance, ValueQuery>;

    /// What happened.
    #[pallet::event]
    #[pallet::generate_deposit(pub(super) fn deposit_event)]
    pub enum Event<T: Config> {
        /// The fee rate of a pool changed.
        FeeRateSet { netuid: NetUid, rate: u16 },
    }

    /// Why a trade or a call was refused. The order equals the chain's.
    #[pallet::error]
    pub enum Error<T> {
        /// Above the largest fee rate.
        FeeRateTooHigh,
        /// Nothing to trade.
        InsufficientInputAmount,
        /// The pool would be left with less than the minimum.
        InsufficientLiquidity,
        /// The price is already beyond the limit.
        PriceLimitExceeded,
        /// The balance does not suffice.
        InsufficientBalance,
        /// Without use now.
        InvalidTickRange,
        /// Without use now.
        InvalidLiquidityValue,
        /// The pool has less than the minimum.
        ReservesTooLow,
        /// The subnet does not exist.
        MechanismDoesNotExist,
        /// The subnet has not been started.
        SubtokenDisabled,
        /// The reserves do not fit the weights.
        ReservesOutOfBalance,
        /// More than a thousand times the reserve.
        SwapInputTooLarge,
        /// No longer offered.
        Deprecated,
    }

    #[pallet::extra_constants]
    impl<T: Config> Pallet<T> {
        #[pallet::constant_name(ProtocolId)]
        fn protocol_id_constant() -> PalletId {
            PalletId(*b"ten/swap")
        }

        #[pallet::constant_name(MaxFeeRate)]
        fn max_fee_rate_constant() -> u16 {
            MAX_FEE_RATE
        }

        #[pallet::constant_name(MinimumLiquidity)]
        fn minimum_liquidity_constant() -> u64 {
            1_000
        }

        #[pallet::constant_name(MinimumReserve)]
        fn minimum_reserve_constant() -> NonZeroU64 {
            crate::MINIMUM_RESERVE
        }
    }

    #[pallet::call]
    impl<T: Config> Pallet<T> {
        /// Sets the fee rate of a pool, parts of 65,535. Root only.
        #[pallet::call_index(0)]
        #[pallet::weight(Weight::from_parts(50_000_000, 0))]
        pub fn set_fee_rate(origin: OriginFor<T>, netuid: NetUid, rate: u16) -> DispatchResult {
            ensure_root(origin)?;
            ensure!(T::Pools::exists(netuid), Error::<T>::MechanismDoesNotExist);
            ensure!(rate <= MAX_FEE_RATE, Error::<T>::FeeRateTooHigh);
            FeeRate::<T>::insert(netuid, rate);
            Self::deposit_event(Event::FeeRateSet { netuid, rate });
            Ok(())
        }

        /// No longer offered: pools have no positions of users.
        #[pallet::call_index(1)]
        #[pallet::weight(Weight::from_parts(50_000_000, 0))]
        pub fn add_liquidity(
            origin: OriginFor<T>,
            hotkey: T::AccountId,
            netuid: NetUid,
            tick_low: TickIndex,
            tick_high: TickIndex,
            liquidity: u64,
        ) -> DispatchResult {
            let _arguments = (hotkey, netuid, tick_low, tick_high, liquidity);
            Self::refuse(origin)
        }

        /// No longer offered: pools have no positions of users.
        #[pallet::call_index(2)]
        #[pallet::weight(Weight::from_parts(50_000_000, 0))]
        pub fn remove_liquidity(
            origin: OriginFor<T>,
            hotkey: T::AccountId,
            netuid: NetUid,
            position_id: PositionId,
        ) -> DispatchResult {
            let _arguments = (hotkey, netuid, position_id);
            Self::refuse(origin)
        }

        /// No longer offered: pools have no positions of users.
        #[pallet::call_index(3)]
        #[pallet::weight(Weight::from_parts(50_000_000, 0))]
        pub fn modify_position(
            origin: OriginFor<T>,
            hotkey: T::AccountId,
            netuid: NetUid,
            position_id: PositionId,
            liquidity_delta: i64,
        ) -> DispatchResult {
            let _arguments = (hotkey, netuid, position_id, liquidity_delta);
            Self::refuse(origin)
        }

        /// No longer offered: pools have no positions of users.
        #[pallet::call_index(4)]
        #[pallet::weight(Weight::from_parts(50_000_000, 0))]
        pub fn toggle_user_liquidity(origin: OriginFor<T>, netuid: NetUid, enable: bool) -> DispatchResult {
            let _arguments = (netuid, enable);
            Self::refuse(origin)
        }

        /// No longer offered: pools have no positions of users.
        #[pallet::call_index(5)]
        #[pallet::weight(Weight::from_parts(50_000_000, 0))]
        pub fn disable_lp(origin: OriginFor<T>) -> DispatchResult {
            Self::refuse(origin)
        }
    }

    impl<T: Config> Pallet<T> {
        fn refuse(origin: OriginFor<T>) -> DispatchResult {
            ensure_signed_or_root(origin)?;
            Err(Error::<T>::Deprecated.into())
        }
    }
}
