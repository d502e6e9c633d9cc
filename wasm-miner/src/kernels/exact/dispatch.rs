//! The dispatches of the exact kernels: shader text, bindings and grids.

use std::fmt::Write as _;

use crate::{
    error::KernelError,
    kernels::{
        exact::{Norm, Shape},
        pack::{BLOCK, Format},
        state,
    },
    runtime::{
        Gpu,
        buffers::Storage,
        pipeline::{Binding, Source},
        recording::{Recording, grid, workgroups},
    },
};

/// Tokens, and their fingerprints, that the state keeps for the host between two read-backs.
pub const TOKENS: usize = 64;

/// Bytes of the state's buffer: the state, the tokens, then four words of fingerprint each.
pub const STATE_BYTES: u64 = 64 + TOKENS as u64 * 20;

/// The arithmetic of [`super::integer`] in WGSL.
pub const INTEGER: &str = include_str!("integer.wgsl");
const GEMV_WIDTH: usize = 128;
const WIDTH: usize = 256;
const SPAN: usize = 1024;

/// One shard of a weight matrix on the device, as [`super::rows::Rows`] has it.
#[derive(Debug)]
pub struct Shard {
    /// Signed bytes.
    pub weights: Storage,
    /// Scales, two in a word.
    pub scales: Storage,
    /// Exponents, one per row.
    pub exponents: Storage,
    /// Rows in this shard.
    pub rows: usize,
    /// Where its first result goes: a row, or a pair for [`Output::SiluMul`].
    pub first_row: usize,
}

/// What happens to the sums on the way out.
#[derive(Debug, Clone, Copy)]
pub enum Output<'a> {
    /// Stored, wide.
    Store,
    /// Stored with a bias added, wide.
    Bias(&'a Storage),
    /// Added to what is there, wide.
    Add,
    /// `silu(gate) * up`, wide; a shard holds its gate rows first, then its up rows.
    SiluMul,
    /// Stored, narrow.
    Logits,
}

/// Puts a kernel together; `numbers` become signed constants.
fn source(kernel: &'static str, has_state: bool, numbers: &[(&str, i64)]) -> Source {
    let mut text = String::new();
    for (name, value) in numbers {
        // Writing to a string does not fail.
        _ = writeln!(text, "const {name}: i32 = {value};");
    }
    let source = Source::new(kernel).part(&text).part(INTEGER);
    if has_state { source.count("RING", TOKENS * 5).part(state::SHADER) } else { source }
}

/// A vector through a matrix.
#[derive(Debug, Clone, Copy)]
pub struct Gemv<'a> {
    /// The name for labels and errors.
    pub name: &'static str,
    /// Columns of the matrix, unpadded.
    pub columns: usize,
    /// On the way out.
    pub output: Output<'a>,
    /// The generation's state.
    pub state: &'a Storage,
    /// The vector, wide, padded with zeros to the stride.
    pub from: &'a Storage,
    /// The results.
    pub to: &'a Storage,
}

