//! Takes a checkpoint in pieces of any size and hands packed rows to a store, holding one batch of rows at most.

use std::collections::BTreeMap;

use half::{bf16, f16};
use sha2::{Digest as _, Sha256};

use crate::{
    error::LoadError,
    kernels::pack::{Format, Packed},
    loader::safetensors::{self, Dtype, Tensor},
    model::{
        config::Config,
        weights::{self, Home, Layout, Matrix, Run, Vector},
    },
};

/// Rows are handed on once about this many bytes of the file are together.
const BATCH_BYTES: usize = 1 << 20;

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

/// What the loader was told to do.
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
    Prefix(Vec<u8>),
    Header { length: usize, bytes: Vec<u8> },
    Body(Box<Body>),
}

struct Body {
    plan: Plan,
    header_bytes: u64,
    /// The tensors that are still to come, last first, with their homes; a tensor without one is skipped.
    coming: Vec<(Tensor, Option<Home>)>,
    /// Bytes of the current tensor that are not handed on yet.
    pending: Vec<u8>,
    /// Values of the current tensor that are handed on.
    handed: usize,
}

/// Reads one safetensors file.
pub struct Loader {
    options: Options,
    stage: Stage,
    digest: Sha256,
    bytes: u64,
}

impl std::fmt::Debug for Loader {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Loader").field("bytes", &self.bytes).finish_non_exhaustive()
    }
}

impl Loader {
    /// A loader at the first byte.
    #[must_use]
    pub fn new(options: Options) -> Self {
        Self { options, stage: Stage::Prefix(Vec::new()), digest: Sha256::new(), bytes: 0 }
    }

    /// Bytes taken so far.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.bytes
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
                Stage::Prefix(bytes) => {
                    rest = fill(bytes, 8, rest);
                    let Ok(prefix) = <[u8; 8]>::try_from(bytes.as_slice()) else { return Ok(()) };
                    let length = safetensors::header_length(prefix)?;
                    self.stage = Stage::Header { length, bytes: Vec::new() };
                }
                Stage::Header { length, bytes } => {
                    rest = fill(bytes, *length, rest);
                    if bytes.len() < *length {
                        return Ok(());
                    }
                    let tensors = safetensors::parse(bytes)?;
                    let body = Body::new(&self.options, tensors, *length as u64)?;
                    store.begin(&body.plan)?;
                    self.stage = Stage::Body(Box::new(body));
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
            Stage::Prefix(_) => Err(short(8)),
            Stage::Header { length, .. } => Err(short(8 + length as u64)),
            Stage::Body(body) if body.coming.is_empty() => {
                Ok((body.plan, self.bytes, self.digest.finalize().into()))
            }
            Stage::Body(body) => Err(short(8 + body.header_bytes + body.plan.data_bytes)),
        }
    }
}

/// Moves bytes from `from` until `to` has `length`; returns the rest.
fn fill<'a>(to: &mut Vec<u8>, length: usize, from: &'a [u8]) -> &'a [u8] {
    let (taken, rest) = from.split_at(from.len().min(length.saturating_sub(to.len())));
    to.extend_from_slice(taken);
    rest
}

impl Body {
    fn new(options: &Options, tensors: Vec<Tensor>, header_bytes: u64) -> Result<Self, LoadError> {
        let config = &options.config;
        let mut expected: BTreeMap<String, weights::Expected> =
            weights::expected(config).into_iter().map(|entry| (entry.name.clone(), entry)).collect();
        let data_bytes = tensors.last().map_or(0, |tensor| tensor.end);
        let mut formats = BTreeMap::new();
        let mut coming = Vec::with_capacity(tensors.len());
        for tensor in tensors {
            let home = match expected.remove(&tensor.name) {
                None => None,
                Some(entry) => {
                    check(&tensor, &entry)?;
                    if let Home::Rows(matrix, _) = entry.home {
                        formats.entry(matrix).or_insert_with(|| format_of(tensor.dtype));
                    }
                    Some(entry.home)
                }
            };
            coming.push((tensor, home));
        }
        if let Some(name) = expected.into_keys().next() {
            return Err(LoadError::Tensor { tensor: name, reason: "is missing".into() });
        }
        coming.reverse();
        let layout = |(matrix, rows, columns): (Matrix, usize, usize)| {
            let stored = formats.get(&matrix).copied().unwrap_or(Format::F32);
            let format = options.format.unwrap_or(stored);
            let paired = matches!(matrix, Matrix::GateUp(_));
            (matrix, Layout::new(rows, columns, format, paired, options.shard_bytes))
        };
        let plan = Plan {
            config: config.clone(),
            layouts: weights::matrices(config).into_iter().map(layout).collect(),
            vectors: weights::vectors(config).into_iter().collect(),
            data_bytes,
        };
        Ok(Self { plan, header_bytes, coming, pending: Vec::new(), handed: 0 })
    }

