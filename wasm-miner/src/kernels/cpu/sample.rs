//! Twins of `argmax.wgsl`, `top_k.wgsl`, `sample.wgsl` and `philox.wgsl`.

use crate::kernels::sample::KEEP;

/// The most likely token; ties go to the lower one. `None` without logits.
#[must_use]
pub fn argmax(logits: &[f32]) -> Option<usize> {
    top_k(logits, 1).first().copied()
}

/// A logit as an integer that sorts like the number.
fn order_of(value: f32) -> u32 {
    let bits = value.to_bits();
    if bits >> 31 == 1 { !bits } else { bits | 0x8000_0000 }
}

/// The `count` best tokens, best first.
#[must_use]
pub fn top_k(logits: &[f32], count: usize) -> Vec<usize> {
    let key =
        |token: &usize| (std::cmp::Reverse(logits.get(*token).map_or(0, |logit| order_of(*logit))), *token);
    let mut tokens: Vec<usize> = (0..logits.len()).collect();
    let count = count.min(tokens.len());
    if count > 0 && count < tokens.len() {
        tokens.select_nth_unstable_by_key(count - 1, key);
    }
    tokens.truncate(count);
    tokens.sort_unstable_by_key(key);
    tokens
}

/// How to draw.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Draw {
    /// Divides the logits; above zero.
    pub temperature: f32,
    /// Tokens to draw from.
    pub top_k: usize,
    /// The share of probability to draw from.
    pub top_p: f32,
    /// The seed.
    pub seed: u64,
}

/// Draws a token for a position. `None` without logits.
#[must_use]
pub fn sample(logits: &[f32], position: u32, draw: &Draw) -> Option<usize> {
    let tokens = top_k(logits, draw.top_k.clamp(1, KEEP));
    let peak = *logits.get(*tokens.first()?)?;
    let weights: Vec<f32> = tokens
        .iter()
        .filter_map(|token| logits.get(*token))
        .map(|logit| ((logit - peak) / draw.temperature).exp())
        .collect();
    let total: f32 = weights.iter().sum();
    let mut nucleus = 0.0;
    let mut size = 0;
    for weight in &weights {
        if nucleus >= total * draw.top_p {
            break;
        }
        nucleus += weight;
        size += 1;
    }
    #[expect(clippy::cast_possible_truncation, reason = "the two halves of the seed are the key")]
    let key = [draw.seed as u32, (draw.seed >> 32) as u32];
    let [random, ..] = philox([position, 0, 0, 0], key);
    #[expect(clippy::cast_precision_loss, reason = "24 bits are exact in an f32")]
    let target = nucleus * ((random >> 8) as f32 / 16_777_216.0);
    let mut sum = 0.0;
    for (token, weight) in tokens.iter().zip(&weights).take(size) {
        sum += weight;
        if sum > target {
            return Some(*token);
        }
    }
    tokens.first().copied()
}

/// Philox 4x32 with ten rounds.
#[must_use]
pub fn philox(mut counter: [u32; 4], mut key: [u32; 2]) -> [u32; 4] {
    #[expect(clippy::cast_possible_truncation, reason = "a product is split into its two halves")]
    let multiply = |a: u32, b: u32| {
        let product = u64::from(a) * u64::from(b);
        (product as u32, (product >> 32) as u32)
    };
    for _ in 0..10 {
        let [x, y, z, w] = counter;
        let (a_low, a_high) = multiply(0xd251_1f53, x);
        let (b_low, b_high) = multiply(0xcd9e_8d57, z);
        counter = [b_high ^ y ^ key[0], b_low, a_high ^ w ^ key[1], a_low];
        key = [key[0].wrapping_add(0x9e37_79b9), key[1].wrapping_add(0xbb67_ae85)];
    }
    counter
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Known answers from the Random123 distribution, `kat_vectors`, philox4x32 10.
    #[test]
    fn philox_known_answers() {
        assert_eq!(philox([0; 4], [0; 2]), [0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8]);
        assert_eq!(
            philox([u32::MAX; 4], [u32::MAX; 2]),
            [0x408f_276d, 0x41c8_3b0e, 0xa20b_c7c6, 0x6d54_51fd]
        );
    }

    #[test]
    fn ties_go_to_the_lower_token() {
        assert_eq!(top_k(&[1.0, 3.0, 3.0, -1.0], 3), [1, 2, 0]);
        assert_eq!(argmax(&[]), None);
    }

    #[test]
    fn draws_follow_the_distribution() {
        let logits = [0.0, (2.0_f32).ln(), (5.0_f32).ln()];
        let draw = Draw { temperature: 1.0, top_k: 64, top_p: 1.0, seed: 11 };
        let mut counts = [0_u32; 3];
        for position in 0..8000 {
            counts[sample(&logits, position, &draw).unwrap()] += 1;
        }
        for (count, expected) in counts.iter().zip([1000.0, 2000.0, 5000.0]) {
            assert!((f64::from(*count) - expected).abs() < 4.0 * f64::sqrt(expected), "{counts:?}");
        }
    }

    #[test]
    fn a_small_nucleus_is_greedy() {
        let draw = Draw { temperature: 1.0, top_k: 64, top_p: 0.5, seed: 3 };
        for position in 0..100 {
            assert_eq!(sample(&[0.0, 5.0, 1.0], position, &draw), Some(1));
        }
    }
}
