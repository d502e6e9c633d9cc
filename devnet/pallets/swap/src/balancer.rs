//! The formulas of a pool with weights.
//!
//! The pool holds `x` alpha of weight `w1` and `y` TAO of weight `w2`, with `w1 + w2 = 1`. A trade keeps
//! `x^w1 · y^w2`; the price, in TAO per alpha, is `(w1 · y) / (w2 · x)`. With equal weights this is the
//! constant product, which is worked out exactly; otherwise powers go through logarithms with 110 correct
//! bits. Whatever leaves the pool, and whatever may still enter it before a limit, is rounded down.

use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use core::num::NonZeroU64;
use scale_info::TypeInfo;
use sp_core::U256;
use sp_runtime::{PerThing as _, Perquintill};

use crate::logarithm::{error_bound, exp, exp_negative, ln, one, FRACTION_BITS};

/// No trade may leave less than this in the pool.
pub const MINIMUM_RESERVE: NonZeroU64 = NonZeroU64::new(1_000_000).unwrap();
/// No trade may bring more than this multiple of the reserve.
pub const MAX_INPUT_MULTIPLE: u64 = 1_000;
/// Prices are expressed in rao per alpha.
const RAO_PER_TAO: u64 = 1_000_000_000;
/// Neither weight leaves the range from one to ninety-nine hundredths.
const MIN_WEIGHT: Perquintill = Perquintill::from_percent(1);
const MAX_WEIGHT: Perquintill = Perquintill::from_percent(99);

/// The weights of a pool.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub struct Balancer {
    /// Weight of TAO; that of alpha is the rest of one.
    quote: Perquintill,
}

/// What a pool holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reserves {
    /// Rao.
    pub tao: u64,
    /// Rao-alpha.
    pub alpha: u64,
}

impl Default for Balancer {
    fn default() -> Self {
        Self { quote: Perquintill::from_percent(50) }
    }
}

impl Balancer {
    /// Weights with which the reserves have this price, in rao per alpha; `None` if a weight would leave
    /// its range.
    pub fn at_price(reserves: Reserves, price: u64) -> Option<Self> {
        // w2 = y / (p·x + y)
        let tao = U256::from(reserves.tao) * U256::from(RAO_PER_TAO);
        let alpha = U256::from(reserves.alpha) * U256::from(price);
        Self::from_ratio(tao, tao + alpha)
    }

    /// Weights with this weight of TAO; `None` outside its range.
    pub fn with_quote_weight(quote: Perquintill) -> Option<Self> {
        (MIN_WEIGHT..=MAX_WEIGHT).contains(&quote).then_some(Self { quote })
    }

    fn from_ratio(numerator: U256, denominator: U256) -> Option<Self> {
        if denominator.is_zero() {
            return None;
        }
        let accuracy = U256::from(Perquintill::ACCURACY);
        let parts = (numerator * accuracy + (denominator >> 1)) / denominator;
        Self::with_quote_weight(Perquintill::from_parts(u64::try_from(parts).ok()?))
    }

    /// Weight of TAO in parts of 1e18.
    pub fn quote_weight(self) -> u64 {
        self.quote.deconstruct()
    }

    /// Weight of alpha in parts of 1e18.
    pub fn base_weight(self) -> u64 {
        Perquintill::ACCURACY.saturating_sub(self.quote.deconstruct())
    }

    /// The price in rao per alpha, rounded down; `None` if the pool is empty or the price does not fit.
    pub fn price(self, reserves: Reserves) -> Option<u64> {
        let numerator = U256::from(self.base_weight()) * U256::from(reserves.tao) * U256::from(RAO_PER_TAO);
        let denominator = U256::from(self.quote_weight()) * U256::from(reserves.alpha);
        u64::try_from(numerator.checked_div(denominator)?).ok()
    }

    /// Alpha for TAO that enters the pool: `x · (1 − (y / (y + Δy))^(w2 / w1))`.
    pub fn alpha_for_tao(self, reserves: Reserves, tao: u64) -> u64 {
        out_given_in(reserves.alpha, reserves.tao, tao, self.quote_weight(), self.base_weight())
    }

