//! Chooses the next token on the device: greedy, or temperature with top-k and top-p from a seed.

use crate::{
    error::KernelError,
    kernels::state::{self, RING},
    runtime::{
        Gpu,
        buffers::Storage,
        pipeline::Source,
        recording::{Recording, workgroups},
    },
};

/// The most tokens that sampling draws from.
pub const KEEP: usize = 64;

const SPAN: usize = 1024;
const WIDTH: usize = 256;

/// The buffers of the sampler.
#[derive(Debug, Clone, Copy)]
pub struct Sampler<'a> {
    /// The generation's state; the sampler advances it.
    pub state: &'a Storage,
    /// The logits.
    pub logits: &'a Storage,
    /// Scratch of [`candidate_bytes`].
    pub candidates: &'a Storage,
    /// The vocabulary's size.
    pub vocabulary: usize,
}

/// Bytes of scratch that a vocabulary needs.
#[must_use]
pub fn candidate_bytes(vocabulary: usize) -> u64 {
    (vocabulary.div_ceil(SPAN) * KEEP * 8) as u64
}

fn base(kernel: &'static str, count: usize) -> Source {
    Source::new(kernel)
        .count("WIDTH", WIDTH)
        .count("SPAN", SPAN)
        .count("KEEP", KEEP)
        .count("COUNT", count)
        .part(include_str!("order.wgsl"))
}

fn ending(source: Source) -> Source {
    source.count("RING", RING).part(state::SHADER).part(include_str!("advance.wgsl"))
}

impl Sampler<'_> {
    /// Adds the two dispatches that choose the most likely token.
    ///
    /// # Errors
    /// [`KernelError::Shape`] for an empty vocabulary, [`KernelError::Compile`] from the driver.
    pub async fn record_greedy(&self, gpu: &Gpu, recording: &mut Recording) -> Result<(), KernelError> {
        let groups = workgroups("sample", self.vocabulary.div_ceil(SPAN))?;
        let first = base("argmax", self.vocabulary).part(include_str!("argmax.wgsl"));
        let second = ending(base("greedy", groups as usize)).part(include_str!("greedy.wgsl"));
        recording.add(gpu, &first, &[(2, self.logits), (3, self.candidates)], [groups, 1]).await?;
        recording.add(gpu, &second, &[(0, self.state), (3, self.candidates)], [1, 1]).await
    }

    /// Adds the two dispatches that draw a token.
    ///
    /// # Errors
    /// As [`Sampler::record_greedy`].
    pub async fn record_sampled(&self, gpu: &Gpu, recording: &mut Recording) -> Result<(), KernelError> {
        let groups = workgroups("sample", self.vocabulary.div_ceil(SPAN))?;
        let sort = include_str!("sort.wgsl");
        let first = base("top_k", self.vocabulary).part(sort).part(include_str!("top_k.wgsl"));
        let second = ending(base("sample", groups as usize * KEEP))
            .part(sort)
            .part(include_str!("philox.wgsl"))
            .part(include_str!("sample.wgsl"));
        recording.add(gpu, &first, &[(2, self.logits), (3, self.candidates)], [groups, 1]).await?;
        recording.add(gpu, &second, &[(0, self.state), (3, self.candidates)], [1, 1]).await
    }

    /// Adds the dispatch that moves on inside the prompt, where nothing is chosen.
    ///
    /// # Errors
    /// [`KernelError::Compile`] from the driver.
    pub async fn record_step(&self, gpu: &Gpu, recording: &mut Recording) -> Result<(), KernelError> {
        let source = ending(Source::new("step")).part(include_str!("step.wgsl"));
        recording.add(gpu, &source, &[(0, self.state)], [1, 1]).await
    }
}
