//! The tokenizer of a GGUF file.

use crate::{
    error::LoadError,
    loader::gguf::model::Vocabulary,
    tokenizer::{
        Tokenizer,
        added::{Added, AddedToken},
        bpe::{Bpe, Rules, bytes_of},
        pieces::{Kind, Pieces},
        split::{Pattern, Step},
        words::{Words, refuse},
    },
};

/// Reads the vocabulary of a GGUF file.
///
/// # Errors
/// [`LoadError::Vocabulary`] for a kind that we do not read, or one that contradicts itself.
pub fn read(vocabulary: &Vocabulary) -> Result<Tokenizer, LoadError> {
    match vocabulary.model.as_str() {
        "gpt2" => Ok(Tokenizer::Bpe(Box::new(bpe(vocabulary)?))),
        "llama" => Ok(Tokenizer::Pieces(Box::new(Pieces::of_gguf(vocabulary)?))),
        "" => refuse("the file has no vocabulary"),
        other => refuse(format!("the kind {other:?} is not one of gpt2, llama")),
    }
}

fn bpe(vocabulary: &Vocabulary) -> Result<Bpe, LoadError> {
    let pattern = Step::Pattern;
    let (steps, is_llama3, is_composed) = match vocabulary.pre.as_str() {
        "llama-bpe" | "llama3" | "llama-v3" => (vec![pattern(Pattern::Llama3 { digits: 3 })], true, false),
        "qwen2" => (vec![pattern(Pattern::Llama3 { digits: 1 })], false, true),
        "smollm" => (vec![Step::Digits { is_single: true }, pattern(Pattern::Gpt2)], false, false),
        "gpt-2" | "gpt2" => (vec![pattern(Pattern::Gpt2)], false, false),
        other => {
            return refuse(format!(
                "the pre-tokenizer {other:?} is not one of llama-bpe, qwen2, smollm, gpt-2"
            ));
        }
    };
    let count = vocabulary.tokens.len();
    if !vocabulary.kinds.is_empty() && vocabulary.kinds.len() != count {
        return refuse(format!("{count} tokens and {} kinds", vocabulary.kinds.len()));
    }
    let kinds: Vec<Kind> = vocabulary.kinds.iter().map(|number| Kind::of(*number)).collect();
    let kind = |id: usize| kinds.get(id).copied().unwrap_or(Kind::Normal);
    let (mut words, mut added, mut hidden) = (Words::default(), Vec::new(), Vec::new());
    for (index, token) in vocabulary.tokens.iter().enumerate() {
        let is_added = matches!(kind(index), Kind::Control | Kind::User);
        let id = if is_added { words.push(token.as_bytes())? } else { words.push(&bytes_of(token))? };
        if is_added && !token.is_empty() {
            let text = token.to_owned();
            added.push(AddedToken { text, id, takes_left: false, takes_right: false, is_word: false });
        }
        if matches!(kind(index), Kind::Control | Kind::Unused) {
            hidden.push(id);
        }
    }
    words.index(|id| kind(id) == Kind::Normal);
    let pair = |merge: &'_ str| merge.split_once(' ').is_some();
    if let Some(broken) = vocabulary.merges.iter().find(|merge| !pair(merge)) {
        return refuse(format!("the merge {broken:?} is not a pair"));
    }
    let rules = Rules {
        is_composed,
        steps,
        takes_whole_words: is_llama3,
        prefix: vocabulary.start.filter(|_| vocabulary.add_start.unwrap_or(is_llama3)).into_iter().collect(),
        suffix: vocabulary.end.filter(|_| vocabulary.add_end.unwrap_or(false)).into_iter().collect(),
        raw: Added::new(added)?,
        composed: Added::default(),
        hidden,
    };
    Bpe::new(words, vocabulary.merges.iter().filter_map(|merge| merge.split_once(' ')), rules)
}
