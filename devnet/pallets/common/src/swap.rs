//! What the staking pallet needs from the pool and the pool from the staking pallet.

use crate::{AlphaBalance, NetUid, TaoBalance};
use sp_runtime::DispatchError;

/// A trade worked out against the present reserves; nothing has been moved yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SwapQuote<In, Out> {
    /// What the trader gives, fee included.
    pub amount_in: In,
    /// The part of `amount_in` that does not reach the pool.
    pub fee: In,
    /// What the trader gets.
    pub amount_out: Out,
}

/// Reserves and kind of each subnet's pool. The staking pallet keeps them; the pool reads them.
pub trait SubnetPools {
    /// TAO in the pool.
    fn tao_reserve(netuid: NetUid) -> TaoBalance;
    /// Alpha in the pool.
    fn alpha_reserve(netuid: NetUid) -> AlphaBalance;
    /// Whether the subnet exists.
    fn exists(netuid: NetUid) -> bool;
    /// Whether the subnet trades against a pool; otherwise it exchanges one to one without fee.
    fn is_dynamic(netuid: NetUid) -> bool;
}

/// Trades TAO against a subnet's alpha. Quotes are pure: whoever calls moves the reserves and the money.
///
/// Prices are in rao per alpha, that is TAO per alpha times 1e9.
pub trait SwapHandler {
    /// Alpha for `tao`, fee included in `tao` unless `drop_fee`.
    fn quote_buy(
        netuid: NetUid,
        tao: TaoBalance,
        drop_fee: bool,
    ) -> Result<SwapQuote<TaoBalance, AlphaBalance>, DispatchError>;

    /// TAO for `alpha`, fee included in `alpha` unless `drop_fee`.
    fn quote_sell(
        netuid: NetUid,
        alpha: AlphaBalance,
        drop_fee: bool,
    ) -> Result<SwapQuote<AlphaBalance, TaoBalance>, DispatchError>;

    /// The most TAO, fee included, that can be spent before the price rises above `limit_price`.
    fn max_buy(netuid: NetUid, limit_price: TaoBalance) -> Result<TaoBalance, DispatchError>;

    /// The most alpha, fee included, that can be sold before the price falls below `limit_price`.
    fn max_sell(netuid: NetUid, limit_price: TaoBalance) -> Result<AlphaBalance, DispatchError>;

    /// The price in rao per alpha after a purchase with fee, rounded down.
    fn price_after_buy(netuid: NetUid, tao: TaoBalance) -> Result<TaoBalance, DispatchError>;

    /// The price in rao per alpha after a sale with fee, rounded down.
    fn price_after_sell(netuid: NetUid, alpha: AlphaBalance) -> Result<TaoBalance, DispatchError>;

    /// The present price in rao per alpha, rounded down.
    fn current_price(netuid: NetUid) -> TaoBalance;

    /// The fee on an input, in the same unit, rounded down.
    fn fee(netuid: NetUid, amount: u64) -> u64;

    /// Readjusts the weights for emission about to enter the pool, so that the price stays, and returns
    /// what the pool accepts. The caller then raises the reserves by it.
    fn adjust_protocol_liquidity(
        netuid: NetUid,
        tao: TaoBalance,
        alpha: AlphaBalance,
    ) -> (TaoBalance, AlphaBalance);

    /// The bounds of a limit price, in rao per alpha: prices outside cannot be reached.
    fn price_bounds() -> (TaoBalance, TaoBalance);
}
