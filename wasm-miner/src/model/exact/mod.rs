//! The bit-exact mode: a decoder in integers alone, so that a validator can check a miner to the last bit.
//!
//! Integer arithmetic is exactly specified in WGSL, Rust and WebAssembly, and sums of integers do not depend on the
//! order of work. So the same weights and the same prompt give the same logits on a CPU, a graphics card or a
//! software renderer. The CPU twins ([`crate::kernels::cpu::exact`]) are the specification; this is what they
//! compute, and why nothing overflows.
//!
//! # Numbers
//!
//! "Qn" is an integer that stands for itself times 2^-n. Every function rounds in one defined way
//! ([`crate::kernels::exact::integer`]).
//!
//! | name | type | range | where |
//! |---|---|---|---|
//! | wide | i64, Q32 | 2^62 - 1 either way: about 2^30 | every vector between two dispatches, the residual stream, biases |
//! | narrow | i32, Q18 | 2^31 - 1 either way: 8192 | logits, cached keys, gate and up |
//! | value | i32, Q18 | 2^28 - 1 either way: 1024 | cached values |
//! | short | i16, one exponent per vector | 32,767 either way | a vector on its way into a matrix |
//! | weight | i8 * u16 * 2^e, e per row, in -39..=0 | the range of an f16 | matrices |
//! | gain | i32, Q20 | 2048 either way | norms |
//!
//! What would leave its range is held at its end (it saturates); a checkpoint whose gains, biases or epsilon have
//! no such form is refused when it is loaded.
//!
//! # Weights
//!
//! Rows come as Q8_0: bytes `q` in blocks of 32 with an f16 scale. Where the file has another format they are
//! quantised once, on the CPU, by ggml's rule, in f32 operations that IEEE 754 defines bit for bit. The f16 scales
//! of a row then become `s * 2^e`, with one `e` per row such that the largest `s` is in 2^15..2^16: that much is
//! integer arithmetic on the bits ([`crate::kernels::exact::rows`]). Their SHA-256 over all bytes, in an order that
//! does not depend on the file, is the model's digest ([`weights::ExactWeights::digest`]).
//!
//! # A layer
//!
//! - **A matrix times a vector.** The vector becomes short: with b the number of bits of its largest magnitude (the
//!   or of all magnitudes tells it), `a = round(x * 2^-t)`, `t = max(b - 15, 0)`. A block's dot product is below
//!   32 * 128 * 32767 < 2^27, times its scale below 2^43, and a row has at most 2^11 blocks: the 64-bit sum stays
//!   below 2^54. The result is `round(sum * 2^(e + t))`, wide.
//! - **Norm.** x becomes 24-bit numbers m by the same rule with t = max(b - 24, 0); squares are at most 2^48, and at
//!   most 2^14 of them sum up to 2^62. With `n = floor(sum / d) + floor(epsilon * 2^(64 - 2t))` below 2^63,
//!   `1 / sqrt(n)` is a whole square root of n moved into 2^62..2^64, and one division. `m / sqrt(n)` is at most
//!   sqrt(d) <= 2^7, so it fits Q23 in an i32; times the gain it is Q43, then wide.
//! - **Rotation.** Cosine and sine are Q30 from a table made in integers ([`crate::kernels::exact::rotation`]). Narrow values
//!   times Q30 twice is below 2^62.
//! - **Attention.** Queries, turned and narrow, times `log2(e) / sqrt(head_dim)` in Q30 are brought to 23 bits under
//!   one exponent; a key is 31 bits and a head at most 256 values, so a dot product is below 2^62. Scores are Q16
//!   powers of two. A weight is `2^(score - largest score)` in Q20; values are below 2^28 and positions at most
//!   2^14, so the weighted sum is below 2^62. It is divided by the sum of weights, to nearest.
//! - **SwiGLU.** Gate and up are narrow; the logistic function is Q30; `gate * logistic(gate)` is made narrow again,
//!   times up it is Q36, then wide.
//! - **Powers of two** are a polynomial of degree six in Q31, right to 2^-26 of itself and falling at every step
//!   (both tested for all 65,536 fractions).
//!
//! # A token
//!
//! The head's results are narrow logits. The largest wins, the lowest place among equals. Four 32-bit sums over all
//! logits, each scrambled with its place, are their fingerprint; tokens and fingerprints go into a chain of SHA-256
//! ([`digest`]) that starts with the model's digest and the prompt.

