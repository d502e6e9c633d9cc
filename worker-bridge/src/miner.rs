//! What the page and the miner worker say to each other.
//!
//! Long work (`Load`, `Generate`, `Solve`) is answered with [`MinerResponse::Started`] at once and told by events
//! that carry the job's number; [`MinerRequest::Stop`] ends it, and the last event says how far it came.

use crate::message::Protocol;
use serde::{Deserialize, Serialize};

mod report;

pub use report::{
    AdapterReport, DeviceReport, KeepPlace, KeptModel, KeptReport, KernelCheck, KernelVariant, Tier,
};

/// The miner's protocol.
#[derive(Debug, Clone, Copy)]
pub struct Miner;

impl Protocol for Miner {
    const VERSION: u16 = 4;
    type Request = MinerRequest;
    type Response = MinerResponse;
    type Error = MinerError;
    type Event = MinerEvent;
}

/// Names a piece of long work; chosen by the page.
pub type JobId = u32;

/// Asked by the page.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum MinerRequest {
    /// Find an adapter, check its numbers against the CPU and measure it. Answered with `Probed`.
    Probe,
    /// Load a model. Events: `LoadProgress`, then `Loaded` or `Failed`.
    Load {
        /// The job's number.
        job: JobId,
        /// Which model.
        source: ModelSource,
        /// How weights are kept.
        precision: Precision,
        /// Where it runs.
        place: Place,
    },
    /// Write on from a prompt. Events: `Text` as it comes, then `Generated` or `Failed`.
    Generate {
        /// The job's number.
        job: JobId,
        /// The text to go on from.
        prompt: String,
        /// How to choose tokens.
        options: GenerateOptions,
    },
    /// Write a bit-exact text again on the CPU, with another copy of the loaded model. Events: as for `Generate`.
    Recompute {
        /// The job's number.
        job: JobId,
        /// The model's digest: [`ModelReport::digest`]. No other model will do.
        model: [u8; 32],
        /// What the text goes on from.
        prompt: String,
        /// How many tokens the text has.
        tokens: u32,
    },
    /// Look for a proof-of-work seal. Events: `SolveProgress`, then `Solved`, `Stopped` or `Failed`.
    Solve {
        /// The job's number.
        job: JobId,
        /// What to solve.
        work: PowWork,
        /// Where it runs.
        place: Place,
        /// The share of time in use, in percent, 1 to 100.
        duty_percent: u8,
    },
    /// Replace the work of a running `Solve` with a newer block, without a pause.
    RenewWork {
        /// The job's number.
        job: JobId,
        /// The new work.
        work: PowWork,
    },
    /// Change the share of time that a running `Solve` uses. Answered with `Done`.
    SetDuty {
        /// The job's number.
        job: JobId,
        /// The share of time in use, in percent, 1 to 100.
        duty_percent: u8,
    },
    /// Hold a running job, or let it go on.
    Pause {
        /// The job's number.
        job: JobId,
        /// Whether to hold.
        paused: bool,
    },
    /// End a job. Answered with `Done`, also when it has ended already.
    Stop {
        /// The job's number.
        job: JobId,
    },
    /// Load a model that turns texts into vectors; it stays beside the model that writes. Events: `LoadProgress`,
    /// then `EncoderLoaded`, `Stopped` or `Failed`.
    LoadEncoder {
        /// The job's number.
        job: JobId,
        /// Which model.
        source: ModelSource,
        /// How weights are kept.
        precision: Precision,
        /// Where it runs.
        place: Place,
    },
    /// Turn texts into vectors. Event: `Embedded`, `Stopped` or `Failed`.
    Embed {
        /// The job's number.
        job: JobId,
        /// The texts, at most [`MOST_TEXTS`].
        texts: Vec<String>,
    },
    /// Order texts by how close their meaning is to that of a query. Event: `Ranked`, `Stopped` or `Failed`.
    Rank {
        /// The job's number.
        job: JobId,
        /// What to compare with.
        query: String,
        /// The texts, at most [`MOST_TEXTS`].
        texts: Vec<String>,
    },
    /// Measure the loaded model and the solver. Event: `Benchmarked` or `Failed`.
    Benchmark {
        /// The job's number.
        job: JobId,
    },
    /// What is kept for the next visit. Answered with `Kept`.
    Kept,
    /// Remove what is kept of a model. Answered with `Kept`.
    Forget {
        /// The model: [`KeptModel::model`].
        model: String,
    },
}

