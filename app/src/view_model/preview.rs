//! What a trade would give, cost and change, from the chain's own simulation.

use super::cell::{Cell, TAO};
use lantern_economics::price_limit::{self, Tolerance};
use lantern_types::format;
use lantern_types::{Price, SwapQuote, SwapSide, TaoBalance};

/// A preview as it is printed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Preview {
    /// What is received.
    pub receive: Cell,
    /// What is received in the worst case.
    pub at_least: Cell,
    /// Price now.
    pub spot: Cell,
    /// Average price of this trade.
    pub yours: Cell,
    /// How much worse it is than the price now.
    pub impact: Cell,
    /// Fee of the pool.
    pub pool_fee: Cell,
    /// Worst price that is accepted.
    pub limit: Price,
    /// Whether the trade alone moves the price about as far as the tolerance allows.
    pub is_near_limit: bool,
    /// Whether the trade is sure to be refused: even its average price is past the limit.
    pub is_refused: bool,
    /// What is received, in alpha rao or rao.
    pub expected: u64,
}

/// The preview of a quote; nothing where it gives nothing.
#[must_use]
pub fn preview(quote: &SwapQuote, tolerance: Tolerance, symbol: &str) -> Option<Preview> {
    let limit = limit(quote.price, quote.side, tolerance);
    let (receive, at_least, net_tao, net_alpha, pool_fee, expected, floor) = match quote.side {
        SwapSide::Stake(tao) => {
            let floor = price_limit::at_least_alpha(tao, quote.tao_fee, limit)?;
            let net = tao.checked_sub(quote.tao_fee)?.rao();
            let (receive, at_least) = (Cell::alpha(quote.alpha, 4, symbol), Cell::alpha(floor, 4, symbol));
            (
                receive,
                at_least,
                net,
                quote.alpha.rao(),
                Cell::tao(quote.tao_fee, 6),
                quote.alpha.rao(),
                floor.rao(),
            )
        }
        SwapSide::Unstake(alpha) => {
            let floor = price_limit::at_least_tao(alpha, quote.alpha_fee, limit)?;
            let net = alpha.checked_sub(quote.alpha_fee)?.rao();
            let (receive, at_least) = (Cell::tao(quote.tao, 4), Cell::tao(floor, 4));
            (
                receive,
                at_least,
                quote.tao.rao(),
                net,
                Cell::alpha(quote.alpha_fee, 6, symbol),
                quote.tao.rao(),
                floor.rao(),
            )
        }
    };
    let yours = u128::from(net_tao).checked_mul(1_000_000_000)?.checked_div(u128::from(net_alpha))?;
    let spot = u128::from(quote.price.rao_per_alpha());
    let impact = yours.abs_diff(spot).checked_mul(1_000_000)?.checked_div(spot)?;
    let impact = u64::try_from(impact).ok()?;
    Some(Preview {
        receive,
        at_least,
        spot: Cell::price(quote.price),
        yours: Cell::price(Price::from_rao_per_alpha(u64::try_from(yours).ok()?)),
        impact: Cell::percent(impact, 2),
        pool_fee,
        limit,
        // The price after the trade moves about twice as far as its average.
        is_refused: expected < floor,
        is_near_limit: impact.saturating_mul(2) >= u64::from(tolerance.ppm()),
        expected,
    })
}

/// The worst price that is accepted.
#[must_use]
pub fn limit(price: Price, side: SwapSide, tolerance: Tolerance) -> Price {
    match side {
        SwapSide::Stake(_) => price_limit::stake_limit(price, tolerance),
        SwapSide::Unstake(_) => price_limit::unstake_limit(price, tolerance),
    }
}

/// A tolerance in per cent as people type it: `0.5`.
#[must_use]
pub fn tolerance_from_percent(text: &str) -> Option<Tolerance> {
    // The parser of amounts reads decimals exactly; a percentage has four places here.
    let nano = TaoBalance::parse(text).ok()?.rao();
    let ppm = nano.checked_div(100_000).filter(|ppm| ppm.checked_mul(100_000) == Some(nano))?;
    Tolerance::from_ppm(u32::try_from(ppm).ok()?)
}