    /// TAO for alpha that enters the pool: `y · (1 − (x / (x + Δx))^(w1 / w2))`.
    pub fn tao_for_alpha(self, reserves: Reserves, alpha: u64) -> u64 {
        out_given_in(reserves.tao, reserves.alpha, alpha, self.base_weight(), self.quote_weight())
    }

    /// TAO that raises the price to `limit` rao per alpha: `y · ((p' / p)^w1 − 1)`, at most what a trade
    /// may bring; `None` if the price is already there.
    pub fn tao_to_price(self, reserves: Reserves, limit: u64) -> Option<u64> {
        let (present, wanted) = self.price_ratio(reserves, limit);
        in_to_ratio(reserves.tao, wanted, present, self.base_weight())
    }

    /// Alpha that lowers the price to `limit` rao per alpha: `x · ((p / p')^w2 − 1)`, at most what a
    /// trade may bring; `None` if the price is already there.
    pub fn alpha_to_price(self, reserves: Reserves, limit: u64) -> Option<u64> {
        let (present, wanted) = self.price_ratio(reserves, limit);
        in_to_ratio(reserves.alpha, present, wanted, self.quote_weight())
    }

    /// Weights with which the price stays while both reserves grow:
    /// `w2' = w2·x·(y + Δy) / (w1·y·(x + Δx) + w2·x·(y + Δy))`; `None` if a weight would leave its range.
    pub fn after_injection(self, reserves: Reserves, tao: u64, alpha: u64) -> Option<Self> {
        let grown_tao = U256::from(reserves.tao) + U256::from(tao);
        let grown_alpha = U256::from(reserves.alpha) + U256::from(alpha);
        let quote = U256::from(self.quote_weight()) * U256::from(reserves.alpha) * grown_tao;
        let base = U256::from(self.base_weight()) * U256::from(reserves.tao) * grown_alpha;
        // Both products stay below 2^190; dropping common low bits leaves room for the scaling.
        let shift = (quote | base).bits().saturating_sub(190);
        Self::from_ratio(quote >> shift, (quote >> shift) + (base >> shift))
    }

    /// Present price and wanted price over a common denominator.
    fn price_ratio(self, reserves: Reserves, limit: u64) -> (U256, U256) {
        let present = U256::from(self.base_weight()) * U256::from(reserves.tao) * U256::from(RAO_PER_TAO);
        let wanted = U256::from(self.quote_weight()) * U256::from(reserves.alpha) * U256::from(limit);
        (present, wanted)
    }
}

/// `out · (1 − (into / (into + input))^(into_weight / out_weight))`, rounded down.
fn out_given_in(out: u64, into: u64, input: u64, into_weight: u64, out_weight: u64) -> u64 {
    let grown = U256::from(into) + U256::from(input);
    if grown.is_zero() || out_weight == 0 {
        return 0;
    }
    let result = if into_weight == out_weight {
        U256::from(out) * U256::from(input) / grown
    } else {
        if into == 0 {
            return 0;
        }
        let logarithm = ln(grown).saturating_sub(ln(U256::from(into)));
        let exponent = logarithm * U256::from(into_weight) / U256::from(out_weight);
        // A logarithm is multiplied by up to 99, and its error with it.
        let error = error_bound() * U256::from(100);
        let part = one().saturating_sub(exp_negative(exponent)).saturating_sub(error);
        (U256::from(out) * part) >> FRACTION_BITS
    };
    result.low_u64()
}

/// `into · ((to / from)^weight − 1)`, rounded down and held at the largest input.
fn in_to_ratio(into: u64, to: U256, from: U256, weight: u64) -> Option<u64> {
    if to <= from || from.is_zero() {
        return None;
    }
    let most = into.saturating_mul(MAX_INPUT_MULTIPLE);
    let logarithm = ln(to).saturating_sub(ln(from));
    let exponent = logarithm * U256::from(weight) / U256::from(Perquintill::ACCURACY);
    let Some(power) = exp(exponent) else {
        return Some(most);
    };
    // The error of a power grows with the power.
    let error = (power >> FRACTION_BITS).saturating_add(U256::one()) * error_bound() * U256::from(4);
    let growth = power.saturating_sub(one()).saturating_sub(error);
    if growth >= one() * U256::from(MAX_INPUT_MULTIPLE) {
        return Some(most);
    }
    Some(((U256::from(into) * growth) >> FRACTION_BITS).low_u64().min(most))
}
