//! A model's files on their way: from what is kept or from the network, with progress.

use std::{collections::VecDeque, rc::Rc};

use lantern_worker_bridge::miner::{JobId, MinerEvent, ModelSource};
use sha2::{Digest as _, Sha256};

use crate::{
    error::LoadError,
    keep::download::{Source, Wanted},
    loader::files::Entry,
    service::{Service, head::LARGEST_TEXT},
};

/// Rates are told over this many seconds.
const WINDOW: f64 = 3.0;

impl Service {
    /// A small file in whole, and its SHA-256.
    pub(super) async fn text(&self, url: String) -> Result<(Vec<u8>, [u8; 32]), LoadError> {
        self.text_up_to(url, LARGEST_TEXT).await
    }

    /// A file in whole, of at most `largest` bytes, and its SHA-256.
    pub(super) async fn text_up_to(
        &self,
        url: String,
        largest: usize,
    ) -> Result<(Vec<u8>, [u8; 32]), LoadError> {
        let mut download = self.host.fetch(url.clone()).await?;
        let mut text = Vec::new();
        while let Some(piece) = download.next().await? {
            text.extend(piece);
            if text.len() > largest {
                let reason = format!("it is larger than {} MiB", largest >> 20);
                return Err(LoadError::Fetch { path: url, reason });
            }
        }
        let digest = Sha256::digest(&text).into();
        Ok((text, digest))
    }

    /// Opens a file of weights. What comes from an address is kept; what the user gave lies on the device already.
    pub(super) async fn weights(
        &self,
        source: &ModelSource,
        name: &str,
        entry: &Entry,
    ) -> Result<Source, LoadError> {
        let host = Rc::clone(&self.host);
        let ModelSource::Url(model) = source else { return Source::plain(host, &entry.url).await };
        Source::open(host, Wanted { url: &entry.url, model, name, promised: entry.spec.as_ref() }).await
    }
}

/// Tells how far a load is.
pub(super) struct Progress {
    job: Option<JobId>,
    total_bytes: u64,
    told: f64,
    /// Times and bytes of the last seconds.
    past: VecDeque<(f64, u64)>,
    has_told_trouble: bool,
}

impl Progress {
    pub(super) fn new(job: Option<JobId>, total_bytes: u64, now: f64) -> Self {
        Self { job, total_bytes, told: now, past: VecDeque::from([(now, 0)]), has_told_trouble: false }
    }

    /// Whether it is time to tell again.
    pub(super) fn is_due(&self, now: f64) -> bool {
        now - self.told > 0.1
    }

    pub(super) fn tell(&mut self, service: &Service, loaded_bytes: u64, source: &Source) {
        let now = service.host.now();
        self.told = now;
        let Some(job) = self.job else { return };
        if let Some(reason) = source.trouble().filter(|_| !self.has_told_trouble) {
            self.has_told_trouble = true;
            service.tell(MinerEvent::NotKept { job, reason: reason.to_owned() });
        }
        while self.past.len() > 1 && self.past.front().is_some_and(|(time, _)| now - time > WINDOW) {
            self.past.pop_front();
        }
        let (since, before) = self.past.front().copied().unwrap_or((now, loaded_bytes));
        self.past.push_back((now, loaded_bytes));
        #[expect(clippy::cast_precision_loss, reason = "a rate")]
        let bytes_per_second = loaded_bytes.saturating_sub(before) as f64 / (now - since).max(1e-3);
        service.tell(MinerEvent::LoadProgress {
            job,
            loaded_bytes,
            total_bytes: self.total_bytes,
            kept_bytes: source.kept_bytes(),
            bytes_per_second,
        });
    }
}

/// Whether an error means that the bytes themselves are wrong, so that keeping them helps nobody.
pub(super) fn is_of_bytes(error: &LoadError) -> bool {
    !matches!(error, LoadError::Fetch { .. } | LoadError::Kernel(_) | LoadError::Config { .. })
}
