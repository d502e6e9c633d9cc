//! The yield of a delegator from the dividends of one epoch.
//!
//! `d` is what the epoch paid to the delegators of a hotkey after the validator's take
//! (`AlphaDividendsPerSubnet`), `T` all alpha on the hotkey right after that (`TotalHotkeyAlphaLastEpoch`).
//! The chain credits the take first and spreads `d` over the pool that includes it, so a delegator's stake
//! grows by exactly `y = d / (T − d)` in that epoch and no further correction for the take is due.
//! A year has 365.25 days; an epoch lasts `tempo` blocks.

use crate::fixed;
use lantern_types::AlphaBalance;

/// Milliseconds in 365.25 days.
const YEAR_MILLIS: u64 = 31_557_600_000;

/// Why there is no yield to show.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum YieldError {
    /// The hotkey had no stake before the dividends of this epoch.
    #[error("there was no stake in the last epoch")]
    NoStake,
    /// More dividends than stake after them: the two figures are not of the same epoch.
    #[error("dividends and stake are not of the same epoch")]
    Inconsistent,
    /// The subnet has no epochs, or blocks no length.
    #[error("the subnet has no epochs")]
    NoEpochs,
}

/// A delegator's yield in alpha, net of take, from one epoch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DelegatorYield {
    /// Growth in that epoch, in thousand-millionths, rounded down.
    pub epoch_ppb: u64,
    /// Epochs in a year, rounded down.
    pub epochs_per_year: u64,
    /// Yearly rate without compounding, in millionths, rounded down.
    pub simple_ppm: u64,
    /// Yearly rate when every epoch's dividends stay staked, in millionths, rounded down; nothing where
    /// a year of such epochs would multiply the stake beyond all sense.
    pub compound_ppm: Option<u64>,
}

/// The yield from dividends `d` and the stake `T` after them.
///
/// `tempo` is in blocks, `block_millis` the length of a block.
///
/// # Errors
/// Says why no yield follows from these figures.
pub fn delegator_yield(
    d: AlphaBalance,
    t: AlphaBalance,
    tempo: u16,
    block_millis: u64,
) -> Result<DelegatorYield, YieldError> {
    let before = t.checked_sub(d).ok_or(YieldError::Inconsistent)?;
    let growth = fixed::ratio(d.rao(), before.rao()).ok_or(YieldError::NoStake)?;
    let epoch_millis = u64::from(tempo)
        .checked_mul(block_millis)
        .filter(|&millis| millis != 0)
        .ok_or(YieldError::NoEpochs)?;
    let epochs_per_year = YEAR_MILLIS.checked_div(epoch_millis).ok_or(YieldError::NoEpochs)?;

    let scaled = |scale: u64| {
        let before = u128::from(before.rao());
        u128::from(d.rao()).checked_mul(u128::from(scale))?.checked_div(before)
    };
    let epoch_ppb = scaled(1_000_000_000).and_then(|ppb| u64::try_from(ppb).ok()).unwrap_or(u64::MAX);
    let simple_ppm =
        growth.checked_mul(u128::from(epochs_per_year)).and_then(fixed::to_ppm).unwrap_or(u64::MAX);
    let compound_ppm = fixed::ONE
        .checked_add(growth)
        .and_then(|factor| fixed::pow(factor, epochs_per_year))
        .and_then(|factor| factor.checked_sub(fixed::ONE))
        .and_then(fixed::to_ppm);
    Ok(DelegatorYield { epoch_ppb, epochs_per_year, simple_ppm, compound_ppm })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const fn alpha(rao: u64) -> AlphaBalance {
        AlphaBalance::from_rao(rao)
    }

    #[test]
    fn a_worked_example_of_the_mainnet_kind() {
        // T = 1 000 000 α, d = 120 α, tempo 360 at 12 s: y = 1.2e-4, 7 305 epochs, 87.7 % and 140.3 %.
        let found = delegator_yield(alpha(120_000_000_000), alpha(1_000_000_000_000_000), 360, 12_000);
        let found = found.expect("plain figures");
        assert_eq!(found.epoch_ppb, 120_014);
        assert_eq!(found.epochs_per_year, 7_305);
        assert_eq!(found.simple_ppm, 876_705);
        // (1 + 120 / 999 880) ^ 7 305 − 1, computed with 50 digits elsewhere: 1.402 842 95…
        let compound = found.compound_ppm.expect("far from the limit");
        assert!((1_402_840..=1_402_842).contains(&compound), "{compound}");
    }

    #[test]
    fn figures_without_a_yield_say_why() {
        let check = |d, t, tempo, expected| {
            assert_eq!(delegator_yield(alpha(d), alpha(t), tempo, 12_000), Err(expected));
        };
        check(5, 4, 360, YieldError::Inconsistent);
        check(0, 0, 360, YieldError::NoStake);
        check(4, 4, 360, YieldError::NoStake);
        check(1, 10, 0, YieldError::NoEpochs);
    }

    #[test]
    fn no_dividends_is_a_yield_of_zero_not_an_error() {
        let found = delegator_yield(alpha(0), alpha(10), 360, 12_000).expect("plain figures");
        assert_eq!((found.epoch_ppb, found.simple_ppm, found.compound_ppm), (0, 0, Some(0)));
    }

    proptest! {
        #[test]
        fn nothing_panics(d in any::<u64>(), t in any::<u64>(), tempo in any::<u16>(), millis in any::<u64>()) {
            let _outcome = delegator_yield(alpha(d), alpha(t), tempo, millis);
        }

        #[test]
        fn compounding_never_loses(d in 0u64..1_000_000, t in 1_000_000_000u64..1_000_000_000_000, tempo in 60u16..=1_000) {
            let found = delegator_yield(alpha(d), alpha(t), tempo, 12_000).expect("plain figures");
            // Rounding down at 2⁻⁶⁴ in each of the steps costs less than a millionth here.
            if let Some(compound) = found.compound_ppm {
                prop_assert!(compound + 1 >= found.simple_ppm, "{} < {}", compound, found.simple_ppm);
            }
        }
    }
}
