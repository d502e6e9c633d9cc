//! The tokenizer of a `tokenizer.json`: byte-level BPE with the cuts and templates that the families we run use.
//! Everything else is refused by name, so that a text never silently becomes other tokens.

use std::{borrow::Cow, collections::BTreeMap};

use serde::Deserialize;
use serde_json::value::RawValue;
use unicode_normalization::UnicodeNormalization as _;

use crate::{
    error::LoadError,
    tokenizer::{
        Tokenizer,
        added::{Added, AddedToken},
        bpe::{Bpe, Rules, bytes_of},
        split::{Pattern, Step},
        words::{MOST_TOKENS, Words, refuse},
    },
};

/// The largest file that is read: 48 MiB. That of Llama 3 has 17.
pub const LARGEST_FILE: usize = 48 << 20;
/// The longest description of a step.
const LONGEST_STEP: usize = 1 << 16;

#[derive(Deserialize, PartialEq, Eq, PartialOrd, Ord)]
#[serde(transparent)]
struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

#[derive(Deserialize)]
struct Raw<'a> {
    #[serde(default)]
    added_tokens: Vec<RawAdded>,
    #[serde(borrow)]
    normalizer: Option<&'a RawValue>,
    #[serde(borrow)]
    pre_tokenizer: Option<&'a RawValue>,
    #[serde(borrow)]
    post_processor: Option<&'a RawValue>,
    #[serde(borrow)]
    model: RawModel<'a>,
}

#[derive(Deserialize)]
struct RawAdded {
    id: u32,
    content: String,
    #[serde(default)]
    single_word: bool,
    #[serde(default)]
    lstrip: bool,
    #[serde(default)]
    rstrip: bool,
    #[serde(default)]
    normalized: bool,
    #[serde(default)]
    special: bool,
}

