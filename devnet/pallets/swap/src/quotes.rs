//! Trades against the present reserves: fee, guards and the pool's formulas.

use frame_support::ensure;
use sp_core::U256;
use sp_runtime::DispatchError;
use subtensor_runtime_common::{AlphaBalance, NetUid, SubnetPools, SwapHandler, SwapQuote, TaoBalance};

use crate::{
    Balancer, Config, Error, FeeRate, PalSwapInitialized, Pallet, Reserves, ScrapReservoirAlpha,
    SwapBalancer, MAX_INPUT_MULTIPLE, MINIMUM_RESERVE,
};

/// Rao in a TAO; the price where nothing is traded against a pool.
const PAR: TaoBalance = TaoBalance::new(1_000_000_000);
/// Limit prices outside this range, in rao per alpha, count as its ends.
const MIN_PRICE: u64 = 1_000;
const MAX_PRICE: u64 = 1_000_000_000_000_000;
/// Fee rates are parts of this.
const FEE_SCALE: u64 = 65_535;

impl<T: Config> Pallet<T> {
    /// Gives a new pool the weights at which its reserves have this price, in rao per alpha.
    pub fn initialize(netuid: NetUid, price: TaoBalance) -> Result<(), DispatchError> {
        let balancer = Balancer::at_price(Self::reserves(netuid), price.to_u64())
            .ok_or(Error::<T>::ReservesOutOfBalance)?;
        SwapBalancer::<T>::insert(netuid, balancer);
        PalSwapInitialized::<T>::insert(netuid, true);
        Ok(())
    }

    /// What the pool of a subnet holds.
    pub fn reserves(netuid: NetUid) -> Reserves {
        Reserves {
            tao: T::Pools::tao_reserve(netuid).to_u64(),
            alpha: T::Pools::alpha_reserve(netuid).to_u64(),
        }
    }

    fn fee_on(netuid: NetUid, amount: u64, drop_fee: bool) -> u64 {
        if drop_fee {
            0
        } else {
            <Self as SwapHandler>::fee(netuid, amount)
        }
    }

    /// An input with the fee that comes on top of it.
    fn with_fee(netuid: NetUid, net: u64) -> u64 {
        let rate = u64::from(FeeRate::<T>::get(netuid));
        let fee = U256::from(net) * U256::from(rate) / U256::from(FEE_SCALE.saturating_sub(rate));
        net.saturating_add(u64::try_from(fee).unwrap_or(u64::MAX))
    }

    fn guard(out_reserve: u64, in_reserve: u64, input: u64) -> Result<(), Error<T>> {
        let min = MINIMUM_RESERVE.get();
        ensure!(out_reserve >= min && in_reserve >= min, Error::<T>::ReservesTooLow);
        ensure!(input <= in_reserve.saturating_mul(MAX_INPUT_MULTIPLE), Error::<T>::SwapInputTooLarge);
        Ok(())
    }
}

impl<T: Config> SwapHandler for Pallet<T> {
    fn quote_buy(
        netuid: NetUid,
        tao: TaoBalance,
        drop_fee: bool,
    ) -> Result<SwapQuote<TaoBalance, AlphaBalance>, DispatchError> {
        ensure!(T::Pools::exists(netuid), Error::<T>::MechanismDoesNotExist);
        ensure!(!tao.is_zero(), Error::<T>::InsufficientInputAmount);
        if !T::Pools::is_dynamic(netuid) {
            let amount_out = tao.to_u64().into();
            return Ok(SwapQuote { amount_in: tao, fee: TaoBalance::ZERO, amount_out });
        }
        let reserves = Self::reserves(netuid);
        let fee = Self::fee_on(netuid, tao.to_u64(), drop_fee);
        let net = tao.to_u64().saturating_sub(fee);
        Self::guard(reserves.alpha, reserves.tao, net)?;
        let out = SwapBalancer::<T>::get(netuid).alpha_for_tao(reserves, net);
        let left = reserves.alpha.saturating_sub(out);
        ensure!(left >= MINIMUM_RESERVE.get(), Error::<T>::InsufficientLiquidity);
        Ok(SwapQuote { amount_in: tao, fee: fee.into(), amount_out: out.into() })
    }

    fn quote_sell(
        netuid: NetUid,
        alpha: AlphaBalance,
        drop_fee: bool,
    ) -> Result<SwapQuote<AlphaBalance, TaoBalance>, DispatchError> {
        ensure!(T::Pools::exists(netuid), Error::<T>::MechanismDoesNotExist);
        ensure!(!alpha.is_zero(), Error::<T>::InsufficientInputAmount);
        if !T::Pools::is_dynamic(netuid) {
            let amount_out: TaoBalance = alpha.to_u64().into();
            let enough = amount_out <= T::Pools::tao_reserve(netuid);
            ensure!(enough, Error::<T>::InsufficientLiquidity);
            return Ok(SwapQuote { amount_in: alpha, fee: AlphaBalance::ZERO, amount_out });
        }
        let reserves = Self::reserves(netuid);
        let fee = Self::fee_on(netuid, alpha.to_u64(), drop_fee);
        let net = alpha.to_u64().saturating_sub(fee);
        Self::guard(reserves.tao, reserves.alpha, net)?;
        let out = SwapBalancer::<T>::get(netuid).tao_for_alpha(reserves, net);
        let left = reserves.tao.saturating_sub(out);
        ensure!(left >= MINIMUM_RESERVE.get(), Error::<T>::InsufficientLiquidity);
        Ok(SwapQuote { amount_in: alpha, fee: fee.into(), amount_out: out.into() })
    }

