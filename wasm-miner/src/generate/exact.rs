//! Writing text bit-exactly: the loop of [`super`] in both places, with a fingerprint beside every token.

use crate::{
    error::GenerateError,
    generate::Generation,
    kernels::{cpu::exact as twin, exact::dispatch::TOKENS},
    model::exact::{Exact, Place, cpu::ExactCpu, digest, gpu::ExactGpu},
};

impl Generation {
    /// The fingerprints of the logits that the tokens written so far were chosen from; none without a bit-exact
    /// model.
    #[must_use]
    pub fn fingerprints(&self) -> &[[u32; 4]] {
        &self.fingerprints
    }

    /// What the text so far hashes to: [`digest::of_text`].
    #[must_use]
    pub fn digest(&self, model: &Exact) -> [u8; 32] {
        let prompt = self.tokens.get(..self.prompt_length).unwrap_or(&[]);
        digest::of_text(&model.digest, prompt, self.written(), &self.fingerprints)
    }

    pub(super) async fn advance_exact(
        &mut self,
        model: &mut Exact,
        tokens: usize,
    ) -> Result<(), GenerateError> {
        match &mut model.place {
            Place::Cpu(model) => self.advance_exact_cpu(model, tokens)?,
            Place::Gpu(model) => self.advance_exact_gpu(model, tokens).await?,
        }
        // What follows an end token inside of a submission was dropped.
        self.fingerprints.truncate(self.written().len());
        Ok(())
    }

    async fn advance_exact_gpu(&mut self, model: &ExactGpu, tokens: usize) -> Result<(), GenerateError> {
        if !self.is_prefilled() {
            let count = tokens.min(TOKENS).min(self.prompt_length - 1 - self.seen);
            let (state, _) = model.run(count, true).await?;
            self.seen = state.position as usize;
            return Ok(());
        }
        let (state, choices) = model.run(tokens.min(TOKENS), false).await?;
        for index in self.written().len()..state.generated as usize {
            if let Some((token, fingerprint)) = choices.get(index % TOKENS) {
                self.tokens.push(*token);
                self.fingerprints.push(*fingerprint);
            }
        }
        self.seen = state.position as usize;
        self.settle(&model.config().end_tokens);
        Ok(())
    }

    fn advance_exact_cpu(&mut self, model: &mut ExactCpu, tokens: usize) -> Result<(), GenerateError> {
        let was_prefilled = self.is_prefilled();
        for _ in 0..tokens {
            if self.end.is_some() || self.is_prefilled() != was_prefilled {
                break;
            }
            let Some(token) = self.tokens.get(self.seen).copied() else { break };
            let x = model.forward(token, self.seen)?;
            if self.is_prefilled() {
                let logits = model.logits(&x);
                let choice = twin::argmax(&logits).ok_or(GenerateError::EmptyPrompt)?;
                self.tokens.push(u32::try_from(choice).unwrap_or(u32::MAX));
                self.fingerprints.push(twin::fingerprint(&logits));
            }
            self.seen += 1;
            self.settle(&model.config().end_tokens);
        }
        Ok(())
    }
}
