//! The configuration of an encoder from its `config.json`, checked before anything is allocated.

use serde::Deserialize;

use crate::error::LoadError;

/// An encoder of the BERT family. Every count is at least one and small enough to multiply.
#[derive(Debug, Clone, PartialEq)]
pub struct BertConfig {
    /// Size of the vocabulary.
    pub vocabulary: usize,
    /// Values per token, and of a sentence's vector.
    pub hidden: usize,
    /// Values inside the feed-forward part.
    pub feed_forward: usize,
    /// Layers.
    pub layers: usize,
    /// Heads of attention.
    pub heads: usize,
    /// The most tokens of a sentence.
    pub positions: usize,
    /// Kinds of sentences that a text may be made of; only the first is used.
    pub types: usize,
    /// Added to variances in norms.
    pub norm_epsilon: f32,
}

#[derive(Deserialize)]
struct RawConfig {
    model_type: String,
    vocab_size: usize,
    hidden_size: usize,
    intermediate_size: usize,
    num_hidden_layers: usize,
    num_attention_heads: usize,
    max_position_embeddings: usize,
    type_vocab_size: usize,
    layer_norm_eps: f32,
    hidden_act: String,
    position_embedding_type: Option<String>,
    #[serde(default)]
    is_decoder: bool,
}

fn refuse<T>(reason: impl Into<String>) -> Result<T, LoadError> {
    Err(LoadError::Config { reason: reason.into() })
}

impl BertConfig {
    /// Reads a `config.json`.
    ///
    /// # Errors
    /// [`LoadError::Config`] for a family that we do not run, a missing field or an impossible shape.
    pub fn parse(json: &[u8]) -> Result<Self, LoadError> {
        let raw: RawConfig =
            serde_json::from_slice(json).or_else(|error| refuse(format!("config.json: {error}")))?;
        if raw.model_type != "bert" {
            return refuse(format!("the family {:?} is not bert", raw.model_type));
        }
        if raw.hidden_act != "gelu" {
            return refuse(format!("hidden_act is {:?}, not gelu", raw.hidden_act));
        }
        if let Some(kind) = raw.position_embedding_type.filter(|kind| kind != "absolute") {
            return refuse(format!("position_embedding_type is {kind:?}, not absolute"));
        }
        if raw.is_decoder {
            return refuse("is_decoder: such a model writes, and gives no vectors");
        }
        // These bounds keep every product of two counts inside of 53 bits and refuse nonsense early.
        for (name, count, largest) in [
            ("vocab_size", raw.vocab_size, 1 << 20),
            ("hidden_size", raw.hidden_size, 1 << 13),
            ("intermediate_size", raw.intermediate_size, 1 << 15),
            ("num_hidden_layers", raw.num_hidden_layers, 128),
            ("num_attention_heads", raw.num_attention_heads, 256),
            ("max_position_embeddings", raw.max_position_embeddings, 1 << 14),
            ("type_vocab_size", raw.type_vocab_size, 16),
        ] {
            if count == 0 || count > largest {
                return refuse(format!("{name} is {count}, outside of 1..={largest}"));
            }
        }
        if !raw.hidden_size.is_multiple_of(raw.num_attention_heads) {
            return refuse(format!(
                "{} values do not share {} heads",
                raw.hidden_size, raw.num_attention_heads
            ));
        }
        if !(raw.layer_norm_eps > 0.0 && raw.layer_norm_eps < 1.0) {
            return refuse(format!("layer_norm_eps is {}", raw.layer_norm_eps));
        }
        Ok(Self {
            vocabulary: raw.vocab_size,
            hidden: raw.hidden_size,
            feed_forward: raw.intermediate_size,
            layers: raw.num_hidden_layers,
            heads: raw.num_attention_heads,
            positions: raw.max_position_embeddings,
            types: raw.type_vocab_size,
            norm_epsilon: raw.layer_norm_eps,
        })
    }

    /// Values per head.
    #[must_use]
    pub fn head_dim(&self) -> usize {
        self.hidden / self.heads.max(1)
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    const TINY: &str = r#"{"model_type":"bert","vocab_size":50,"hidden_size":36,"intermediate_size":50,
        "num_hidden_layers":2,"num_attention_heads":3,"max_position_embeddings":40,"type_vocab_size":2,
        "layer_norm_eps":1e-12,"hidden_act":"gelu"}"#;

    pub(crate) fn tiny() -> BertConfig {
        BertConfig::parse(TINY.as_bytes()).unwrap()
    }

    #[test]
    fn reads_an_encoder() {
        assert_eq!((tiny().hidden, tiny().head_dim(), tiny().norm_epsilon), (36, 12, 1e-12));
    }

    #[test]
    fn names_what_it_refuses() {
        let check =
            |from: &str, to: &str, word: &str| match BertConfig::parse(TINY.replace(from, to).as_bytes()) {
                Err(LoadError::Config { reason }) => assert!(reason.contains(word), "{reason}"),
                other => panic!("{other:?}"),
            };
        check(r#""bert""#, r#""llama""#, "llama");
        check(r#""gelu""#, r#""gelu_new""#, "gelu_new");
        check(
            r#""hidden_act":"gelu""#,
            r#""hidden_act":"gelu","position_embedding_type":"relative_key""#,
            "relative",
        );
        check(r#""hidden_act":"gelu""#, r#""hidden_act":"gelu","is_decoder":true"#, "is_decoder");
        check(r#""hidden_size":36"#, r#""hidden_size":0"#, "hidden_size");
        check(r#""vocab_size":50"#, r#""vocab_size":99999999999"#, "vocab_size");
        check(r#""num_attention_heads":3"#, r#""num_attention_heads":5"#, "share");
        check("1e-12", "-1.0", "layer_norm_eps");
        check("1e-12", "1e999", "config.json");
        check(r#""type_vocab_size":2,"#, "", "type_vocab_size");
    }
}
