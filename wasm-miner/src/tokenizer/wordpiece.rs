//! The tokenizer of uncased BERT models: text is cleaned, lowered and stripped of accents, split at spaces and
//! punctuation, and each word is cut into the longest pieces of the vocabulary.
//!
//! In: a `vocab.txt` from outside, and any text. Out: tokens that all lie inside of the vocabulary.

use std::collections::HashMap;

use unicode_normalization::UnicodeNormalization as _;
use unicode_properties::{GeneralCategory, GeneralCategoryGroup, UnicodeGeneralCategory as _};

use crate::error::LoadError;

/// The largest vocabulary that we read.
const MOST_PIECES: usize = 1 << 20;
/// The longest piece that we read, in bytes.
const LONGEST_PIECE: usize = 512;
/// A word with more characters than this is unknown, whatever the vocabulary holds.
const LONGEST_WORD: usize = 100;
/// What marks a piece that goes on inside of a word.
const CONTINUATION: &str = "##";

/// A vocabulary of word pieces.
#[derive(Debug, Clone)]
pub struct WordPiece {
    /// Pieces at the start of a word.
    starts: HashMap<Box<str>, u32>,
    /// Pieces inside of a word, without their mark.
    continuations: HashMap<Box<str>, u32>,
    /// Tokens that stand for themselves wherever their name appears in a text.
    special: Vec<(&'static str, u32)>,
    first: u32,
    last: u32,
    unknown: u32,
    length: usize,
    longest_piece: usize,
    max_tokens: usize,
}

/// The tokens of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Encoded {
    /// The tokens, with those that start and end a text.
    pub tokens: Vec<u32>,
    /// Whether the end of the text was cut off.
    pub is_cut: bool,
}

impl WordPiece {
    /// Reads a `vocab.txt`: a piece per line, numbered from 0. Texts are cut to `max_tokens`.
    ///
    /// # Errors
    /// [`LoadError::Vocabulary`] naming the rule that is broken.
    pub fn parse(text: &[u8], max_tokens: usize) -> Result<Self, LoadError> {
        let refuse = |reason: String| LoadError::Vocabulary { reason };
        if max_tokens < 2 {
            return Err(refuse(format!("texts of {max_tokens} tokens have no room for start and end")));
        }
        let text = std::str::from_utf8(text).map_err(|error| refuse(error.to_string()))?;
        let (mut starts, mut continuations) = (HashMap::new(), HashMap::new());
        let (mut length, mut longest_piece) = (0, 0);
        for line in text.lines() {
            let id = u32::try_from(length).ok().filter(|_| length < MOST_PIECES);
            let id = id.ok_or_else(|| refuse(format!("more than {MOST_PIECES} pieces")))?;
            if line.len() > LONGEST_PIECE {
                return Err(refuse(format!("piece {id} has {} bytes", line.len())));
            }
            let (map, piece) = match line.strip_prefix(CONTINUATION) {
                Some(rest) if !rest.is_empty() => (&mut continuations, rest),
                _ => (&mut starts, line),
            };
            longest_piece = longest_piece.max(piece.len());
            if map.insert(Box::from(piece), id).is_some() {
                return Err(refuse(format!("the piece {line:?} is there twice")));
            }
            length += 1;
        }
        let token = |name: &str| {
            starts.get(name).copied().ok_or_else(|| refuse(format!("the token {name} is missing")))
        };
        let (first, last, unknown) = (token("[CLS]")?, token("[SEP]")?, token("[UNK]")?);
        let special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"];
        let special = special.iter().filter_map(|name| Some((*name, starts.get(*name).copied()?))).collect();
        Ok(Self { special, first, last, unknown, length, longest_piece, max_tokens, starts, continuations })
    }

    /// Number of tokens.
    #[must_use]
    pub fn len(&self) -> usize {
        self.length
    }

    /// Whether there are no tokens, which no vocabulary that was read has.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.length == 0
    }

    /// Texts are cut to this many tokens.
    #[must_use]
    pub fn max_tokens(&self) -> usize {
        self.max_tokens
    }

    /// The tokens of a text, between start and end.
    #[must_use]
    pub fn encode(&self, text: &str) -> Encoded {
        let room = self.max_tokens - 2;
        let mut tokens = vec![self.first];
        let mut rest = text;
        // One token too many tells that the text has to be cut; the rest need not be looked at.
        while !rest.is_empty() && tokens.len() <= room + 1 {
            let found = self.special.iter().filter_map(|(name, id)| Some((rest.find(name)?, *name, *id)));
            let Some((at, name, id)) = found.min_by_key(|(at, ..)| *at) else {
                self.words(rest, room + 2, &mut tokens);
                break;
            };
            let (before, from) = rest.split_at(at);
            self.words(before, room + 2, &mut tokens);
            tokens.push(id);
            rest = from.strip_prefix(name).unwrap_or_default();
        }
        let is_cut = tokens.len() > room + 1;
        tokens.truncate(room + 1);
        tokens.push(self.last);
        Encoded { tokens, is_cut }
    }

    /// Adds the tokens of a text without special tokens, until there are `most` in all.
    fn words(&self, text: &str, most: usize, tokens: &mut Vec<u32>) {
        let mut word = String::new();
        let end = |word: &mut String, tokens: &mut Vec<u32>| {
            if !word.is_empty() && tokens.len() < most {
                self.pieces(word, tokens);
            }
            word.clear();
        };
        for c in normalised(text) {
            if tokens.len() >= most {
                return;
            }
            if c.is_whitespace() {
                end(&mut word, tokens);
            } else if is_punctuation(c) {
                end(&mut word, tokens);
                word.push(c);
                end(&mut word, tokens);
            } else {
                word.push(c);
            }
        }
        end(&mut word, tokens);
    }

    /// Cuts a word into the longest pieces from its start on; a word with a part that no piece fits is unknown.
    fn pieces(&self, word: &str, tokens: &mut Vec<u32>) {
        let before = tokens.len();
        if word.chars().count() > LONGEST_WORD {
            tokens.push(self.unknown);
            return;
        }
        let mut rest = word;
        while !rest.is_empty() {
            let map = if rest.len() == word.len() { &self.starts } else { &self.continuations };
            let ends = (1..=rest.len().min(self.longest_piece)).rev();
            let found = ends.filter_map(|end| rest.split_at_checked(end));
            let found = found.filter_map(|(piece, after)| Some((*map.get(piece)?, after))).next();
            let Some((id, after)) = found else {
                tokens.truncate(before);
                tokens.push(self.unknown);
                return;
            };
            tokens.push(id);
            rest = after;
        }
    }
}