#[derive(Deserialize)]
struct RawModel<'a> {
    #[serde(rename = "type")]
    kind: Option<String>,
    #[serde(borrow)]
    vocab: BTreeMap<Text<'a>, u32>,
    #[serde(borrow)]
    merges: Vec<RawMerge<'a>>,
    continuing_subword_prefix: Option<String>,
    end_of_word_suffix: Option<String>,
    #[serde(default)]
    byte_fallback: bool,
    #[serde(default)]
    ignore_merges: bool,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum RawMerge<'a> {
    Line(#[serde(borrow)] Text<'a>),
    Pair(#[serde(borrow)] Text<'a>, #[serde(borrow)] Text<'a>),
}

#[derive(Deserialize)]
#[serde(tag = "type")]
enum Normalizer {
    #[serde(rename = "NFC")]
    Nfc,
    Sequence {
        normalizers: Vec<Normalizer>,
    },
}

#[derive(Deserialize)]
#[serde(tag = "type")]
enum PreTokenizer {
    Sequence {
        pretokenizers: Vec<PreTokenizer>,
    },
    Split {
        pattern: SplitPattern,
        behavior: String,
        #[serde(default)]
        invert: bool,
    },
    Digits {
        individual_digits: bool,
    },
    ByteLevel {
        add_prefix_space: bool,
        #[serde(default = "yes")]
        use_regex: bool,
    },
}

fn yes() -> bool {
    true
}

#[derive(Deserialize)]
enum SplitPattern {
    Regex(String),
    String(String),
}

#[derive(Deserialize)]
#[serde(tag = "type")]
enum PostProcessor {
    Sequence { processors: Vec<PostProcessor> },
    ByteLevel {},
    TemplateProcessing { single: Vec<Template>, special_tokens: BTreeMap<String, TemplateToken> },
}

#[derive(Deserialize)]
enum Template {
    SpecialToken { id: String },
    Sequence {},
}

#[derive(Deserialize)]
struct TemplateToken {
    ids: Vec<u32>,
}

fn step<'a, T: Deserialize<'a>>(raw: Option<&'a RawValue>, what: &str) -> Result<Option<T>, LoadError> {
    let Some(text) = raw.map(RawValue::get) else { return Ok(None) };
    if text.len() > LONGEST_STEP {
        return refuse(format!("{what} has {} bytes", text.len()));
    }
    serde_json::from_str(text).or_else(|error| refuse(format!("{what}: {error}")))
}

/// Reads a `tokenizer.json`.
///
/// # Errors
/// [`LoadError::Vocabulary`] for a model or a step that we do not read, or a file that contradicts itself.
pub fn read(json: &[u8]) -> Result<Tokenizer, LoadError> {
    if json.len() > LARGEST_FILE {
        return refuse(format!("tokenizer.json has {} bytes", json.len()));
    }
    let mut raw: Raw<'_> =
        serde_json::from_slice(json).or_else(|error| refuse(format!("tokenizer.json: {error}")))?;
    check(&raw.model)?;
    let mut rules = Rules { takes_whole_words: raw.model.ignore_merges, ..Rules::default() };
    rules.is_composed = match step::<Normalizer>(raw.normalizer, "the normalizer")? {
        None => false,
        Some(normalizer) => is_composed(&normalizer),
    };
    // Such tokens are looked for in composed text, so they have to be composed themselves.
    for token in raw.added_tokens.iter_mut().filter(|token| token.normalized && rules.is_composed) {
        token.content = token.content.nfc().collect();
    }
    let mut is_byte_level = false;
    if let Some(cut) = step::<PreTokenizer>(raw.pre_tokenizer, "the pre-tokenizer")? {
        push_steps(cut, &mut rules.steps, &mut is_byte_level)?;
    }
    if !is_byte_level {
        return refuse("the pre-tokenizer does not end in ByteLevel");
    }
    if let Some(template) = step::<PostProcessor>(raw.post_processor, "the post-processor")? {
        push_template(template, &mut rules)?;
    }
    let words = words(&raw)?;
    for (is_composed, to) in [(false, &mut rules.raw), (true, &mut rules.composed)] {
        let tokens = raw.added_tokens.iter().filter(|token| token.normalized == is_composed);
        *to = Added::new(tokens.map(added).collect())?;
    }
    rules.hidden = raw.added_tokens.iter().filter(|token| token.special).map(|token| token.id).collect();
    rules.hidden.sort_unstable();
    let merges = raw.model.merges.iter().map(pair).collect::<Result<Vec<_>, _>>()?;
    Ok(Tokenizer::Bpe(Box::new(Bpe::new(words, merges, rules)?)))
}

fn check(model: &RawModel<'_>) -> Result<(), LoadError> {
    if let Some(kind) = model.kind.as_deref().filter(|kind| *kind != "BPE") {
        return refuse(format!("the model {kind:?} is not BPE"));
    }
    let is_set = |text: &Option<String>| text.as_deref().is_some_and(|text| !text.is_empty());
    if model.byte_fallback || is_set(&model.continuing_subword_prefix) || is_set(&model.end_of_word_suffix) {
        return refuse("byte_fallback, continuing_subword_prefix and end_of_word_suffix are not supported");
    }
    Ok(())
}

fn added(token: &RawAdded) -> AddedToken {
    AddedToken {
        text: token.content.clone(),
        id: token.id,
        takes_left: token.lstrip,
        takes_right: token.rstrip,
        is_word: token.single_word,
    }
}

fn pair<'a>(merge: &'a RawMerge<'_>) -> Result<(&'a str, &'a str), LoadError> {
    match merge {
        RawMerge::Pair(left, right) => Ok((&left.0, &right.0)),
        RawMerge::Line(line) => {
            line.0.split_once(' ').map_or_else(|| refuse(format!("the merge {:?} is not a pair", line.0)), Ok)
        }
    }
}

