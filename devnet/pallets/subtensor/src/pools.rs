//! The market of a subnet: reserves, the account that holds its TAO, and moving money along with trades.

use frame_support::{
    traits::{
        fungible::{Inspect, Mutate},
        tokens::{Fortitude, Precision, Preservation},
        Get,
    },
    PalletId,
};
use sp_runtime::{traits::AccountIdConversion, DispatchError, DispatchResult};
use subtensor_runtime_common::{AlphaBalance, NetUid, SubnetPools, SwapHandler, SwapQuote, TaoBalance};

use crate::{
    Config, Error, NetworksAdded, Pallet, SubnetAlphaIn, SubnetAlphaOut, SubnetMechanism, SubnetTAO,
    SubnetTaoFlow, SubnetVolume, TotalStake,
};

/// The pallet whose sub-accounts hold the TAO of the subnets.
pub const SUBTENSOR_PALLET_ID: PalletId = PalletId(*b"subtensr");

impl<T: Config> SubnetPools for Pallet<T> {
    fn tao_reserve(netuid: NetUid) -> TaoBalance {
        SubnetTAO::<T>::get(netuid)
    }

    fn alpha_reserve(netuid: NetUid) -> AlphaBalance {
        SubnetAlphaIn::<T>::get(netuid)
    }

    fn exists(netuid: NetUid) -> bool {
        NetworksAdded::<T>::get(netuid)
    }

    fn is_dynamic(netuid: NetUid) -> bool {
        SubnetMechanism::<T>::get(netuid) == 1
    }
}

impl<T: Config> Pallet<T> {
    /// The account that holds a subnet's TAO.
    pub fn get_subnet_account_id(netuid: NetUid) -> T::AccountId {
        SUBTENSOR_PALLET_ID.into_sub_account_truncating(u16::from(netuid))
    }

    /// Buys alpha with TAO of `payer`. The alpha is nobody's yet: the caller adds it to a position.
    pub(crate) fn buy_alpha(
        payer: &T::AccountId,
        netuid: NetUid,
        tao: TaoBalance,
        drop_fee: bool,
    ) -> Result<SwapQuote<TaoBalance, AlphaBalance>, DispatchError> {
        let quote = T::SwapInterface::quote_buy(netuid, tao, drop_fee)?;
        let into_pool = quote.amount_in.saturating_sub(quote.fee);
        let pool = Self::get_subnet_account_id(netuid);
        T::Currency::transfer(payer, &pool, into_pool.to_u64(), Preservation::Preserve)
            .map_err(|_| Error::<T>::BalanceWithdrawalError)?;
        Self::pay_fee_in_tao(payer, quote.fee)?;

        SubnetTAO::<T>::mutate(netuid, |reserve| *reserve = reserve.saturating_add(into_pool));
        if Self::is_dynamic(netuid) {
            SubnetAlphaIn::<T>::mutate(netuid, |alpha| *alpha = alpha.saturating_sub(quote.amount_out));
        }
        SubnetAlphaOut::<T>::mutate(netuid, |alpha| *alpha = alpha.saturating_add(quote.amount_out));
        TotalStake::<T>::mutate(|total| *total = total.saturating_add(into_pool));
        Self::note_trade(netuid, into_pool, false);
        Ok(quote)
    }

    /// Sells alpha, which the caller has taken from a position, and pays `receiver`.
    pub(crate) fn sell_alpha(
        receiver: &T::AccountId,
        netuid: NetUid,
        alpha: AlphaBalance,
        drop_fee: bool,
    ) -> Result<SwapQuote<AlphaBalance, TaoBalance>, DispatchError> {
        let quote = T::SwapInterface::quote_sell(netuid, alpha, drop_fee)?;
        let into_pool = quote.amount_in.saturating_sub(quote.fee);
        SubnetAlphaOut::<T>::mutate(netuid, |out| *out = out.saturating_sub(quote.amount_in));
        Self::settle_sale(netuid, into_pool, quote.amount_out, receiver)?;
        Self::pay_fee_in_alpha(netuid, quote.fee)?;
        Ok(quote)
    }

    /// Moves alpha into a pool and TAO out of it.
    fn settle_sale(
        netuid: NetUid,
        alpha: AlphaBalance,
        tao: TaoBalance,
        receiver: &T::AccountId,
    ) -> DispatchResult {
        let pool = Self::get_subnet_account_id(netuid);
        T::Currency::transfer(&pool, receiver, tao.to_u64(), Preservation::Expendable)?;
        if Self::is_dynamic(netuid) {
            SubnetAlphaIn::<T>::mutate(netuid, |reserve| *reserve = reserve.saturating_add(alpha));
        }
        SubnetTAO::<T>::mutate(netuid, |reserve| *reserve = reserve.saturating_sub(tao));
        TotalStake::<T>::mutate(|total| *total = total.saturating_sub(tao));
        Self::note_trade(netuid, tao, true);
        Ok(())
    }

    /// The fee of a purchase goes to the author of the block; a fee nobody can receive is burned.
    fn pay_fee_in_tao(payer: &T::AccountId, fee: TaoBalance) -> DispatchResult {
        if fee.is_zero() {
            return Ok(());
        }
        let paid = T::BlockAuthor::get().is_some_and(|author| {
            T::Currency::transfer(payer, &author, fee.to_u64(), Preservation::Preserve).is_ok()
        });
        if !paid {
            T::Currency::burn_from(
                payer,
                fee.to_u64(),
                Preservation::Preserve,
                Precision::Exact,
                Fortitude::Polite,
            )
            .map_err(|_| Error::<T>::BalanceWithdrawalError)?;
        }
        Ok(())
    }

    /// The fee of a sale is sold without fee for the author of the block. A fee too small to be worth a
    /// rao, or without a receiver, stays in the pool.
    fn pay_fee_in_alpha(netuid: NetUid, fee: AlphaBalance) -> DispatchResult {
        if fee.is_zero() {
            return Ok(());
        }
        let sale = T::BlockAuthor::get().and_then(|author| {
            let quote = T::SwapInterface::quote_sell(netuid, fee, true).ok()?;
            let can_receive = T::Currency::can_deposit(
                &author,
                quote.amount_out.to_u64(),
                frame_support::traits::tokens::Provenance::Extant,
            );
            can_receive.into_result().ok().map(|()| (author, quote.amount_out))
        });
        match sale {
            Some((author, tao)) => Self::settle_sale(netuid, fee, tao, &author),
            None => {
                SubnetAlphaIn::<T>::mutate(netuid, |reserve| *reserve = reserve.saturating_add(fee));
                Ok(())
            }
        }
    }

    fn note_trade(netuid: NetUid, tao: TaoBalance, sold: bool) {
        SubnetVolume::<T>::mutate(netuid, |volume| *volume = volume.saturating_add(tao.into()));
        let flow = i64::try_from(tao.to_u64()).unwrap_or(i64::MAX);
        SubnetTaoFlow::<T>::mutate(netuid, |sum| {
            *sum = if sold { sum.saturating_sub(flow) } else { sum.saturating_add(flow) };
        });
    }
}
