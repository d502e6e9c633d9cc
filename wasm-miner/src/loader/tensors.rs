//! Takes a safetensors file in pieces of any size and hands on the values of its tensors, whole rows at a time.

use sha2::{Digest as _, Sha256};

use crate::{
    error::LoadError,
    loader::{
        body::fill,
        safetensors::{self, Tensor},
        stored::Stored,
    },
};

/// Values are handed on once about this many bytes of the file are together.
const BATCH_BYTES: usize = 1 << 20;

/// Takes tensors as they arrive.
pub trait TensorSink {
    /// All tensors of the file, in its order. Called once, before anything else.
    ///
    /// # Errors
    /// Whatever is wrong with them.
    fn begin(&mut self, tensors: &[Tensor]) -> Result<(), LoadError>;

    /// Whether the values of a tensor are of use.
    fn wants(&self, tensor: &Tensor) -> bool;

    /// Values of a tensor from `first` on: whole rows, all of them finite numbers.
    ///
    /// # Errors
    /// Whatever keeps the sink from taking them.
    fn values(&mut self, tensor: &Tensor, first: usize, values: &[f32]) -> Result<(), LoadError>;
}

enum Stage {
    Header(safetensors::Header),
    /// The tensors that are still to come, last first.
    Body {
        coming: Vec<Tensor>,
        total: u64,
    },
}

/// Reads one safetensors file, holding one batch of it at most.
pub struct TensorReader {
    stage: Stage,
    /// Bytes of the current tensor that are not handed on yet.
    pending: Vec<u8>,
    /// Bytes of the current tensor that are handed on.
    handed: u64,
    digest: Sha256,
    bytes: u64,
}

impl std::fmt::Debug for TensorReader {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("TensorReader").field("bytes", &self.bytes).finish_non_exhaustive()
    }
}

impl Default for TensorReader {
    fn default() -> Self {
        let stage = Stage::Header(safetensors::Header::default());
        Self { stage, pending: Vec::new(), handed: 0, digest: Sha256::new(), bytes: 0 }
    }
}

impl TensorReader {
    /// Bytes taken so far.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Takes the next piece of the file.
    ///
    /// # Errors
    /// The first rule that the file breaks, or what the sink says. The reader is of no use afterwards.
    pub fn push(&mut self, piece: &[u8], sink: &mut dyn TensorSink) -> Result<(), LoadError> {
        self.digest.update(piece);
        self.bytes += piece.len() as u64;
        let mut rest = piece;
        loop {
            match &mut self.stage {
                Stage::Header(header) => {
                    let Some((mut coming, length, after)) = header.push(rest)? else { return Ok(()) };
                    sink.begin(&coming)?;
                    let total = 8 + length + coming.last().map_or(0, |tensor| tensor.end);
                    coming.reverse();
                    self.stage = Stage::Body { coming, total };
                    rest = after;
                }
                Stage::Body { coming, .. } => {
                    let Some(tensor) = coming.last() else {
                        return if rest.is_empty() { Ok(()) } else { Err(too_long(rest.len())) };
                    };
                    let is_wanted = sink.wants(tensor);
                    let wanted = next_batch(tensor, self.handed, is_wanted);
                    rest = fill(&mut self.pending, wanted, rest);
                    if self.pending.len() < wanted {
                        return Ok(());
                    }
                    if is_wanted {
                        let values = decode(tensor, &self.pending)?;
                        let size = tensor.stored.map_or(1, Stored::block_bytes) as u64;
                        let first = usize::try_from(self.handed / size).unwrap_or(usize::MAX);
                        sink.values(tensor, first, &values)?;
                    }
                    self.handed += wanted as u64;
                    self.pending.clear();
                    if self.handed == tensor.end - tensor.begin {
                        coming.pop();
                        self.handed = 0;
                    }
                }
            }
        }
    }

    /// Ends the file. Returns the number of bytes and the SHA-256.
    ///
    /// # Errors
    /// [`LoadError::Length`] where something is missing.
    pub fn finish(self, path: &str) -> Result<(u64, [u8; 32]), LoadError> {
        let expected = match self.stage {
            Stage::Header(header) => header.least_bytes(),
            Stage::Body { coming, .. } if coming.is_empty() => {
                return Ok((self.bytes, self.digest.finalize().into()));
            }
            Stage::Body { total, .. } => total,
        };
        Err(LoadError::Length { path: path.to_owned(), expected, got: self.bytes })
    }
}

