//! What a transaction costs: half a thousandth rao per unit of weight and a rao per byte, for the author
//! of the block.

use crate::{AccountId, Balance, Balances, BlockAuthor};
use frame_support::traits::fungible::{Balanced as _, Credit};
use frame_support::traits::{Get as _, OnUnbalanced};
use frame_support::weights::{Weight, WeightToFee};

/// Units of `ref_time` that one rao pays for.
const REF_TIME_PER_RAO: u64 = 2_000;

/// The fee of a weight. Only computation counts; proof sizes are free.
pub struct LinearWeightToFee;

impl WeightToFee for LinearWeightToFee {
    type Balance = Balance;

    fn weight_to_fee(weight: &Weight) -> Balance {
        weight.ref_time() / REF_TIME_PER_RAO
    }
}

/// Gives fees to the author of the block. A fee that nobody can receive is burned.
pub struct FeesToAuthor;

impl OnUnbalanced<Credit<AccountId, Balances>> for FeesToAuthor {
    fn on_nonzero_unbalanced(fee: Credit<AccountId, Balances>) {
        if let Some(author) = BlockAuthor::get() {
            // What cannot be put into the account comes back and is burned by being dropped.
            drop(Balances::resolve(&author, fee));
        }
    }
}