/// One sentence on what is about to happen.
#[must_use]
pub fn sentence(side: SwapSide, subnet: &str, validator: &str, symbol: &str) -> String {
    let amount = |exact: &str| crate::state::trade::trimmed(exact);
    match side {
        SwapSide::Stake(tao) => {
            format!("Stake {} {TAO} in {subnet}, with {validator}", amount(&tao.to_exact()))
        }
        SwapSide::Unstake(alpha) => {
            format!("Unstake {} {symbol} of {subnet}, from {validator}", amount(&alpha.to_exact()))
        }
    }
}

/// A tolerance as per cent.
#[must_use]
pub fn tolerance_words(tolerance: Tolerance) -> String {
    let printed = format::percent(u64::from(tolerance.ppm()), 4).text();
    format!("{} %", crate::state::trade::trimmed(&printed))
}

#[cfg(test)]
mod tests {
    use super::*;
    use lantern_types::{AlphaBalance, NetUid};

    const TAO_RAO: u64 = 1_000_000_000;

    fn quote(side: SwapSide, tao: u64, alpha: u64) -> SwapQuote {
        SwapQuote {
            netuid: NetUid(3),
            side,
            tao: TaoBalance::from_rao(tao),
            alpha: AlphaBalance::from_rao(alpha),
            tao_fee: TaoBalance::from_rao(50_000_000),
            alpha_fee: AlphaBalance::from_rao(50_000_000),
            price: Price::from_rao_per_alpha(TAO_RAO / 10),
        }
    }

    #[test]
    fn staking_shows_what_comes_at_least_and_the_cost_of_size() {
        let side = SwapSide::Stake(TaoBalance::from_rao(100 * TAO_RAO));
        let found =
            preview(&quote(side, 100 * TAO_RAO, 998 * TAO_RAO), Tolerance::DEFAULT, "γ").expect("a trade");
        assert_eq!(found.receive.text(), "998.0000 γ");
        // 99.95 τ at 0.1005 τ per γ.
        assert_eq!(found.at_least.text(), "994.5273 γ");
        assert_eq!(found.limit.rao_per_alpha(), 100_500_000);
        assert_eq!(found.yours.text(), "0.10015 τ");
        assert_eq!(found.impact.text(), "0.15 %");
        assert!(!found.is_near_limit && !found.is_refused);
        assert_eq!(found.pool_fee.text(), "0.050000 τ");
    }

    #[test]
    fn unstaking_is_the_mirror() {
        let side = SwapSide::Unstake(AlphaBalance::from_rao(100 * TAO_RAO));
        let found =
            preview(&quote(side, 9_900_000_000, 100 * TAO_RAO), Tolerance::DEFAULT, "γ").expect("a trade");
        assert_eq!(found.receive.text(), "9.9000 τ");
        assert_eq!(found.limit.rao_per_alpha(), 99_500_000);
        assert!(found.is_near_limit && found.is_refused, "{found:?}");
    }

    #[test]
    fn a_trade_that_gives_nothing_has_no_preview() {
        let side = SwapSide::Stake(TaoBalance::from_rao(100 * TAO_RAO));
        assert_eq!(preview(&quote(side, 0, 0), Tolerance::DEFAULT, "γ"), None);
    }

    #[test]
    fn tolerances_are_read_exactly() {
        let ppm = |text| tolerance_from_percent(text).map(Tolerance::ppm);
        assert_eq!(ppm("0.5"), Some(5_000));
        assert_eq!(ppm("1"), Some(10_000));
        assert_eq!(ppm("0.0001"), Some(1));
        assert_eq!(ppm("0.00001"), None);
        assert_eq!(ppm("51"), None);
        assert_eq!(ppm("x"), None);
        assert_eq!(tolerance_words(Tolerance::DEFAULT), "0.5 %");
    }
}