    fn push(&mut self, mut rest: &[u8], store: &mut dyn WeightStore) -> Result<(), LoadError> {
        while let Some((tensor, home)) = self.coming.last() {
            let value_bytes = tensor.dtype.bytes().unwrap_or(1);
            let length = tensor.end - tensor.begin;
            let done = self.handed as u64 * value_bytes;
            let columns = tensor.shape.last().copied().unwrap_or(1).max(1);
            let row_bytes = usize::try_from(value_bytes).unwrap_or(1) * columns;
            let batch = (BATCH_BYTES / row_bytes.max(1)).max(1) * row_bytes;
            let wanted = usize::try_from(length - done).unwrap_or(usize::MAX).min(batch);
            rest = fill(&mut self.pending, wanted, rest);
            if self.pending.len() < wanted {
                return Ok(());
            }
            if let Some(home) = home {
                let values = decode(tensor, &self.pending)?;
                hand_on(&self.plan, *home, self.handed, columns, &values, store)?;
            }
            self.handed += wanted / usize::try_from(value_bytes).unwrap_or(1);
            self.pending.clear();
            if self.handed as u64 * value_bytes >= length {
                self.coming.pop();
                self.handed = 0;
            }
        }
        if rest.is_empty() {
            Ok(())
        } else {
            Err(LoadError::Header { reason: format!("{} bytes follow the last tensor", rest.len()) })
        }
    }
}

fn check(tensor: &Tensor, entry: &weights::Expected) -> Result<(), LoadError> {
    let refuse = |reason: String| Err(LoadError::Tensor { tensor: tensor.name.clone(), reason });
    if tensor.dtype == Dtype::Other {
        return refuse("its type is not one of F32, F16, BF16".into());
    }
    if tensor.shape != entry.shape {
        return refuse(format!("its shape is {:?}, the configuration says {:?}", tensor.shape, entry.shape));
    }
    Ok(())
}

fn format_of(dtype: Dtype) -> Format {
    match dtype {
        Dtype::F16 => Format::F16,
        Dtype::Bf16 => Format::Bf16,
        Dtype::F32 | Dtype::Other => Format::F32,
    }
}

fn decode(tensor: &Tensor, bytes: &[u8]) -> Result<Vec<f32>, LoadError> {
    let pairs = || bytes.as_chunks::<2>().0.iter().copied();
    let values: Vec<f32> = match tensor.dtype {
        Dtype::F16 => pairs().map(|x| f16::from_le_bytes(x).to_f32()).collect(),
        Dtype::Bf16 => pairs().map(|x| bf16::from_le_bytes(x).to_f32()).collect(),
        Dtype::F32 | Dtype::Other => {
            bytes.as_chunks::<4>().0.iter().copied().map(f32::from_le_bytes).collect()
        }
    };
    if values.iter().all(|x| x.is_finite()) {
        Ok(values)
    } else {
        Err(LoadError::NotFinite { tensor: tensor.name.clone() })
    }
}

fn hand_on(
    plan: &Plan,
    home: Home,
    handed: usize,
    columns: usize,
    values: &[f32],
    store: &mut dyn WeightStore,
) -> Result<(), LoadError> {
    match home {
        Home::Values(vector, first) => store.values(vector, first + handed, values),
        Home::Rows(matrix, first) => {
            let Some(layout) = plan.layouts.get(&matrix) else { return Ok(()) };
            let mut rows = values.chunks(columns);
            for run in layout.runs(first + handed / columns, values.len() / columns) {
                let mut packed = Packed::default();
                for row in rows.by_ref().take(run.count) {
                    packed.push_row(layout.format, row);
                }
                store.rows(matrix, run, &packed)?;
            }
            Ok(())
        }
    }
}
