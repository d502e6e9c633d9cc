//! What the next runtime does beside this one's work: nothing here.

use frame_support::weights::Weight;
use subtensor_runtime_common::NetUid;

use crate::{Config, Pallet};

impl<T: Config> Pallet<T> {
    /// There is no earlier state.
    pub(crate) fn migrate() -> Weight {
        Weight::zero()
    }

    /// There is no fast moving price.
    pub(crate) fn update_fast_moving_price(_: NetUid) {}
}
