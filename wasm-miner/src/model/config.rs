//! The configuration of a decoder from its `config.json`, checked before anything is allocated.

use serde::Deserialize;

use crate::error::LoadError;

/// A decoder of the Llama family. Every count is at least one and small enough to multiply.
#[derive(Debug, Clone, PartialEq)]
pub struct Config {
    /// Size of the vocabulary.
    pub vocabulary: usize,
    /// Values of the residual stream.
    pub hidden: usize,
    /// Values inside the feed-forward part.
    pub feed_forward: usize,
    /// Layers.
    pub layers: usize,
    /// Query heads.
    pub heads: usize,
    /// Key and value heads.
    pub kv_heads: usize,
    /// Values per head.
    pub head_dim: usize,
    /// The most positions.
    pub context: usize,
    /// Added to mean squares in norms.
    pub norm_epsilon: f32,
    /// How positions are turned into angles.
    pub rope: RopeScaling,
    /// The base of the angles.
    pub rope_theta: f64,
    /// Whether the head is the embedding matrix.
    pub tied_head: bool,
    /// Whether queries, keys and values have a bias.
    pub qkv_bias: bool,
    /// The tokens that end a text.
    pub end_tokens: Vec<u32>,
    /// The token that starts a text.
    pub start_token: Option<u32>,
}

/// How angles are stretched for long contexts.
#[derive(Debug, Clone, PartialEq)]
pub enum RopeScaling {
    /// Not at all.
    None,
    /// Each half dimension by a factor of its own, as GGUF files keep what Llama 3 does.
    Factors(Vec<f32>),
    /// By wavelength, as Llama 3 does.
    Llama3 {
        /// Long waves are stretched by this.
        factor: f64,
        /// Where stretching starts.
        low_frequency: f64,
        /// Where stretching is complete.
        high_frequency: f64,
        /// The context that the model was first trained on.
        original_context: f64,
    },
}

#[derive(Deserialize)]
struct RawConfig {
    model_type: String,
    vocab_size: usize,
    hidden_size: usize,
    intermediate_size: usize,
    num_hidden_layers: usize,
    num_attention_heads: usize,
    num_key_value_heads: Option<usize>,
    head_dim: Option<usize>,
    max_position_embeddings: usize,
    rms_norm_eps: f32,
    rope_theta: Option<f64>,
    rope_scaling: Option<RawRope>,
    rope_parameters: Option<RawRope>,
    #[serde(default)]
    tie_word_embeddings: bool,
    attention_bias: Option<bool>,
    mlp_bias: Option<bool>,
    hidden_act: Option<String>,
    eos_token_id: Option<OneOrMany>,
    bos_token_id: Option<u32>,
}

#[derive(Deserialize, Clone, Default)]
struct RawRope {
    #[serde(alias = "type")]
    rope_type: Option<String>,
    rope_theta: Option<f64>,
    factor: Option<f64>,
    low_freq_factor: Option<f64>,
    high_freq_factor: Option<f64>,
    original_max_position_embeddings: Option<f64>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum OneOrMany {
    One(u32),
    Many(Vec<u32>),
}

/// Bounds that keep every product of two counts inside of 53 bits and refuse nonsense early.
const LARGEST: [(&str, usize); 6] = [
    ("vocab_size", 1 << 20),
    ("hidden_size", 1 << 14),
    ("intermediate_size", 1 << 16),
    ("num_hidden_layers", 256),
    ("num_attention_heads", 256),
    ("max_position_embeddings", 1 << 24),
];

fn refuse<T>(reason: impl Into<String>) -> Result<T, LoadError> {
    Err(LoadError::Config { reason: reason.into() })
}

impl Config {
    /// Reads a `config.json`.
    ///
    /// # Errors
    /// [`LoadError::Config`] for a family that we do not run, a missing field or an impossible shape.
    pub fn parse(json: &[u8]) -> Result<Self, LoadError> {
        let raw: RawConfig =
            serde_json::from_slice(json).or_else(|error| refuse(format!("config.json: {error}")))?;
        let qkv_bias = match raw.model_type.as_str() {
            "llama" => raw.attention_bias.unwrap_or(false),
            "qwen2" => true,
            other => return refuse(format!("the family {other:?} is not one of llama, qwen2")),
        };
        if raw.model_type == "llama" && qkv_bias {
            return refuse("attention_bias also adds an output bias, which is not supported");
        }
        if raw.mlp_bias == Some(true) {
            return refuse("mlp_bias is not supported");
        }
        if raw.hidden_act.as_deref().is_some_and(|name| name != "silu") {
            return refuse("hidden_act is not silu");
        }
        if raw.num_attention_heads == 0 {
            return refuse("num_attention_heads is 0");
        }
        let config = Self {
            vocabulary: raw.vocab_size,
            hidden: raw.hidden_size,
            feed_forward: raw.intermediate_size,
            layers: raw.num_hidden_layers,
            heads: raw.num_attention_heads,
            kv_heads: raw.num_key_value_heads.unwrap_or(raw.num_attention_heads),
            head_dim: raw.head_dim.unwrap_or(raw.hidden_size / raw.num_attention_heads),
            context: raw.max_position_embeddings,
            norm_epsilon: raw.rms_norm_eps,
            rope: rope_scaling(&raw)?,
            rope_theta: rope_theta(&raw),
            tied_head: raw.tie_word_embeddings,
            qkv_bias,
            end_tokens: match raw.eos_token_id {
                None => Vec::new(),
                Some(OneOrMany::One(token)) => vec![token],
                Some(OneOrMany::Many(tokens)) => tokens,
            },
            start_token: raw.bos_token_id,
        };
        config.checked()
    }

