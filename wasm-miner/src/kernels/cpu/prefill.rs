//! Twins of `prefill_embed.wgsl`, `prefill_append.wgsl` and `prefill_attention.wgsl`.

use crate::kernels::{
    attention::Shape,
    cpu::{
        attention::{self, Cache},
        embed,
        gemv::Rows,
    },
};

/// The embeddings of a chunk, or `None` where a token is outside of the vocabulary.
#[must_use]
pub fn embed(rows: &Rows, tokens: &[u32]) -> Option<Vec<Vec<f32>>> {
    tokens.iter().map(|token| embed::embed(rows, *token as usize)).collect()
}

/// Appends a chunk to the cache and attends, each token to itself and to all before it. `projected` holds queries,
/// keys and values per token; `turns` are the rotations of every position. Returns one vector per token.
#[must_use]
pub fn attend(
    shape: &Shape,
    projected: &mut [Vec<f32>],
    turns: &[[f32; 2]],
    first: usize,
    cache: &mut Cache,
) -> Vec<Vec<f32>> {
    let half = shape.head_dim / 2;
    let token = |(index, projected): (usize, &mut Vec<f32>)| {
        let position = first + index;
        let turns = turns.get(position * half..(position + 1) * half).unwrap_or(&[]);
        attention::attend(shape, projected, turns, position, cache)
    };
    projected.iter_mut().enumerate().map(token).collect()
}
