//! Twins of the encoder's kernels, `bert_*.wgsl`. Values of tokens lie one token after another, without padding.

use crate::kernels::cpu::gemv::Rows;

/// Rows of a weight matrix that are taken together.
const PANEL: usize = 8;
/// Tokens that are taken together.
const BLOCK: usize = 4;

/// Twin of `bert_embed.wgsl`: the word, its position in the sentence and the kind of sentence, added up. `None`
/// where a token or a position has no row.
#[must_use]
pub fn embed(
    words: &Rows,
    positions: &Rows,
    kinds: &Rows,
    (tokens, sentences): (&[u32], &[[usize; 2]]),
) -> Option<Vec<f32>> {
    let kind = kinds.row(0);
    let mut x = Vec::with_capacity(tokens.len() * words.columns);
    for [start, end] in sentences {
        for (position, token) in tokens.get(*start..*end)?.iter().enumerate() {
            let token = *token as usize;
            if token >= words.len() || position >= positions.len() {
                return None;
            }
            let sums = words.row(token).into_iter().zip(positions.row(position)).zip(&kind);
            x.extend(sums.map(|((word, position), kind)| word + position + kind));
        }
    }
    Some(x)
}

/// Twin of `bert_norm.wgsl`: each token's values with mean 0 and variance 1, then scaled and shifted.
pub fn norm(x: &mut [f32], gain: &[f32], shift: &[f32], epsilon: f32) {
    #[expect(clippy::cast_precision_loss, reason = "a token has far fewer than 2^24 values")]
    let count = gain.len() as f32;
    for token in x.chunks_mut(gain.len().max(1)) {
        let mean = token.iter().sum::<f32>() / count;
        let variance = token.iter().map(|x| (x - mean) * (x - mean)).sum::<f32>() / count;
        let factor = 1.0 / (variance + epsilon).sqrt();
        for ((x, gain), shift) in token.iter_mut().zip(gain).zip(shift) {
            *x = (*x - mean) * factor * gain + shift;
        }
    }
}

/// What `bert_linear.wgsl` does with its sums.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Output {
    /// Stored.
    Store,
    /// Through GELU.
    Gelu,
    /// Added to what is there.
    Add,
}

/// Twin of `bert_linear.wgsl`: every token's values through a matrix, with a bias.
///
/// Rows are unpacked a few at a time and side by side, so that the compiler can use vector instructions and
/// unpacking costs little beside the products of a batch.
pub fn linear(rows: &Rows, bias: &[f32], from: &[f32], output: Output, to: &mut [f32]) {
    let (columns, width) = (rows.columns, rows.len());
    let mut panel = vec![[0.0_f32; PANEL]; columns];
    for first in (0..width).step_by(PANEL) {
        let count = PANEL.min(width - first);
        for lane in 0..count {
            for (slot, value) in panel.iter_mut().zip(rows.row(first + lane)) {
                if let Some(slot) = slot.get_mut(lane) {
                    *slot = value;
                }
            }
        }
        let bias = bias.get(first..first + count).unwrap_or_default();
        let blocks = from.chunks(columns * BLOCK).zip(to.chunks_mut(width * BLOCK));
        for (from, to) in blocks {
            let sums = products(&panel, from, columns);
            for (sums, to) in sums.iter().zip(to.chunks_mut(width)) {
                let to = to.get_mut(first..first + count).unwrap_or_default();
                for ((sum, bias), to) in sums.iter().zip(bias).zip(to) {
                    match output {
                        Output::Store => *to = sum + bias,
                        Output::Gelu => *to = gelu(sum + bias),
                        Output::Add => *to += sum + bias,
                    }
                }
            }
        }
    }
}

/// The products of up to [`BLOCK`] tokens with the rows of a panel.
fn products(panel: &[[f32; PANEL]], from: &[f32], columns: usize) -> [[f32; PANEL]; BLOCK] {
    let mut tokens = from.chunks_exact(columns);
    let mut next = || tokens.next().unwrap_or_default();
    let (a, b, c, d) = (next(), next(), next(), next());
    if d.is_empty() {
        let alone = |token: &[f32]| block([token], panel).first().copied().unwrap_or_default();
        return [alone(a), alone(b), alone(c), alone(d)];
    }
    block([a, b, c, d], panel)
}

/// The innermost loop: sums stay in registers while a panel and some tokens pass by.
#[cfg_attr(target_arch = "wasm32", target_feature(enable = "simd128"))]
fn block<const N: usize>(tokens: [&[f32]; N], panel: &[[f32; PANEL]]) -> [[f32; PANEL]; N] {
    let mut sums = [[0.0_f32; PANEL]; N];
    // One length for all lets the compiler drop the checks inside of the loop.
    let length = tokens.iter().map(|token| token.len()).fold(panel.len(), usize::min);
    let tokens = tokens.map(|token| token.get(..length).unwrap_or_default());
    for (index, weights) in panel.iter().take(length).enumerate() {
        for (sums, token) in sums.iter_mut().zip(tokens) {
            let x = token.get(index).copied().unwrap_or_default();
            for (sum, weight) in sums.iter_mut().zip(weights) {
                *sum += x * weight;
            }
        }
    }
    sums
}

