//! Writing text: one loop for both places, with the prompt first and several tokens per submission afterwards.

mod exact;

use crate::{
    error::GenerateError,
    kernels::{
        cpu::sample::{Draw, argmax, sample},
        sample::KEEP,
        state::{RING, State},
    },
    model::{
        config::Config,
        cpu::CpuModel,
        exact::Exact,
        gpu::{Ending, GpuModel},
    },
};

/// How to choose tokens.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Options {
    /// The most tokens to write, at least 1.
    pub max_tokens: u32,
    /// 0 for the most likely token each time; else divides the logits.
    pub temperature: f32,
    /// Tokens to draw from, 1 to [`KEEP`].
    pub top_k: u32,
    /// The share of probability to draw from, above 0 and at most 1.
    pub top_p: f32,
    /// The same seed gives the same text on the same device.
    pub seed: u64,
}

impl Options {
    fn check(&self) -> Result<(), GenerateError> {
        let refuse = |reason| Err(GenerateError::Options { reason });
        if self.max_tokens == 0 {
            return refuse("max_tokens is 0");
        }
        if !(self.temperature.is_finite() && self.temperature >= 0.0) {
            return refuse("temperature is not a number of at least 0");
        }
        if self.temperature > 0.0 && self.temperature < 1e-3 {
            return refuse("temperature is too small; 0 takes the most likely token");
        }
        if !(1..=KEEP).contains(&(self.top_k as usize)) {
            return refuse("top_k is not in 1..=64");
        }
        if !(self.top_p > 0.0 && self.top_p <= 1.0) {
            return refuse("top_p is not above 0 and at most 1");
        }
        Ok(())
    }
}

/// Why a text ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// The model ended it.
    Token,
    /// As many tokens as asked for.
    Limit,
    /// The context is full.
    Context,
}

/// A model in the place where it runs.
#[derive(Debug)]
pub enum Model {
    /// On the graphics device.
    Gpu(Box<GpuModel>),
    /// On the CPU.
    Cpu(Box<CpuModel>),
    /// Bit-exactly, in either place.
    Exact(Exact),
}

impl Model {
    /// The model's configuration.
    #[must_use]
    pub fn config(&self) -> &Config {
        match self {
            Self::Gpu(model) => model.config(),
            Self::Cpu(model) => model.config(),
            Self::Exact(model) => model.config(),
        }
    }

    /// Positions of prompt and text together.
    #[must_use]
    pub fn context(&self) -> usize {
        match self {
            Self::Gpu(model) => model.context(),
            Self::Cpu(model) => model.context(),
            Self::Exact(model) => model.context(),
        }
    }
}

/// A text in the making. Between two calls nothing runs, so it can be held or dropped at any time; the tokens
/// written so far start another one after a lost device.
#[derive(Debug)]
pub struct Generation {
    tokens: Vec<u32>,
    prompt_length: usize,
    /// Positions that the model has seen.
    seen: usize,
    options: Options,
    end: Option<End>,
    context: usize,
    /// Of the logits behind each token written; only bit-exact models leave them.
    fingerprints: Vec<[u32; 4]>,
}

impl Generation {
    /// Starts a text.
    ///
    /// # Errors
    /// [`GenerateError`] for options or prompts that cannot be.
    pub fn start(model: &Model, prompt: &[u32], options: Options) -> Result<Self, GenerateError> {
        options.check()?;
        let vocabulary = model.config().vocabulary;
        if let Some(token) = prompt.iter().find(|token| **token as usize >= vocabulary) {
            return Err(GenerateError::UnknownToken { token: *token, vocabulary });
        }
        let context = model.context();
        if prompt.is_empty() {
            return Err(GenerateError::EmptyPrompt);
        }
        if prompt.len() >= context {
            return Err(GenerateError::PromptTooLong { tokens: prompt.len(), limit: context - 1 });
        }
        let this = Self {
            tokens: prompt.to_vec(),
            prompt_length: prompt.len(),
            seen: 0,
            options,
            end: None,
            context,
            fingerprints: Vec::new(),
        };
        match model {
            Model::Gpu(model) => model.start(&this.state(model.config()), prompt)?,
            Model::Exact(model) if options.temperature == 0.0 => {
                model.start(&this.state(model.config()), prompt)?;
            }
            Model::Exact(_) => {
                let reason = "bit-exact text takes the most likely token: the temperature has to be 0";
                return Err(GenerateError::Options { reason });
            }
            Model::Cpu(_) => {}
        }
        Ok(this)
    }

