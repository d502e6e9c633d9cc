//! Kernels that exist in several variants: which the device runs fastest, by a timed self-test.
//!
//! Every variant computes the same. The plain one needs nothing beyond the limits that WebGPU promises; another is
//! used only where the device has what it needs, gives the same numbers and is faster.

use half::f16;

use crate::{
    error::KernelError,
    kernels::{
        gemm::{self, Gemm, Tile},
        gemv::{self, Gemv, Output, Shard},
        pack::Format,
        state::{self, State},
    },
    runtime::{Gpu, buffers::Storage, recording::Recording},
};

/// How the sums of a GEMV come together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Summing {
    /// Invocations share rows and add up by way of workgroup memory.
    Workgroup,
    /// They add up by exchange inside of subgroups.
    Subgroup,
    /// Each invocation has rows of its own: for devices that compute on the CPU.
    Lanes,
}

/// The variants in use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Variants {
    /// Of the GEMV, and with it of the attention of one token.
    pub gemv: Summing,
    /// Of the GEMM.
    pub gemm: Tile,
}

impl Variants {
    /// What is taken without a measurement.
    #[must_use]
    pub fn usual(is_software: bool) -> Self {
        if is_software {
            Self { gemv: Summing::Lanes, gemm: Tile::LANES }
        } else {
            Self { gemv: Summing::Workgroup, gemm: Tile::DEEP }
        }
    }
}

/// What the self-test found for one variant.
#[derive(Debug, Clone, PartialEq)]
pub struct Timing {
    /// The kernel.
    pub kernel: &'static str,
    /// The variant.
    pub variant: &'static str,
    /// Multiplications with their additions, two operations each, per second; `None` where it gave other numbers.
    pub operations_per_second: Option<f64>,
    /// Whether it is in use now.
    pub is_chosen: bool,
}

/// A variant with its name, the numbers it gave and the seconds it took.
type Measured<T> = (&'static str, T, (Vec<f32>, f64));

/// Tokens of the measured GEMM.
const TOKENS: usize = 128;

/// Sizes of the measured matrix: small where a device is slow.
fn shape(gpu: &Gpu) -> (usize, usize) {
    if gpu.report().is_software { (256, 512) } else { (2048, 2048) }
}

struct Probe<'a> {
    gpu: &'a Gpu,
    shard: Shard,
    columns: usize,
    state: Storage,
    from: Storage,
    to: Storage,
}

impl<'a> Probe<'a> {
    /// Whole numbers throughout, so that every variant gives the same bits.
    fn new(gpu: &'a Gpu) -> Result<Self, KernelError> {
        let (rows, columns) = shape(gpu);
        let weights: Vec<u8> = (0..rows * columns).map(|index| (index * 7 % 11) as u8).collect();
        let scales = vec![f16::ONE.to_bits(); rows * columns / 32];
        #[expect(clippy::cast_precision_loss, reason = "small whole numbers")]
        let vectors: Vec<f32> = (0..TOKENS * columns).map(|index| (index * 5 % 7) as f32).collect();
        let mut state: State = bytemuck::Zeroable::zeroed();
        state.prompt_length = u32::try_from(TOKENS + 1).unwrap_or(u32::MAX);
        let probe = Self {
            gpu,
            shard: Shard {
                weights: gpu.storage_with("probe weights", &weights)?,
                scales: Some(gpu.storage_with("probe scales", &scales)?),
                rows,
                first_row: 0,
            },
            columns,
            state: gpu.storage("probe state", state::BYTES)?,
            from: gpu.storage_with("probe vectors", &vectors)?,
            to: gpu.storage("probe results", (TOKENS * rows) as u64 * 4)?,
        };
        gpu.write(&probe.state, 0, bytemuck::bytes_of(&state));
        Ok(probe)
    }

    async fn gemv(&self, summing: Summing) -> Result<Recording, KernelError> {
        let gemv = Gemv {
            name: "probe_gemv",
            format: Format::Q8_0,
            columns: self.columns,
            input: gemv::Input::Plain,
            output: Output::Store,
            state: &self.state,
            from: &self.from,
            to: &self.to,
        };
        let mut recording = Recording::default();
        gemv.record_as(summing, self.gpu, &self.shard, &mut recording).await?;
        Ok(recording)
    }

