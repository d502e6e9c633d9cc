//! What a GGUF file says of its model: the configuration, the names of its tensors, its vocabulary.

use crate::{
    error::LoadError,
    loader::{
        gguf::{
            header::Header,
            metadata::{Metadata, Value},
            strings::Strings,
        },
        safetensors::Tensor,
    },
    model::config::{Config, RopeScaling},
};

/// The model of a header.
#[derive(Debug, Clone, PartialEq)]
pub struct Model {
    /// Its configuration. Rope factors that are stored as a tensor are not in it yet.
    pub config: Config,
    /// For people.
    pub name: String,
    /// SPDX expression, or nothing.
    pub licence: String,
    /// How text becomes tokens.
    pub vocabulary: Vocabulary,
    /// Whether rows of queries and keys lie in the order of interleaved rotation, as the `llama` architecture
    /// keeps them: row `2 i + j` of a head is row `i + j * head_dim / 2` of a Hugging Face checkpoint.
    pub is_interleaved: bool,
}

/// The tokenizer's part of the metadata.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Vocabulary {
    /// `gpt2` for byte-level BPE, `llama` for SentencePiece, or nothing.
    pub model: String,
    /// Which pre-tokenizer a `gpt2` vocabulary was made with.
    pub pre: String,
    /// The tokens.
    pub tokens: Strings,
    /// The merges of a `gpt2` vocabulary, as pairs with a space between.
    pub merges: Strings,
    /// The scores of a `llama` vocabulary.
    pub scores: Vec<f32>,
    /// The kinds of tokens: 1 normal, 2 unknown, 3 control, 4 user-defined, 5 unused, 6 byte.
    pub kinds: Vec<f32>,
    /// The start token.
    pub start: Option<u32>,
    /// The end token.
    pub end: Option<u32>,
    /// What stands for unknown text.
    pub unknown: Option<u32>,
    /// Whether texts start with the start token, where the file says so.
    pub add_start: Option<bool>,
    /// Whether texts end with the end token, where the file says so.
    pub add_end: Option<bool>,
    /// Whether a space is put before a text, where the file says so.
    pub add_space: Option<bool>,
}

/// Names of control tokens that end an answer in models of these families.
const ENDINGS: [&str; 5] = ["<|eot_id|>", "<|im_end|>", "<|end_of_text|>", "<|endoftext|>", "<|eom_id|>"];

const CONTROL: f32 = 3.0;

fn refuse<T>(reason: impl Into<String>) -> Result<T, LoadError> {
    Err(LoadError::Config { reason: reason.into() })
}

impl Model {
    /// Reads the model of a header, and takes the vocabulary out of it.
    ///
    /// # Errors
    /// [`LoadError::Config`] for a family that we do not run or an impossible shape, [`LoadError::Header`] for
    /// values of the wrong type.
    pub fn read(header: &mut Header) -> Result<Self, LoadError> {
        let metadata = &mut header.metadata;
        let vocabulary = Vocabulary::read(metadata)?;
        let family = match metadata.text("general.architecture")? {
            Some(name @ ("llama" | "qwen2")) => name.to_owned(),
            Some(other) => return refuse(format!("the family {other:?} is not one of llama, qwen2")),
            None => return refuse("general.architecture is missing"),
        };
        let config = config(metadata, &header.tensors, &family, &vocabulary)?;
        Ok(Self {
            config,
            name: metadata.text("general.name")?.unwrap_or("GGUF file").to_owned(),
            licence: metadata.text("general.license")?.unwrap_or_default().to_owned(),
            vocabulary,
            is_interleaved: family == "llama",
        })
    }
}

fn config(
    metadata: &Metadata,
    tensors: &[Tensor],
    family: &str,
    vocabulary: &Vocabulary,
) -> Result<Config, LoadError> {
    let key = |name: &str| format!("{family}.{name}");
    let count = |name: &str| {
        let missing = || LoadError::Config { reason: format!("{} is missing", key(name)) };
        metadata.count(&key(name))?.ok_or_else(missing)
    };
    let rows = |name: &str| {
        tensors.iter().find(|tensor| tensor.name == name).and_then(|tensor| tensor.shape.first().copied())
    };
    if metadata.count(&key("expert_count"))?.unwrap_or(0) > 0 {
        return refuse("mixtures of experts are not supported");
    }
    let (hidden, heads) = (count("embedding_length")?, count("attention.head_count")?);
    let Some(head_dim) = metadata.count(&key("attention.key_length"))?.or(hidden.checked_div(heads)) else {
        return refuse("attention.head_count is 0");
    };
    for name in ["attention.value_length", "rope.dimension_count"] {
        let other = metadata.count(&key(name))?.unwrap_or(head_dim);
        if other != head_dim {
            return refuse(format!("{} is {other}, heads have {head_dim} values", key(name)));
        }
    }
    let Some(epsilon) = metadata.number(&key("attention.layer_norm_rms_epsilon"))? else {
        return refuse(format!("{} is missing", key("attention.layer_norm_rms_epsilon")));
    };
    let Some(words) = rows("token_embd.weight") else {
        return Err(LoadError::Tensor { tensor: "token_embd.weight".into(), reason: "is missing".into() });
    };
    let config = Config {
        vocabulary: words,
        hidden,
        feed_forward: count("feed_forward_length")?,
        layers: count("block_count")?,
        heads,
        kv_heads: metadata.count(&key("attention.head_count_kv"))?.unwrap_or(heads),
        head_dim,
        context: count("context_length")?,
        #[expect(clippy::cast_possible_truncation, reason = "the file has it as an f32")]
        norm_epsilon: epsilon as f32,
        rope: rope(metadata, family, head_dim)?,
        rope_theta: metadata.number(&key("rope.freq_base"))?.unwrap_or(10_000.0),
        tied_head: rows("output.weight").is_none(),
        qkv_bias: family == "qwen2",
        end_tokens: vocabulary.ends(metadata)?,
        start_token: vocabulary.start,
    };
    config.checked()
}

