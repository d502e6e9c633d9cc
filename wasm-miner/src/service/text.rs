//! Writes text with the loaded model and streams it to the page.

use lantern_worker_bridge::miner::{
    GenerateOptions, GenerateReport, JobId, MinerError, MinerErrorKind, MinerEvent, Place, Precision, TextEnd,
};

use crate::{
    error::{GenerateError, KernelError},
    generate::{End, Generation, Model, Options},
    model::exact::digest,
    service::{Job, Service, load::Loaded, problem, problem::refuse},
    tokenizer::stream::TextStream,
};

/// A submission should take about this long, beside the trip to the device and back.
const SUBMISSION_SECONDS: f64 = 0.04;
/// The most tokens of a submission that writes.
const MOST_WRITTEN: f64 = 48.0;
/// The most tokens of a submission that reads the prompt.
const MOST_READ: f64 = 2048.0;

/// What was measured while a text was written.
#[derive(Debug, Default, Clone, Copy)]
struct Times {
    prefill: f64,
    decode: f64,
}

/// What was written so far, over all devices that it took: tokens, fingerprints, text and times.
type SoFar<'a> = (&'a mut Vec<u32>, &'a mut Vec<[u32; 4]>, &'a mut TextStream, &'a mut Times);

impl Service {
    pub(super) async fn write(
        &self,
        job: JobId,
        control: &Job,
        prompt: &str,
        options: GenerateOptions,
    ) -> Result<(), MinerError> {
        let Some(mut loaded) = self.model.borrow_mut().take() else {
            return Err(refuse(
                MinerErrorKind::NoModel,
                "no model is loaded, or another text is being written",
            ));
        };
        let result = self.write_with(job, control, &mut loaded, (prompt, options)).await;
        // A model that was loaded meanwhile takes the place of this one.
        self.model.borrow_mut().get_or_insert(loaded);
        result
    }

    /// Writes a bit-exact text again on the CPU, whatever place the loaded model has.
    pub(super) async fn recompute(
        &self,
        job: JobId,
        control: &Job,
        digest: [u8; 32],
        (prompt, max_tokens): (&str, u32),
    ) -> Result<(), MinerError> {
        let is_of = |loaded: &Loaded| loaded.report.digest == Some(digest);
        let source =
            self.model.borrow().as_ref().filter(|loaded| is_of(loaded)).map(|loaded| loaded.source.clone());
        let gone = || refuse(MinerErrorKind::NoModel, "the model of this text is not loaded");
        let place = (Precision::Exact, Place::Cpu);
        let copy = self.fetch_model(None, control, &source.ok_or_else(gone)?, place).await?;
        let Some(mut copy) = copy else {
            self.tell(MinerEvent::Stopped { job });
            return Ok(());
        };
        // The address may hold another model by now.
        if !is_of(&copy) {
            return Err(gone());
        }
        let options = GenerateOptions { max_tokens, temperature: 0.0, top_k: 1, top_p: 1.0, seed: 0 };
        self.write_with(job, control, &mut copy, (prompt, options)).await
    }

    async fn write_with(
        &self,
        job: JobId,
        control: &Job,
        loaded: &mut Loaded,
        (prompt, options): (&str, GenerateOptions),
    ) -> Result<(), MinerError> {
        let prompt = loaded.tokenizer.encode(prompt);
        let (mut written, mut fingerprints) = (Vec::new(), Vec::new());
        let mut stream = TextStream::default();
        let mut times = Times::default();
        let mut losses = 0;
        let end = loop {
            let so_far = (&mut written, &mut fingerprints, &mut stream, &mut times);
            let result = self.attempt(job, control, loaded, &prompt, options, so_far);
            match result.await {
                Ok(end) => break end,
                // What was written so far becomes a part of the prompt on a fresh device.
                Err(GenerateError::Kernel(KernelError::Device(error)))
                    if error.is_retryable() && losses < 2 =>
                {
                    losses += 1;
                    *loaded = self.load_again(control, loaded).await?;
                }
                Err(error) => return Err(problem::of_generate(&error)),
            }
        };
        let rest = stream.finish();
        if !rest.is_empty() {
            self.tell_text(job, rest, loaded, (prompt.len(), written.len(), times));
        }
        let tokens = u32::try_from(written.len()).unwrap_or(u32::MAX);
        let report = GenerateReport {
            end,
            prompt_tokens: u32::try_from(prompt.len()).unwrap_or(u32::MAX),
            tokens,
            prefill_seconds: times.prefill,
            decode_seconds: times.decode,
            bandwidth_share: self.bandwidth_share(loaded, tokens, times.decode),
            // The same as without a lost device in between: the new one has the same logits.
            digest: match &loaded.model {
                Model::Exact(model) => Some(digest::of_text(&model.digest, &prompt, &written, &fingerprints)),
                _ => None,
            },
        };
        self.tell(MinerEvent::Generated { job, report });
        Ok(())
    }

