//! Copies memory with a kernel, to measure what the device's memory gives.

use crate::{
    error::KernelError,
    runtime::{
        Gpu,
        buffers::Storage,
        pipeline::Source,
        recording::{Recording, grid},
    },
};

const WIDTH: usize = 256;

/// Adds a dispatch that copies `bytes`, a multiple of 16.
///
/// # Errors
/// [`KernelError::Compile`] from the driver.
pub async fn record(
    gpu: &Gpu,
    from: &Storage,
    to: &Storage,
    bytes: usize,
    recording: &mut Recording,
) -> Result<(), KernelError> {
    let count = bytes / 16;
    let source = Source::new("bandwidth")
        .count("WIDTH", WIDTH)
        .count("COUNT", count)
        .part(include_str!("bandwidth.wgsl"));
    recording.add(gpu, &source, &[(0, from), (1, to)], grid(count.div_ceil(WIDTH))).await
}
