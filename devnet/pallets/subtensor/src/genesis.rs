//! The state a chain begins with.

use frame_support::pallet_macros::pallet_section;

#[pallet_section]
mod genesis {
    /// What a chain specification says about this pallet.
    #[pallet::genesis_config]
    #[derive(frame_support::DefaultNoBound)]
    pub struct GenesisConfig<T: Config> {
        /// Owner of each hotkey: coldkey, hotkey.
        pub hotkeys: Vec<(T::AccountId, T::AccountId)>,
    }

    #[pallet::genesis_build]
    impl<T: Config> BuildGenesisConfig for GenesisConfig<T> {
        fn build(&self) {
            for (coldkey, hotkey) in &self.hotkeys {
                Pallet::<T>::create_account_if_non_existent(coldkey, hotkey);
            }
        }
    }
}
