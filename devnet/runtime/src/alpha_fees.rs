//! Fees of staking calls that an account without enough free TAO may pay from the stake it moves.

use crate::{fees::FeesToAuthor, AccountId, Balance, Balances, Runtime, RuntimeCall, SubtensorModule};
use frame_support::dispatch::{DispatchInfo, PostDispatchInfo};
use frame_support::storage::with_storage_layer;
use pallet_subtensor::Call as SubtensorCall;
use pallet_transaction_payment::{FungibleAdapter, OnChargeTransaction, TxCreditHold};
use sp_runtime::transaction_validity::{InvalidTransaction, TransactionValidityError};
use subtensor_runtime_common::NetUid;

type InTao = FungibleAdapter<Balances, FeesToAuthor>;
type TaoCredit = <InTao as OnChargeTransaction<Runtime>>::LiquidityInfo;

/// Takes fees in TAO where there is enough, else in alpha where the call allows it.
pub struct FeesInTaoOrAlpha;

/// How a fee was taken.
pub enum Taken {
    /// In TAO; what was taken too much goes back.
    Tao(TaoCredit),
    /// In alpha, and for good.
    Alpha,
}

impl Default for Taken {
    fn default() -> Self {
        Self::Tao(None)
    }
}

impl TxCreditHold<Runtime> for FeesInTaoOrAlpha {
    type Credit = <InTao as TxCreditHold<Runtime>>::Credit;
}

impl OnChargeTransaction<Runtime> for FeesInTaoOrAlpha {
    type Balance = Balance;
    type LiquidityInfo = Taken;

    fn withdraw_fee(
        who: &AccountId,
        call: &RuntimeCall,
        info: &DispatchInfo,
        fee: Balance,
        tip: Balance,
    ) -> Result<Taken, TransactionValidityError> {
        if <InTao as OnChargeTransaction<Runtime>>::can_withdraw_fee(who, call, info, fee, tip).is_ok() {
            return <InTao as OnChargeTransaction<Runtime>>::withdraw_fee(who, call, info, fee, tip)
                .map(Taken::Tao);
        }
        let (hotkey, netuid) = paying_position(who, call).ok_or(InvalidTransaction::Payment)?;
        with_storage_layer(|| SubtensorModule::pay_fee_with_alpha(who, &hotkey, netuid, fee.into()))
            .map_err(|_| InvalidTransaction::Payment)?;
        Ok(Taken::Alpha)
    }

    fn can_withdraw_fee(
        who: &AccountId,
        call: &RuntimeCall,
        info: &DispatchInfo,
        fee: Balance,
        tip: Balance,
    ) -> Result<(), TransactionValidityError> {
        let in_tao = <InTao as OnChargeTransaction<Runtime>>::can_withdraw_fee(who, call, info, fee, tip);
        in_tao.or_else(|refusal| {
            let (hotkey, netuid) = paying_position(who, call).ok_or(refusal)?;
            SubtensorModule::alpha_for_fee(who, &hotkey, netuid, fee.into())
                .map_err(|_| InvalidTransaction::Payment)?;
            Ok(())
        })
    }

    fn correct_and_deposit_fee(
        who: &AccountId,
        info: &DispatchInfo,
        post_info: &PostDispatchInfo,
        fee: Balance,
        tip: Balance,
        taken: Taken,
    ) -> Result<(), TransactionValidityError> {
        match taken {
            Taken::Tao(credit) => <InTao as OnChargeTransaction<Runtime>>::correct_and_deposit_fee(
                who, info, post_info, fee, tip, credit,
            ),
            Taken::Alpha => Ok(()),
        }
    }
}

/// The position that may pay for a call: hotkey and subnet. Calls that sell everything may only be paid
/// for if there is one position.
fn paying_position(who: &AccountId, call: &RuntimeCall) -> Option<(AccountId, NetUid)> {
    let RuntimeCall::SubtensorModule(call) = call else {
        return None;
    };
    match call {
        SubtensorCall::remove_stake { hotkey, netuid, .. }
        | SubtensorCall::remove_stake_limit { hotkey, netuid, .. }
        | SubtensorCall::remove_stake_full_limit { hotkey, netuid, .. }
        | SubtensorCall::recycle_alpha { hotkey, netuid, .. }
        | SubtensorCall::burn_alpha { hotkey, netuid, .. } => Some((hotkey.clone(), *netuid)),
        SubtensorCall::move_stake { origin_hotkey: hotkey, origin_netuid, .. }
        | SubtensorCall::transfer_stake { hotkey, origin_netuid, .. }
        | SubtensorCall::swap_stake { hotkey, origin_netuid, .. }
        | SubtensorCall::swap_stake_limit { hotkey, origin_netuid, .. } => {
            Some((hotkey.clone(), *origin_netuid))
        }
        SubtensorCall::unstake_all { hotkey } | SubtensorCall::unstake_all_alpha { hotkey } => {
            match SubtensorModule::positions(hotkey, who).as_slice() {
                [(netuid, _)] => Some((hotkey.clone(), *netuid)),
                _ => None,
            }
        }
        _ => None,
    }
}
