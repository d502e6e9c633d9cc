//! Looks a token up in the embedding matrix.

use crate::{
    error::KernelError,
    kernels::{gemv::Shard, pack::Format, state},
    runtime::{
        Gpu,
        buffers::Storage,
        pipeline::{Binding, Source},
        recording::{Recording, grid},
    },
};

const WIDTH: usize = 64;

/// What a dispatch needs besides the shard.
#[derive(Debug, Clone, Copy)]
pub struct Embed<'a> {
    /// The matrix's format.
    pub format: Format,
    /// Columns of the matrix, unpadded.
    pub columns: usize,
    /// The generation's state.
    pub state: &'a Storage,
    /// The prompt's tokens.
    pub prompt: &'a Storage,
    /// The vector.
    pub to: &'a Storage,
}

impl Embed<'_> {
    /// Adds the dispatch for one shard.
    ///
    /// # Errors
    /// [`KernelError::Compile`] from the driver.
    pub async fn record(
        &self,
        gpu: &Gpu,
        shard: &Shard,
        recording: &mut Recording,
    ) -> Result<(), KernelError> {
        let stride = Format::stride(self.columns);
        let source = Source::new("embed")
            .count("WIDTH", WIDTH)
            .count("STRIDE", stride)
            .count("ROWS", shard.rows)
            .count("FIRST_ROW", shard.first_row)
            .count("RING", state::RING)
            .part(state::SHADER)
            .part(self.format.shader())
            .part(include_str!("embed.wgsl"));
        let mut bindings: Vec<Binding<'_>> =
            vec![(0, self.state), (1, &shard.weights), (3, self.prompt), (5, self.to)];
        if let Some(scales) = &shard.scales {
            bindings.push((2, scales));
        }
        recording.add(gpu, &source, &bindings, grid((stride / 4).div_ceil(WIDTH))).await
    }
}
