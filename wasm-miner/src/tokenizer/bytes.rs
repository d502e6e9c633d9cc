//! The tokenizer of byte-level models: a byte is the token of its own number.

/// A byte-level vocabulary with a start and an end token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ByteTokenizer {
    /// Starts every text.
    pub start: u32,
    /// Ends every text.
    pub end: u32,
}

impl ByteTokenizer {
    /// The start token and the bytes of a text.
    #[must_use]
    pub fn encode(&self, text: &str) -> Vec<u32> {
        std::iter::once(self.start).chain(text.bytes().map(u32::from)).collect()
    }

    /// The byte of a token, or nothing for start, end and unused tokens.
    #[must_use]
    pub fn decode(&self, token: u32) -> Option<u8> {
        u8::try_from(token).ok()
    }
}
