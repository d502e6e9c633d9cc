//! Staking calls that would fail are refused before they reach a block, with a number that says why.

use codec::Decode as _;
use frame_support::traits::PalletInfoAccess as _;
use pallet_subtensor::{
    staking::{PriceLimit, Transition},
    Call as SubtensorCall, Error as SubtensorError,
};
use pallet_swap::Error as SwapError;
use sp_runtime::{
    transaction_validity::{InvalidTransaction, TransactionValidityError, ValidTransaction},
    DispatchError, ModuleError,
};
use subtensor_runtime_common::{AlphaBalance, NetUid, TaoBalance};

use super::check_only;
use crate::{AccountId, Runtime, RuntimeCall, SubtensorModule, Swap};

/// The numbers of `InvalidTransaction::Custom`, as clients know them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum ValidityCode {
    /// The amount is too low.
    StakeAmountTooLow = 1,
    /// The balance is too low.
    BalanceTooLow = 2,
    /// The subnet does not exist.
    SubnetDoesntExist = 3,
    /// Nobody owns the hotkey.
    HotkeyAccountDoesntExist = 4,
    /// The position is too small.
    NotEnoughStakeToWithdraw = 5,
    /// Too soon.
    RateLimitExceeded = 6,
    /// The pool is too small.
    InsufficientLiquidity = 7,
    /// The limit price would be passed.
    SlippageTooHigh = 8,
    /// The subnet forbids transfers.
    TransferDisallowed = 9,
    /// The hotkey is not registered.
    HotKeyNotRegisteredInNetwork = 10,
    /// Nothing can be traded at the limit price.
    ZeroMaxAmount = 14,
    /// The coldkey does not own the hotkey.
    NonAssociatedColdKey = 25,
    /// The take is too low.
    DelegateTakeTooLow = 26,
    /// The take is too high.
    DelegateTakeTooHigh = 27,
    /// Anything else.
    BadRequest = 255,
}

check_only! {
    SubtensorTransactionExtension,
    /// Checks staking calls against the present state.
}

impl SubtensorTransactionExtension {
    fn check(signer: &AccountId, call: &RuntimeCall) -> Result<ValidTransaction, TransactionValidityError> {
        let RuntimeCall::SubtensorModule(call) = call else {
            return Ok(ValidTransaction::default());
        };
        match would_fail(signer, call) {
            Some(error) => Err(InvalidTransaction::Custom(code_of(error) as u8).into()),
            None => Ok(ValidTransaction::default()),
        }
    }
}

/// Why a call would fail now, as far as can be told without running it.
fn would_fail(signer: &AccountId, call: &SubtensorCall<Runtime>) -> Option<DispatchError> {
    let limit = |price: &TaoBalance, allow_partial: &bool| {
        Some(PriceLimit { price: *price, allow_partial: *allow_partial })
    };
    match call {
        SubtensorCall::add_stake { hotkey, netuid, amount_staked } => {
            buying(signer, hotkey, *netuid, *amount_staked, None)
        }
        SubtensorCall::add_stake_limit { hotkey, netuid, amount_staked, limit_price, allow_partial } => {
            buying(signer, hotkey, *netuid, *amount_staked, limit(limit_price, allow_partial))
        }
        SubtensorCall::remove_stake { hotkey, netuid, amount_unstaked } => {
            selling(signer, hotkey, *netuid, *amount_unstaked, None)
        }
        SubtensorCall::remove_stake_limit { hotkey, netuid, amount_unstaked, limit_price, allow_partial } => {
            selling(signer, hotkey, *netuid, *amount_unstaked, limit(limit_price, allow_partial))
        }
        SubtensorCall::remove_stake_full_limit { hotkey, netuid, limit_price } => {
            let limit = limit_price.map(|price| PriceLimit { price, allow_partial: false });
            selling(signer, hotkey, *netuid, AlphaBalance::MAX, limit)
        }
        SubtensorCall::move_stake {
            origin_hotkey,
            destination_hotkey,
            origin_netuid,
            destination_netuid,
            alpha_amount,
        } => moving(
            Transition {
                origin_coldkey: signer.clone(),
                destination_coldkey: signer.clone(),
                origin_hotkey: origin_hotkey.clone(),
                destination_hotkey: destination_hotkey.clone(),
                origin_netuid: *origin_netuid,
                destination_netuid: *destination_netuid,
                alpha: *alpha_amount,
            },
            None,
        ),
        SubtensorCall::transfer_stake {
            destination_coldkey,
            hotkey,
            origin_netuid,
            destination_netuid,
            alpha_amount,
        } => {
            let swap = swap_of(signer, hotkey, *origin_netuid, *destination_netuid, *alpha_amount);
            moving(Transition { destination_coldkey: destination_coldkey.clone(), ..swap }, None)
        }
        SubtensorCall::swap_stake { hotkey, origin_netuid, destination_netuid, alpha_amount } => {
            moving(swap_of(signer, hotkey, *origin_netuid, *destination_netuid, *alpha_amount), None)
        }
        SubtensorCall::swap_stake_limit {
            hotkey,
            origin_netuid,
            destination_netuid,
            alpha_amount,
            limit_price,
            allow_partial,
        } => moving(
            swap_of(signer, hotkey, *origin_netuid, *destination_netuid, *alpha_amount),
            limit(limit_price, allow_partial),
        ),
        _ => None,
    }
}