impl Gemv<'_> {
    /// Adds the dispatch for one shard.
    ///
    /// # Errors
    /// [`KernelError::Shape`] before anything is compiled, [`KernelError::Compile`] from the driver.
    pub async fn record(
        &self,
        gpu: &Gpu,
        shard: &Shard,
        recording: &mut Recording,
    ) -> Result<(), KernelError> {
        let stride = Format::stride(self.columns);
        let broken = |reason: &str| Err(KernelError::Shape { kernel: self.name, reason: reason.into() });
        if shard.rows == 0 || self.columns == 0 {
            return broken("a matrix without rows or columns");
        }
        if matches!(self.output, Output::SiluMul) && !shard.rows.is_multiple_of(2) {
            return broken("rows are not pairs of gate and up");
        }
        if shard.weights.bytes() < (shard.rows * stride) as u64 || self.from.bytes() < stride as u64 * 8 {
            return broken("a buffer is too short");
        }
        let lanes = (stride / BLOCK).next_power_of_two().min(32);
        let source = source(self.name, true, &[])
            .count("WIDTH", GEMV_WIDTH)
            .count("LANES", lanes)
            .count("STRIDE", stride)
            .count("ROWS", shard.rows)
            .count("FIRST_ROW", shard.first_row);
        let rows = include_str!("gemv_rows.wgsl");
        let source = match self.output {
            Output::Store => source.part(rows).part(include_str!("gemv_store.wgsl")),
            Output::Bias(_) => source.part(rows).part(include_str!("gemv_bias.wgsl")),
            Output::Add => source.part(rows).part(include_str!("gemv_add.wgsl")),
            Output::Logits => source.part(rows).part(include_str!("gemv_logits.wgsl")),
            Output::SiluMul => source.part(include_str!("gemv_silu_mul.wgsl")),
        };
        let source = source.part(include_str!("gemv.wgsl"));
        let mut bindings: Vec<Binding<'_>> = vec![
            (0, self.state),
            (1, &shard.weights),
            (2, &shard.scales),
            (3, self.from),
            (4, &shard.exponents),
            (5, self.to),
        ];
        if let Output::Bias(bias) = self.output {
            bindings.push((6, bias));
        }
        recording.add(gpu, &source, &bindings, grid(shard.rows.div_ceil(GEMV_WIDTH / lanes * 4))).await
    }
}

/// Adds the dispatch that looks the current token up in one shard of the embedding.
///
/// # Errors
/// [`KernelError::Compile`] from the driver.
pub async fn embed(
    gpu: &Gpu,
    (shard, columns): (&Shard, usize),
    [state, prompt, to]: [&Storage; 3],
    recording: &mut Recording,
) -> Result<(), KernelError> {
    let stride = Format::stride(columns);
    let source = source("exact embed", true, &[])
        .count("WIDTH", 64)
        .count("STRIDE", stride)
        .count("ROWS", shard.rows)
        .count("FIRST_ROW", shard.first_row)
        .part(include_str!("embed.wgsl"));
    let bindings =
        [(0, state), (1, &shard.weights), (2, &shard.scales), (3, prompt), (4, &shard.exponents), (5, to)];
    recording.add(gpu, &source, &bindings, grid((stride / 4).div_ceil(64))).await
}

/// Adds the dispatch of a norm over `columns` values.
///
/// # Errors
/// [`KernelError::Compile`] from the driver.
pub async fn norm(
    gpu: &Gpu,
    (columns, epsilon): (usize, u64),
    [state, from, gains, to]: [&Storage; 4],
    recording: &mut Recording,
) -> Result<(), KernelError> {
    let numbers = [("UNIT", Norm::UNIT.into()), ("GAIN", Norm::GAIN.into())];
    let source = source("exact norm", true, &numbers)
        .count("WIDTH", WIDTH)
        .count("COLUMNS", columns)
        .count("EPSILON_LOW", (epsilon & 0xffff_ffff) as usize)
        .count("EPSILON_HIGH", (epsilon >> 32) as usize)
        .part(include_str!("norm.wgsl"));
    recording.add(gpu, &source, &[(0, state), (3, from), (4, gains), (5, to)], [1, 1]).await
}

/// The buffers of attention.
#[derive(Debug, Clone, Copy)]
pub struct Attention<'a> {
    /// The shape.
    pub shape: Shape,
    /// The generation's state.
    pub state: &'a Storage,
    /// Queries, keys and values of the current token, one after another, wide.
    pub projected: &'a Storage,
    /// Cosine and sine per position and half dimension, in Q30.
    pub rotation: &'a Storage,
    /// The layer's key cache, narrow.
    pub keys: &'a Storage,
    /// The layer's value cache, narrow.
    pub values: &'a Storage,
    /// The vectors, wide.
    pub to: &'a Storage,
    /// A word per head and position.
    pub scores: &'a Storage,
}