/// The characters of a text without control characters and accents, in lower case, with spaces around each
/// character of Chinese.
fn normalised(text: &str) -> impl Iterator<Item = char> {
    let clean = text.chars().filter(|c| !is_removed(*c));
    let spaced = clean.flat_map(|c| {
        let space = is_chinese(c).then_some(' ');
        space.into_iter().chain([c]).chain(space)
    });
    spaced
        .nfd()
        .filter(|c| c.general_category() != GeneralCategory::NonspacingMark)
        .flat_map(char::to_lowercase)
}

fn is_removed(c: char) -> bool {
    let is_control = matches!(
        c.general_category(),
        GeneralCategory::Control | GeneralCategory::Format | GeneralCategory::PrivateUse
    );
    c == '\u{fffd}' || is_control && !matches!(c, '\t' | '\n' | '\r')
}

fn is_punctuation(c: char) -> bool {
    c.is_ascii_punctuation() || c.general_category_group() == GeneralCategoryGroup::Punctuation
}

/// The blocks that BERT takes for Chinese. Japanese syllables and Korean are written with spaces or not at all.
fn is_chinese(c: char) -> bool {
    matches!(
        u32::from(c),
        0x4e00..=0x9fff
            | 0x3400..=0x4dbf
            | 0x20000..=0x2a6df
            | 0x2a700..=0x2b73f
            | 0x2b740..=0x2b81f
            | 0x2b920..=0x2ceaf
            | 0xf900..=0xfaff
            | 0x2f800..=0x2fa1f
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const VOCABULARY: &str = "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\nun\n##aff\n##able\nnaive\n,\n##a\n中\na\n";

    fn tokenizer(max_tokens: usize) -> WordPiece {
        WordPiece::parse(VOCABULARY.as_bytes(), max_tokens).unwrap()
    }

    fn check(text: &str, expected: &[u32]) {
        let encoded = tokenizer(64).encode(text);
        assert_eq!(encoded.tokens, [&[2], expected, &[3]].concat(), "{text:?}");
        assert!(!encoded.is_cut);
    }

    #[test]
    fn words_become_their_longest_pieces() {
        check("unaffable", &[5, 6, 7]);
        check("UNAFFABLE,Naïve", &[5, 6, 7, 9, 8]);
        check("una", &[5, 10]);
        check("unb", &[1]);
        check("a中a\u{0}\u{200b}a", &[12, 11, 12, 10]);
        check("", &[]);
        check(&"a".repeat(60), &[[12].as_slice(), &[10; 59]].concat());
    }

    #[test]
    fn special_tokens_are_seen_in_text() {
        check("a[SEP]a [MASK]", &[12, 3, 12, 4]);
    }

    #[test]
    fn long_words_are_unknown_and_long_texts_cut() {
        check(&"a".repeat(101), &[1]);
        let encoded = tokenizer(5).encode("a, a, a");
        assert_eq!(encoded, Encoded { tokens: vec![2, 12, 9, 12, 3], is_cut: true });
        assert!(!tokenizer(5).encode("a, a").is_cut);
        assert_eq!(tokenizer(2).encode("a").tokens, [2, 3]);
        assert!(tokenizer(4).encode("a[SEP][SEP][SEP]").is_cut);
    }

    #[test]
    fn broken_vocabularies_are_named() {
        let refused = |text: &[u8], max: usize, word: &str| match WordPiece::parse(text, max) {
            Err(LoadError::Vocabulary { reason }) => assert!(reason.contains(word), "{reason}"),
            other => panic!("{other:?}"),
        };
        refused(&[0xff], 8, "utf-8");
        refused(b"[UNK]\n[CLS]\n", 8, "[SEP]");
        refused(b"[UNK]\n[CLS]\n[SEP]\na\na\n", 8, "twice");
        refused("x".repeat(513).as_bytes(), 8, "513 bytes");
        refused(VOCABULARY.as_bytes(), 1, "no room");
        let many: String = (0..=MOST_PIECES).map(|index| format!("{index:x}\n")).collect();
        refused(many.as_bytes(), 8, "more than");
    }

    proptest! {
        #[test]
        fn any_text_becomes_tokens_of_the_vocabulary(text in any::<String>(), max_tokens in 2_usize..20) {
            let tokenizer = tokenizer(max_tokens);
            let tokens = tokenizer.encode(&text).tokens;
            prop_assert!(tokens.len() <= max_tokens);
            prop_assert!(tokens.iter().all(|token| (*token as usize) < tokenizer.len()));
        }

        #[test]
        fn any_bytes_are_a_vocabulary_or_an_error(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            _ = WordPiece::parse(&bytes, 8);
        }
    }
}