    async fn attempt(
        &self,
        job: JobId,
        control: &Job,
        loaded: &mut Loaded,
        prompt: &[u32],
        options: GenerateOptions,
        (written, fingerprints, stream, times): SoFar<'_>,
    ) -> Result<TextEnd, GenerateError> {
        let before = written.len();
        let start: Vec<u32> = prompt.iter().chain(written.iter()).copied().collect();
        let max_tokens = options.max_tokens.saturating_sub(u32::try_from(before).unwrap_or(u32::MAX));
        let options = Options {
            max_tokens,
            temperature: options.temperature,
            top_k: options.top_k,
            top_p: options.top_p,
            seed: options.seed,
        };
        let mut text = Generation::start(&loaded.model, &start, options)?;
        let round_trip =
            self.report.borrow().as_ref().and_then(|report| report.round_trip_seconds).unwrap_or(0.0);
        let round_trip = if loaded.report.place == Place::Gpu { round_trip } else { 0.0 };
        let mut batch = 1.0_f64;
        while text.end().is_none() {
            if !self.may_go_on(control).await {
                return Ok(TextEnd::Stopped);
            }
            let was_prefilled = text.is_prefilled();
            let started = self.host.now();
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 1 and 2048")]
            let done = text.advance(&mut loaded.model, batch as usize).await?;
            let seconds = self.host.now() - started;
            #[expect(clippy::cast_precision_loss, reason = "a few thousand at most")]
            let each = (seconds - round_trip).max(1e-5) / done.max(1) as f64;
            // Where the trip is long, as with a browser that looks at its queue ten times a second, more tokens
            // share it.
            let most = if was_prefilled { MOST_WRITTEN } else { MOST_READ };
            batch = ((SUBMISSION_SECONDS + round_trip) / each).clamp(1.0, most);
            if was_prefilled != text.is_prefilled() {
                // Writing a token takes longer than reading one.
                batch = 1.0;
            }
            if was_prefilled {
                times.decode += seconds;
                let new = text.written().get(written.len() - before..).unwrap_or(&[]).to_vec();
                let piece =
                    stream.push(new.iter().flat_map(|token| loaded.tokenizer.decode(*token).into_owned()));
                written.extend(new);
                fingerprints
                    .extend(text.fingerprints().iter().skip(fingerprints.len().saturating_sub(before)));
                self.tell_text(job, piece, loaded, (start.len(), written.len(), *times));
            } else {
                times.prefill += seconds;
            }
        }
        Ok(match text.end() {
            Some(End::Token) => TextEnd::EndToken,
            Some(End::Limit) | None => TextEnd::TokenLimit,
            Some(End::Context) => TextEnd::ContextFull,
        })
    }

    fn tell_text(
        &self,
        job: JobId,
        piece: String,
        loaded: &Loaded,
        (read, written, times): (usize, usize, Times),
    ) {
        let tokens = u32::try_from(written).unwrap_or(u32::MAX);
        let rate = |tokens: usize, seconds: f64| {
            f64::from(u32::try_from(tokens).unwrap_or(u32::MAX)) / seconds.max(1e-6)
        };
        self.tell(MinerEvent::Text {
            job,
            piece,
            tokens,
            prefill_tokens_per_second: (times.prefill > 0.0).then(|| rate(read, times.prefill)),
            decode_tokens_per_second: rate(written, times.decode),
            bandwidth_share: self.bandwidth_share(loaded, tokens, times.decode),
        });
    }

    async fn load_again(&self, control: &Job, lost: &Loaded) -> Result<Loaded, MinerError> {
        self.leave_device();
        let again = self.fetch_model(None, control, &lost.source, (lost.precision, lost.place)).await?;
        again.ok_or_else(|| refuse(MinerErrorKind::DeviceLost, "stopped while the device was being replaced"))
    }

    /// Weights read per second as a share of what a copying kernel reads and writes.
    fn bandwidth_share(&self, loaded: &Loaded, tokens: u32, seconds: f64) -> Option<f64> {
        let copy = self.report.borrow().as_ref()?.copy_bytes_per_second?;
        if loaded.report.place != Place::Gpu || seconds <= 0.0 {
            return None;
        }
        #[expect(clippy::cast_precision_loss, reason = "a share")]
        let read = loaded.report.weight_bytes as f64 * f64::from(tokens);
        Some(read / seconds / copy)
    }
}
