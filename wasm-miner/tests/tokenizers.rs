//! Tokenizers against the `tokenizers` and `sentencepiece` packages, on plain and on hostile text.

#![allow(clippy::unwrap_used, clippy::panic, reason = "these are tests")]

use std::path::PathBuf;

use lantern_wasm_miner::{
    loader::gguf::{HeaderReader, model::Vocabulary},
    tokenizer::{Tokenizer, gguf, json, stream::TextStream},
};
use proptest::prelude::*;
use serde::Deserialize;

#[derive(Deserialize)]
struct Case {
    text: String,
    tokens: Vec<u32>,
    decoded: String,
}

fn read(name: &str) -> Vec<u8> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(name);
    std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn vocabulary(name: &str) -> Vocabulary {
    let (mut header, _) = HeaderReader::new().push(&read(name)).unwrap().unwrap();
    Vocabulary::read(&mut header.metadata).unwrap()
}

fn decode(tokenizer: &Tokenizer, tokens: &[u32]) -> String {
    let mut stream = TextStream::default();
    let mut text: String =
        tokens.iter().map(|token| stream.push(tokenizer.decode(*token).iter().copied())).collect();
    text += &stream.finish();
    text
}

fn check(tokenizer: &Tokenizer, name: &str) {
    let cases: Vec<Case> = serde_json::from_slice(&read(&format!("tokenizers/{name}.golden.json"))).unwrap();
    assert!(cases.len() > 150, "{name} has {} cases", cases.len());
    let mut wrong = Vec::new();
    for case in cases {
        let tokens = tokenizer.encode(&case.text);
        // The space before the first word belongs to the vocabulary, not to the text.
        let mut decoded = decode(tokenizer, &case.tokens);
        if matches!(tokenizer, Tokenizer::Pieces(_)) && decoded.starts_with(' ') {
            decoded.remove(0);
        }
        if tokens != case.tokens || decoded != case.decoded {
            wrong.push((case.text, tokens, case.tokens, decoded, case.decoded));
        }
    }
    assert!(wrong.is_empty(), "{name}: {} wrong, such as {:?}", wrong.len(), &wrong[..wrong.len().min(4)]);
}

#[test]
fn byte_level_vocabularies_are_those_of_the_tokenizers_package() {
    for name in ["llama3", "qwen2", "smollm", "gpt2"] {
        check(&json::read(&read(&format!("tokenizers/{name}.json"))).unwrap(), name);
    }
}

#[test]
fn pieces_are_those_of_sentencepiece() {
    check(&gguf::read(&vocabulary("tokenizers/pieces.gguf")).unwrap(), "pieces");
}

/// The same vocabulary from both kinds of file makes the same tokens.
#[test]
fn vocabularies_of_gguf_files_cut_by_their_family() {
    for (name, pre) in [("llama3", "llama-bpe"), ("qwen2", "qwen2"), ("smollm", "smollm")] {
        let document: serde_json::Value =
            serde_json::from_slice(&read(&format!("tokenizers/{name}.json"))).unwrap();
        let model = &document["model"];
        let mut tokens: Vec<(String, u64)> = model["vocab"]
            .as_object()
            .unwrap()
            .iter()
            .map(|(token, id)| (token.clone(), id.as_u64().unwrap()))
            .collect();
        tokens.sort_by_key(|(_, id)| *id);
        let mut kinds = vec![1.0; tokens.len()];
        for added in document["added_tokens"].as_array().unwrap() {
            // Tokens with flags of their own have no place in a GGUF file.
            let is_plain =
                ["lstrip", "rstrip", "single_word", "normalized"].iter().all(|flag| added[flag] == false);
            kinds.push(if is_plain { 3.0 } else { 5.0 });
            tokens.push((added["content"].as_str().unwrap().to_owned(), 0));
        }
        let merges: Vec<String> = model["merges"]
            .as_array()
            .unwrap()
            .iter()
            .map(|pair| format!("{} {}", pair[0].as_str().unwrap(), pair[1].as_str().unwrap()))
            .collect();
        let start = tokens.iter().position(|(token, _)| token == "<|begin_of_text|>").map(|at| at as u32);
        let vocabulary = Vocabulary {
            model: "gpt2".into(),
            pre: pre.into(),
            tokens: tokens.iter().map(|(token, _)| token.as_str()).collect(),
            merges: merges.iter().map(String::as_str).collect(),
            kinds,
            start,
            ..Vocabulary::default()
        };
        let tokenizer = gguf::read(&vocabulary).unwrap();
        let cases: Vec<Case> =
            serde_json::from_slice(&read(&format!("tokenizers/{name}.golden.json"))).unwrap();
        let has_own_rules = |text: &str| {
            text.contains("<|tool|>")
                || text.contains("added word")
                || text.contains('é') && text.contains("e\u{301}")
        };
        for case in cases.into_iter().filter(|case| !has_own_rules(&case.text)) {
            assert_eq!(tokenizer.encode(&case.text), case.tokens, "{name}: {:?}", case.text);
        }
    }
}

