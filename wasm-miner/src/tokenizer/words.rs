//! A vocabulary in one piece of memory: the bytes of each token, and the token of given bytes.

use crate::error::LoadError;

/// The most tokens of a vocabulary.
pub const MOST_TOKENS: usize = 1 << 20;
/// The longest token in bytes.
const LONGEST_TOKEN: usize = 1 << 12;
/// The most bytes of all tokens: 32 MiB.
const LARGEST: usize = 32 << 20;

pub(crate) fn refuse<T>(reason: impl Into<String>) -> Result<T, LoadError> {
    Err(LoadError::Vocabulary { reason: reason.into() })
}

/// The tokens of a vocabulary.
#[derive(Debug, Clone, Default)]
pub struct Words {
    bytes: Vec<u8>,
    ends: Vec<u32>,
    /// The tokens that text can become, in the order of their bytes.
    sorted: Vec<u32>,
}

impl Words {
    /// Appends a token.
    ///
    /// # Errors
    /// [`LoadError::Vocabulary`] where it is too long or one too many.
    pub fn push(&mut self, token: &[u8]) -> Result<u32, LoadError> {
        let id = self.ends.len();
        if id >= MOST_TOKENS || token.len() > LONGEST_TOKEN || self.bytes.len() + token.len() > LARGEST {
            return refuse(format!("token {id} of {} bytes is too much", token.len()));
        }
        self.bytes.extend_from_slice(token);
        self.ends.push(u32::try_from(self.bytes.len()).unwrap_or(u32::MAX));
        Ok(u32::try_from(id).unwrap_or(u32::MAX))
    }

    /// Lets text become those tokens that `is_text` says.
    pub fn index(&mut self, is_text: impl Fn(usize) -> bool) {
        let count = u32::try_from(self.len()).unwrap_or(u32::MAX);
        let mut sorted: Vec<u32> =
            (0..count).filter(|id| is_text(*id as usize) && !self.get(*id).is_empty()).collect();
        sorted.sort_by(|a, b| self.get(*a).cmp(self.get(*b)).then(a.cmp(b)));
        self.sorted = sorted;
    }

    /// Number of tokens.
    #[must_use]
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// The bytes of a token; nothing for one outside of the vocabulary.
    #[must_use]
    pub fn get(&self, id: u32) -> &[u8] {
        let end = |index: usize| self.ends.get(index).map(|end| *end as usize);
        let begin = (id as usize).checked_sub(1).map_or(Some(0), end);
        begin.zip(end(id as usize)).and_then(|(begin, end)| self.bytes.get(begin..end)).unwrap_or(&[])
    }

    /// The token of these bytes. Of several, the first.
    #[must_use]
    pub fn find(&self, bytes: &[u8]) -> Option<u32> {
        let at = self.sorted.partition_point(|id| self.get(*id) < bytes);
        self.sorted.get(at).copied().filter(|id| self.get(*id) == bytes)
    }
}
