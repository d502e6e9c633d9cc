//! Twins of the exact kernels, and their specification: every shader gives these numbers, not close ones.

use crate::kernels::{
    exact::{
        Norm, Shape,
        integer::{self, LIMIT, NARROW, NARROW_LIMIT, WIDE},
        rows::Rows,
    },
    pack::BLOCK,
};

/// A vector as 16-bit numbers under one exponent: it is `numbers * 2^(exponent - 32)`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Short {
    /// Within 32,767 either way.
    pub numbers: Vec<i16>,
    /// In 0..=47.
    pub exponent: i32,
}

impl Short {
    /// The 15 highest bits of a wide vector and its sign.
    #[must_use]
    pub fn of(wide: &[i64]) -> Self {
        let exponent = integer::exponent(integer::magnitudes(wide.iter().copied()), 15);
        let numbers = wide.iter().map(|value| integer::narrow(*value, -exponent, 32_767) as i16).collect();
        Self { numbers, exponent }
    }
}

/// Twin of `embed.wgsl`: a row, wide. `None` outside of the vocabulary.
#[must_use]
pub fn embed(rows: &Rows, token: usize) -> Option<Vec<i64>> {
    let (bytes, scales, exponent) = rows.row(token)?;
    let blocks = bytes.chunks(BLOCK).zip(scales);
    let values = blocks.flat_map(|(block, scale)| {
        block.iter().map(move |byte| {
            let value = i64::from(byte.cast_signed()) * i64::from(*scale);
            integer::scale(value, exponent + WIDE)
        })
    });
    Some(values.take(rows.columns).collect())
}

/// Twin of `norm.wgsl`: `x * gain / sqrt(mean(x^2) + epsilon)`, wide.
#[must_use]
pub fn norm(wide: &[i64], norm: &Norm) -> Vec<i64> {
    let exponent = integer::exponent(integer::magnitudes(wide.iter().copied()), 24);
    let numbers: Vec<i64> = wide.iter().map(|value| integer::scale(*value, -exponent)).collect();
    let squares: u64 = numbers.iter().map(|x| (x * x).cast_unsigned()).sum();
    let mean = squares / (wide.len() as u64).max(1);
    let square = mean + norm.epsilon.checked_shr(2 * exponent.cast_unsigned()).unwrap_or(0);
    if square == 0 {
        return vec![0; wide.len()];
    }
    let (inverse, k) = integer::inverse_root(square);
    let pairs = numbers.iter().zip(&norm.gains);
    pairs
        .map(|(x, gain)| {
            let unit = integer::narrow(x * i64::from(inverse), k - 63 + Norm::UNIT, NARROW_LIMIT);
            integer::scale(i64::from(unit) * i64::from(*gain), WIDE - Norm::UNIT - Norm::GAIN)
        })
        .collect()
}

/// The product of a row with a vector as a sum and the power of two that makes it wide.
fn product(rows: &Rows, row: usize, vector: &Short) -> (i64, i32) {
    let Some((bytes, scales, exponent)) = rows.row(row) else { return (0, 0) };
    let blocks = bytes.chunks(BLOCK).zip(vector.numbers.chunks(BLOCK)).zip(scales);
    let sum = blocks.map(|((bytes, numbers), scale)| {
        let dot =
            bytes.iter().zip(numbers).map(|(w, x)| i32::from(w.cast_signed()) * i32::from(*x)).sum::<i32>();
        i64::from(dot) * i64::from(*scale)
    });
    (sum.sum(), exponent + vector.exponent)
}

fn wide(rows: &Rows, row: usize, vector: &Short) -> i64 {
    let (sum, by) = product(rows, row, vector);
    integer::scale(sum, by)
}

fn narrow(rows: &Rows, row: usize, vector: &Short) -> i32 {
    let (sum, by) = product(rows, row, vector);
    integer::narrow(sum, by + NARROW - WIDE, NARROW_LIMIT)
}

/// Twin of the `store` output: products of all rows, wide.
#[must_use]
pub fn store(rows: &Rows, vector: &Short) -> Vec<i64> {
    (0..rows.len()).map(|row| wide(rows, row, vector)).collect()
}

/// Twin of the `bias` output.
#[must_use]
pub fn bias(rows: &Rows, vector: &Short, bias: &[i64]) -> Vec<i64> {
    bias.iter().enumerate().map(|(row, bias)| integer::add(wide(rows, row, vector), *bias)).collect()
}

/// Twin of the `add` output.
pub fn add(rows: &Rows, vector: &Short, to: &mut [i64]) {
    for (row, to) in to.iter_mut().enumerate() {
        *to = integer::add(*to, wide(rows, row, vector));
    }
}

/// Twin of the `silu_mul` output: the first half of the rows are gates, the second half ups.
#[must_use]
pub fn silu_mul(rows: &Rows, vector: &Short) -> Vec<i64> {
    let half = rows.len() / 2;
    (0..half)
        .map(|row| integer::silu_product(narrow(rows, row, vector), narrow(rows, row + half, vector)))
        .collect()
}

/// Twin of the `logits` output: products of all rows, narrow.
#[must_use]
pub fn logits(rows: &Rows, vector: &Short) -> Vec<i32> {
    (0..rows.len()).map(|row| narrow(rows, row, vector)).collect()
}

/// The key and value cache of a layer: `[kv_heads][context][head_dim]` each, narrow.
#[derive(Debug, Clone)]
pub struct Cache {
    /// Keys, turned.
    pub keys: Vec<i32>,
    /// Values, within [`Shape::VALUE_LIMIT`].
    pub values: Vec<i32>,
}

