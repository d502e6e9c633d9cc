//! A list of dispatches with everything bound, ready to be encoded again and again.

use crate::{
    error::KernelError,
    runtime::{
        Gpu,
        buffers::Storage,
        pipeline::{Binding, Pipeline, Source},
    },
};

struct Dispatch {
    pipeline: wgpu::ComputePipeline,
    bindings: wgpu::BindGroup,
    grid: [u32; 2],
}

/// Dispatches in order. Bind groups are made once, when a dispatch is added.
#[derive(Default)]
pub struct Recording {
    dispatches: Vec<Dispatch>,
}

impl std::fmt::Debug for Recording {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Recording").field("dispatches", &self.dispatches.len()).finish()
    }
}

/// The widest row of workgroups that every device takes.
const WIDEST: u32 = 65_535;

/// `workgroups` as a grid whose rows fit every device. Kernels read their number as `x + y * row width` and
/// ignore numbers that are too large.
#[must_use]
pub fn grid(workgroups: usize) -> [u32; 2] {
    let workgroups = u32::try_from(workgroups.max(1)).unwrap_or(u32::MAX);
    let rows = workgroups.div_ceil(WIDEST);
    [workgroups.div_ceil(rows), rows]
}

/// A count of workgroups in one direction of a grid.
///
/// # Errors
/// [`KernelError::Shape`] where there is none, or more than every device takes.
pub fn workgroups(kernel: &'static str, count: usize) -> Result<u32, KernelError> {
    let fitting = u32::try_from(count).ok().filter(|count| (1..=WIDEST).contains(count));
    fitting
        .ok_or_else(|| KernelError::Shape { kernel, reason: format!("{count} workgroups in one direction") })
}

impl Recording {
    /// Compiles a kernel, or takes it from the cache, and adds a dispatch of it.
    ///
    /// # Errors
    /// [`KernelError::Compile`] from the driver.
    pub async fn add(
        &mut self,
        gpu: &Gpu,
        source: &Source,
        bindings: &[Binding<'_>],
        grid: [u32; 2],
    ) -> Result<(), KernelError> {
        let pipeline = gpu.pipeline(source).await?;
        self.push(gpu, &pipeline, bindings, grid);
        Ok(())
    }

    /// Adds a dispatch of a compiled kernel.
    pub fn push(&mut self, gpu: &Gpu, pipeline: &Pipeline, bindings: &[Binding<'_>], grid: [u32; 2]) {
        self.dispatches.push(Dispatch {
            pipeline: pipeline.raw.clone(),
            bindings: gpu.bind(pipeline, bindings),
            grid,
        });
    }

    /// How many dispatches one run takes.
    #[must_use]
    pub fn len(&self) -> usize {
        self.dispatches.len()
    }

    /// Whether there is nothing to run.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.dispatches.is_empty()
    }
}

/// A copy between two buffers after the last dispatch: from, to, bytes.
pub(crate) type Copy<'a> = (&'a Storage, &'a wgpu::Buffer, u64);

impl Gpu {
    /// Encodes the recordings in one compute pass, in order, and submits them.
    pub fn submit(&self, recordings: &[&Recording]) {
        self.submit_with(recordings, &[]);
    }

    pub(crate) fn submit_with(&self, recordings: &[&Recording], copies: &[Copy<'_>]) {
        let mut encoder = self.device.create_command_encoder(&wgpu::CommandEncoderDescriptor::default());
        {
            let mut pass = encoder.begin_compute_pass(&wgpu::ComputePassDescriptor::default());
            for dispatch in recordings.iter().flat_map(|recording| &recording.dispatches) {
                pass.set_pipeline(&dispatch.pipeline);
                pass.set_bind_group(0, &dispatch.bindings, &[]);
                pass.dispatch_workgroups(dispatch.grid[0], dispatch.grid[1], 1);
            }
        }
        for (from, to, bytes) in copies {
            encoder.copy_buffer_to_buffer(&from.raw, 0, to, 0, *bytes);
        }
        self.queue.submit([encoder.finish()]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn grids_cover_every_workgroup_and_fit_every_device() {
        for count in [0, 1, 65_535, 65_536, 70_001, 131_070, 131_071, 4_000_000] {
            let [x, y] = grid(count);
            assert!(
                x <= WIDEST && y <= WIDEST && (x as usize * y as usize) >= count.max(1),
                "{count}: {x} x {y}"
            );
            assert!((x as usize * y as usize) < count + y as usize + 1, "{count}: {x} x {y} is wasteful");
        }
    }
}
