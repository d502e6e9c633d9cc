//! How much alpha of each subnet exists, and how much was taken out of circulation.

#![cfg_attr(not(feature = "std"), no_std)]

pub use pallet::*;

#[frame_support::pallet]
pub mod pallet {
    use frame_support::pallet_prelude::*;
    use subtensor_runtime_common::{AlphaBalance, AlphaLedger, NetUid};

    #[pallet::pallet]
    pub struct Pallet<T>(_);

    #[pallet::config]
    pub trait Config: frame_system::Config {}

    /// Alpha issued and not recycled, in the pool and outside, burned alpha included.
    #[pallet::storage]
    pub type TotalAlphaIssuance<T> = StorageMap<_, Twox64Concat, NetUid, AlphaBalance, ValueQuery>;

    /// Alpha that stays issued but that nobody has any more.
    #[pallet::storage]
    pub type AlphaBurned<T> = StorageMap<_, Twox64Concat, NetUid, AlphaBalance, ValueQuery>;

    /// Alpha that was taken back and can be issued again.
    #[pallet::storage]
    pub type AlphaRecycled<T> = StorageMap<_, Twox64Concat, NetUid, AlphaBalance, ValueQuery>;

    impl<T: Config> AlphaLedger for Pallet<T> {
        fn issue(netuid: NetUid, alpha: AlphaBalance) {
            TotalAlphaIssuance::<T>::mutate(netuid, |total| *total = total.saturating_add(alpha));
        }

        fn burn(netuid: NetUid, alpha: AlphaBalance) {
            AlphaBurned::<T>::mutate(netuid, |total| *total = total.saturating_add(alpha));
        }

        fn recycle(netuid: NetUid, alpha: AlphaBalance) {
            TotalAlphaIssuance::<T>::mutate(netuid, |total| *total = total.saturating_sub(alpha));
            AlphaRecycled::<T>::mutate(netuid, |total| *total = total.saturating_add(alpha));
        }
    }
}
