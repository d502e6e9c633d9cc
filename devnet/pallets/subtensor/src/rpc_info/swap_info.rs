//! Prices, simulated trades and the price of a new subnet.

use subtensor_runtime_common::SwapHandler as _;

use super::*;

/// A subnet's price, as `SwapRuntimeApi_current_alpha_price_all` lists it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub struct SubnetPrice {
    /// The subnet.
    pub netuid: NetUid,
    /// Rao per alpha.
    pub price: u64,
}

/// What a trade would bring, as `SwapRuntimeApi_sim_swap_*` answer. All zeros if the pool refuses.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub struct SimSwapResult {
    /// Rao given or received.
    pub tao_amount: TaoBalance,
    /// Rao-alpha given or received.
    pub alpha_amount: AlphaBalance,
    /// The fee of a purchase, contained in `tao_amount`.
    pub tao_fee: TaoBalance,
    /// The fee of a sale, contained in `alpha_amount`.
    pub alpha_fee: AlphaBalance,
    /// Of a sale: how much more rao the spot price would have brought.
    pub tao_slippage: TaoBalance,
    /// Of a purchase: how much more rao-alpha the spot price would have brought.
    pub alpha_slippage: AlphaBalance,
}

/// Rao in one TAO: prices are in rao per whole alpha.
const UNIT: u128 = 1_000_000_000;

impl<T: Config> Pallet<T> {
    /// The price of a subnet's alpha in rao.
    pub fn price(netuid: NetUid) -> u64 {
        T::SwapInterface::current_price(netuid).to_u64()
    }

    /// The price of every subnet, root included.
    pub fn all_prices() -> Vec<SubnetPrice> {
        let prices = Self::all_netuids().into_iter();
        prices.map(|netuid| SubnetPrice { netuid, price: Self::price(netuid) }).collect()
    }

    /// The subnet that a new one would replace: of those past their immunity the one with the lowest
    /// moving price, and of these the oldest.
    pub fn subnet_to_prune() -> Option<NetUid> {
        let immunity = NetworkImmunityPeriod::<T>::get();
        let now = Self::current_block();
        let registered = |netuid: &NetUid| NetworkRegisteredAt::<T>::get(netuid);
        Self::subnets()
            .into_iter()
            .filter(|netuid| now.saturating_sub(registered(netuid)) >= immunity)
            .min_by_key(|netuid| (SubnetMovingPrice::<T>::get(netuid).bits, registered(netuid)))
    }

    /// What spending `tao` would bring.
    pub fn simulate_buy(netuid: NetUid, tao: TaoBalance) -> SimSwapResult {
        let Some(quote) =
            Self::tradable(netuid).and_then(|()| T::SwapInterface::quote_buy(netuid, tao, false).ok())
        else {
            return SimSwapResult::default();
        };
        let price = T::SwapInterface::current_price(netuid).to_u64();
        let ideal = AlphaBalance::from(emission::mul_div(tao.to_u64(), UNIT, price.into()));
        SimSwapResult {
            tao_amount: quote.amount_in,
            alpha_amount: quote.amount_out,
            tao_fee: quote.fee,
            alpha_slippage: ideal.saturating_sub(quote.amount_out),
            ..SimSwapResult::default()
        }
    }

    /// What selling `alpha` would bring.
    pub fn simulate_sell(netuid: NetUid, alpha: AlphaBalance) -> SimSwapResult {
        let Some(quote) =
            Self::tradable(netuid).and_then(|()| T::SwapInterface::quote_sell(netuid, alpha, false).ok())
        else {
            return SimSwapResult::default();
        };
        let price = T::SwapInterface::current_price(netuid).to_u64();
        let ideal = TaoBalance::from(emission::mul_div(alpha.to_u64(), price.into(), UNIT));
        SimSwapResult {
            tao_amount: quote.amount_out,
            alpha_amount: quote.amount_in,
            alpha_fee: quote.fee,
            tao_slippage: ideal.saturating_sub(quote.amount_out),
            ..SimSwapResult::default()
        }
    }

    fn tradable(netuid: NetUid) -> Option<()> {
        NetworksAdded::<T>::get(netuid).then_some(())
    }

    /// What creating a subnet costs now: `max(least, m · last − ⌊last / interval⌋ · blocks)`, where
    /// `m` is 2 once a subnet has been created, and 1 before.
    pub fn network_lock_cost() -> TaoBalance {
        let last = NetworkLastLockCost::<T>::get().to_u64();
        let created = LastRateLimitedBlock::<T>::get(RateLimitKey::NetworkLastRegistered);
        let multiple = if created == 0 { 1 } else { 2 };
        let interval = NetworkLockReductionInterval::<T>::get();
        let per_block = last.checked_div(interval).unwrap_or(0);
        let blocks = Self::current_block().saturating_sub(created);
        let cost = last.saturating_mul(multiple).saturating_sub(per_block.saturating_mul(blocks));
        TaoBalance::from(cost).max(NetworkMinLockCost::<T>::get())
    }
}
