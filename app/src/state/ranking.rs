//! Sentences that are ranked by meaning: the encoder on its way, then the order.

use super::miner::Loading;
use lantern_worker_bridge::miner::{EmbedReport, JobId, Likeness, MinerEvent};

/// A ranking that is being made, or the last one.
#[derive(Debug, Clone, PartialEq)]
pub struct Ranking {
    /// The job's number: that of the load first, where the encoder is not there yet.
    pub job: JobId,
    /// What the sentences are compared with.
    pub query: String,
    /// The sentences.
    pub texts: Vec<String>,
    /// The encoder on its way.
    pub loading: Option<Loading>,
    /// The most alike first; empty before it is known.
    pub order: Vec<Likeness>,
    /// How it went, once it ended.
    pub report: Option<EmbedReport>,
    /// Whether it still runs.
    pub is_running: bool,
}

impl Ranking {
    /// A ranking that starts now.
    #[must_use]
    pub const fn new(job: JobId, query: String, texts: Vec<String>) -> Self {
        Self { job, query, texts, loading: None, order: Vec::new(), report: None, is_running: true }
    }

    /// Takes what the worker tells of the job. Says whether it is over.
    pub fn apply(&mut self, event: MinerEvent) -> bool {
        match event {
            MinerEvent::LoadProgress { job, loaded_bytes, total_bytes, kept_bytes, bytes_per_second } => {
                self.loading = Some(Loading { job, loaded_bytes, total_bytes, kept_bytes, bytes_per_second });
                false
            }
            MinerEvent::Ranked { order, report, .. } => {
                self.order = order;
                self.report = Some(report);
                self.is_running = false;
                true
            }
            _ => false,
        }
    }

    /// Ends it where it stands.
    pub fn end(&mut self) {
        self.loading = None;
        self.is_running = false;
    }
}