fn buying(
    signer: &AccountId,
    hotkey: &AccountId,
    netuid: NetUid,
    tao: TaoBalance,
    limit: Option<PriceLimit>,
) -> Option<DispatchError> {
    SubtensorModule::validate_add_stake(signer, hotkey, netuid, tao, limit).err()
}

fn selling(
    signer: &AccountId,
    hotkey: &AccountId,
    netuid: NetUid,
    alpha: AlphaBalance,
    limit: Option<PriceLimit>,
) -> Option<DispatchError> {
    SubtensorModule::validate_remove_stake(signer, hotkey, netuid, alpha, limit).err()
}

fn moving(transition: Transition<AccountId>, limit: Option<PriceLimit>) -> Option<DispatchError> {
    SubtensorModule::validate_transition(&transition, limit).err()
}

fn swap_of(
    signer: &AccountId,
    hotkey: &AccountId,
    origin: NetUid,
    destination: NetUid,
    alpha: AlphaBalance,
) -> Transition<AccountId> {
    Transition::swap(signer.clone(), hotkey.clone(), origin, destination, alpha)
}

/// The number clients know for an error of the staking pallet or the market.
fn code_of(error: DispatchError) -> ValidityCode {
    use ValidityCode as Code;
    let DispatchError::Module(ModuleError { index, error, .. }) = error else {
        return Code::BadRequest;
    };
    if usize::from(index) == Swap::index() {
        return match SwapError::<Runtime>::decode(&mut &error[..]) {
            Ok(SwapError::PriceLimitExceeded) => Code::ZeroMaxAmount,
            Ok(
                SwapError::InsufficientLiquidity | SwapError::ReservesTooLow | SwapError::SwapInputTooLarge,
            ) => Code::InsufficientLiquidity,
            _ => Code::BadRequest,
        };
    }
    if usize::from(index) != SubtensorModule::index() {
        return Code::BadRequest;
    }
    match SubtensorError::<Runtime>::decode(&mut &error[..]) {
        Ok(SubtensorError::AmountTooLow) => Code::StakeAmountTooLow,
        Ok(SubtensorError::NotEnoughBalanceToStake | SubtensorError::BalanceWithdrawalError) => {
            Code::BalanceTooLow
        }
        Ok(SubtensorError::SubnetNotExists) => Code::SubnetDoesntExist,
        Ok(SubtensorError::HotKeyAccountNotExists) => Code::HotkeyAccountDoesntExist,
        Ok(SubtensorError::NotEnoughStakeToWithdraw) => Code::NotEnoughStakeToWithdraw,
        Ok(SubtensorError::InsufficientLiquidity) => Code::InsufficientLiquidity,
        Ok(SubtensorError::SlippageTooHigh) => Code::SlippageTooHigh,
        Ok(SubtensorError::TransferDisallowed) => Code::TransferDisallowed,
        Ok(SubtensorError::HotKeyNotRegisteredInNetwork) => Code::HotKeyNotRegisteredInNetwork,
        Ok(SubtensorError::NonAssociatedColdKey) => Code::NonAssociatedColdKey,
        Ok(SubtensorError::DelegateTakeTooLow) => Code::DelegateTakeTooLow,
        Ok(SubtensorError::DelegateTakeTooHigh) => Code::DelegateTakeTooHigh,
        _ => Code::BadRequest,
    }
}
