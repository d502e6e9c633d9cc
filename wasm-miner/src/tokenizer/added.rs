//! Tokens that are found in a text as they are, before anything else: the leftmost first, the longest of those.

use crate::{error::LoadError, tokenizer::words::refuse};

/// The most of such tokens.
const MOST: usize = 1 << 14;

/// A token that is found as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AddedToken {
    /// Its text.
    pub text: String,
    /// Its number.
    pub id: u32,
    /// It takes the spaces before it along.
    pub takes_left: bool,
    /// It takes the spaces after it along.
    pub takes_right: bool,
    /// It has to stand apart from letters and digits.
    pub is_word: bool,
}

/// A part of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part<'a> {
    /// Text without such tokens; never empty.
    Text(&'a str),
    /// A token.
    Token(u32),
}

/// All such tokens of a vocabulary.
#[derive(Debug, Clone, Default)]
pub struct Added {
    /// In the order of their first byte, then the longest first.
    tokens: Vec<AddedToken>,
}

impl Added {
    /// Sorts the tokens.
    ///
    /// # Errors
    /// [`LoadError::Vocabulary`] for an empty token or too many.
    pub fn new(mut tokens: Vec<AddedToken>) -> Result<Self, LoadError> {
        if tokens.len() > MOST {
            return refuse(format!("{} added tokens", tokens.len()));
        }
        if let Some(empty) = tokens.iter().find(|token| token.text.is_empty()) {
            return refuse(format!("added token {} is empty", empty.id));
        }
        let key = |token: &AddedToken| (token.text.bytes().next(), std::cmp::Reverse(token.text.len()));
        tokens.sort_by_key(key);
        Ok(Self { tokens })
    }

    /// Cuts a text.
    #[must_use]
    pub fn split<'a>(&self, text: &'a str) -> Vec<Part<'a>> {
        let mut parts = Vec::new();
        let (mut begin, mut at) = (0, 0);
        while at < text.len() {
            let Some((token, from, to)) = self.find_at(text, begin, at) else {
                at += text.get(at..).and_then(|rest| rest.chars().next()).map_or(1, char::len_utf8);
                continue;
            };
            if let Some(before) = text.get(begin..from).filter(|before| !before.is_empty()) {
                parts.push(Part::Text(before));
            }
            parts.push(Part::Token(token));
            (begin, at) = (to, to);
        }
        if let Some(rest) = text.get(begin..).filter(|rest| !rest.is_empty()) {
            parts.push(Part::Text(rest));
        }
        parts
    }

    /// The token at a place, and the span that it takes.
    fn find_at(&self, text: &str, begin: usize, at: usize) -> Option<(u32, usize, usize)> {
        let rest = text.get(at..)?;
        let first = rest.bytes().next();
        let start = self.tokens.partition_point(|token| token.text.bytes().next() < first);
        let same = self.tokens.get(start..)?.iter().take_while(|token| token.text.bytes().next() == first);
        let token = same.into_iter().find(|token| rest.starts_with(&token.text))?;
        let (before, after) = (text.get(begin..at)?, rest.get(token.text.len()..)?);
        let is_inside = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
        if token.is_word
            && (is_inside(text.get(..at)?.chars().next_back()) || is_inside(after.chars().next()))
        {
            return None;
        }
        let left = if token.takes_left { before.len() - before.trim_end().len() } else { 0 };
        let right = if token.takes_right { after.len() - after.trim_start().len() } else { 0 };
        Some((token.id, at - left, at + token.text.len() + right))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_leftmost_then_the_longest() {
        let token = |text: &str, id, takes_left, takes_right, is_word| AddedToken {
            text: text.into(),
            id,
            takes_left,
            takes_right,
            is_word,
        };
        let added = Added::new(vec![
            token("<a>", 1, false, false, false),
            token("<a><b>", 2, false, false, false),
            token("é", 3, true, true, false),
            token("word", 4, false, false, true),
        ])
        .unwrap();
        let split = |text| added.split(text);
        assert_eq!(split("x<a><b><a>"), [Part::Text("x"), Part::Token(2), Part::Token(1)]);
        assert_eq!(split("x  é \n y"), [Part::Text("x"), Part::Token(3), Part::Text("y")]);
        assert_eq!(split("words word"), [Part::Text("words "), Part::Token(4)]);
        assert_eq!(split(""), []);
        assert!(Added::new(vec![token("", 1, false, false, false)]).is_err());
    }
}
