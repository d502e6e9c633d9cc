//! Takes a checkpoint in pieces of any size and hands packed rows to a store, holding one batch of rows at most.

use std::collections::BTreeMap;

use sha2::{Digest as _, Sha256};

use crate::{
    error::LoadError,
    kernels::pack::{Format, Packed},
    loader::{
        body::Body,
        gguf::{self, HeaderReader},
        safetensors,
    },
    model::{
        config::Config,
        weights::{Layout, Matrix, Run, Vector},
    },
};

/// What a checkpoint will fill: known once its header is read.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The model.
    pub config: Config,
    /// How each matrix is laid out.
    pub layouts: BTreeMap<Matrix, Layout>,
    /// Length of each vector.
    pub vectors: BTreeMap<Vector, usize>,
    /// Bytes of the file after its header.
    pub data_bytes: u64,
}

impl Plan {
    /// Bytes that the weights take in memory.
    #[must_use]
    pub fn weight_bytes(&self) -> u64 {
        let matrix = |layout: &Layout| {
            layout.rows
                * (layout.format.row_bytes(layout.columns) + layout.format.scale_bytes(layout.columns))
        };
        self.layouts.values().map(matrix).sum::<usize>() as u64
            + self.vectors.values().map(|length| length * 4).sum::<usize>() as u64
    }

    /// Number of weights.
    #[must_use]
    pub fn parameters(&self) -> u64 {
        self.layouts.values().map(|layout| layout.rows * layout.columns).sum::<usize>() as u64
            + self.vectors.values().sum::<usize>() as u64
    }
}

/// Takes weights as they arrive.
pub trait WeightStore {
    /// Makes room. Called once, before anything else.
    ///
    /// # Errors
    /// Whatever keeps the store from making room.
    fn begin(&mut self, plan: &Plan) -> Result<(), LoadError>;

    /// Takes a run of packed rows.
    ///
    /// # Errors
    /// Whatever keeps the store from taking them.
    fn rows(&mut self, matrix: Matrix, run: Run, packed: &Packed) -> Result<(), LoadError>;

    /// Takes values of a vector, from `first` on.
    ///
    /// # Errors
    /// Whatever keeps the store from taking them.
    fn values(&mut self, vector: Vector, first: usize, values: &[f32]) -> Result<(), LoadError>;
}

/// What the loader was told to do with a safetensors file.
#[derive(Debug, Clone)]
pub struct Options {
    /// The model's configuration.
    pub config: Config,
    /// The format of all matrices, or as stored.
    pub format: Option<Format>,
    /// The most bytes of a shard.
    pub shard_bytes: u64,
}

enum Stage {
    Safetensors(safetensors::Header),
    Gguf(Box<HeaderReader>),
    Body(Box<Body>),
}

/// Reads one file of weights: safetensors with a configuration from beside it, or GGUF.
pub struct Loader {
    /// The configuration of a safetensors file. GGUF brings its own.
    config: Option<Config>,
    sizes: (Option<Format>, u64),
    stage: Stage,
    digest: Sha256,
    bytes: u64,
    model: Option<Box<gguf::model::Model>>,
}

impl std::fmt::Debug for Loader {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Loader").field("bytes", &self.bytes).finish_non_exhaustive()
    }
}

impl Loader {
    /// A loader at the first byte of a safetensors file.
    #[must_use]
    pub fn new(options: Options) -> Self {
        let sizes = (options.format, options.shard_bytes);
        Self::at_start(Some(options.config), sizes, Stage::Safetensors(safetensors::Header::default()))
    }

    /// A loader at the first byte of a GGUF file: the format of all matrices, or as stored, and the most bytes
    /// of a shard.
    #[must_use]
    pub fn gguf(format: Option<Format>, shard_bytes: u64) -> Self {
        Self::at_start(None, (format, shard_bytes), Stage::Gguf(Box::default()))
    }

    fn at_start(config: Option<Config>, sizes: (Option<Format>, u64), stage: Stage) -> Self {
        Self { config, sizes, stage, digest: Sha256::new(), bytes: 0, model: None }
    }

    /// Bytes taken so far.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// What a GGUF file says of its model, once its header is read.
    pub fn take_model(&mut self) -> Option<Box<gguf::model::Model>> {
        self.model.take()
    }

    /// Takes the next piece of the file.
    ///
    /// # Errors
    /// The first rule that the file breaks, or what the store says. The loader is of no use afterwards.
    pub fn push(&mut self, piece: &[u8], store: &mut dyn WeightStore) -> Result<(), LoadError> {
        self.digest.update(piece);
        self.bytes += piece.len() as u64;
        let mut rest = piece;
        loop {
            match &mut self.stage {
                Stage::Safetensors(header) => {
                    let Some((tensors, length, after)) = header.push(rest)? else { return Ok(()) };
                    let Some(config) = &self.config else { return Ok(()) };
                    let body = Body::of_safetensors(config, tensors, length, self.sizes)?;
                    store.begin(&body.plan)?;
                    self.stage = Stage::Body(Box::new(body));
                    rest = after;
                }
                Stage::Gguf(reader) => {
                    let Some((mut header, after)) = reader.push(rest)? else { return Ok(()) };
                    let model = gguf::model::Model::read(&mut header)?;
                    let read = self.bytes - after.len() as u64;
                    let mut body = Body::of_gguf(&model, header, read, self.sizes)?;
                    self.model = Some(Box::new(model));
                    store.begin(&body.plan)?;
                    body.push(&after, store)?;
                    self.stage = Stage::Body(Box::new(body));
                    return Ok(());
                }
                Stage::Body(body) => return body.push(rest, store),
            }
        }
    }

    /// Ends the file. Returns the plan, the number of bytes and the SHA-256.
    ///
    /// # Errors
    /// [`LoadError::Length`] where something is missing.
    pub fn finish(self, path: &str) -> Result<(Plan, u64, [u8; 32]), LoadError> {
        let short = |expected| LoadError::Length { path: path.to_owned(), expected, got: self.bytes };
        match self.stage {
            Stage::Safetensors(header) => Err(short(header.least_bytes())),
            Stage::Gguf(_) => Err(LoadError::Header { reason: "the file ends inside of it".into() }),
            Stage::Body(body) if body.is_complete() => {
                Ok((body.plan, self.bytes, self.digest.finalize().into()))
            }
            Stage::Body(body) => Err(short(body.data_start + body.plan.data_bytes)),
        }
    }
}