    /// The configuration, if it is one that can be.
    ///
    /// # Errors
    /// [`LoadError::Config`] naming the rule that is broken.
    pub fn checked(self) -> Result<Self, LoadError> {
        let counts = [self.vocabulary, self.hidden, self.feed_forward, self.layers, self.heads, self.context];
        for (count, (name, largest)) in counts.into_iter().zip(LARGEST) {
            if count == 0 || count > largest {
                return refuse(format!("{name} is {count}, outside of 1..={largest}"));
            }
        }
        if self.kv_heads == 0 || !self.heads.is_multiple_of(self.kv_heads) {
            return refuse(format!("{} heads do not share {} key heads", self.heads, self.kv_heads));
        }
        if !self.head_dim.is_multiple_of(4) || !(4..=256).contains(&self.head_dim) {
            return refuse(format!("head_dim {} is not a multiple of 4 in 4..=256", self.head_dim));
        }
        if !(self.norm_epsilon.is_finite() && self.norm_epsilon >= 0.0) {
            return refuse("rms_norm_eps is not a small positive number");
        }
        if !(self.rope_theta.is_finite() && self.rope_theta >= 1.0) {
            return refuse("rope_theta is not a number of at least 1");
        }
        let vocabulary = self.vocabulary;
        if self.end_tokens.iter().chain(&self.start_token).any(|token| *token as usize >= vocabulary) {
            return refuse("a special token is outside of the vocabulary");
        }
        Ok(self)
    }

    /// Values of queries, keys and values together.
    #[must_use]
    pub fn projected(&self) -> usize {
        (self.heads + 2 * self.kv_heads) * self.head_dim
    }
}

fn rope_theta(raw: &RawConfig) -> f64 {
    let nested = raw.rope_parameters.as_ref().and_then(|rope| rope.rope_theta);
    // The default of both families where the file says nothing.
    raw.rope_theta.or(nested).unwrap_or(10_000.0)
}

fn rope_scaling(raw: &RawConfig) -> Result<RopeScaling, LoadError> {
    let Some(rope) = raw.rope_scaling.as_ref().or(raw.rope_parameters.as_ref()) else {
        return Ok(RopeScaling::None);
    };
    match rope.rope_type.as_deref() {
        None | Some("default") => Ok(RopeScaling::None),
        Some("llama3") => {
            let field = |value: Option<f64>, name: &str| {
                value
                    .filter(|x| x.is_finite() && *x > 0.0)
                    .ok_or_else(|| LoadError::Config { reason: format!("rope scaling lacks {name}") })
            };
            let scaling = RopeScaling::Llama3 {
                factor: field(rope.factor, "factor")?,
                low_frequency: field(rope.low_freq_factor, "low_freq_factor")?,
                high_frequency: field(rope.high_freq_factor, "high_freq_factor")?,
                original_context: field(
                    rope.original_max_position_embeddings,
                    "original_max_position_embeddings",
                )?,
            };
            if let RopeScaling::Llama3 { low_frequency, high_frequency, .. } = scaling
                && high_frequency <= low_frequency
            {
                return refuse("rope scaling has high_freq_factor at or below low_freq_factor");
            }
            Ok(scaling)
        }
        Some(other) => refuse(format!("rope scaling {other:?} is not supported")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn json(change: &str, to: &str) -> Vec<u8> {
        let text = r#"{"model_type":"llama","vocab_size":258,"hidden_size":128,"intermediate_size":352,
            "num_hidden_layers":5,"num_attention_heads":4,"num_key_value_heads":2,"head_dim":32,
            "max_position_embeddings":1024,"rms_norm_eps":1e-5,"rope_theta":10000.0,"tie_word_embeddings":true,
            "bos_token_id":256,"eos_token_id":257}"#;
        assert!(change.is_empty() || text.contains(change), "{change}");
        text.replace(change, to).into_bytes()
    }

    fn check(change: &str, to: &str, reason: &str) {
        match Config::parse(&json(change, to)) {
            Err(LoadError::Config { reason: got }) => assert!(got.contains(reason), "{got}"),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn reads_a_llama() {
        let config = Config::parse(&json("", "")).unwrap();
        assert_eq!((config.projected(), config.end_tokens, config.tied_head), (256, vec![257], true));
    }

    #[test]
    fn names_what_it_refuses() {
        check(r#""llama""#, r#""mamba""#, "mamba");
        check(r#""hidden_size":128"#, r#""hidden_size":0"#, "hidden_size");
        check(r#""vocab_size":258"#, r#""vocab_size":999999999999"#, "vocab_size");
        check(r#""num_key_value_heads":2"#, r#""num_key_value_heads":3"#, "share");
        check(r#""head_dim":32"#, r#""head_dim":33"#, "head_dim");
        check(r#""eos_token_id":257"#, r#""eos_token_id":258"#, "vocabulary");
        check(r#""rope_theta":10000.0"#, r#""rope_scaling":{"rope_type":"yarn"}"#, "yarn");
        check(r#""rms_norm_eps":1e-5,"#, "", "rms_norm_eps");
    }
}
