//! What a swap would give, computed by the chain's own code.

use crate::chain::View;
use crate::decode::{DecodeError, FromValue, Value};
use crate::error::ReadError;
use crate::storage::KeyPart;
use alloc::string::String;
use futures::future::try_join;
use lantern_types::{AlphaBalance, AtBlock, NetUid, Price, SwapQuote, SwapSide, TaoBalance};

pub(crate) const PRICE: &str = "SwapRuntimeApi_current_alpha_price";
const BUY: &str = "SwapRuntimeApi_sim_swap_tao_for_alpha";
const SELL: &str = "SwapRuntimeApi_sim_swap_alpha_for_tao";

impl View {
    /// Simulates a swap on the state of this block. Amounts and fees are the runtime's own.
    ///
    /// # Errors
    /// [`ReadError::NoQuote`] if the runtime refuses the swap, for example because the pool is too small.
    pub async fn quote(&self, netuid: NetUid, side: SwapSide) -> Result<AtBlock<SwapQuote>, ReadError> {
        let (name, amount) = match side {
            SwapSide::Stake(tao) => (BUY, tao.rao()),
            SwapSide::Unstake(alpha) => (SELL, alpha.rao()),
        };
        let arguments = [netuid.into(), KeyPart::Uint(amount)];
        let price_arguments = [netuid.into()];
        let (result, price) =
            try_join(self.call(name, &arguments), self.call(PRICE, &price_arguments)).await?;
        let undecodable = |source| ReadError::Undecodable { item: String::from(name), source };
        let price = Price::from_value(&price)
            .map_err(|source| ReadError::Undecodable { item: String::from(PRICE), source })?;
        let quote = read(&result, netuid, side, price).map_err(undecodable)?;
        // The runtime answers a swap that it refuses with zeros.
        let gives_nothing = match side {
            SwapSide::Stake(_) => quote.alpha.is_zero(),
            SwapSide::Unstake(_) => quote.tao.is_zero(),
        };
        if gives_nothing { Err(ReadError::NoQuote) } else { Ok(self.at_block(quote)) }
    }
}

fn read(result: &Value<'_>, netuid: NetUid, side: SwapSide, price: Price) -> Result<SwapQuote, DecodeError> {
    Ok(SwapQuote {
        netuid,
        side,
        tao: TaoBalance::from_value(result.field("tao_amount")?)?,
        alpha: AlphaBalance::from_value(result.field("alpha_amount")?)?,
        tao_fee: TaoBalance::from_value(result.field("tao_fee")?)?,
        alpha_fee: AlphaBalance::from_value(result.field("alpha_fee")?)?,
        price,
    })
}
