//! Twin of `attention.wgsl`.

use crate::kernels::attention::Shape;

/// The key and value cache of a layer: `[kv_heads][context][head_dim]` each.
#[derive(Debug, Clone)]
pub struct Cache {
    /// Keys, rotated.
    pub keys: Vec<f32>,
    /// Values.
    pub values: Vec<f32>,
}

impl Cache {
    /// An empty cache.
    #[must_use]
    pub fn new(shape: &Shape) -> Self {
        let count = shape.kv_heads * shape.context * shape.head_dim;
        Self { keys: vec![0.0; count], values: vec![0.0; count] }
    }
}

/// Rotates a head's vector: value `i` with value `i + half`, by the angle of `i`.
pub fn rotate(vector: &mut [f32], turns: &[[f32; 2]]) {
    let (low, high) = vector.split_at_mut(vector.len() / 2);
    for ((a, b), [cos, sin]) in low.iter_mut().zip(high).zip(turns) {
        (*a, *b) = (*a * cos - *b * sin, *b * cos + *a * sin);
    }
}

/// Attends to every cached position and to the new one, which joins the cache. Returns one vector per head.
///
/// `projected` holds queries, keys and values one after another; `turns` are the rotations of `position`.
#[must_use]
pub fn attend(
    shape: &Shape,
    projected: &mut [f32],
    turns: &[[f32; 2]],
    position: usize,
    cache: &mut Cache,
) -> Vec<f32> {
    let Shape { heads, kv_heads, head_dim, context, .. } = *shape;
    let (queries, rest) = projected.split_at_mut(heads * head_dim);
    let (keys, values) = rest.split_at_mut(kv_heads * head_dim);
    keys.chunks_mut(head_dim).for_each(|key| rotate(key, turns));
    queries.chunks_mut(head_dim).for_each(|query| rotate(query, turns));
    let stored = cache.keys.chunks_mut(context * head_dim).zip(cache.values.chunks_mut(context * head_dim));
    for ((keys_of, values_of), (key, value)) in stored.zip(keys.chunks(head_dim).zip(values.chunks(head_dim)))
    {
        if let Some(slot) = keys_of.chunks_mut(head_dim).nth(position) {
            slot.copy_from_slice(key);
        }
        if let Some(slot) = values_of.chunks_mut(head_dim).nth(position) {
            slot.copy_from_slice(value);
        }
    }
    let mut out = Vec::with_capacity(heads * head_dim);
    for (head, query) in queries.chunks(head_dim).enumerate() {
        let from = head / (heads / kv_heads) * context * head_dim;
        let seen = from..from + (position + 1) * head_dim;
        out.extend(attend_head(
            query,
            cache.keys.get(seen.clone()).unwrap_or(&[]),
            cache.values.get(seen).unwrap_or(&[]),
        ));
    }
    out
}

fn attend_head(query: &[f32], keys: &[f32], values: &[f32]) -> Vec<f32> {
    #[expect(clippy::cast_precision_loss, reason = "a head has at most 256 values")]
    let factor = 1.0 / (query.len() as f32).sqrt();
    let scores: Vec<f32> =
        keys.chunks(query.len()).map(|key| lantern_lanes::dot(key, query) * factor).collect();
    let peak = scores.iter().fold(f32::MIN, |peak, score| peak.max(*score));
    let weights: Vec<f32> = scores.iter().map(|score| (score - peak).exp()).collect();
    let total: f32 = weights.iter().sum();
    let mut sum = vec![0.0; query.len()];
    for (value, weight) in values.chunks(query.len()).zip(&weights) {
        lantern_lanes::add_scaled(&mut sum, value, weight / total);
    }
    sum
}
