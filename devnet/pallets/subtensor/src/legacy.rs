//! Items that the chain stored before this runtime, for whoever still reads their keys. They stand in
//! no metadata any more, and the migration leaves nothing under them.

use alloc::vec::Vec;
use frame_support::pallet_prelude::{NMapKey, ValueQuery};
use frame_support::{storage_alias, Blake2_128Concat, Identity};
use subtensor_runtime_common::{NetUid, U64F64};

use crate::{Config, Pallet, RootClaimTypeEnum};

/// All shares in their old form; decides where present.
#[storage_alias]
pub type TotalHotkeyShares<T: Config> = StorageDoubleMap<
    Pallet<T>,
    Blake2_128Concat,
    <T as frame_system::Config>::AccountId,
    Identity,
    NetUid,
    U64F64,
    ValueQuery,
>;

/// Shares of one coldkey in their old form; decides where present.
#[storage_alias]
pub type Alpha<T: Config> = StorageNMap<
    Pallet<T>,
    (
        NMapKey<Blake2_128Concat, <T as frame_system::Config>::AccountId>,
        NMapKey<Blake2_128Concat, <T as frame_system::Config>::AccountId>,
        NMapKey<Identity, NetUid>,
    ),
    U64F64,
    ValueQuery,
>;

/// Where a walk over the old shares stood.
#[storage_alias]
pub type AlphaMapLastKey<T: Config> = StorageValue<Pallet<T>, Option<Vec<u8>>, ValueQuery>;

/// What a coldkey wanted done with its root dividends.
#[storage_alias]
pub type RootClaimType<T: Config> = StorageMap<
    Pallet<T>,
    Blake2_128Concat,
    <T as frame_system::Config>::AccountId,
    RootClaimTypeEnum,
    ValueQuery,
>;

/// Automatic claims per block.
#[storage_alias]
pub type NumRootClaim<T: Config> = StorageValue<Pallet<T>, u64, ValueQuery>;
