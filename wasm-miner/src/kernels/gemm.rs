//! A chunk of vectors through a weight matrix, tile by tile, with the work before and after it in the same dispatch.

use crate::{
    error::KernelError,
    kernels::{
        gemv::{Output, Shard},
        pack::Format,
        state,
    },
    runtime::{
        Gpu,
        buffers::Storage,
        pipeline::{Binding, Source},
        recording::{Recording, workgroups},
    },
};

/// What happens to each vector on the way in.
#[derive(Debug, Clone, Copy)]
pub enum Input<'a> {
    /// Nothing.
    Plain,
    /// RMS norm with this gain and epsilon.
    Norm {
        /// The norm's weights, padded with zeros.
        gain: &'a Storage,
        /// Added to the mean square.
        epsilon: f32,
    },
}

/// How the product is cut. Every size is a power of two.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Tile {
    /// Tokens of a workgroup.
    pub tokens: usize,
    /// Rows of a workgroup.
    pub rows: usize,
    /// Columns of a slice; divides 64. 0 for [`Tile::LANES`].
    pub depth: usize,
    /// Tokens, and rows, of an invocation: 4 or 8. 0 for [`Tile::LANES`].
    pub block: usize,
}

impl Tile {
    /// Few registers and many invocations: fills a device that has little to do.
    pub const WIDE: Self = Self { tokens: 64, rows: 64, depth: 32, block: 4 };
    /// Few invocations that each do much: the least traffic in workgroup memory.
    pub const DEEP: Self = Self { tokens: 64, rows: 64, depth: 16, block: 8 };
    /// Both, where there are tokens and rows enough.
    pub const LARGE: Self = Self { tokens: 128, rows: 128, depth: 16, block: 8 };
    /// Few tokens.
    pub const SHORT: Self = Self { tokens: 16, rows: 64, depth: 16, block: 4 };

    /// No tile at all, for devices that compute on the CPU: four rows and 16 tokens per invocation.
    pub const LANES: Self = Self { tokens: 16, rows: 64 * 4, depth: 0, block: 0 };

    /// Invocations per workgroup.
    #[must_use]
    pub const fn width(self) -> usize {
        if self.block == 0 {
            return self.rows / 4;
        }
        self.tokens / self.block * (self.rows / self.block)
    }
}

/// What a dispatch needs besides the shard.
#[derive(Debug, Clone, Copy)]
pub struct Gemm<'a> {
    /// The name for labels and errors.
    pub name: &'static str,
    /// The weights' format.
    pub format: Format,
    /// Columns of the matrix, unpadded.
    pub columns: usize,
    /// Values between two tokens of the results.
    pub to_stride: usize,
    /// Tokens of a chunk; a multiple of the tile's.
    pub chunk: usize,
    /// How the product is cut.
    pub tile: Tile,
    /// On the way in.
    pub input: Input<'a>,
    /// On the way out.
    pub output: Output<'a>,
    /// The generation's state; says how many tokens the chunk has.
    pub state: &'a Storage,
    /// The vectors, each padded to [`Format::stride`].
    pub from: &'a Storage,
    /// The results.
    pub to: &'a Storage,
}

impl Gemm<'_> {
    fn source(&self, shard: &Shard) -> Source {
        let mut source = Source::new(self.name)
            .count("WIDTH", self.tile.width())
            .count("TILE_TOKENS", self.tile.tokens)
            .count("TILE_ROWS", self.tile.rows)
            .count("DEPTH", self.tile.depth)
            .count("COLUMNS", self.columns)
            .count("STRIDE", Format::stride(self.columns))
            .count("TO_STRIDE", self.to_stride)
            .count("ROWS", shard.rows)
            .count("FIRST_ROW", shard.first_row)
            .count("CHUNK", self.chunk)
            .count("RING", state::RING)
            .part(state::SHADER)
            .part(self.format.shader())
            .part(include_str!("chunk.wgsl"))
            .part(include_str!("outer.wgsl"));
        source = match self.input {
            Input::Plain => source.part(include_str!("gemm_input_plain.wgsl")),
            Input::Norm { epsilon, .. } => {
                source.number("EPSILON", epsilon).part(include_str!("gemm_input_norm.wgsl"))
            }
        };
        source = source.part(self.output.shader()).part(include_str!("gemm_put.wgsl"));
        match self.tile.block {
            0 => source.part(include_str!("gemm_lanes.wgsl")),
            8 => source.part(include_str!("gemm_block_8.wgsl")).part(include_str!("gemm.wgsl")),
            _ => source.part(include_str!("gemm_block_4.wgsl")).part(include_str!("gemm.wgsl")),
        }
    }

    fn check(&self, shard: &Shard) -> Result<(), KernelError> {
        let broken = |reason: String| Err(KernelError::Shape { kernel: self.name, reason });
        let Tile { tokens, rows, depth, block } = self.tile;
        let powers = [tokens, rows, depth].into_iter().all(usize::is_power_of_two);
        let loads = tokens / 4 * (depth / 4);
        let is_tile = powers && matches!(block, 4 | 8) && (4..=64).contains(&depth);
        if self.tile != Tile::LANES && (!is_tile || loads > self.tile.width()) {
            return broken(format!("{:?} is no tile", self.tile));
        }
        if self.chunk == 0 || !self.chunk.is_multiple_of(tokens) {
            return broken(format!("a chunk of {} is not whole tiles of {tokens}", self.chunk));
        }
        if shard.rows == 0 || self.columns == 0 {
            return broken("a matrix without rows or columns".into());
        }
        let unit = self.format.column_unit();
        if !self.columns.is_multiple_of(unit) {
            return broken(format!("{} columns are not a multiple of {unit}", self.columns));
        }
        let results = if matches!(self.output, Output::SiluMul) {
            if !shard.rows.is_multiple_of(2) {
                return broken(format!("{} rows are not pairs of gate and up", shard.rows));
            }
            shard.rows / 2
        } else {
            shard.rows
        };
        let vectors = (self.chunk * Format::stride(self.columns) * 4) as u64;
        let last = ((self.chunk - 1) * self.to_stride + shard.first_row + results) as u64 * 4;
        let needed = [
            (shard.weights.bytes(), (shard.rows * self.format.row_bytes(self.columns)) as u64),
            (self.from.bytes(), vectors),
            (self.to.bytes(), last),
        ];
        match needed.into_iter().find(|(bytes, needed)| bytes < needed) {
            Some((bytes, needed)) => broken(format!("a buffer holds {bytes} bytes, {needed} are needed")),
            None => Ok(()),
        }
    }

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
        self.check(shard)?;
        let mut bindings: Vec<Binding<'_>> =
            vec![(0, self.state), (1, &shard.weights), (3, self.from), (5, self.to)];
        if let Some(scales) = &shard.scales {
            bindings.push((2, scales));
        }
        if let Input::Norm { gain, .. } = self.input {
            bindings.push((4, gain));
        }
        if let Some(bias) = self.output.bias() {
            bindings.push((6, bias));
        }
        let grid = [
            workgroups(self.name, shard.rows.div_ceil(self.tile.rows))?,
            workgroups(self.name, self.chunk / self.tile.tokens)?,
        ];
        recording.add(gpu, &self.source(shard), &bindings, grid).await
    }
}