    async fn gemm(&self, tile: Tile) -> Result<Recording, KernelError> {
        let gemm = Gemm {
            name: "probe_gemm",
            format: Format::Q8_0,
            columns: self.columns,
            to_stride: self.shard.rows,
            chunk: TOKENS,
            tile,
            input: gemm::Input::Plain,
            output: Output::Store,
            state: &self.state,
            from: &self.from,
            to: &self.to,
        };
        let mut recording = Recording::default();
        gemm.record(self.gpu, &self.shard, &mut recording).await?;
        Ok(recording)
    }

    /// The results, and the seconds of one run in a row of many.
    async fn time(
        &self,
        recording: &Recording,
        results: usize,
        now: &impl Fn() -> f64,
    ) -> Result<(Vec<f32>, f64), KernelError> {
        let numbers = self.gpu.read(&[recording], &self.to, results).await?;
        let mut repeats = 1;
        loop {
            let mut best = f64::INFINITY;
            for _ in 0..2 {
                let started = now();
                self.gpu.settle(&vec![recording; repeats], &self.to).await?;
                best = best.min(now() - started);
            }
            if best > 0.01 || repeats >= 256 {
                #[expect(clippy::cast_precision_loss, reason = "at most 256")]
                return Ok((numbers, best / repeats as f64));
            }
            repeats *= 4;
        }
    }
}

/// Times the variants that the device can run and puts the fastest into use; `now` tells seconds.
///
/// # Errors
/// [`KernelError`] where the device fails.
pub async fn choose(gpu: &Gpu, now: impl Fn() -> f64) -> Result<Vec<Timing>, KernelError> {
    let probe = Probe::new(gpu)?;
    let (rows, columns) = (probe.shard.rows, probe.columns);
    let mut variants = gpu.variants();
    let mut ways = vec![("workgroup", Summing::Workgroup), ("lanes", Summing::Lanes)];
    if gpu.report().has_subgroups {
        ways.push(("subgroup", Summing::Subgroup));
    }
    let mut measured = Vec::new();
    for (name, way) in ways {
        let recording = probe.gemv(way).await?;
        measured.push((name, way, probe.time(&recording, rows, &now).await?));
    }
    let mut timings = Vec::new();
    if let Some(way) = fastest("gemv", rows * columns, measured, &mut timings) {
        variants.gemv = way;
    }
    // What is quick on a CPU is quick there for products of chunks too; compiling tiles takes long there.
    let tiles = if variants.gemv == Summing::Lanes {
        vec![("lanes", Tile::LANES)]
    } else {
        vec![("64x64 by 8", Tile::DEEP), ("64x64 by 4", Tile::WIDE), ("128x128 by 8", Tile::LARGE)]
    };
    let mut measured = Vec::new();
    for (name, tile) in tiles {
        let recording = probe.gemm(tile).await?;
        measured.push((name, tile, probe.time(&recording, rows * TOKENS, &now).await?));
    }
    if let Some(tile) = fastest("gemm", rows * columns * TOKENS, measured, &mut timings) {
        variants.gemm = tile;
    }
    gpu.set_variants(variants);
    Ok(timings)
}

/// The fastest of those that give the numbers of the first.
fn fastest<T: Copy>(
    kernel: &'static str,
    products: usize,
    measured: Vec<Measured<T>>,
    timings: &mut Vec<Timing>,
) -> Option<T> {
    let expected = measured.first().map(|(_, _, (numbers, _))| numbers.clone())?;
    let right = |numbers: &Vec<f32>| *numbers == expected;
    let best = measured
        .iter()
        .enumerate()
        .filter(|(_, (_, _, (numbers, _)))| right(numbers))
        .min_by(|(_, (_, _, (_, a))), (_, (_, _, (_, b)))| a.total_cmp(b))
        .map(|(index, (_, variant, _))| (index, *variant));
    for (index, (variant, _, (numbers, seconds))) in measured.iter().enumerate() {
        #[expect(clippy::cast_precision_loss, reason = "a rate")]
        let rate = 2.0 * products as f64 / seconds.max(1e-9);
        timings.push(Timing {
            kernel,
            variant,
            operations_per_second: right(numbers).then_some(rate),
            is_chosen: best.is_some_and(|(chosen, _)| chosen == index),
        });
    }
    best.map(|(_, variant)| variant)
}