fn rope(metadata: &Metadata, family: &str, head_dim: usize) -> Result<RopeScaling, LoadError> {
    let factor = metadata.number(&format!("{family}.rope.scaling.factor"))?;
    match (metadata.text(&format!("{family}.rope.scaling.type"))?, factor) {
        (None | Some("none"), _) => Ok(RopeScaling::None),
        #[expect(clippy::cast_possible_truncation, reason = "the file has it as an f32")]
        (Some("linear"), Some(factor)) if factor.is_finite() && factor >= 1.0 && head_dim <= 256 => {
            Ok(RopeScaling::Factors(vec![factor as f32; head_dim / 2]))
        }
        (Some(other), _) => refuse(format!("rope scaling {other:?} is not supported")),
    }
}

impl Vocabulary {
    /// Takes the vocabulary out of the metadata.
    ///
    /// # Errors
    /// [`LoadError::Header`] or [`LoadError::Config`] for values of the wrong type.
    pub fn read(metadata: &mut Metadata) -> Result<Self, LoadError> {
        let token = |name: &str| {
            let key = format!("tokenizer.ggml.{name}_token_id");
            Ok::<_, LoadError>(metadata.whole(&key)?.and_then(|token| u32::try_from(token).ok()))
        };
        let flag = |name: &str| metadata.flag(&format!("tokenizer.ggml.{name}"));
        let text = |name: &str| {
            Ok::<_, LoadError>(
                metadata.text(&format!("tokenizer.ggml.{name}"))?.unwrap_or_default().to_owned(),
            )
        };
        let mut vocabulary = Self {
            model: text("model")?,
            pre: text("pre")?,
            start: token("bos")?,
            end: token("eos")?,
            unknown: token("unknown")?,
            add_start: flag("add_bos_token")?,
            add_end: flag("add_eos_token")?,
            add_space: flag("add_space_prefix")?,
            ..Self::default()
        };
        for (name, list) in [("tokens", &mut vocabulary.tokens), ("merges", &mut vocabulary.merges)] {
            match metadata.take(&format!("tokenizer.ggml.{name}")) {
                None => {}
                Some(Value::Texts(texts)) => *list = texts,
                Some(_) => return refuse(format!("tokenizer.ggml.{name} is not a list of texts")),
            }
        }
        for (name, list) in [("scores", &mut vocabulary.scores), ("token_type", &mut vocabulary.kinds)] {
            match metadata.take(&format!("tokenizer.ggml.{name}")) {
                None => {}
                Some(Value::Numbers(numbers)) if numbers.iter().all(|x| x.is_finite()) => *list = numbers,
                Some(_) => return refuse(format!("tokenizer.ggml.{name} is not a list of numbers")),
            }
        }
        Ok(vocabulary)
    }

    /// All tokens that end a text: those that the file names, and control tokens known as such.
    fn ends(&self, metadata: &Metadata) -> Result<Vec<u32>, LoadError> {
        let mut ends: Vec<u32> = self.end.into_iter().collect();
        for name in ["eot", "eom"] {
            let token = metadata.whole(&format!("tokenizer.ggml.{name}_token_id"))?;
            ends.extend(token.and_then(|token| u32::try_from(token).ok()));
        }
        for (index, token) in self.tokens.iter().enumerate() {
            if self.kinds.get(index) == Some(&CONTROL) && ENDINGS.contains(&token) {
                ends.extend(u32::try_from(index).ok());
            }
        }
        let mut seen = std::collections::BTreeSet::new();
        ends.retain(|token| seen.insert(*token));
        Ok(ends)
    }
}

/// The name of a tensor in a Hugging Face checkpoint, or `None` for one that these families do not have.
#[must_use]
pub fn name_of(name: &str) -> Option<String> {
    match name {
        "token_embd.weight" => return Some("model.embed_tokens.weight".into()),
        "output.weight" => return Some("lm_head.weight".into()),
        "output_norm.weight" => return Some("model.norm.weight".into()),
        _ => {}
    }
    let (layer, part) = name.strip_prefix("blk.")?.split_once('.')?;
    let (part, kind) = part.rsplit_once('.')?;
    let part = match part {
        "attn_norm" => "input_layernorm",
        "ffn_norm" => "post_attention_layernorm",
        "attn_q" => "self_attn.q_proj",
        "attn_k" => "self_attn.k_proj",
        "attn_v" => "self_attn.v_proj",
        "attn_output" => "self_attn.o_proj",
        "ffn_gate" => "mlp.gate_proj",
        "ffn_up" => "mlp.up_proj",
        "ffn_down" => "mlp.down_proj",
        _ => return None,
    };
    Some(format!("model.layers.{layer}.{part}.{kind}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_hugging_face() {
        let name = |name| name_of(name).unwrap_or_default();
        assert_eq!(name("blk.11.attn_q.bias"), "model.layers.11.self_attn.q_proj.bias");
        assert_eq!(name("output_norm.weight"), "model.norm.weight");
        for unknown in ["blk.0.attn_q_norm.weight", "blk.0", "rope_freqs.weight", "", "blk.é.x.y"] {
            assert_eq!(name_of(unknown), None, "{unknown}");
        }
    }
}