#[test]
fn the_tiny_models_have_vocabularies() {
    for name in ["tiny_llama.gguf", "tiny_qwen2.gguf"] {
        let tokenizer = gguf::read(&vocabulary(name)).unwrap();
        let tokens = tokenizer.encode("What is a validator?<|eot_id|>");
        assert_eq!(tokens.last(), Some(&319));
        assert_eq!(tokens.first() == Some(&318), name == "tiny_llama.gguf", "only Llama 3 starts its texts");
        assert_eq!(decode(&tokenizer, &tokens), "What is a validator?");
    }
}

#[test]
fn what_is_not_read_is_refused_by_name() {
    let text = String::from_utf8(read("tokenizers/llama3.json")).unwrap();
    let check = |from: &str, to: &str, word: &str| {
        assert!(text.contains(from), "{from}");
        let error = json::read(text.replacen(from, to, 1).as_bytes()).unwrap_err().to_string();
        assert!(error.contains(word), "{error}");
    };
    check(r#""type":"BPE""#, r#""type":"Unigram""#, "Unigram");
    check(r"\\p{N}{1,3}", r"\\p{N}{1,4}", "not known");
    check(r#""behavior":"Isolated""#, r#""behavior":"Removed""#, "Removed");
    check(r#""normalizer":null"#, r#""normalizer":{"type":"NFKC"}"#, "NFKC");
    check(
        r#""use_regex":false"#,
        r#""use_regex":false,"x":1},{"type":"Digits","individual_digits":true"#,
        "after ByteLevel",
    );
    check(r#""byte_fallback":false"#, r#""byte_fallback":true"#, "byte_fallback");
    check(r#""ids":[700]"#, r#""ids":[70000]"#, "template");
    check(r#""Ġ":220"#, r#""Ġ":4000000000"#, "largest vocabulary");
    check(r#""Ġ":220"#, r#""Ġ":219"#, "the number 219");
    check(r#""Ġ":220,"#, "", "byte 32");
    check(r#""merges":[["#, r#""merges":[["nothing","here"],["#, "not made of tokens");
    assert!(json::read(b"{}").unwrap_err().to_string().contains("tokenizer.json"));
    let mut vocabulary = vocabulary("tokenizers/pieces.gguf");
    vocabulary.scores.pop();
    assert!(gguf::read(&vocabulary).unwrap_err().to_string().contains("799 scores"));
    vocabulary.model = "bert".into();
    assert!(gguf::read(&vocabulary).unwrap_err().to_string().contains("bert"));
}

#[test]
fn a_very_long_word_takes_little_time() {
    for file in ["llama3.json", "gpt2.json"] {
        let tokenizer = json::read(&read(&format!("tokenizers/{file}"))).unwrap();
        let started = std::time::Instant::now();
        let word = "lantern".repeat(60_000);
        assert_eq!(decode(&tokenizer, &tokenizer.encode(&word)).trim_start(), word);
        assert!(started.elapsed().as_secs() < 10, "{:?}", started.elapsed());
    }
}

proptest! {
    #[test]
    fn any_text_comes_back(text in "\\PC*|.*") {
        // No normaliser and no special tokens in it: the bytes are the same.
        let tokenizer = json::read(&read("tokenizers/smollm.json")).unwrap();
        prop_assume!(!text.contains("<|eot_id|>"));
        prop_assert_eq!(decode(&tokenizer, &tokenizer.encode(&text)), text);
    }
}
