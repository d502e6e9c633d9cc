//! SentencePiece vocabularies with scores, as GGUF files of the older Llama models have them: characters are merged
//! by score, and what is not in the vocabulary is spelled in bytes.

use crate::{
    error::LoadError,
    loader::gguf::model::Vocabulary,
    tokenizer::{
        added::{Added, AddedToken, Part},
        merge,
        words::{Words, refuse},
    },
};

/// What stands for a space.
const SPACE: char = '\u{2581}';
/// How an unknown token is shown.
const UNKNOWN: &[u8] = " \u{2047} ".as_bytes();

/// The kind of a token in a GGUF file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Text.
    Normal,
    /// Stands for what cannot be written.
    Unknown,
    /// Steers the model; it is not shown.
    Control,
    /// Found in a text as it is.
    User,
    /// Text never becomes it.
    Unused,
    /// A byte.
    Byte,
}

impl Kind {
    /// The kind of a number.
    #[must_use]
    pub fn of(number: f32) -> Self {
        match number {
            2.0 => Self::Unknown,
            3.0 => Self::Control,
            4.0 => Self::User,
            5.0 => Self::Unused,
            6.0 => Self::Byte,
            _ => Self::Normal,
        }
    }
}

/// A vocabulary of pieces with scores.
#[derive(Debug, Clone)]
pub struct Pieces {
    words: Words,
    kinds: Vec<Kind>,
    scores: Vec<f32>,
    bytes: Vec<Option<u32>>,
    added: Added,
    unknown: u32,
    prefix: Option<u32>,
    suffix: Option<u32>,
    adds_space: bool,
}

/// A piece of text while pieces are merged: where it begins and ends.
type Span = (usize, usize);

/// Scores as numbers whose order is theirs.
fn order(score: f32) -> i64 {
    let bits = i64::from(score.to_bits().cast_signed());
    if bits < 0 { i64::from(i32::MIN) - bits } else { bits }
}

impl Pieces {
    /// The vocabulary of a GGUF file.
    ///
    /// # Errors
    /// [`LoadError::Vocabulary`] where lists differ in length or there is nothing for unknown text.
    pub fn of_gguf(vocabulary: &Vocabulary) -> Result<Self, LoadError> {
        let count = vocabulary.tokens.len();
        if count == 0 || vocabulary.scores.len() != count || vocabulary.kinds.len() != count {
            let (scores, kinds) = (vocabulary.scores.len(), vocabulary.kinds.len());
            return refuse(format!("{count} tokens, {scores} scores and {kinds} kinds"));
        }
        let kinds: Vec<Kind> = vocabulary.kinds.iter().map(|number| Kind::of(*number)).collect();
        let (mut words, mut bytes, mut added) = (Words::default(), vec![None; 256], Vec::new());
        for (token, kind) in vocabulary.tokens.iter().zip(&kinds) {
            let id = words.push(token.as_bytes())?;
            match kind {
                Kind::Byte => match byte_of(token).and_then(|byte| bytes.get_mut(usize::from(byte))) {
                    Some(slot) => *slot = Some(id),
                    None => return refuse(format!("{token:?} is not a byte")),
                },
                Kind::Control | Kind::User if !token.is_empty() => added.push(AddedToken {
                    text: token.to_owned(),
                    id,
                    takes_left: false,
                    takes_right: false,
                    is_word: false,
                }),
                _ => {}
            }
        }
        let known = |id: Option<u32>| id.filter(|id| (*id as usize) < count);
        let first =
            kinds.iter().position(|kind| *kind == Kind::Unknown).and_then(|id| u32::try_from(id).ok());
        let Some(unknown) = known(vocabulary.unknown.or(first)) else {
            return refuse("there is no token for unknown text");
        };
        words.index(|id| matches!(kinds.get(id), Some(Kind::Normal | Kind::User)));
        let flagged = |flag: Option<bool>, default, id| known(id).filter(|_| flag.unwrap_or(default));
        Ok(Self {
            prefix: flagged(vocabulary.add_start, true, vocabulary.start),
            suffix: flagged(vocabulary.add_end, false, vocabulary.end),
            adds_space: vocabulary.add_space.unwrap_or(true),
            scores: vocabulary.scores.clone(),
            added: Added::new(added)?,
            words,
            kinds,
            bytes,
            unknown,
        })
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
        let mut tokens: Vec<u32> = self.prefix.into_iter().collect();
        for part in self.added.split(text) {
            match part {
                Part::Token(token) => tokens.push(token),
                Part::Text(text) => self.push_text(text, &mut tokens),
            }
        }
        tokens.extend(self.suffix);
        tokens
    }

    fn push_text(&self, text: &str, tokens: &mut Vec<u32>) {
        let space = if self.adds_space { " " } else { "" };
        let text: String =
            space.chars().chain(text.chars()).map(|c| if c == ' ' { SPACE } else { c }).collect();
        let bytes = |(begin, end): Span| text.as_bytes().get(begin..end).unwrap_or(&[]);
        let spans = text.char_indices().map(|(begin, c)| (begin, begin + c.len_utf8()));
        let spans = merge::merge(spans, |left: Span, right: Span| {
            let both = (left.0, right.1);
            let token = self.words.find(bytes(both))?;
            Some((order(self.scores.get(token as usize).copied().unwrap_or(f32::MIN)), both))
        });
        for span in spans {
            match self.words.find(bytes(span)) {
                Some(token) => tokens.push(token),
                None => tokens.extend(bytes(span).iter().map(|byte| {
                    self.bytes.get(usize::from(*byte)).copied().flatten().unwrap_or(self.unknown)
                })),
            }
        }
    }

    /// The bytes of a token: nothing for those that are not shown.
    #[must_use]
    pub fn decode(&self, token: u32) -> Vec<u8> {
        let piece = self.words.get(token);
        match self.kinds.get(token as usize) {
            Some(Kind::Normal | Kind::User | Kind::Unused) => {
                String::from_utf8_lossy(piece).replace(SPACE, " ").into_bytes()
            }
            Some(Kind::Unknown) => UNKNOWN.to_vec(),
            Some(Kind::Byte) => std::str::from_utf8(piece).ok().and_then(byte_of).into_iter().collect(),
            Some(Kind::Control) | None => Vec::new(),
        }
    }
}

/// The byte of a token such as `<0x0A>`.
fn byte_of(token: &str) -> Option<u8> {
    let digits = token.strip_prefix("<0x")?.strip_suffix('>')?;
    let is_hex = digits.len() == 2 && digits.bytes().all(|digit| digit.is_ascii_hexdigit());
    is_hex.then(|| u8::from_str_radix(digits, 16).ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scores_keep_their_order() {
        let scores = [f32::NEG_INFINITY, -3.5, -3.4, -0.0, 0.0, 1e-30, 7.0];
        assert!(scores.windows(2).all(|pair| order(pair[0]) <= order(pair[1])));
    }

    #[test]
    fn bytes_have_two_digits() {
        assert_eq!(byte_of("<0xfF>"), Some(255));
        for other in ["<0xf>", "<0x+1>", "0x00", "<0x000>", "<0x€>"] {
            assert_eq!(byte_of(other), None, "{other}");
        }
    }
}
