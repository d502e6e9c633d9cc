//! The form of a trade: what the user typed, as an amount that can be traded or the reason why not.

use crate::routes::Direction;
use lantern_types::{AlphaBalance, AmountError, Price, SwapSide, TaoBalance, format};

/// TAO that Max leaves for later fees.
const KEPT: TaoBalance = TaoBalance::from_rao(10_000_000);

/// In which unit the amount was typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// TAO.
    Tao,
    /// The subnet's alpha.
    Alpha,
}

/// What bounds an amount.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// TAO that can be spent.
    pub free: TaoBalance,
    /// Alpha that can be sold.
    pub held: AlphaBalance,
    /// Smallest balance that keeps the account alive.
    pub existential_deposit: TaoBalance,
    /// Fee of the network, where it is known.
    pub fee: TaoBalance,
}

/// Why an amount cannot be traded. The words name the fix.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AmountProblem {
    /// It is not an amount.
    #[error("{0}")]
    NotAnAmount(#[from] AmountError),
    /// Nothing.
    #[error("enter more than zero")]
    Zero,
    /// More than there is, by this much.
    #[error("lower the amount by {0}")]
    TooMuch(String),
    /// The account cannot pay the fee.
    #[error("the account holds too little for the network fee")]
    NoFee,
    /// Conversion needs a price.
    #[error("there is no price to convert with")]
    NoPrice,
}

/// The most TAO that can be staked: what remains when the fee, the existential deposit and a little for
/// later fees are kept.
#[must_use]
pub fn most_tao(bounds: &Bounds) -> TaoBalance {
    let kept = bounds.existential_deposit.checked_add(bounds.fee).unwrap_or(TaoBalance::MAX).max(KEPT);
    bounds.free.checked_sub(kept).unwrap_or(TaoBalance::ZERO)
}

/// What the text stands for as a side of the swap.
///
/// # Errors
/// Why it cannot be traded.
pub fn side(
    text: &str,
    unit: Unit,
    direction: Direction,
    price: Option<Price>,
    bounds: &Bounds,
) -> Result<SwapSide, AmountProblem> {
    match direction {
        Direction::Stake => {
            let tao = match unit {
                Unit::Tao => TaoBalance::parse(text)?,
                Unit::Alpha => price.ok_or(AmountProblem::NoPrice)?.value_floor(AlphaBalance::parse(text)?),
            };
            if tao.is_zero() {
                return Err(AmountProblem::Zero);
            }
            let needed = bounds.existential_deposit.checked_add(bounds.fee).unwrap_or(TaoBalance::MAX);
            let most = bounds.free.checked_sub(needed).ok_or(AmountProblem::NoFee)?;
            match tao.checked_sub(most) {
                Some(excess) if !excess.is_zero() => {
                    Err(AmountProblem::TooMuch(format!("{} τ", format::tao(excess, 9).text())))
                }
                _ => Ok(SwapSide::Stake(tao)),
            }
        }
        Direction::Unstake => {
            let alpha = match unit {
                Unit::Alpha => AlphaBalance::parse(text)?,
                Unit::Tao => price
                    .ok_or(AmountProblem::NoPrice)?
                    .alpha_floor(TaoBalance::parse(text)?)
                    .ok_or(AmountProblem::NoPrice)?,
            };
            if alpha.is_zero() {
                return Err(AmountProblem::Zero);
            }
            if bounds.free < bounds.fee {
                return Err(AmountProblem::NoFee);
            }
            match alpha.checked_sub(bounds.held) {
                Some(excess) if !excess.is_zero() => {
                    Err(AmountProblem::TooMuch(format!("{} alpha", format::alpha(excess, 9).text())))
                }
                _ => Ok(SwapSide::Unstake(alpha)),
            }
        }
    }
}

/// The text in the other unit: switching converts and does not clear.
#[must_use]
pub fn converted(text: &str, to: Unit, price: Option<Price>) -> Option<String> {
    let price = price?;
    match to {
        Unit::Tao => {
            AlphaBalance::parse(text).ok().map(|alpha| trimmed(&price.value_floor(alpha).to_exact()))
        }
        Unit::Alpha => TaoBalance::parse(text)
            .ok()
            .and_then(|tao| price.alpha_floor(tao))
            .map(|alpha| trimmed(&alpha.to_exact())),
    }
}

/// A decimal text without needless zeros: `1.500000000` becomes `1.5`.
#[must_use]
pub fn trimmed(exact: &str) -> String {
    exact.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const TAO: u64 = 1_000_000_000;

    fn bounds() -> Bounds {
        Bounds {
            free: TaoBalance::from_rao(100 * TAO),
            held: AlphaBalance::from_rao(50 * TAO),
            existential_deposit: TaoBalance::from_rao(500),
            fee: TaoBalance::from_rao(231_000),
        }
    }

    fn stake(text: &str) -> Result<SwapSide, AmountProblem> {
        side(text, Unit::Tao, Direction::Stake, None, &bounds())
    }

    #[test]
    fn max_can_be_staked_and_leaves_enough() {
        let most = most_tao(&bounds());
        assert_eq!(most.rao(), 100 * TAO - 10_000_000);
        assert_eq!(stake(&most.to_exact()), Ok(SwapSide::Stake(most)));
        let poor = Bounds { free: TaoBalance::from_rao(5), ..bounds() };
        assert_eq!(most_tao(&poor), TaoBalance::ZERO);
    }

    #[test]
    fn too_much_names_the_excess() {
        assert_eq!(stake("100"), Err(AmountProblem::TooMuch("0.000231500 τ".into())));
        assert_eq!(
            side("50.5", Unit::Alpha, Direction::Unstake, None, &bounds()),
            Err(AmountProblem::TooMuch("0.500000000 alpha".into()))
        );
    }

    #[test]
    fn nothing_and_nonsense_are_refused() {
        assert_eq!(stake("0"), Err(AmountProblem::Zero));
        assert_eq!(stake("x"), Err(AmountProblem::NotAnAmount(AmountError::NotANumber)));
        assert_eq!(side("1", Unit::Alpha, Direction::Stake, None, &bounds()), Err(AmountProblem::NoPrice));
        let poor = Bounds { free: TaoBalance::from_rao(5), ..bounds() };
        assert_eq!(side("1", Unit::Alpha, Direction::Unstake, None, &poor), Err(AmountProblem::NoFee));
        assert_eq!(side("1", Unit::Tao, Direction::Stake, None, &poor), Err(AmountProblem::NoFee));
    }

    #[test]
    fn units_convert_at_the_spot_price() {
        let price = Some(Price::from_rao_per_alpha(TAO / 4));
        assert_eq!(converted("10", Unit::Alpha, price).as_deref(), Some("40"));
        assert_eq!(converted("1", Unit::Tao, price).as_deref(), Some("0.25"));
        assert_eq!(converted("abc", Unit::Tao, price), None);
        assert_eq!(
            side("8", Unit::Alpha, Direction::Stake, price, &bounds()),
            Ok(SwapSide::Stake(TaoBalance::from_rao(2 * TAO)))
        );
    }

    proptest! {
        #[test]
        fn what_is_accepted_never_exceeds_what_is_there(rao in any::<u64>()) {
            let text = TaoBalance::from_rao(rao).to_exact();
            if let Ok(SwapSide::Stake(tao)) = stake(&text) {
                prop_assert!(tao.rao() + 231_500 <= 100 * TAO);
            }
        }
    }
}
