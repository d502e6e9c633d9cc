//! What becomes of the state when the chain upgrades to this runtime.
//!
//! Positions in the old form of shares move to the new one, by the same conversion that reading them
//! has always used: no position's worth changes by a single rao. Items that this runtime no longer has
//! are removed, and the fast moving price starts at the present price.

use alloc::vec::Vec;
use frame_support::traits::Get as _;
use frame_support::weights::Weight;
use subtensor_runtime_common::{SafeFloat, SwapHandler as _, U64F64};

use crate::{
    Alpha, AlphaMapLastKey, AlphaV2, Config, HasMigrationRun, NumRootClaim, Pallet, RootClaimType,
    SubnetFastMovingPrice, TotalHotkeyShares, TotalHotkeySharesV2,
};

/// The name under which the migration is recorded as done.
const NAME: &[u8] = b"finish_old_shares";

impl<T: Config> Pallet<T> {
    /// Runs once, in the first block of this runtime.
    pub(crate) fn migrate() -> Weight {
        if HasMigrationRun::<T>::get(NAME.to_vec()) {
            return T::DbWeight::get().reads(1);
        }
        let positions: Vec<_> = Alpha::<T>::drain().collect();
        let totals: Vec<_> = TotalHotkeyShares::<T>::drain().collect();
        let moved = u64::try_from(positions.len().saturating_add(totals.len())).unwrap_or(u64::MAX);
        for (key, share) in positions {
            AlphaV2::<T>::insert(key, SafeFloat::from(share));
        }
        for (hotkey, netuid, shares) in totals {
            TotalHotkeySharesV2::<T>::insert(hotkey, netuid, SafeFloat::from(shares));
        }
        AlphaMapLastKey::<T>::kill();
        NumRootClaim::<T>::kill();
        let _ = RootClaimType::<T>::clear(u32::MAX, None);
        for netuid in Self::subnets() {
            SubnetFastMovingPrice::<T>::insert(netuid, Self::spot_price(netuid));
        }
        HasMigrationRun::<T>::insert(NAME.to_vec(), true);
        T::DbWeight::get().reads_writes(moved, moved.saturating_mul(2))
    }

    /// Moves the fast moving price by a two-hour time constant: `(599 · old + spot) / 600`.
    pub(crate) fn update_fast_moving_price(netuid: subtensor_runtime_common::NetUid) {
        SubnetFastMovingPrice::<T>::mutate(netuid, |price| {
            let old = price.bits / 600 * 599 + price.bits % 600 * 599 / 600;
            *price = U64F64::from_bits(old.saturating_add(Self::spot_price(netuid).bits / 600));
        });
    }

    fn spot_price(netuid: subtensor_runtime_common::NetUid) -> U64F64 {
        let rao = u128::from(T::SwapInterface::current_price(netuid).to_u64());
        U64F64::from_bits((rao << 64) / 1_000_000_000)
    }
}