pub mod cpu;
pub mod digest;
pub mod gpu;
pub mod weights;

use crate::{
    error::{GenerateError, LoadError},
    kernels::{
        exact::{Shape, integer, rotation},
        state::State,
    },
    model::config::Config,
};
use cpu::ExactCpu;
use gpu::ExactGpu;

/// A model and what its weights hash to.
#[derive(Debug)]
pub struct Exact {
    /// [`weights::ExactWeights::digest`].
    pub digest: [u8; 32],
    /// Where it runs.
    pub place: Place,
}

/// Where a model runs; the numbers are the same.
#[derive(Debug)]
pub enum Place {
    /// On the CPU.
    Cpu(Box<ExactCpu>),
    /// On the device.
    Gpu(Box<ExactGpu>),
}

impl Exact {
    /// The model's configuration.
    #[must_use]
    pub fn config(&self) -> &Config {
        match &self.place {
            Place::Cpu(model) => model.config(),
            Place::Gpu(model) => model.config(),
        }
    }

    /// Positions of prompt and text together.
    #[must_use]
    pub fn context(&self) -> usize {
        match &self.place {
            Place::Cpu(model) => model.context(),
            Place::Gpu(model) => model.context(),
        }
    }

    /// Starts a generation.
    ///
    /// # Errors
    /// [`GenerateError::Kernel`] where the device is gone.
    pub fn start(&self, state: &State, prompt: &[u32]) -> Result<(), GenerateError> {
        match &self.place {
            Place::Cpu(_) => Ok(()),
            Place::Gpu(model) => model.start(state, prompt),
        }
    }
}

/// The longest vector for which sums of 48-bit squares fit 62 bits.
const MOST_HIDDEN: usize = 1 << 14;

/// What a configuration comes down to in integers.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Limits {
    /// Added to mean squares, in Q64.
    epsilon: u64,
    /// Turns per position of each half dimension, in Q64.
    frequencies: Vec<u64>,
}

impl Limits {
    /// Checks what the bounds above rest on.
    fn of(config: &Config) -> Result<Self, LoadError> {
        let refuse = |reason: String| Err(LoadError::Config { reason });
        if config.hidden > MOST_HIDDEN {
            return refuse(format!("hidden_size {} is too large for a bit-exact norm", config.hidden));
        }
        let Some(epsilon) = integer::fixed(config.norm_epsilon, 64, (1 << 62) - 1) else {
            return refuse(format!("rms_norm_eps {} is too large for a bit-exact norm", config.norm_epsilon));
        };
        Ok(Self { epsilon: epsilon.unsigned_abs(), frequencies: rotation::frequencies(config)? })
    }

    fn shape(config: &Config, context: usize) -> Shape {
        Shape {
            heads: config.heads,
            kv_heads: config.kv_heads,
            head_dim: config.head_dim,
            context: context.min(config.context).min(Shape::MOST_POSITIONS),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::synthetic::{self, SMOL_135M};

    #[test]
    fn shapes_outside_of_the_bounds_are_refused() {
        let config = synthetic::config(SMOL_135M);
        assert_eq!(Limits::of(&config).unwrap().epsilon, 184_467_436_077_056);
        let refused = [
            Config { norm_epsilon: 0.25, ..config.clone() },
            Config { hidden: (1 << 14) + 1, ..config.clone() },
        ];
        for config in refused {
            assert!(matches!(Limits::of(&config), Err(LoadError::Config { .. })), "{config:?}");
        }
        assert_eq!(Limits::shape(&Config { context: 1 << 20, ..config }, 1 << 20).context, 1 << 14);
    }
}