/// The most texts of one request.
pub const MOST_TEXTS: usize = 1024;

/// Where a model comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum ModelSource {
    /// A folder with a `manifest.json`, relative to the page or absolute; every file is checked against it.
    Url(String),
    /// Files that the user gave. They are streamed, never held whole. Their names say what they are: one
    /// `*.gguf` alone, or `config.json` with `*.safetensors` and, but for byte-level models, `tokenizer.json`.
    /// Other files are left alone. Where a `manifest.json` is among them, all are checked against it.
    Files {
        /// The files, in any order.
        files: Vec<ModelFile>,
    },
}

/// A file that the user gave.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModelFile {
    /// Its name without folders.
    pub name: String,
    /// A `blob:` address that the page made.
    pub url: String,
}

/// How weights are kept in memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Precision {
    /// As the file has them.
    AsStored,
    /// Eight bits with a scale per 32 values.
    Q8_0,
    /// Bit-exact: Q8_0 weights and integers throughout, so that every device writes the same text with the same
    /// digest. The temperature has to be 0.
    Exact,
}

/// Where work runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Place {
    /// The faster one, by measurement.
    Fastest,
    /// The graphics device, or failure.
    Gpu,
    /// The CPU.
    Cpu,
}

/// How to choose tokens.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct GenerateOptions {
    /// The most tokens to write.
    pub max_tokens: u32,
    /// 0 for the most likely token each time; else divides the logits.
    pub temperature: f32,
    /// Tokens to draw from, 1 to 64.
    pub top_k: u32,
    /// The share of probability to draw from, above 0 and at most 1.
    pub top_p: f32,
    /// The same seed gives the same text on the same device.
    pub seed: u64,
}

/// The work of one `pow_register`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PowWork {
    /// Subnet to register on.
    pub netuid: u16,
    /// Number of the work block, handed back with the seal.
    pub block: u64,
    /// Hash of the work block.
    pub block_hash: [u8; 32],
    /// Public key of the hotkey.
    pub hotkey: [u8; 32],
    /// Public key of the coldkey.
    pub coldkey: [u8; 32],
    /// The subnet's difficulty: seals tried on average.
    pub difficulty: u64,
}

/// Answers of the worker.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum MinerResponse {
    /// To `Probe`.
    Probed(DeviceReport),
    /// The job runs; events tell the rest.
    Started,
    /// Done.
    Done,
    /// To `Kept` and `Forget`.
    Kept(KeptReport),
}

