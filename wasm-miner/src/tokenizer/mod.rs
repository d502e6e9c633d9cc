//! Text to tokens and back.

use std::borrow::Cow;

pub mod added;
pub mod bpe;
pub mod bytes;
pub mod gguf;
pub mod json;
pub mod merge;
pub mod pieces;
pub mod split;
pub mod stream;
pub mod wordpiece;
pub mod words;

/// The tokenizer of a model that writes.
#[derive(Debug, Clone)]
pub enum Tokenizer {
    /// Bytes are tokens.
    Bytes(bytes::ByteTokenizer),
    /// Byte-level BPE.
    Bpe(Box<bpe::Bpe>),
    /// SentencePiece with scores.
    Pieces(Box<pieces::Pieces>),
}

impl Tokenizer {
    /// The tokens of a text, with those that start every text of this model.
    #[must_use]
    pub fn encode(&self, text: &str) -> Vec<u32> {
        match self {
            Self::Bytes(bytes) => bytes.encode(text),
            Self::Bpe(bpe) => bpe.encode(text),
            Self::Pieces(pieces) => pieces.encode(text),
        }
    }

    /// The bytes of a token; nothing for one that is not shown. A character may take several tokens:
    /// [`stream::TextStream`] puts them together.
    #[must_use]
    pub fn decode(&self, token: u32) -> Cow<'_, [u8]> {
        match self {
            Self::Bytes(bytes) => {
                bytes.decode(token).map_or(Cow::Borrowed(&[]), |byte| Cow::Owned(vec![byte]))
            }
            Self::Bpe(bpe) => Cow::Borrowed(bpe.decode(token)),
            Self::Pieces(pieces) => Cow::Owned(pieces.decode(token)),
        }
    }

    /// One more than the largest token that a text can become.
    #[must_use]
    pub fn len(&self) -> usize {
        match self {
            Self::Bytes(bytes) => bytes.start.max(bytes.end).max(255) as usize + 1,
            Self::Bpe(bpe) => bpe.len(),
            Self::Pieces(pieces) => pieces.len(),
        }
    }

    /// Whether there are no tokens, which no tokenizer that was read has.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}
