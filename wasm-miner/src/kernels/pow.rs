//! Proof of work on the GPU: the search's buffers and its dispatch. [`text`] writes the hashes.

pub mod text;

use crate::{
    error::{DeviceError, KernelError},
    runtime::{Gpu, buffers::Storage, pipeline::Source, recording::Recording},
};
use text::{KECCAK_RC, Rounds};

/// SHA-256 states per dispatch.
pub const SLOTS: usize = 16;
/// Hits that come back from one dispatch; more are counted, and found again by a smaller search.
pub const HITS: usize = 30;
/// Nonces under one SHA-256 state: the high 24 bits.
pub const PER_SLOT: u32 = 1 << 24;
const WIDTH: usize = 64;

fn source(per_invocation: usize, rounds: Rounds) -> Source {
    let text = text::write(rounds, crate::pow::MESSAGE_BYTES as u32 * 8);
    let kernel = include_str!("pow.wgsl").replace("//@ once\n", &text.once).replace("//@ hash\n", &text.each);
    Source::new("pow")
        .count("WIDTH", WIDTH)
        .count("SLOTS", SLOTS)
        .count("HITS", HITS)
        .count("PER_INVOCATION", per_invocation)
        .part(&kernel)
}

/// 32-bit operations of one hash, as the kernel's text has them.
#[must_use]
pub fn operations_per_hash() -> usize {
    text::write(Rounds::Unrolled, crate::pow::MESSAGE_BYTES as u32 * 8).operations
}

/// A nonce that may be a solution: the upper 32 bits of its seal are at or below the target's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hit {
    /// Which SHA-256 state.
    pub slot: usize,
    /// The high 24 bits of the nonce.
    pub high: u32,
}

/// What one dispatch searches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Search {
    /// SHA-256 states after the first two blocks; at most [`SLOTS`].
    pub states: Vec<[u32; 8]>,
    /// The upper 32 bits of the target.
    pub target_top: u32,
    /// The first high part.
    pub first: u32,
    /// How many high parts; `first + count` is at most [`PER_SLOT`].
    pub count: u32,
}

/// The kernel with its buffers.
#[derive(Debug)]
pub struct PowKernel {
    search: Storage,
    hits: Storage,
    pipeline: crate::runtime::pipeline::Pipeline,
    per_invocation: u32,
}

impl PowKernel {
    /// Compiles the kernel in the form that suits the adapter; each invocation tries `per_invocation` nonces.
    ///
    /// # Errors
    /// [`KernelError::Compile`] from the driver.
    pub async fn new(gpu: &Gpu, per_invocation: u32) -> Result<Self, KernelError> {
        // Straight code is nearly twice as fast on a processor. It is larger than the instruction cache of a
        // graphics device.
        let rounds = if gpu.report().is_software { Rounds::Unrolled } else { Rounds::Looped };
        Self::with_rounds(gpu, per_invocation, rounds).await
    }

    /// As [`PowKernel::new`], in the given form.
    ///
    /// # Errors
    /// As [`PowKernel::new`].
    pub async fn with_rounds(gpu: &Gpu, per_invocation: u32, rounds: Rounds) -> Result<Self, KernelError> {
        let pipeline = gpu.pipeline(&source(per_invocation.max(1) as usize, rounds)).await?;
        let search = gpu.storage("pow search", (16 + 24 * 8 + SLOTS * 32) as u64)?;
        let hits = gpu.storage("pow hits", (8 + HITS * 8) as u64)?;
        Ok(Self { search, hits, pipeline, per_invocation: per_invocation.max(1) })
    }

    /// Searches and waits for the hits. The flag says that there were more than could be brought back.
    ///
    /// # Errors
    /// [`KernelError::Shape`] for a search that does not fit, [`KernelError::Device`] where the device fails.
    pub async fn run(&self, gpu: &Gpu, search: &Search) -> Result<(Vec<Hit>, bool), KernelError> {
        let fits = search.first.checked_add(search.count).is_some_and(|end| end <= PER_SLOT);
        if !fits || search.count == 0 || search.states.is_empty() || search.states.len() > SLOTS {
            let reason = format!("{} nonces in {} slots", search.count, search.states.len());
            return Err(KernelError::Shape { kernel: "pow", reason });
        }
        let mut words = vec![search.target_top, 0, search.first, search.count];
        words.extend(KECCAK_RC.as_flattened());
        words.extend(search.states.as_flattened());
        gpu.write(&self.search, 0, bytemuck::cast_slice(&words));
        gpu.write(&self.hits, 0, &[0; 8]);
        let invocations = search.count.div_ceil(self.per_invocation);
        let mut recording = Recording::default();
        let bindings = [(0, &self.search), (1, &self.hits)];
        #[expect(clippy::cast_possible_truncation, reason = "at most SLOTS")]
        let grid = [invocations.div_ceil(WIDTH as u32), search.states.len() as u32];
        if grid[0] > 65_535 {
            return Err(KernelError::Shape { kernel: "pow", reason: format!("{} workgroups", grid[0]) });
        }
        recording.push(gpu, &self.pipeline, &bindings, grid);
        let bytes = gpu.run_and_read(&[&recording], &self.hits, self.hits.bytes()).await?;
        let words: Vec<u32> = bytes.as_chunks::<4>().0.iter().map(|word| u32::from_le_bytes(*word)).collect();
        let Some((head, found)) = words.split_at_checked(2) else {
            let reason = "nothing came back".to_owned();
            return Err(DeviceError::ReadBack { reason }.into());
        };
        let count = head.first().copied().unwrap_or(0) as usize;
        let found = found.as_chunks::<2>().0.iter().take(count.min(HITS));
        let hits = found.map(|[slot, high]| Hit { slot: *slot as usize, high: *high }).collect();
        Ok((hits, count > HITS))
    }
}