    fn max_buy(netuid: NetUid, limit_price: TaoBalance) -> Result<TaoBalance, DispatchError> {
        ensure!(T::Pools::exists(netuid), Error::<T>::MechanismDoesNotExist);
        if !T::Pools::is_dynamic(netuid) {
            ensure!(limit_price >= PAR, Error::<T>::PriceLimitExceeded);
            return Ok(TaoBalance::MAX);
        }
        let reserves = Self::reserves(netuid);
        Self::guard(reserves.alpha, reserves.tao, 0)?;
        let limit = limit_price.to_u64().clamp(MIN_PRICE, MAX_PRICE);
        let net = SwapBalancer::<T>::get(netuid)
            .tao_to_price(reserves, limit)
            .ok_or(Error::<T>::PriceLimitExceeded)?;
        Ok(Self::with_fee(netuid, net).into())
    }

    fn max_sell(netuid: NetUid, limit_price: TaoBalance) -> Result<AlphaBalance, DispatchError> {
        ensure!(T::Pools::exists(netuid), Error::<T>::MechanismDoesNotExist);
        if !T::Pools::is_dynamic(netuid) {
            ensure!(limit_price <= PAR, Error::<T>::PriceLimitExceeded);
            return Ok(AlphaBalance::MAX);
        }
        let reserves = Self::reserves(netuid);
        Self::guard(reserves.tao, reserves.alpha, 0)?;
        let limit = limit_price.to_u64().clamp(MIN_PRICE, MAX_PRICE);
        let net = SwapBalancer::<T>::get(netuid)
            .alpha_to_price(reserves, limit)
            .ok_or(Error::<T>::PriceLimitExceeded)?;
        Ok(Self::with_fee(netuid, net).into())
    }

    fn price_after_buy(netuid: NetUid, tao: TaoBalance) -> Result<TaoBalance, DispatchError> {
        if !T::Pools::is_dynamic(netuid) {
            return Ok(PAR);
        }
        let quote = Self::quote_buy(netuid, tao, false)?;
        let reserves = Self::reserves(netuid);
        let after = Reserves {
            tao: reserves.tao.saturating_add(tao.saturating_sub(quote.fee).to_u64()),
            alpha: reserves.alpha.saturating_sub(quote.amount_out.to_u64()),
        };
        let price = SwapBalancer::<T>::get(netuid).price(after).ok_or(Error::<T>::ReservesTooLow)?;
        Ok(price.into())
    }

    fn price_after_sell(netuid: NetUid, alpha: AlphaBalance) -> Result<TaoBalance, DispatchError> {
        if !T::Pools::is_dynamic(netuid) {
            return Ok(PAR);
        }
        let quote = Self::quote_sell(netuid, alpha, false)?;
        let reserves = Self::reserves(netuid);
        let after = Reserves {
            tao: reserves.tao.saturating_sub(quote.amount_out.to_u64()),
            alpha: reserves.alpha.saturating_add(alpha.saturating_sub(quote.fee).to_u64()),
        };
        let price = SwapBalancer::<T>::get(netuid).price(after).ok_or(Error::<T>::ReservesTooLow)?;
        Ok(price.into())
    }

    fn current_price(netuid: NetUid) -> TaoBalance {
        if !T::Pools::is_dynamic(netuid) {
            return PAR;
        }
        // A pool without alpha has no price; the chain's interface shows that as zero.
        SwapBalancer::<T>::get(netuid).price(Self::reserves(netuid)).unwrap_or(0).into()
    }

    fn fee(netuid: NetUid, amount: u64) -> u64 {
        if !T::Pools::is_dynamic(netuid) {
            return 0;
        }
        let rate = U256::from(FeeRate::<T>::get(netuid));
        let fee = U256::from(amount) * rate / U256::from(FEE_SCALE);
        u64::try_from(fee).unwrap_or(u64::MAX)
    }

    fn adjust_protocol_liquidity(
        netuid: NetUid,
        tao: TaoBalance,
        alpha: AlphaBalance,
    ) -> (TaoBalance, AlphaBalance) {
        let balancer = SwapBalancer::<T>::get(netuid);
        let reserves = Self::reserves(netuid);
        match balancer.after_injection(reserves, tao.to_u64(), alpha.to_u64()) {
            Some(adjusted) => {
                SwapBalancer::<T>::insert(netuid, adjusted);
                (tao, alpha)
            }
            None => {
                ScrapReservoirAlpha::<T>::mutate(netuid, |scrap| *scrap = scrap.saturating_add(alpha));
                (TaoBalance::ZERO, AlphaBalance::ZERO)
            }
        }
    }

    fn price_bounds() -> (TaoBalance, TaoBalance) {
        (MIN_PRICE.into(), MAX_PRICE.into())
    }
}