impl Cache {
    /// An empty cache.
    #[must_use]
    pub fn new(shape: &Shape) -> Self {
        let count = shape.kv_heads * shape.context * shape.head_dim;
        Self { keys: vec![0; count], values: vec![0; count] }
    }
}

fn turned(vector: &[i64], turns: &[[i32; 2]]) -> Vec<i32> {
    let narrow = |x: &i64| integer::narrow(*x, NARROW - WIDE, NARROW_LIMIT);
    let (low, high) = vector.split_at(vector.len() / 2);
    let pairs = low.iter().map(narrow).zip(high.iter().map(narrow)).zip(turns);
    let (low, high): (Vec<i32>, Vec<i32>) = pairs.map(|((a, b), turn)| integer::turn(a, b, *turn)).unzip();
    [low, high].concat()
}

/// Twin of `attention.wgsl`: attends to every cached position and to the new one, which joins the cache. Returns
/// one vector per head, wide.
///
/// `projected` holds queries, keys and values one after another; `turns` are the rotations of `position`.
#[must_use]
pub fn attend(
    shape: &Shape,
    projected: &[i64],
    turns: &[[i32; 2]],
    position: usize,
    cache: &mut Cache,
) -> Vec<i64> {
    let Shape { heads, kv_heads, head_dim, context } = *shape;
    let mut vectors = projected.chunks(head_dim);
    let queries: Vec<&[i64]> = vectors.by_ref().take(heads).collect();
    for (head, key) in vectors.by_ref().take(kv_heads).enumerate() {
        if let Some(slot) = cache.keys.chunks_mut(head_dim).nth(head * context + position) {
            slot.copy_from_slice(&turned(key, turns));
        }
    }
    for (head, value) in vectors.enumerate() {
        if let Some(slot) = cache.values.chunks_mut(head_dim).nth(head * context + position) {
            for (to, x) in slot.iter_mut().zip(value) {
                *to = integer::narrow(*x, NARROW - WIDE, Shape::VALUE_LIMIT);
            }
        }
    }
    let attended = queries.iter().enumerate().flat_map(|(head, query)| {
        let from = head / (heads / kv_heads) * context * head_dim;
        let seen = from..from + (position + 1) * head_dim;
        let keys = cache.keys.get(seen.clone()).unwrap_or(&[]);
        attend_head(shape, &turned(query, turns), keys, cache.values.get(seen).unwrap_or(&[]))
    });
    attended.collect()
}

fn attend_head(shape: &Shape, query: &[i32], keys: &[i32], values: &[i32]) -> Vec<i64> {
    let factor = i64::from(shape.score_factor());
    let scaled: Vec<i64> = query.iter().map(|x| i64::from(*x) * factor).collect();
    let exponent = integer::exponent(integer::magnitudes(scaled.iter().copied()), Shape::QUERY_BITS);
    let limit = (1 << Shape::QUERY_BITS) - 1;
    let query: Vec<i64> = scaled.iter().map(|x| i64::from(integer::narrow(*x, -exponent, limit))).collect();
    let scores = keys.chunks(shape.head_dim).map(|key| {
        let dot: i64 = key.iter().zip(&query).map(|(k, q)| i64::from(*k) * q).sum();
        integer::narrow(dot, exponent + Shape::SCORE_SHIFT, NARROW_LIMIT)
    });
    let scores: Vec<i32> = scores.collect();
    let peak = scores.iter().copied().max().unwrap_or(0);
    let mut total = 0_u64;
    let mut sums = vec![0_i64; shape.head_dim];
    for (value, score) in values.chunks(shape.head_dim).zip(scores) {
        let weight = integer::power(peak.wrapping_sub(score).cast_unsigned(), Shape::WEIGHT);
        total += u64::from(weight);
        for (sum, x) in sums.iter_mut().zip(value) {
            *sum += i64::from(*x) * i64::from(weight);
        }
    }
    sums.iter().map(|sum| integer::scale(integer::divide(*sum, total.max(1)), WIDE - NARROW)).collect()
}

/// Twin of `argmax.wgsl` and `greedy.wgsl`: the largest logit's place; ties go to the lower one.
#[must_use]
pub fn argmax(logits: &[i32]) -> Option<usize> {
    let best = logits.iter().copied().max()?;
    logits.iter().position(|logit| *logit == best)
}

/// Twin of the fingerprint in `argmax.wgsl`: four sums over all logits, each scrambled with its place.
///
/// It says which logits a device had, in 128 bits that need no order of work. Without the logits nobody can tell
/// it; with them, other logits of the same fingerprint could be made up, which gains nothing.
#[must_use]
pub fn fingerprint(logits: &[i32]) -> [u32; 4] {
    let mut sums = [0_u32; 4];
    for (place, logit) in (0_u32..).zip(logits) {
        for (lane, sum) in (1_u32..).zip(&mut sums) {
            let key = integer::scramble(place.wrapping_mul(4).wrapping_add(lane));
            *sum = sum.wrapping_add(integer::scramble(logit.cast_unsigned() ^ key));
        }
    }
    sums
}

// What the bounds of the module documentation come down to.
const _: () = assert!(Shape::MOST_POSITIONS as i64 * (1 << Shape::WEIGHT) * Shape::VALUE_LIMIT <= LIMIT);
const _: () = assert!(256 * ((1 << Shape::QUERY_BITS) - 1) * NARROW_LIMIT <= LIMIT);
const _: () = assert!(BLOCK as i64 * 128 * 32_767 < 1 << 27);