/// GELU in its exact form: `x · Φ(x)`.
#[must_use]
pub fn gelu(x: f32) -> f32 {
    0.5 * x * (1.0 + erf(x * std::f32::consts::FRAC_1_SQRT_2))
}

/// The error function by Abramowitz and Stegun, 7.1.26, with an error of at most 1.5e-7: as good as f32.
fn erf(x: f32) -> f32 {
    let t = 1.0 / (1.0 + 0.327_591_1 * x.abs());
    let p = ((((1.061_405_4 * t - 1.453_152_1) * t + 1.421_413_8) * t - 0.284_496_72) * t + 0.254_829_6) * t;
    let y = 1.0 - p * (-x * x).exp();
    if x < 0.0 { -y } else { y }
}

/// Twin of `bert_attention.wgsl`: every token looks at all tokens of its sentence. `projected` holds queries, keys
/// and values of each token, each of `heads` times `head_dim` values.
#[must_use]
pub fn attention(projected: &[f32], sentences: &[[usize; 2]], heads: usize, head_dim: usize) -> Vec<f32> {
    let hidden = heads * head_dim;
    let mut to = vec![0.0; projected.len() / 3];
    #[expect(clippy::cast_precision_loss, reason = "a head has far fewer than 2^24 values")]
    let scale = 1.0 / (head_dim as f32).sqrt();
    for [start, end] in sentences {
        let sentence = projected.get(start * 3 * hidden..end * 3 * hidden).unwrap_or_default();
        let tokens = || sentence.chunks_exact(3 * hidden);
        for (token, to) in tokens().zip(to.chunks_mut(hidden).skip(*start)) {
            for head in 0..heads {
                let part = |token: &'_ [f32], kind: usize| {
                    let at = kind * hidden + head * head_dim;
                    at..(at + head_dim).min(token.len())
                };
                let query = token.get(part(token, 0)).unwrap_or_default();
                let mut scores: Vec<f32> = tokens()
                    .map(|other| dot(query, other.get(part(other, 1)).unwrap_or_default()) * scale)
                    .collect();
                let peak = scores.iter().fold(f32::NEG_INFINITY, |peak, score| peak.max(*score));
                scores.iter_mut().for_each(|score| *score = (*score - peak).exp());
                let factor = 1.0 / scores.iter().sum::<f32>();
                let to = to.get_mut(head * head_dim..(head + 1) * head_dim).unwrap_or_default();
                for (other, score) in tokens().zip(&scores) {
                    let values = other.get(part(other, 2)).unwrap_or_default();
                    for (to, value) in to.iter_mut().zip(values) {
                        *to += score * factor * value;
                    }
                }
            }
        }
    }
    to
}

/// A dot product in eight running sums, which lets the compiler use vector instructions.
fn dot(a: &[f32], b: &[f32]) -> f32 {
    let mut sums = [0.0_f32; 8];
    for (a, b) in a.chunks(8).zip(b.chunks(8)) {
        for ((sum, a), b) in sums.iter_mut().zip(a).zip(b) {
            *sum += a * b;
        }
    }
    sums.iter().sum()
}

/// Twin of `bert_pool.wgsl`: the mean of each sentence's tokens, with length one.
#[must_use]
pub fn pool(x: &[f32], sentences: &[[usize; 2]], hidden: usize) -> Vec<Vec<f32>> {
    let mean = |[start, end]: &[usize; 2]| {
        let mut sum = vec![0.0_f32; hidden];
        for token in x.get(start * hidden..end * hidden).unwrap_or_default().chunks_exact(hidden.max(1)) {
            for (sum, x) in sum.iter_mut().zip(token) {
                *sum += x;
            }
        }
        // The length makes any factor vanish, the number of tokens too.
        let length = sum.iter().map(|x| x * x).sum::<f32>().sqrt().max(1e-12);
        sum.iter_mut().for_each(|x| *x /= length);
        sum
    };
    sentences.iter().map(mean).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gelu_is_the_exact_one() {
        // Values of the exact form, from tables of the normal distribution.
        for (x, expected) in
            [(0.0, 0.0), (1.0, 0.841_344_8), (-1.0, -0.158_655_25), (3.0, 2.995_950_3), (-6.0, -5.9e-9)]
        {
            assert!((gelu(x) - expected).abs() < 1e-6, "{x}: {}", gelu(x));
        }
    }

    #[test]
    fn equal_tokens_attend_to_their_mean() {
        // One head of one value; the keys are equal, so every token gets the mean of the values.
        let projected = [1.0, 2.0, 3.0, 9.0, 2.0, 5.0, 7.0, 7.0, 70.0];
        assert_eq!(attention(&projected, &[[0, 2], [2, 3]], 1, 1), [4.0, 4.0, 70.0]);
    }
}