/// Told by the worker.
#[allow(clippy::large_enum_variant, reason = "events are decoded once and moved into the page's state")]
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum MinerEvent {
    /// Bytes of a model that have arrived.
    LoadProgress {
        /// The job's number.
        job: JobId,
        /// Bytes so far.
        loaded_bytes: u64,
        /// Bytes in all.
        total_bytes: u64,
        /// How many of them came from what was kept.
        kept_bytes: u64,
        /// Bytes per second over the last seconds.
        bytes_per_second: f64,
    },
    /// What arrives is not kept for the next visit. Loading goes on.
    NotKept {
        /// The job's number.
        job: JobId,
        /// Why.
        reason: String,
    },
    /// The model is ready.
    Loaded {
        /// The job's number.
        job: JobId,
        /// What was loaded.
        model: ModelReport,
    },
    /// More text.
    Text {
        /// The job's number.
        job: JobId,
        /// The piece; joining the pieces gives the text.
        piece: String,
        /// Tokens written so far.
        tokens: u32,
        /// Tokens per second while reading the prompt.
        prefill_tokens_per_second: Option<f64>,
        /// Tokens per second while writing, so far.
        decode_tokens_per_second: f64,
        /// As [`GenerateReport::bandwidth_share`], so far.
        bandwidth_share: Option<f64>,
    },
    /// The text has ended.
    Generated {
        /// The job's number.
        job: JobId,
        /// How it went.
        report: GenerateReport,
    },
    /// How the search goes.
    SolveProgress {
        /// The job's number.
        job: JobId,
        /// How it goes.
        progress: SolveProgress,
    },
    /// A seal was found and checked on the CPU.
    Solved {
        /// The job's number.
        job: JobId,
        /// The seal.
        solution: PowSolution,
    },
    /// The encoder is ready.
    EncoderLoaded {
        /// The job's number.
        job: JobId,
        /// What was loaded.
        encoder: EncoderReport,
    },
    /// The vectors of texts.
    Embedded {
        /// The job's number.
        job: JobId,
        /// One vector of length one per text, in the order of the request.
        vectors: Vec<Vec<f32>>,
        /// How it went.
        report: EmbedReport,
    },
    /// Texts in the order of their likeness to the query.
    Ranked {
        /// The job's number.
        job: JobId,
        /// The most alike first.
        order: Vec<Likeness>,
        /// How it went.
        report: EmbedReport,
    },
    /// A job ended because it was stopped.
    Stopped {
        /// The job's number.
        job: JobId,
    },
    /// How far a benchmark is.
    BenchmarkProgress {
        /// The job's number.
        job: JobId,
        /// What is being measured, in words.
        stage: String,
        /// Steps that are done.
        done: u32,
        /// Steps in all.
        steps: u32,
    },
    /// A benchmark has ended.
    Benchmarked {
        /// The job's number.
        job: JobId,
        /// What was measured.
        report: BenchmarkReport,
        /// All of it as JSON, with the build's version and what it takes to repeat it.
        json: String,
    },
    /// A job failed.
    Failed {
        /// The job's number.
        job: JobId,
        /// Why.
        error: MinerError,
    },
}

/// What was loaded.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ModelReport {
    /// The model's name from its manifest.
    pub name: String,
    /// Its licence from its manifest.
    pub licence: String,
    /// SHA-256 of the file of weights, in hex.
    pub sha256: String,
    /// Number of weights.
    pub parameters: u64,
    /// Bytes of weights in memory.
    pub weight_bytes: u64,
    /// The most positions of prompt and text together.
    pub context: u32,
    /// Dispatches per token on the GPU; 0 on the CPU.
    pub dispatches_per_token: u32,
    /// Where it runs: never `Fastest`.
    pub place: Place,
    /// Tokens per second that decided for the place: GPU, where it was tried.
    pub gpu_tokens_per_second: Option<f64>,
    /// Tokens per second that decided for the place: CPU, where it was tried.
    pub cpu_tokens_per_second: Option<f64>,
    /// Why it does not run on the graphics device, which would have been its place.
    pub gpu_problem: Option<String>,
    /// SHA-256 over the integer weights and the shape, of a bit-exact model.
    pub digest: Option<[u8; 32]>,
}

/// An encoder that was loaded.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EncoderReport {
    /// The model's name from its manifest.
    pub name: String,
    /// Its licence from its manifest.
    pub licence: String,
    /// Number of weights.
    pub parameters: u64,
    /// Bytes of weights in memory.
    pub weight_bytes: u64,
    /// Values of a vector.
    pub dimensions: u32,
    /// Texts are cut to this many tokens.
    pub max_tokens: u32,
    /// Where it runs: never `Fastest`.
    pub place: Place,
    /// Tokens per second that decided for the place: GPU, where it was tried.
    pub gpu_tokens_per_second: Option<f64>,
    /// Tokens per second that decided for the place: CPU, where it was tried.
    pub cpu_tokens_per_second: Option<f64>,
}

