//! The manifest of a model folder: which files it has, how long they are and what they hash to.

use serde::Deserialize;

use crate::error::LoadError;

/// The only format this build reads.
const FORMAT: &str = "lantern-model/1";

/// A model folder.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Manifest {
    /// Must be `lantern-model/1`.
    pub format: String,
    /// For people.
    pub name: String,
    /// SPDX expression.
    pub licence: String,
    /// How text becomes tokens.
    pub tokenizer: TokenizerSpec,
    /// The files.
    pub files: Vec<FileSpec>,
}

/// How text becomes tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum TokenizerSpec {
    /// Every byte is a token of its own number; two more mark start and end.
    Bytes {
        /// The start token.
        bos: u32,
        /// The end token.
        eos: u32,
    },
    /// That of `tokenizer.json`, which is listed.
    Json,
    /// That inside of the GGUF file.
    Gguf,
    /// Pieces of words, a line each in `vocab.txt`, for models that turn texts into vectors.
    WordPiece {
        /// Texts are cut to this many tokens.
        max_tokens: usize,
    },
}

/// A file of the folder.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct FileSpec {
    /// Its name; no folders.
    pub path: String,
    /// Its length.
    pub bytes: u64,
    /// Its SHA-256 in lower-case hex.
    pub sha256: String,
}

impl Manifest {
    /// Reads a `manifest.json`.
    ///
    /// # Errors
    /// [`LoadError::Manifest`] for anything but a well-formed manifest of this format.
    pub fn parse(json: &[u8]) -> Result<Self, LoadError> {
        let manifest: Self = serde_json::from_slice(json)
            .map_err(|error| LoadError::Manifest { reason: error.to_string() })?;
        if manifest.format != FORMAT {
            return Err(LoadError::Manifest {
                reason: format!("format {:?} is not {FORMAT}", manifest.format),
            });
        }
        for file in &manifest.files {
            let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
            if file.path.is_empty() || file.path.starts_with('.') || !file.path.chars().all(plain) {
                return Err(LoadError::Manifest {
                    reason: format!("{:?} is not a plain file name", file.path),
                });
            }
            if file.sha256.len() != 64 || !file.sha256.chars().all(|c| matches!(c, '0'..='9' | 'a'..='f')) {
                return Err(LoadError::Manifest { reason: format!("{} has no SHA-256", file.path) });
            }
        }
        Ok(manifest)
    }

    /// The entry of a file.
    ///
    /// # Errors
    /// [`LoadError::Manifest`] where it is missing.
    pub fn file(&self, path: &str) -> Result<&FileSpec, LoadError> {
        self.files
            .iter()
            .find(|file| file.path == path)
            .ok_or_else(|| LoadError::Manifest { reason: format!("{path} is not listed") })
    }
}

impl FileSpec {
    /// Compares what came with what was promised.
    ///
    /// # Errors
    /// [`LoadError::Length`] or [`LoadError::Digest`].
    pub fn check(&self, bytes: u64, digest: &[u8]) -> Result<(), LoadError> {
        let path = || self.path.clone();
        if bytes != self.bytes {
            return Err(LoadError::Length { path: path(), expected: self.bytes, got: bytes });
        }
        let got = hex::encode(digest);
        if got != self.sha256 {
            return Err(LoadError::Digest { path: path(), expected: self.sha256.clone(), got });
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(path: &str, format: &str) -> Result<Manifest, LoadError> {
        let sha = "0".repeat(64);
        Manifest::parse(
            format!(
                r#"{{"format":"{format}","name":"n","licence":"MIT","tokenizer":{{"kind":"bytes","bos":256,"eos":257}},
                "files":[{{"path":"{path}","bytes":0,"sha256":"{sha}"}}]}}"#
            )
            .as_bytes(),
        )
    }

    #[test]
    fn paths_stay_in_the_folder() {
        assert!(parse("model.safetensors", FORMAT).is_ok());
        for path in ["../x", "/etc/passwd", "a/b", "", ".hidden", "http:x"] {
            assert!(matches!(parse(path, FORMAT), Err(LoadError::Manifest { .. })), "{path}");
        }
        assert!(matches!(parse("x", "lantern-model/2"), Err(LoadError::Manifest { .. })));
    }

    #[test]
    fn a_changed_file_is_refused() {
        let manifest = parse("x", FORMAT).unwrap();
        let file = manifest.file("x").unwrap();
        assert!(matches!(file.check(1, &[0; 32]), Err(LoadError::Length { .. })));
        assert!(matches!(file.check(0, &[1; 32]), Err(LoadError::Digest { .. })));
        assert_eq!(file.check(0, &[0; 32]), Ok(()));
    }
}
