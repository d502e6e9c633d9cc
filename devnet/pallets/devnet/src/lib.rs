//! What only a development chain has: a slot time that is chosen at genesis, so that one runtime
//! serves 250 ms tests and 12 s networks.

#![cfg_attr(not(feature = "std"), no_std)]

pub use pallet::*;

#[frame_support::pallet]
pub mod pallet {
    use frame_support::pallet_prelude::*;

    /// Slot time of a chain whose genesis does not say otherwise.
    pub const DEFAULT_SLOT_MILLIS: u64 = 1_000;

    #[pallet::pallet]
    pub struct Pallet<T>(_);

    #[pallet::config]
    pub trait Config: frame_system::Config {}

    /// The value of [`SlotMillis`] when genesis is silent.
    #[pallet::type_value]
    pub fn DefaultSlotMillis() -> u64 {
        DEFAULT_SLOT_MILLIS
    }

    /// Length of an Aura slot in milliseconds. Fixed at genesis.
    #[pallet::storage]
    pub type SlotMillis<T> = StorageValue<_, u64, ValueQuery, DefaultSlotMillis>;

    #[pallet::genesis_config]
    #[derive(frame_support::DefaultNoBound)]
    pub struct GenesisConfig<T: Config> {
        /// Length of an Aura slot in milliseconds; 0 means the default.
        pub slot_millis: u64,
        #[serde(skip)]
        pub _marker: core::marker::PhantomData<T>,
    }

    #[pallet::genesis_build]
    impl<T: Config> BuildGenesisConfig for GenesisConfig<T> {
        fn build(&self) {
            if self.slot_millis > 0 {
                SlotMillis::<T>::put(self.slot_millis);
            }
        }
    }

    /// The slot length for `pallet_aura`, in milliseconds.
    pub struct SlotDuration<T>(core::marker::PhantomData<T>);

    impl<T: Config> Get<u64> for SlotDuration<T> {
        fn get() -> u64 {
            SlotMillis::<T>::get()
        }
    }

    /// Half a slot in milliseconds: the least distance between two blocks' timestamps.
    pub struct HalfSlotDuration<T>(core::marker::PhantomData<T>);

    impl<T: Config> Get<u64> for HalfSlotDuration<T> {
        fn get() -> u64 {
            SlotMillis::<T>::get() / 2
        }
    }
}