    fn state(&self, config: &Config) -> State {
        #[expect(
            clippy::cast_possible_truncation,
            reason = "contexts are below 2^24; the seed's halves are meant"
        )]
        State {
            position: 0,
            prompt_length: self.prompt_length as u32,
            token: 0,
            done: 0,
            generated: 0,
            token_limit: self.options.max_tokens,
            position_limit: self.context as u32,
            end_token: config.end_tokens.first().copied().unwrap_or(u32::MAX),
            seed_low: self.options.seed as u32,
            seed_high: (self.options.seed >> 32) as u32,
            temperature: self.options.temperature,
            top_p: self.options.top_p,
            top_k: self.options.top_k,
            zero: 0,
            reserved: [0; 2],
        }
    }

    /// Whether the whole prompt has been read but for its last token.
    #[must_use]
    pub fn is_prefilled(&self) -> bool {
        self.seen + 1 >= self.prompt_length
    }

    /// Why the text ended, once it has.
    #[must_use]
    pub fn end(&self) -> Option<End> {
        self.end
    }

    /// The tokens written so far.
    #[must_use]
    pub fn written(&self) -> &[u32] {
        self.tokens.get(self.prompt_length..).unwrap_or(&[])
    }

    /// Reads about `tokens` of the prompt, or writes up to `tokens` of the text, in one go. Returns how many. On
    /// the GPU the prompt is read in chunks of [`GpuModel::chunk`], at least one.
    ///
    /// # Errors
    /// [`GenerateError::Kernel`] where the device fails.
    pub async fn advance(&mut self, model: &mut Model, tokens: usize) -> Result<usize, GenerateError> {
        if self.end.is_some() || tokens == 0 {
            return Ok(0);
        }
        let before = self.seen;
        match model {
            Model::Cpu(model) => self.advance_cpu(model, tokens)?,
            Model::Exact(model) => self.advance_exact(model, tokens).await?,
            Model::Gpu(model) if self.is_prefilled() => self.write_gpu(model, tokens.min(RING)).await?,
            Model::Gpu(model) => {
                let left = (self.prompt_length - 1 - self.seen).next_multiple_of(model.chunk());
                let state = model.prefill(tokens.min(left)).await?;
                self.seen = state.position as usize;
            }
        }
        Ok(self.seen - before)
    }

    async fn write_gpu(&mut self, model: &GpuModel, tokens: usize) -> Result<(), GenerateError> {
        let ending = if self.options.temperature > 0.0 { Ending::Sampled } else { Ending::Greedy };
        let (state, ring) = model.run(self.seen, tokens, ending).await?;
        let known = self.written().len();
        for index in known..state.generated as usize {
            if let Some(token) = ring.get(index % RING) {
                self.tokens.push(*token);
            }
        }
        self.seen = state.position as usize;
        self.settle(model.config().end_tokens.as_slice());
        Ok(())
    }

    fn advance_cpu(&mut self, model: &mut CpuModel, tokens: usize) -> Result<(), GenerateError> {
        let was_prefilled = self.is_prefilled();
        for _ in 0..tokens {
            if self.end.is_some() || self.is_prefilled() != was_prefilled {
                break;
            }
            let Some(token) = self.tokens.get(self.seen).copied() else { break };
            let x = model.forward(token, self.seen)?;
            if self.is_prefilled() {
                let logits = model.logits(&x);
                let choice = self.choose(&logits).ok_or(GenerateError::EmptyPrompt)?;
                self.tokens.push(u32::try_from(choice).unwrap_or(u32::MAX));
            }
            self.seen += 1;
            let end_tokens = model.config().end_tokens.clone();
            self.settle(&end_tokens);
        }
        Ok(())
    }

    fn choose(&self, logits: &[f32]) -> Option<usize> {
        if self.options.temperature == 0.0 {
            return argmax(logits);
        }
        let draw = Draw {
            temperature: self.options.temperature,
            top_k: self.options.top_k as usize,
            top_p: self.options.top_p,
            seed: self.options.seed,
        };
        sample(logits, u32::try_from(self.seen).ok()?, &draw)
    }

    /// Ends the text where it has ended. A model with several end tokens may have gone on after one of them
    /// inside of a submission; what follows it is dropped.
    fn settle(&mut self, end_tokens: &[u32]) {
        if let Some(at) = self.written().iter().position(|token| end_tokens.contains(token)) {
            self.tokens.truncate(self.prompt_length + at + 1);
            self.end = Some(End::Token);
        } else if self.written().len() >= self.options.max_tokens as usize {
            self.end = Some(End::Limit);
        } else if self.seen >= self.context {
            self.end = Some(End::Context);
        }
    }
}