impl Attention<'_> {
    /// Adds the dispatch.
    ///
    /// # Errors
    /// [`KernelError::Shape`] before anything is compiled, [`KernelError::Compile`] from the driver.
    pub async fn record(&self, gpu: &Gpu, recording: &mut Recording) -> Result<(), KernelError> {
        let Shape { heads, kv_heads, head_dim, context } = self.shape;
        let fits =
            kv_heads > 0 && heads % kv_heads == 0 && head_dim % 4 == 0 && (4..=WIDTH).contains(&head_dim);
        if !fits || context > Shape::MOST_POSITIONS {
            return Err(KernelError::Shape {
                kernel: "exact attention",
                reason: format!(
                    "{heads} heads over {kv_heads} key heads of {head_dim} values, {context} positions"
                ),
            });
        }
        let numbers = [("QUERY_BITS", Shape::QUERY_BITS.into()), ("VALUE_LIMIT", Shape::VALUE_LIMIT)];
        let source = source("exact attention", true, &numbers)
            .count("WIDTH", WIDTH)
            .count("WEIGHT", Shape::WEIGHT as usize)
            .count("SCORE_FACTOR", self.shape.score_factor() as usize)
            .count("HEADS", heads)
            .count("KV_HEADS", kv_heads)
            .count("HEAD_DIM", head_dim)
            .count("CONTEXT", context)
            .part(include_str!("attention.wgsl"));
        let bindings = [
            (0, self.state),
            (1, self.projected),
            (2, self.rotation),
            (3, self.keys),
            (4, self.values),
            (5, self.to),
            (6, self.scores),
        ];
        recording.add(gpu, &source, &bindings, [workgroups("exact attention", heads)?, 1]).await
    }
}

/// The buffers that choose a token.
#[derive(Debug, Clone, Copy)]
pub struct Greedy<'a> {
    /// The generation's state, which moves on.
    pub state: &'a Storage,
    /// The logits, narrow.
    pub logits: &'a Storage,
    /// Scratch of [`candidate_bytes`].
    pub candidates: &'a Storage,
    /// Scratch of twice [`candidate_bytes`].
    pub prints: &'a Storage,
    /// The vocabulary's size.
    pub vocabulary: usize,
}

/// Bytes of scratch that a vocabulary needs.
#[must_use]
pub fn candidate_bytes(vocabulary: usize) -> u64 {
    (vocabulary.div_ceil(SPAN) * 8) as u64
}

impl Greedy<'_> {
    /// Adds the two dispatches that choose the most likely token and take the fingerprint.
    ///
    /// # Errors
    /// [`KernelError::Shape`] for a vocabulary of no size that we run, [`KernelError::Compile`] from the driver.
    pub async fn record(&self, gpu: &Gpu, recording: &mut Recording) -> Result<(), KernelError> {
        let groups = self.vocabulary.div_ceil(SPAN);
        let count = workgroups("exact greedy", groups)?;
        let before = include_str!("../order.wgsl");
        let first = source("exact argmax", false, &[])
            .count("WIDTH", WIDTH)
            .count("SPAN", SPAN)
            .count("COUNT", self.vocabulary)
            .part(before)
            .part(include_str!("argmax.wgsl"));
        let second = source("exact greedy", true, &[])
            .count("WIDTH", WIDTH)
            .count("COUNT", groups)
            .count("TOKENS", TOKENS)
            .part(before)
            .part(include_str!("advance.wgsl"))
            .part(include_str!("greedy.wgsl"));
        let scratch = [(3, self.candidates), (4, self.prints)];
        recording.add(gpu, &first, &[(2, self.logits), scratch[0], scratch[1]], [count, 1]).await?;
        recording.add(gpu, &second, &[(0, self.state), scratch[0], scratch[1]], [1, 1]).await
    }
}

/// Adds the dispatch that moves on inside the prompt, where nothing is chosen.
///
/// # Errors
/// [`KernelError::Compile`] from the driver.
pub async fn step(gpu: &Gpu, state: &Storage, recording: &mut Recording) -> Result<(), KernelError> {
    let source = source("exact step", true, &[])
        .count("TOKENS", TOKENS)
        .part(include_str!("advance.wgsl"))
        .part(include_str!("step.wgsl"));
    recording.add(gpu, &source, &[(0, state)], [1, 1]).await
}