/// How texts became vectors.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct EmbedReport {
    /// Tokens of all texts, with those that start and end them.
    pub tokens: u32,
    /// Texts that were longer than the encoder reads and were cut.
    pub cut_texts: u32,
    /// Seconds for all of them.
    pub seconds: f64,
}

/// How close a text is to the query.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Likeness {
    /// Which text of the request, from 0.
    pub index: u32,
    /// The cosine of the angle between the two vectors: 1 for the same meaning, about 0 for unrelated ones.
    pub cosine: f32,
}

/// How a text was written.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct GenerateReport {
    /// Why it ended.
    pub end: TextEnd,
    /// Tokens of the prompt.
    pub prompt_tokens: u32,
    /// Tokens written.
    pub tokens: u32,
    /// Seconds for the prompt.
    pub prefill_seconds: f64,
    /// Seconds for the text.
    pub decode_seconds: f64,
    /// Bytes of weights and cache read per second while writing, as a share of the measured copy bandwidth.
    pub bandwidth_share: Option<f64>,
    /// What a bit-exact text hashes to, over model, prompt, tokens and logits: equal on every device.
    pub digest: Option<[u8; 32]>,
}

/// Why a text ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum TextEnd {
    /// The model ended it.
    EndToken,
    /// As many tokens as asked for.
    TokenLimit,
    /// The model's context is full.
    ContextFull,
    /// It was stopped.
    Stopped,
}

/// How a search goes.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct SolveProgress {
    /// Where it runs: never `Fastest`.
    pub place: Place,
    /// Seals tried since the start.
    pub hashes: u64,
    /// Seals per second over the last second.
    pub hashes_per_second: f64,
    /// Seconds that a search takes on average at this rate; `None` before the first measurement.
    pub expected_seconds: Option<f64>,
    /// Seconds since the start, without those that it was held.
    pub elapsed_seconds: f64,
    /// Seconds that it computed: without its rests.
    pub busy_seconds: f64,
    /// Number of the work block in use.
    pub block: u64,
}

/// A valid seal, ready for `pow_register`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PowSolution {
    /// Where it was found: never `Fastest`.
    pub place: Place,
    /// Number of the work block.
    pub block: u64,
    /// The nonce.
    pub nonce: u64,
    /// The seal: the call's `work`.
    pub seal: [u8; 32],
    /// Seals tried since the start.
    pub hashes: u64,
    /// Milliseconds since the start, without those that it was held.
    pub elapsed_millis: u64,
    /// Milliseconds that it computed: without its rests.
    pub busy_millis: u64,
}

/// What a benchmark measured. Everything but the times repeats with the same seed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BenchmarkReport {
    /// The device.
    pub device: DeviceReport,
    /// The model, where one is loaded.
    pub model: Option<ModelReport>,
    /// Tokens per second while reading a prompt of 64 tokens.
    pub prefill_tokens_per_second: Option<f64>,
    /// Tokens per second while writing 128 tokens.
    pub decode_tokens_per_second: Option<f64>,
    /// SHA-256 over the tokens written, in hex: equal text, equal digest.
    pub token_digest: Option<String>,
    /// Seals per second on the GPU.
    pub gpu_hashes_per_second: Option<f64>,
    /// Seals per second on the CPU.
    pub cpu_hashes_per_second: f64,
}

/// Why the miner could not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{message}")]
pub struct MinerError {
    /// What kind of failure.
    pub kind: MinerErrorKind,
    /// What happened, in words.
    pub message: String,
}

/// Kinds of failure, each with its own advice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum MinerErrorKind {
    /// No adapter, or it refused.
    NoGpu,
    /// The device was lost; trying again may work.
    DeviceLost,
    /// Not enough memory on the device.
    OutOfMemory,
    /// The device computes wrong numbers or refuses a kernel.
    BadDevice,
    /// A file could not be fetched.
    Fetch,
    /// A file is not what it should be.
    BadFile,
    /// The request makes no sense, such as a prompt that is too long.
    BadRequest,
    /// No model is loaded.
    NoModel,
    /// Another job of this kind is running.
    Busy,
}