/// All tokens by number. Numbers that nothing has are empty tokens.
fn words(raw: &Raw<'_>) -> Result<Words, LoadError> {
    let plain = raw.model.vocab.iter().map(|(token, id)| (*id, token.0.as_ref(), false));
    let added = raw.added_tokens.iter().map(|token| (token.id, token.content.as_str(), true));
    let mut list: Vec<(u32, &str, bool)> = plain.chain(added).collect();
    list.sort_unstable();
    // A special token is often in both lists.
    list.dedup_by(|next, before| {
        let is_same = next.0 == before.0 && next.1 == before.1;
        before.2 |= is_same && next.2;
        is_same
    });
    let mut words = Words::default();
    let mut is_text = Vec::with_capacity(list.len());
    for (id, token, is_added) in list {
        if id as usize >= MOST_TOKENS {
            return refuse(format!("token {id} is beyond the largest vocabulary"));
        }
        if (id as usize) < words.len() {
            return refuse(format!("two tokens have the number {id}"));
        }
        while words.len() < id as usize {
            words.push(&[])?;
            is_text.push(false);
        }
        if is_added {
            words.push(token.as_bytes())?;
        } else {
            words.push(&bytes_of(token))?;
        }
        is_text.push(!is_added);
    }
    words.index(|id| is_text.get(id).copied().unwrap_or(false));
    Ok(words)
}

fn is_composed(normalizer: &Normalizer) -> bool {
    match normalizer {
        Normalizer::Nfc => true,
        Normalizer::Sequence { normalizers } => normalizers.iter().any(is_composed),
    }
}

fn push_steps(cut: PreTokenizer, steps: &mut Vec<Step>, is_byte_level: &mut bool) -> Result<(), LoadError> {
    if *is_byte_level {
        return refuse("the pre-tokenizer has a step after ByteLevel");
    }
    match cut {
        PreTokenizer::Sequence { pretokenizers } => {
            for cut in pretokenizers {
                push_steps(cut, steps, is_byte_level)?;
            }
        }
        PreTokenizer::Digits { individual_digits } => {
            steps.push(Step::Digits { is_single: individual_digits })
        }
        PreTokenizer::Split { pattern: SplitPattern::Regex(regex), behavior, invert: false }
            if behavior == "Isolated" =>
        {
            match Pattern::of_regex(&regex) {
                Some(pattern) => steps.push(Step::Pattern(pattern)),
                None => return refuse(format!("the pattern {regex:?} is not known")),
            }
        }
        PreTokenizer::Split { pattern, behavior, .. } => {
            let (SplitPattern::Regex(text) | SplitPattern::String(text)) = pattern;
            return refuse(format!("a split by {text:?}, {behavior}, is not supported"));
        }
        PreTokenizer::ByteLevel { add_prefix_space, use_regex } => {
            if add_prefix_space {
                steps.push(Step::PrefixSpace);
            }
            if use_regex {
                steps.push(Step::Pattern(Pattern::Gpt2));
            }
            *is_byte_level = true;
        }
    }
    Ok(())
}

fn push_template(processor: PostProcessor, rules: &mut Rules) -> Result<(), LoadError> {
    match processor {
        PostProcessor::ByteLevel {} => Ok(()),
        PostProcessor::Sequence { processors } => {
            processors.into_iter().try_for_each(|processor| push_template(processor, rules))
        }
        PostProcessor::TemplateProcessing { single, special_tokens } => {
            let mut is_after = false;
            for item in single {
                match item {
                    Template::Sequence {} if is_after => return refuse("the template has two texts"),
                    Template::Sequence {} => is_after = true,
                    Template::SpecialToken { id } => {
                        let Some(token) = special_tokens.get(&id) else {
                            return refuse(format!("the template names {id:?}, which is not there"));
                        };
                        let to = if is_after { &mut rules.suffix } else { &mut rules.prefix };
                        to.extend(&token.ids);
                    }
                }
            }
            Ok(())
        }
    }
}
