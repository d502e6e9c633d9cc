//! Byte-level BPE, as Llama 3, SmolLM, Qwen2 and GPT-2 use it: text is cut into words, a word's bytes become tokens,
//! and pairs of tokens are merged by rank.

use std::borrow::Cow;

use unicode_normalization::{IsNormalized, UnicodeNormalization as _, is_nfc_quick};

use crate::{
    error::LoadError,
    tokenizer::{
        added::{Added, Part},
        merge,
        split::{self, Step},
        words::{Words, refuse},
    },
};

/// The most merges.
pub const MOST_MERGES: usize = 1 << 21;

/// A pair that becomes one token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Merge {
    pair: (u32, u32),
    rank: u32,
    merged: u32,
}

/// How text is treated around the merges.
#[derive(Debug, Clone, Default)]
pub struct Rules {
    /// Characters are composed first.
    pub is_composed: bool,
    /// How words are cut.
    pub steps: Vec<Step>,
    /// A word that is a token is one, whatever the merges say.
    pub takes_whole_words: bool,
    /// Tokens before every text.
    pub prefix: Vec<u32>,
    /// Tokens after every text.
    pub suffix: Vec<u32>,
    /// Tokens found in the text as it is.
    pub raw: Added,
    /// Tokens found in the composed text.
    pub composed: Added,
    /// Tokens that are not shown, in order.
    pub hidden: Vec<u32>,
}

/// A byte-level vocabulary with its merges.
#[derive(Debug, Clone)]
pub struct Bpe {
    words: Words,
    /// In the order of pairs.
    merges: Vec<Merge>,
    bytes: Vec<u32>,
    rules: Rules,
}

/// The byte that a character stands for in vocabularies of this kind: printable Latin-1 characters stand for
/// themselves, and the other 68 bytes are the characters from U+0100 on, in order.
fn byte_of(c: char) -> Option<u8> {
    let code = u32::from(c);
    match code {
        0x21..=0x7e | 0xa1..=0xac | 0xae..=0xff => u8::try_from(code).ok(),
        0x100..=0x120 => u8::try_from(code - 0x100).ok(),
        0x121..=0x142 => u8::try_from(code - 0x121 + 0x7f).ok(),
        0x143 => Some(0xad),
        _ => None,
    }
}

/// The bytes of a token as such vocabularies write it. What is not in their alphabet, such as the name of a special
/// token, stands for itself.
#[must_use]
pub fn bytes_of(token: &str) -> Vec<u8> {
    let bytes: Option<Vec<u8>> = token.chars().map(byte_of).collect();
    bytes.unwrap_or_else(|| token.as_bytes().to_vec())
}

impl Bpe {
    /// A vocabulary from its tokens, its merges in the order of rank, and its rules.
    ///
    /// # Errors
    /// [`LoadError::Vocabulary`] where a byte has no token, or a merge names or makes a token that is not there.
    pub fn new<'a>(
        words: Words,
        merges: impl IntoIterator<Item = (&'a str, &'a str)>,
        rules: Rules,
    ) -> Result<Self, LoadError> {
        let mut bytes = Vec::with_capacity(256);
        for byte in 0..=255_u8 {
            match words.find(&[byte]) {
                Some(token) => bytes.push(token),
                None => return refuse(format!("no token is the byte {byte}")),
            }
        }
        let mut list = Vec::new();
        for (rank, (left, right)) in merges.into_iter().enumerate() {
            if rank >= MOST_MERGES {
                return refuse(format!("more than {MOST_MERGES} merges"));
            }
            let (a, b) = (bytes_of(left), bytes_of(right));
            let both = [a.as_slice(), b.as_slice()].concat();
            let (Some(a), Some(b), Some(merged)) = (words.find(&a), words.find(&b), words.find(&both)) else {
                return refuse(format!("merge {rank} of {left:?} and {right:?} is not made of tokens"));
            };
            list.push(Merge { pair: (a, b), rank: u32::try_from(rank).unwrap_or(u32::MAX), merged });
        }
        list.sort_unstable();
        list.dedup_by_key(|merge| merge.pair);
        let known = |id: &u32| (*id as usize) < words.len();
        if !rules.prefix.iter().chain(&rules.suffix).all(known) {
            return refuse("a token of the template is not in the vocabulary");
        }
        Ok(Self { words, merges: list, bytes, rules })
    }

    /// Number of tokens.
    #[must_use]
    pub fn len(&self) -> usize {
        self.words.len()
    }

    /// Whether there are none, which no vocabulary that was read has.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.words.is_empty()
    }

    /// The tokens of a text.
    #[must_use]
    pub fn encode(&self, text: &str) -> Vec<u32> {
        let mut tokens = self.rules.prefix.clone();
        for part in self.rules.raw.split(text) {
            match part {
                Part::Token(token) => tokens.push(token),
                Part::Text(text) => {
                    for part in self.rules.composed.split(&self.composed(text)) {
                        match part {
                            Part::Token(token) => tokens.push(token),
                            Part::Text(text) => {
                                split::each_word(text, &self.rules.steps, &mut |word| {
                                    self.push_word(word.as_bytes(), &mut tokens);
                                });
                            }
                        }
                    }
                }
            }
        }
        tokens.extend(&self.rules.suffix);
        tokens
    }

    fn composed<'a>(&self, text: &'a str) -> Cow<'a, str> {
        if !self.rules.is_composed || is_nfc_quick(text.chars()) == IsNormalized::Yes {
            Cow::Borrowed(text)
        } else {
            Cow::Owned(text.nfc().collect())
        }
    }

    fn push_word(&self, word: &[u8], tokens: &mut Vec<u32>) {
        if self.rules.takes_whole_words
            && let Some(token) = self.words.find(word)
        {
            tokens.push(token);
            return;
        }
        let bytes = word.iter().filter_map(|byte| self.bytes.get(usize::from(*byte)).copied());
        tokens.extend(merge::merge(bytes, |left, right| {
            let at = self.merges.binary_search_by_key(&(left, right), |merge| merge.pair).ok()?;
            self.merges.get(at).map(|merge| (std::cmp::Reverse(merge.rank), merge.merged))
        }));
    }

    /// The bytes of a token: nothing for those that are not shown.
    #[must_use]
    pub fn decode(&self, token: u32) -> &[u8] {
        if self.rules.hidden.binary_search(&token).is_ok() { &[] } else { self.words.get(token) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_alphabet_has_every_byte_once() {
        let mut seen: Vec<u8> = (0..0x144).filter_map(char::from_u32).filter_map(byte_of).collect();
        seen.sort_unstable();
        assert_eq!(seen, (0..=255).collect::<Vec<u8>>());
        // The space is the letter G with a dot.
        assert_eq!(bytes_of("Ġa"), b" a");
        assert_eq!(bytes_of("a b"), b"a b", "not of the alphabet");
    }
}
