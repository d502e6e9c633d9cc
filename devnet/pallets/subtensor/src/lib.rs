//! Subtensor's pallet: subnets, stake, neurons, epochs and emission.
//!
//! Storage, calls, events and errors carry the names, numbers and encodings of the chain, so that a
//! client of the chain works against this pallet unchanged. The pallet is put together from sections,
//! one file per subject; behaviour lives in modules beside them.
#![cfg_attr(not(feature = "std"), no_std)]

extern crate alloc;

mod accounts;
mod burning;
mod calls;
mod coinbase;
mod consensus;
mod constants;
mod defaults;
mod dividends;
pub mod emission;
mod endpoints;
mod epoch;
mod errors;
mod events;
#[cfg(not(feature = "next"))]
mod first_runtime;
mod genesis;
#[cfg(feature = "next")]
mod legacy;
#[cfg(feature = "next")]
mod migration;
mod pools;
pub mod rpc_info;
mod share_pool;
pub mod staking;
mod storage;
mod subnets;
#[cfg(test)]
mod tests;
mod types;

pub use defaults::{MAX_CHAIN_IDENTITY_BYTES, MIN_STAKE};
#[cfg(feature = "next")]
pub use legacy::{Alpha, AlphaMapLastKey, NumRootClaim, RootClaimType, TotalHotkeyShares};
pub use pallet::*;
pub use types::{
    AxonInfo, ChainIdentityV2, LockState, NeuronCertificate, PrometheusInfo, RateLimitKey, RecycleOrBurnEnum,
    RootClaimTypeEnum, SubnetIdentityV3, SubnetLease, MAX_COMMIT_BYTES,
};

use frame_support::pallet_macros::import_section;

#[import_section(constants::constants)]
#[import_section(errors::errors)]
#[import_section(events::events)]
#[import_section(genesis::genesis)]
#[import_section(calls::calls)]
#[import_section(storage::accounts::accounts_storage)]
#[import_section(storage::emission::emission_storage)]
#[import_section(storage::hyperparameters::hyperparameters_storage)]
#[import_section(storage::neurons::neurons_storage)]
#[import_section(storage::pools::pools_storage)]
#[import_section(storage::stake::stake_storage)]
#[import_section(storage::subnets::subnets_storage)]
#[frame_support::pallet]
#[allow(clippy::too_many_arguments, reason = "calls have the arguments the chain gives them")]
pub mod pallet {
    use crate::{
        defaults::*,
        staking::{PriceLimit, Transition},
        types::*,
    };
    use alloc::{
        collections::{BTreeMap, VecDeque},
        vec::Vec,
    };
    use codec::Compact;
    use frame_support::{
        pallet_prelude::*,
        traits::{fungible, ConstBool, ConstI16, ConstU16, ConstU32, ConstU64, ConstU8},
        PalletId,
    };
    use frame_system::pallet_prelude::*;
    use sp_core::{H160, H256};
    use sp_runtime::Percent;
    use subtensor_runtime_common::{
        AlphaBalance, AlphaLedger, ConstFixed, ConstMechId, ConstRatio, ConstTao, MechId, NetUid,
        NetUidStorageIndex, Ratio, SafeFloat, SwapHandler, TaoBalance, I64F64, I96F32, U64F64, U96F32,
    };

    /// What the pallet needs from the runtime around it.
    #[pallet::config]
    pub trait Config: frame_system::Config<RuntimeEvent: From<Event<Self>>> {
        /// The TAO of all accounts.
        type Currency: fungible::Mutate<Self::AccountId, Balance = u64>;
        /// The market of every subnet.
        type SwapInterface: SwapHandler;
        /// The record of how much alpha exists.
        type AlphaAssets: AlphaLedger;
        /// Who wrote the present block; trading fees go there.
        type BlockAuthor: Get<Option<Self::AccountId>>;
    }

    /// The pallet.
    #[pallet::pallet]
    #[pallet::without_storage_info]
    pub struct Pallet<T>(_);

    #[pallet::hooks]
    impl<T: Config> Hooks<BlockNumberFor<T>> for Pallet<T> {
        fn on_initialize(_block: BlockNumberFor<T>) -> Weight {
            Self::block_step()
        }

        fn on_runtime_upgrade() -> Weight {
            Self::migrate()
        }
    }
}
