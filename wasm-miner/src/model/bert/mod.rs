//! Encoders of the BERT family: sentences in, vectors of length one out, such that near means alike.
//!
//! Sentences of a batch lie one after another without padding, so no kernel needs a mask.

pub mod config;
pub mod cpu;
pub mod gpu;
pub mod weights;

use crate::error::EmbedError;
use config::BertConfig;

/// Sentences are put together until a batch has about this many tokens: enough to fill a device, and short enough
/// for a CPU to be stopped in between. Every encoder takes a batch of this size.
pub const BATCH_TOKENS: usize = 256;

/// Sentences as tokens, one after another.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Batch {
    /// The tokens of all sentences.
    pub tokens: Vec<u32>,
    /// Where each sentence starts and ends among them.
    pub sentences: Vec<[usize; 2]>,
}

impl Batch {
    /// Puts sentences together.
    ///
    /// # Errors
    /// [`EmbedError`] for an empty or overlong sentence or a token outside of the vocabulary.
    pub fn new(config: &BertConfig, sentences: &[Vec<u32>]) -> Result<Self, EmbedError> {
        let mut batch = Self::default();
        for sentence in sentences {
            let (tokens, limit) = (sentence.len(), config.positions);
            if tokens == 0 {
                return Err(EmbedError::Empty);
            }
            if tokens > limit {
                return Err(EmbedError::TooLong { tokens, limit });
            }
            let vocabulary = config.vocabulary;
            if let Some(&token) = sentence.iter().find(|token| **token as usize >= vocabulary) {
                return Err(EmbedError::UnknownToken { token, vocabulary });
            }
            let start = batch.tokens.len();
            batch.tokens.extend(sentence);
            batch.sentences.push([start, batch.tokens.len()]);
        }
        Ok(batch)
    }
}

/// An encoder where it runs.
#[derive(Debug)]
pub enum Encoder {
    /// On the device.
    Gpu(Box<gpu::GpuEncoder>),
    /// On the CPU.
    Cpu(Box<cpu::CpuEncoder>),
}

impl Encoder {
    /// The encoder's configuration.
    #[must_use]
    pub fn config(&self) -> &BertConfig {
        match self {
            Self::Gpu(encoder) => encoder.config(),
            Self::Cpu(encoder) => encoder.config(),
        }
    }

    /// The vectors of a batch, one of `hidden` values per sentence.
    ///
    /// # Errors
    /// [`EmbedError::Kernel`] where the device fails.
    pub async fn embed(&self, batch: &Batch) -> Result<Vec<Vec<f32>>, EmbedError> {
        match self {
            Self::Gpu(encoder) => encoder.embed(batch).await,
            Self::Cpu(encoder) => encoder.embed(batch),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentences_that_no_encoder_takes_are_named() {
        let config = BertConfig { vocabulary: 10, positions: 3, ..config::tests::tiny() };
        let check = |sentence: &[u32], word: &str| {
            let error = Batch::new(&config, &[vec![1], sentence.to_vec()]).unwrap_err().to_string();
            assert!(error.contains(word), "{error}");
        };
        check(&[], "empty");
        check(&[1, 2, 3, 4], "at most 3");
        check(&[10], "vocabulary of 10");
        let batch = Batch::new(&config, &[vec![1, 2], vec![3]]).unwrap();
        assert_eq!((batch.tokens, batch.sentences), (vec![1, 2, 3], vec![[0, 2], [2, 3]]));
    }
}
