//! A vector through a weight matrix, with the work before and after it in the same dispatch.

use crate::{
    error::KernelError,
    kernels::{pack::Format, state},
    runtime::{
        Gpu,
        buffers::Storage,
        pipeline::{Binding, Source},
        recording::{Recording, grid},
        variants::Summing,
    },
};

/// Invocations per workgroup.
const WIDTH: usize = 128;
/// The same where each has rows of its own: as many as a CPU's registers take, so that there are workgroups enough.
const LANES_WIDTH: usize = 8;

/// What happens to the vector on the way in.
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
    /// Attention in parts is merged.
    Merge {
        /// Largest score and sum of exponentials per head and part.
        stats: &'a Storage,
        /// Query heads.
        heads: usize,
        /// Values per head.
        head_dim: usize,
        /// Parts per head.
        splits: usize,
    },
}

/// What happens to the sums on the way out.
#[derive(Debug, Clone, Copy)]
pub enum Output<'a> {
    /// Stored.
    Store,
    /// Stored with a bias added.
    Bias(&'a Storage),
    /// Added to what is there.
    Add,
    /// Added to what is there, with a bias.
    BiasAdd(&'a Storage),
    /// Stored after a bias and GELU.
    Gelu(&'a Storage),
    /// `silu(gate) * up`; a shard holds its gate rows first, then its up rows.
    SiluMul,
}

impl Output<'_> {
    /// The shader part, which needs the constants `ROWS` and `FIRST_ROW`.
    pub(super) fn shader(&self) -> &'static str {
        match self {
            Self::Store => include_str!("gemv_output_store.wgsl"),
            Self::Bias(_) => include_str!("gemv_output_bias.wgsl"),
            Self::Add => include_str!("gemv_output_add.wgsl"),
            Self::BiasAdd(_) => include_str!("gemv_output_bias_add.wgsl"),
            Self::Gelu(_) => include_str!("gemv_output_gelu.wgsl"),
            Self::SiluMul => include_str!("gemv_output_silu_mul.wgsl"),
        }
    }

    /// The bias that the shader part reads.
    pub(super) fn bias(&self) -> Option<&Storage> {
        match self {
            Self::Store | Self::Add | Self::SiluMul => None,
            Self::Bias(bias) | Self::BiasAdd(bias) | Self::Gelu(bias) => Some(bias),
        }
    }
}

/// One shard of a weight matrix on the device.
#[derive(Debug)]
pub struct Shard {
    /// The packed rows.
    pub weights: Storage,
    /// The packed scales, where the format has them.
    pub scales: Option<Storage>,
    /// Rows in this shard.
    pub rows: usize,
    /// Where its first result goes: a row, or a pair for [`Output::SiluMul`].
    pub first_row: usize,
}

/// What a dispatch needs besides the shard.
#[derive(Debug, Clone, Copy)]
pub struct Gemv<'a> {
    /// The name for labels and errors.
    pub name: &'static str,
    /// The weights' format.
    pub format: Format,
    /// Columns of the matrix, unpadded.
    pub columns: usize,
    /// On the way in.
    pub input: Input<'a>,
    /// On the way out.
    pub output: Output<'a>,
    /// The generation's state.
    pub state: &'a Storage,
    /// The vector.
    pub from: &'a Storage,
    /// The results.
    pub to: &'a Storage,
}

impl Gemv<'_> {
    fn lanes(&self) -> usize {
        // A row should keep its lanes busy for at least one chunk of 16 columns each.
        let chunks = Format::stride(self.columns) / 16;
        chunks.next_power_of_two().min(32)
    }

    fn source(&self, summing: Summing, shard: &Shard) -> Source {
        let width = if summing == Summing::Lanes { LANES_WIDTH } else { WIDTH };
        let mut source = Source::new(self.name)
            .count("WIDTH", width)
            .count("LANES", self.lanes())
            .count("COLUMNS", self.columns)
            .count("STRIDE", Format::stride(self.columns))
            .count("ROWS", shard.rows)
            .count("FIRST_ROW", shard.first_row)
            .count("RING", state::RING)
            .part(state::SHADER)
            .part(self.format.shader());
        source = match self.input {
            Input::Plain => source.part(include_str!("gemv_input_plain.wgsl")),
            Input::Norm { epsilon, .. } => {
                source.number("EPSILON", epsilon).part(include_str!("gemv_input_norm.wgsl"))
            }
            Input::Merge { heads, head_dim, splits, .. } => source
                .count("HEADS", heads)
                .count("HEAD_DIM", head_dim)
                .count("SPLITS", splits)
                .part(include_str!("gemv_input_merge.wgsl")),
        };
        source = source.part(self.output.shader());
        let common = include_str!("gemv.wgsl");
        match summing {
            Summing::Workgroup => source.part(common).part(include_str!("gemv_sum_workgroup.wgsl")),
            Summing::Subgroup => source.part(common).part(include_str!("gemv_sum_subgroup.wgsl")),
            Summing::Lanes => source.part(include_str!("gemv_lanes.wgsl")),
        }
    }

    fn check(&self, shard: &Shard) -> Result<(), KernelError> {
        let broken = |reason: String| Err(KernelError::Shape { kernel: self.name, reason });
        if shard.rows == 0 || self.columns == 0 {
            return broken("a matrix without rows or columns".into());
        }
        if matches!(self.output, Output::SiluMul) && !shard.rows.is_multiple_of(2) {
            return broken(format!("{} rows are not pairs of gate and up", shard.rows));
        }
        if let Input::Merge { head_dim, .. } = self.input
            && head_dim % 4 != 0
        {
            return broken(format!("head dimension {head_dim} is not a multiple of 4"));
        }
        let unit = self.format.column_unit();
        if !self.columns.is_multiple_of(unit) {
            return broken(format!("{} columns are not a multiple of {unit}", self.columns));
        }
        let needed = (shard.rows * self.format.row_bytes(self.columns)) as u64;
        if shard.weights.bytes() < needed {
            return broken(format!("the shard holds {} bytes, {needed} are needed", shard.weights.bytes()));
        }
        Ok(())
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
        self.record_as(gpu.variants().gemv, gpu, shard, recording).await
    }

    /// As [`Gemv::record`], in a variant that need not be the one in use.
    ///
    /// # Errors
    /// As [`Gemv::record`].
    pub async fn record_as(
        &self,
        summing: Summing,
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
        match self.input {
            Input::Plain => {}
            Input::Norm { gain, .. } => bindings.push((4, gain)),
            Input::Merge { stats, .. } => bindings.push((4, stats)),
        }
        if let Some(bias) = self.output.bias() {
            bindings.push((6, bias));
        }
        let rows_per_group = match summing {
            Summing::Lanes => LANES_WIDTH * 4,
            Summing::Workgroup | Summing::Subgroup => WIDTH / self.lanes() * 4,
        };
        let grid = grid(shard.rows.div_ceil(rows_per_group));
        recording.add(gpu, &self.source(summing, shard), &bindings, grid).await
    }
}
