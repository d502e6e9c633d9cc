//! Turns texts into vectors with the loaded encoder, and orders texts by how close they are to a query.

use std::rc::Rc;

use lantern_worker_bridge::miner::{
    EmbedReport, JobId, Likeness, MOST_TEXTS, MinerError, MinerErrorKind, MinerEvent,
};

use crate::{
    error::{EmbedError, KernelError},
    model::bert::{BATCH_TOKENS, Batch},
    service::{Job, Service, encoder::Embedder, problem, problem::refuse},
};

impl Service {
    pub(super) async fn embed(&self, job: JobId, control: &Job, texts: &[String]) -> Result<(), MinerError> {
        let event = match self.vectors(control, texts).await? {
            None => MinerEvent::Stopped { job },
            Some((vectors, report)) => MinerEvent::Embedded { job, vectors, report },
        };
        self.tell(event);
        Ok(())
    }

    pub(super) async fn rank(
        &self,
        job: JobId,
        control: &Job,
        query: String,
        mut texts: Vec<String>,
    ) -> Result<(), MinerError> {
        // The query goes last, so that the others keep their numbers.
        texts.push(query);
        let event = match self.vectors(control, &texts).await? {
            None => MinerEvent::Stopped { job },
            Some((vectors, report)) => MinerEvent::Ranked { job, order: order(&vectors), report },
        };
        self.tell(event);
        Ok(())
    }

    /// The vectors of texts. `None` where the job was stopped meanwhile.
    async fn vectors(
        &self,
        control: &Job,
        texts: &[String],
    ) -> Result<Option<(Vec<Vec<f32>>, EmbedReport)>, MinerError> {
        let known = self.encoder.borrow().clone();
        let Some(mut embedder) = known else {
            return Err(refuse(MinerErrorKind::NoModel, "no model that gives vectors is loaded"));
        };
        if texts.len() > MOST_TEXTS + 1 {
            let message = format!("{} texts at once, at most {MOST_TEXTS} are taken", texts.len());
            return Err(refuse(MinerErrorKind::BadRequest, message));
        }
        let started = self.clock(control);
        let encoded: Vec<_> = texts.iter().map(|text| embedder.tokenizer.encode(text)).collect();
        let count = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
        let cut_texts = count(encoded.iter().filter(|text| text.is_cut).count());
        let sentences: Vec<Vec<u32>> = encoded.into_iter().map(|text| text.tokens).collect();
        let mut vectors = Vec::with_capacity(sentences.len());
        let mut losses = 0;
        while vectors.len() < sentences.len() {
            if !self.may_go_on(control).await {
                return Ok(None);
            }
            let rest = sentences.get(vectors.len()..).unwrap_or_default();
            match embed_batch(&embedder, first_batch(rest)).await {
                Ok(more) => vectors.extend(more),
                // What was done so far stays; the rest goes to a fresh device.
                Err(EmbedError::Kernel(KernelError::Device(error))) if error.is_retryable() && losses < 2 => {
                    losses += 1;
                    match self.load_encoder_again(control, &embedder).await? {
                        Some(fresh) => embedder = fresh,
                        None => return Ok(None),
                    }
                }
                Err(error) => return Err(problem::of_embed(&error)),
            }
        }
        let tokens = count(sentences.iter().map(Vec::len).sum());
        let report = EmbedReport { tokens, cut_texts, seconds: self.clock(control) - started };
        Ok(Some((vectors, report)))
    }
}

async fn embed_batch(embedder: &Rc<Embedder>, sentences: &[Vec<u32>]) -> Result<Vec<Vec<f32>>, EmbedError> {
    let batch = Batch::new(embedder.encoder.config(), sentences)?;
    embedder.encoder.embed(&batch).await
}

/// As many sentences as fit a batch, but at least one.
fn first_batch(sentences: &[Vec<u32>]) -> &[Vec<u32>] {
    let mut tokens = 0;
    let fits = |sentence: &&Vec<u32>| {
        tokens += sentence.len();
        tokens <= BATCH_TOKENS
    };
    let count = sentences.iter().take_while(fits).count().max(1);
    sentences.get(..count).unwrap_or(sentences)
}

/// The order of all vectors but the last by their likeness to the last. Equal ones keep their order.
fn order(vectors: &[Vec<f32>]) -> Vec<Likeness> {
    let Some((query, vectors)) = vectors.split_last() else { return Vec::new() };
    let cosine =
        |vector: &Vec<f32>| vector.iter().zip(query).map(|(a, b)| a * b).sum::<f32>().clamp(-1.0, 1.0);
    let number = |index: usize| u32::try_from(index).unwrap_or(u32::MAX);
    let likeness = |(index, vector)| Likeness { index: number(index), cosine: cosine(vector) };
    let mut order: Vec<Likeness> = vectors.iter().enumerate().map(likeness).collect();
    order.sort_by(|a, b| b.cosine.total_cmp(&a.cosine));
    order
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn batches_hold_whole_sentences() {
        let sentences: Vec<Vec<u32>> = [100, 100, 56, 1].map(|length| vec![0; length]).to_vec();
        assert_eq!(first_batch(&sentences).len(), 3);
        assert_eq!(first_batch(&[vec![0; 500], vec![0]]).len(), 1);
        assert!(first_batch(&[]).is_empty());
    }

    #[test]
    fn the_most_alike_comes_first() {
        let vectors = [vec![0.0, 1.0], vec![0.6, 0.8], vec![-1.0, 0.0], vec![1.0, 0.0]];
        let order: Vec<(u32, f32)> = order(&vectors).iter().map(|text| (text.index, text.cosine)).collect();
        assert_eq!(order, [(1, 0.6), (0, 0.0), (2, -1.0)]);
    }
}
