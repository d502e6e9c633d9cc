//! The table of rotations in integers: cosine and sine in Q30 per position and half dimension.
//!
//! Angles are fractions of a turn in Q64, so that a position's angle is one wrapping product. The base's power
//! comes from its logarithm, bit by bit; sine and cosine are Taylor series below an eighth of a turn. No function
//! of a mathematical library is called, because those differ from one platform to the next.

use crate::{
    error::LoadError,
    kernels::exact::integer,
    model::config::{Config, RopeScaling},
};

/// 1 / (2 pi) in Q64, rounded down.
const PER_RADIAN: u64 = 2_935_890_503_282_001_226;
/// 2 pi in Q29, to nearest.
const TURN: u64 = 3_373_259_426;
/// Fraction bits of logarithms.
const LOG_BITS: u32 = 54;

/// Rotations for `positions` positions, `head_dim / 2` each.
///
/// # Errors
/// [`LoadError::Config`] for stretching by numbers outside of what fits here.
pub fn table(config: &Config, positions: usize) -> Result<Vec<[i32; 2]>, LoadError> {
    let steps = frequencies(config)?;
    let turns = |position: u64| steps.iter().map(move |step| circle(step.wrapping_mul(position)));
    Ok((0..positions as u64).flat_map(turns).collect())
}

/// Turns per position of each half dimension, in Q64.
///
/// # Errors
/// As [`table`].
pub fn frequencies(config: &Config) -> Result<Vec<u64>, LoadError> {
    let logarithm = u128::from(log2(config.rope_theta));
    let roots = roots();
    let plain = |index: usize| {
        let exponent = logarithm * 2 * index as u128 / config.head_dim as u128;
        let fraction =
            roots.iter().enumerate().filter(|(at, _)| exponent >> (LOG_BITS - 1 - *at as u32) & 1 == 1);
        let power = fraction.fold(u128::from(PER_RADIAN), |power, (_, root)| (power * root) >> 64);
        power.checked_shr((exponent >> LOG_BITS) as u32).unwrap_or(0) as u64
    };
    let stretch = Stretch::new(&config.rope)?;
    Ok((0..config.head_dim / 2).map(|index| stretch.apply(index, plain(index))).collect())
}

/// The logarithm of a number of at least 1, in Q54: its exponent, then a bit per squaring of its mantissa.
fn log2(value: f64) -> u64 {
    let word = value.to_bits();
    let mut mantissa = (word << 11) | 1 << 63;
    let mut logarithm = (word >> 52 & 0x7ff).saturating_sub(1023);
    for _ in 0..LOG_BITS {
        let square = u128::from(mantissa) * u128::from(mantissa);
        let carry = (square >> 127) as u64;
        mantissa = (square >> (63 + carry)) as u64;
        logarithm = logarithm << 1 | carry;
    }
    logarithm
}

/// 2^-(1/2), 2^-(1/4), 2^-(1/8) and so on, in Q64, each the root of the one before.
fn roots() -> [u128; LOG_BITS as usize] {
    let mut last = 1_u128 << 63;
    std::array::from_fn(|_| {
        last = (last << 64).isqrt();
        last
    })
}

/// Stretching in integers, all in Q32.
enum Stretch {
    None,
    Factors(Vec<u128>),
    Llama3 { factor: u128, low: u128, high: u128, context: u128 },
}

impl Stretch {
    fn new(rope: &RopeScaling) -> Result<Self, LoadError> {
        let small =
            || LoadError::Config { reason: "rope scaling by less than 1 has no bit-exact form".into() };
        let (factor, low_frequency, high_frequency, original_context) = match rope {
            RopeScaling::None => return Ok(Self::None),
            RopeScaling::Factors(factors) => {
                let fixed = |factor: &f32| integer::fixed(*factor, 32, 1 << 60).filter(|q| *q >= 1 << 32);
                let factors = factors.iter().map(|factor| fixed(factor).map(|q| q.unsigned_abs().into()));
                return Ok(Self::Factors(factors.collect::<Option<_>>().ok_or_else(small)?));
            }
            RopeScaling::Llama3 { factor, low_frequency, high_frequency, original_context } => {
                (*factor, *low_frequency, *high_frequency, *original_context)
            }
        };
        // A power of two moves the exponent alone and the cast cuts the fraction off, so both are exact.
        let fixed = |value: f64| {
            if (0.0..2_147_483_648.0).contains(&value) {
                return Ok((value * 4_294_967_296.0) as u128);
            }
            Err(LoadError::Config { reason: format!("rope scaling by {value} has no bit-exact form") })
        };
        let (factor, context) = (fixed(factor)?, fixed(original_context)?);
        if factor < 1 << 32 {
            return Err(small());
        }
        Ok(Self::Llama3 { factor, low: fixed(low_frequency)?, high: fixed(high_frequency)?, context })
    }

