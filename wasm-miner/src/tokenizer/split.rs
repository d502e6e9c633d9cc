//! Cuts a text into the words within which byte pairs are merged. The patterns are those of the families that we
//! run, each written out as a scanner: a general engine for regular expressions would be larger than the rest of
//! the tokenizer.

use unicode_properties::{GeneralCategoryGroup, UnicodeGeneralCategory as _};

/// A pattern that matches every text from end to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pattern {
    /// That of GPT-2, which `ByteLevel` uses by itself.
    Gpt2,
    /// That of Llama 3 with up to three digits together, and of Qwen2 with one.
    Llama3 {
        /// The most digits together.
        digits: usize,
    },
}

/// One cut after another, each within the pieces of the one before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Digits apart from everything else: each by itself, or runs of them.
    Digits {
        /// Each by itself.
        is_single: bool,
    },
    /// By a pattern.
    Pattern(Pattern),
    /// A space is put before every piece that does not start with one. Only ever the last step but for patterns.
    PrefixSpace,
}

const GPT2: &str = r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+";
const LLAMA3: &str = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";
const QWEN2: &str = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";

impl Pattern {
    /// The scanner of a regular expression, if it is one of those that we know.
    #[must_use]
    pub fn of_regex(regex: &str) -> Option<Self> {
        match regex {
            GPT2 => Some(Self::Gpt2),
            LLAMA3 => Some(Self::Llama3 { digits: 3 }),
            QWEN2 => Some(Self::Llama3 { digits: 1 }),
            _ => None,
        }
    }

    /// Bytes of the match at the start of a text that is not empty.
    fn length(self, text: &str) -> usize {
        let by_kind = match self {
            Self::Gpt2 => contraction(text, false).or_else(|| gpt2(text)),
            Self::Llama3 { digits } => contraction(text, true).or_else(|| llama3(text, digits)),
        };
        by_kind.unwrap_or_else(|| spaces(text)).max(1)
    }
}

fn is_letter(c: char) -> bool {
    c.general_category_group() == GeneralCategoryGroup::Letter
}

fn is_other(c: char) -> bool {
    !c.is_whitespace() && !is_letter(c) && !c.is_numeric()
}

fn is_break(c: char) -> bool {
    matches!(c, '\r' | '\n')
}

/// Bytes of the run at the start of a text.
fn run(text: &str, is_part: impl Fn(char) -> bool) -> usize {
    text.find(|c| !is_part(c)).unwrap_or(text.len())
}

fn contraction(text: &str, any_case: bool) -> Option<usize> {
    let rest = text.strip_prefix('\'')?;
    ["s", "t", "re", "ve", "m", "ll", "d"].into_iter().find_map(|ending| {
        let mut at = 0;
        for (wanted, c) in ending.chars().zip(rest.chars().map(Some).chain(std::iter::repeat(None))) {
            let c = c?;
            // The long s is the only other character that folds to one of these letters.
            let is_same =
                c == wanted || any_case && (c.eq_ignore_ascii_case(&wanted) || wanted == 's' && c == 'ſ');
            if !is_same {
                return None;
            }
            at += c.len_utf8();
        }
        Some(1 + at)
    })
}

/// `after`, with the one character before it that may come along.
fn with_space(text: &str, is_part: impl Fn(char) -> bool) -> Option<usize> {
    let space = usize::from(text.starts_with(' '));
    let length = run(text.get(space..)?, is_part);
    (length > 0).then_some(space + length)
}

fn gpt2(text: &str) -> Option<usize> {
    with_space(text, is_letter)
        .or_else(|| with_space(text, char::is_numeric))
        .or_else(|| with_space(text, is_other))
}

fn llama3(text: &str, digits: usize) -> Option<usize> {
    let first = text.chars().next()?;
    let lead = if is_letter(first) || first.is_numeric() || is_break(first) { 0 } else { first.len_utf8() };
    let letters = run(text.get(lead..)?, is_letter);
    if letters > 0 {
        return Some(lead + letters);
    }
    if first.is_numeric() {
        return Some(text.chars().take(digits).take_while(|c| c.is_numeric()).map(char::len_utf8).sum());
    }
    if let Some(length) = with_space(text, is_other) {
        return Some(length + run(text.get(length..)?, is_break));
    }
    let blank = text.get(..run(text, char::is_whitespace))?;
    blank.rfind(is_break).map(|last| last + 1)
}

/// A run of spaces without its last one, which belongs to the word after it.
fn spaces(text: &str) -> usize {
    let length = run(text, char::is_whitespace);
    let Some(blank) = text.get(..length) else { return text.len() };
    match blank.char_indices().next_back() {
        Some((last, _)) if length < text.len() && last > 0 => last,
        _ => length,
    }
}

/// Cuts a text by all steps.
pub fn each_word(text: &str, steps: &[Step], act: &mut dyn FnMut(&str)) {
    let Some((step, after)) = steps.split_first() else {
        return act(text);
    };
    let mut rest = text;
    match *step {
        Step::PrefixSpace if !text.is_empty() && !text.starts_with(' ') => {
            each_word(&format!(" {text}"), after, act);
        }
        Step::PrefixSpace => each_word(text, after, act),
        Step::Digits { is_single } => {
            while let Some(first) = rest.chars().next() {
                let length = match (first.is_numeric(), is_single) {
                    (true, true) => first.len_utf8(),
                    (true, false) => run(rest, char::is_numeric),
                    (false, _) => run(rest, |c| !c.is_numeric()),
                };
                rest = piece(rest, length, after, act);
            }
        }
        Step::Pattern(pattern) => {
            while !rest.is_empty() {
                rest = piece(rest, pattern.length(rest), after, act);
            }
        }
    }
}

fn piece<'a>(text: &'a str, length: usize, steps: &[Step], act: &mut dyn FnMut(&str)) -> &'a str {
    let (piece, rest) = text.split_at_checked(length).unwrap_or((text, ""));
    each_word(piece, steps, act);
    rest
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str, pattern: Pattern) -> Vec<String> {
        let mut words = Vec::new();
        each_word(text, &[Step::Pattern(pattern)], &mut |word| words.push(word.to_owned()));
        words
    }

    #[test]
    fn patterns_cut_as_they_read() {
        assert_eq!(words("I'll  go\n 12", Pattern::Gpt2), ["I", "'ll", " ", " go", "\n", " 12"]);
        let llama = Pattern::Llama3 { digits: 3 };
        assert_eq!(
            words("I'LL (go)\r\n\n  12345", llama),
            ["I", "'LL", " (", "go", ")\r\n\n", " ", " ", "123", "45"]
        );
        assert_eq!(words(" \n x", llama), [" \n", " x"]);
    }

    proptest::proptest! {
        #[test]
        fn nothing_is_lost(text in ".*") {
            for pattern in [Pattern::Gpt2, Pattern::Llama3 { digits: 1 }] {
                proptest::prop_assert_eq!(words(&text, pattern).concat(), text.clone());
            }
        }
    }
}
