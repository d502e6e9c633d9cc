//! What a model's small files say, before its weights are fetched.

use lantern_worker_bridge::miner::ModelSource;

use crate::{
    error::LoadError,
    loader::{
        files::{Entry, Parts},
        gguf::model::Model as GgufModel,
        manifest::{FileSpec, Manifest, TokenizerSpec},
    },
    model::config::Config,
    service::Service,
    tokenizer::{Tokenizer, bytes::ByteTokenizer, gguf, json},
};

/// The longest text file that we read into memory, but for the tokenizer.
pub(super) const LARGEST_TEXT: usize = 1 << 20;

/// What the files beside the weights say.
pub(super) struct Head {
    pub(super) name: String,
    pub(super) licence: String,
    /// `None` where it is in the file of the weights and not read yet.
    pub(super) tokenizer: Option<Tokenizer>,
    /// `None` where it is in the file of the weights.
    pub(super) config: Option<Config>,
    pub(super) weights: Entry,
    is_named: bool,
}

impl Head {
    /// Takes what a GGUF file says of itself, as soon as its header is read.
    ///
    /// # Errors
    /// [`LoadError::Vocabulary`] where there is no tokenizer for it.
    pub(super) fn take(&mut self, model: GgufModel) -> Result<(), LoadError> {
        if !self.is_named {
            (self.name, self.licence) = (model.name, model.licence);
        }
        let tokenizer = match self.tokenizer.take() {
            Some(tokenizer) => tokenizer,
            None => gguf::read(&model.vocabulary)?,
        };
        self.tokenizer = Some(fitting(tokenizer, &model.config)?);
        Ok(())
    }
}

impl Service {
    /// Reads everything but the weights.
    pub(super) async fn head(&self, source: &ModelSource) -> Result<Head, LoadError> {
        let (manifest, parts) = self.parts(source).await?;
        let config = match &parts.config {
            Some(entry) if !parts.weights.is_gguf() => {
                Some(Config::parse(&self.checked(entry, LARGEST_TEXT).await?)?)
            }
            _ => None,
        };
        let spec = manifest.as_ref().map(|manifest| manifest.tokenizer);
        let mut tokenizer = match (spec, &parts.tokenizer) {
            (Some(TokenizerSpec::Bytes { bos, eos }), _) => Some(of_bytes(bos, eos)),
            (Some(TokenizerSpec::WordPiece { .. }), _) => {
                let reason = "a model with word pieces gives vectors and does not write".into();
                return Err(LoadError::Config { reason });
            }
            (Some(TokenizerSpec::Gguf), _) => None,
            (Some(TokenizerSpec::Json), None) => {
                return Err(LoadError::Manifest { reason: "tokenizer.json is not listed".into() });
            }
            (_, Some(entry)) => Some(json::read(&self.checked(entry, json::LARGEST_FILE).await?)?),
            (None, None) => None,
        };
        if let Some(config) = &config {
            let of_config = || match (config.start_token, config.end_tokens.first()) {
                (Some(start), Some(end)) if start >= 256 && config.vocabulary <= 512 => {
                    Ok(of_bytes(start, *end))
                }
                _ => Err(LoadError::Files { reason: "tokenizer.json is missing".into() }),
            };
            let found = tokenizer.map_or_else(of_config, Ok)?;
            tokenizer = Some(fitting(found, config)?);
        }
        let is_named = manifest.is_some();
        let (name, licence) = manifest.map_or(("own files".into(), String::new()), |m| (m.name, m.licence));
        Ok(Head { name, licence, tokenizer, config, weights: parts.weights, is_named })
    }

    /// The files of a source, with what its manifest says of them, where it has one.
    async fn parts(&self, source: &ModelSource) -> Result<(Option<Manifest>, Parts), LoadError> {
        match source {
            ModelSource::Url(url) => {
                let folder = url.trim_end_matches('/');
                let (text, _) = self.text(format!("{folder}/manifest.json")).await?;
                let manifest = Manifest::parse(&text)?;
                let place = |file: &FileSpec| (file.path.clone(), format!("{folder}/{}", file.path));
                let parts = Parts::sort(manifest.files.iter().map(place), Some(&manifest))?;
                Ok((Some(manifest), parts))
            }
            ModelSource::Files { files } => {
                let manifest = match files.iter().find(|file| file.name == "manifest.json") {
                    Some(file) => Some(Manifest::parse(&self.text(file.url.clone()).await?.0)?),
                    None => None,
                };
                let places = files.iter().map(|file| (file.name.clone(), file.url.clone()));
                let parts = Parts::sort(places, manifest.as_ref())?;
                Ok((manifest, parts))
            }
        }
    }

    /// A file in whole, compared with its manifest.
    async fn checked(&self, entry: &Entry, largest: usize) -> Result<Vec<u8>, LoadError> {
        let (text, digest) = self.text_up_to(entry.url.clone(), largest).await?;
        if let Some(spec) = &entry.spec {
            spec.check(text.len() as u64, &digest)?;
        }
        Ok(text)
    }
}

fn of_bytes(start: u32, end: u32) -> Tokenizer {
    Tokenizer::Bytes(ByteTokenizer { start, end })
}

/// A tokenizer whose tokens the model knows.
fn fitting(tokenizer: Tokenizer, config: &Config) -> Result<Tokenizer, LoadError> {
    let (tokens, vocabulary) = (tokenizer.len(), config.vocabulary);
    if tokens > vocabulary {
        let reason = format!("it has {tokens} tokens, the model knows {vocabulary}");
        return Err(LoadError::Vocabulary { reason });
    }
    Ok(tokenizer)
}
