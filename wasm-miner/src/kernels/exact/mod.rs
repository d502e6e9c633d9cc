//! Kernels of the bit-exact mode: every number is an integer, so that every device gives the same bits.
//!
//! What they compute and why nothing overflows stands in [`crate::model::exact`]; the arithmetic itself is in
//! [`integer`], and the twins in [`crate::kernels::cpu::exact`] are its specification.

pub mod dispatch;
pub mod integer;
pub mod rotation;
pub mod rows;

/// What a norm needs besides its vector.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Norm {
    /// The gains in Q[`Norm::GAIN`].
    pub gains: Vec<i32>,
    /// Added to the mean square, in Q64; at most 2^62.
    pub epsilon: u64,
}

impl Norm {
    /// Fraction bits of gains.
    pub const GAIN: i32 = 20;
    /// Fraction bits of a vector of mean square one. Its largest value is the root of its length, so at most 2^7.
    pub const UNIT: i32 = 23;
}

/// The shape of attention.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shape {
    /// Query heads.
    pub heads: usize,
    /// Key and value heads; divides `heads`.
    pub kv_heads: usize,
    /// Values per head; a multiple of 4, at most 256.
    pub head_dim: usize,
    /// Positions in the cache, at most [`Shape::MOST_POSITIONS`].
    pub context: usize,
}

impl Shape {
    /// The longest cache for which sums of weighted values fit a wide number.
    pub const MOST_POSITIONS: usize = 1 << 14;
    /// Cached values stay within this, narrow: 1024 either way.
    pub const VALUE_LIMIT: i64 = (1 << 28) - 1;
    /// Bits of a query's numbers, besides the sign.
    pub const QUERY_BITS: i32 = 23;
    /// Fraction bits of a softmax weight; the largest weight is 1.
    pub const WEIGHT: u32 = 20;
    /// From a product of a query with a key to a score in Q16, besides the query's exponent: the query is in
    /// Q48 and the key in Q18.
    pub const SCORE_SHIFT: i32 = 16 - 48 - integer::NARROW;

    /// `log2(e) / sqrt(head_dim)` in Q30, rounded down: scores are exponents of two.
    #[must_use]
    pub fn score_factor(&self) -> u32 {
        let square =
            (u64::from(integer::LOG2_E) * u64::from(integer::LOG2_E)) / (self.head_dim as u64).max(1);
        square.isqrt() as u32
    }
}