    fn apply(&self, index: usize, plain: u64) -> u64 {
        let (factor, low, high, context) = match self {
            Self::None => return plain,
            Self::Factors(factors) => {
                let factor = factors.get(index).copied().unwrap_or(1 << 32);
                return ((u128::from(plain) << 32) / factor) as u64;
            }
            Self::Llama3 { factor, low, high, context } => (factor, low, high, context),
        };
        let plain = u128::from(plain);
        let waves = (context * plain) >> 32;
        // The share of the plain frequency, in Q32.
        let share = if waves <= low << 32 {
            0
        } else if waves >= high << 32 {
            1 << 32
        } else {
            (waves - (low << 32)) / (high - low).max(1)
        };
        let stretched = (plain << 32) / factor;
        ((stretched * ((1 << 32) - share) + plain * share) >> 32) as u64
    }
}

/// Cosine and sine of a fraction of a turn.
fn circle(phase: u64) -> [i32; 2] {
    let inside = phase & ((1 << 62) - 1);
    let is_mirrored = inside > 1 << 61;
    let eighth = if is_mirrored { (1 << 62) - inside } else { inside };
    // Q35 turns times Q29 is Q64; at most pi / 4 remains, in Q32.
    let x = ((eighth >> 29) * TURN) >> 32;
    let square = (x * x) >> 32;
    let series = |divisors: [u64; 6]| {
        divisors.iter().fold(1_u64 << 32, |sum, divisor| (1 << 32) - ((square * sum) >> 32) / divisor)
    };
    let round = |value: u64| ((value + 2) >> 2) as i32;
    let sine = round((x * series([156, 110, 72, 42, 20, 6])) >> 32);
    let cosine = round(series([132, 90, 56, 30, 12, 2]));
    let (cosine, sine) = if is_mirrored { (sine, cosine) } else { (cosine, sine) };
    match phase >> 62 {
        0 => [cosine, sine],
        1 => [-sine, cosine],
        2 => [-cosine, -sine],
        _ => [sine, -cosine],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{rope, synthetic};
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_circle_is_round(phase in any::<u64>()) {
            let angle = phase as f64 / 2_f64.powi(64) * std::f64::consts::TAU;
            let [cosine, sine] = circle(phase).map(|value| f64::from(value) / 2_f64.powi(30));
            prop_assert!((cosine - angle.cos()).abs() < 2_f64.powi(-29));
            prop_assert!((sine - angle.sin()).abs() < 2_f64.powi(-29));
        }

        #[test]
        fn logarithms_are_close(value in 1.0..1e300_f64) {
            let got = log2(value) as f64 / 2_f64.powi(54);
            prop_assert!((got - value.log2()).abs() < 1e-12, "{} {}", got, value.log2());
        }
    }

    fn check(theta: f64, head_dim: usize, rope: RopeScaling) {
        let shape = synthetic::SyntheticShape { head_dim, ..synthetic::SMOL_135M };
        let config = Config { rope_theta: theta, rope, ..synthetic::config(shape) };
        let expected = rope::table(&config, 600);
        let got = table(&config, 600).unwrap();
        assert_eq!(got.len(), expected.len());
        for (got, expected) in got.iter().zip(expected).map(|(got, expected)| (got.map(f64::from), expected))
        {
            for (got, expected) in got.into_iter().zip(expected) {
                assert!(
                    (got / 2_f64.powi(30) - f64::from(expected)).abs() < 1e-7,
                    "{theta} {got} {expected}"
                );
            }
        }
    }

    #[test]
    fn the_table_is_that_of_the_float_kernels() {
        let stretched = RopeScaling::Llama3 {
            factor: 8.0,
            low_frequency: 1.0,
            high_frequency: 4.0,
            original_context: 8192.0,
        };
        for theta in [1.0, 100.5, 10_000.0, 500_000.0, 1e6, 1e30] {
            for head_dim in [4, 20, 64, 256] {
                check(theta, head_dim, RopeScaling::None);
                check(theta, head_dim, stretched.clone());
                let factors = (0..head_dim / 2).map(|index| 1.0 + index as f32 / 3.0).collect();
                check(theta, head_dim, RopeScaling::Factors(factors));
            }
        }
    }

    #[test]
    fn impossible_stretching_is_refused() {
        for factor in [0.5, 1e20] {
            let rope = RopeScaling::Llama3 {
                factor,
                low_frequency: 1.0,
                high_frequency: 4.0,
                original_context: 32.0,
            };
            let config = Config { rope, ..synthetic::config(synthetic::SMOL_135M) };
            assert!(matches!(table(&config, 1), Err(LoadError::Config { .. })));
        }
        for factor in [0.5, f32::NAN, -1.0, 1e30] {
            let rope = RopeScaling::Factors(vec![1.0, factor]);
            let config = Config { rope, ..synthetic::config(synthetic::SMOL_135M) };
            assert!(matches!(table(&config, 1), Err(LoadError::Config { .. })), "{factor}");
        }
    }
}