fn too_long(rest: usize) -> LoadError {
    LoadError::Header { reason: format!("{rest} bytes follow the last tensor") }
}

/// Bytes of the next batch: whole rows of a tensor that is wanted. What is skipped may have rows of any length,
/// so it is cut anywhere.
fn next_batch(tensor: &Tensor, handed: u64, is_wanted: bool) -> usize {
    let left = usize::try_from(tensor.end - tensor.begin - handed).unwrap_or(usize::MAX);
    let value = tensor.stored.map_or(1, Stored::block_bytes);
    let row = value.saturating_mul(tensor.shape.last().copied().unwrap_or(1).max(1));
    let batch = if is_wanted { (BATCH_BYTES / row).max(1).saturating_mul(row) } else { BATCH_BYTES };
    left.min(batch)
}

fn decode(tensor: &Tensor, bytes: &[u8]) -> Result<Vec<f32>, LoadError> {
    let values = tensor.stored.unwrap_or(Stored::F32).decode(bytes);
    if values.iter().all(|x| x.is_finite()) {
        Ok(values)
    } else {
        Err(LoadError::NotFinite { tensor: tensor.name.clone() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Default)]
    struct Sum {
        names: Vec<String>,
        taken: Vec<(String, usize, Vec<f32>)>,
    }

    impl TensorSink for Sum {
        fn begin(&mut self, tensors: &[Tensor]) -> Result<(), LoadError> {
            self.names = tensors.iter().map(|tensor| tensor.name.clone()).collect();
            Ok(())
        }

        fn wants(&self, tensor: &Tensor) -> bool {
            tensor.name != "skipped"
        }

        fn values(&mut self, tensor: &Tensor, first: usize, values: &[f32]) -> Result<(), LoadError> {
            self.taken.push((tensor.name.clone(), first, values.to_vec()));
            Ok(())
        }
    }

    fn file(header: &str, data: &[u8]) -> Vec<u8> {
        let mut file = (header.len() as u64).to_le_bytes().to_vec();
        file.extend(header.as_bytes());
        file.extend(data);
        file
    }

    fn read(file: &[u8], piece: usize) -> Result<Sum, LoadError> {
        let (mut reader, mut sum) = (TensorReader::default(), Sum::default());
        for piece in file.chunks(piece) {
            reader.push(piece, &mut sum)?;
        }
        let (bytes, digest) = reader.finish("x")?;
        assert_eq!((bytes, digest.as_slice()), (file.len() as u64, Sha256::digest(file).as_slice()));
        Ok(sum)
    }

    const HEADER: &str = r#"{"a":{"dtype":"F16","shape":[1,2],"data_offsets":[0,4]},
        "skipped":{"dtype":"I64","shape":[1],"data_offsets":[4,12]},
        "empty":{"dtype":"F32","shape":[0],"data_offsets":[12,12]},
        "b":{"dtype":"F32","shape":[1],"data_offsets":[12,16]}}"#;
    const DATA: [u8; 16] = [0, 0x3c, 0, 0xc0, 255, 255, 255, 255, 255, 255, 255, 255, 0, 0, 0x40, 0x3f];

    #[test]
    fn pieces_of_any_size_give_the_same_values() {
        let file = file(HEADER, &DATA);
        for piece in [1, 3, 7, 64, 1000] {
            let sum = read(&file, piece).unwrap();
            assert_eq!(sum.names.len(), 4);
            let taken: Vec<_> = sum
                .taken
                .iter()
                .filter(|(.., v)| !v.is_empty())
                .map(|(n, f, v)| (n.as_str(), *f, v.as_slice()))
                .collect();
            assert_eq!(taken, [("a", 0, [1.0, -2.0].as_slice()), ("b", 0, &[0.75])]);
        }
    }

    #[test]
    fn broken_files_are_named() {
        let check = |file: &[u8], word: &str| {
            let error = read(file, 5).err().map(|error| error.to_string()).unwrap_or_default();
            assert!(error.contains(word), "{error}");
        };
        check(&file(HEADER, &DATA[..15]), "were promised");
        check(&file(HEADER, &[DATA.as_slice(), &[0]].concat()), "follow the last tensor");
        check(&file(HEADER, &[[0, 0x7e].as_slice(), &DATA[2..]].concat()), "not a finite number");
        check(&[1, 0, 0], "8 were promised");
        check(&[255; 20], "header");
        check(&file(HEADER, &[])[..30], "were promised");
    }
}
