//! A file that comes from what is kept as far as that reaches, and from the network from there on.
//!
//! What arrives from the network is kept on the way. A connection that breaks is taken up again where it broke.

use std::rc::Rc;

use crate::{
    error::LoadError,
    keep::{
        record::{CHUNK, Record, key, seal_slot},
        shelf::{Shelf, ShelfError, Volume},
    },
    loader::manifest::FileSpec,
    service::host::{Download, Host},
};

/// Seconds to wait before a broken connection is taken up again, each time in a row.
const PATIENCE: [f64; 4] = [0.25, 1.0, 2.0, 4.0];

/// What is wanted.
#[derive(Debug, Clone, Copy)]
pub struct Wanted<'a> {
    /// The file's address.
    pub url: &'a str,
    /// The address of the model that it belongs to.
    pub model: &'a str,
    /// The model's name.
    pub name: &'a str,
    /// What a manifest promises of it.
    pub promised: Option<&'a FileSpec>,
}

/// The kept part of a file.
struct Kept {
    shelf: Rc<dyn Shelf>,
    volume: Box<dyn Volume>,
    record: Record,
    /// Chunks that are there, checked or not.
    chunks: u64,
}

/// A file on its way.
pub struct Source {
    host: Rc<dyn Host>,
    url: String,
    promised: Option<FileSpec>,
    kept: Option<Kept>,
    network: Option<Box<dyn Download>>,
    /// Bytes of the network's answer that were had already.
    skip: u64,
    /// Bytes handed on.
    position: u64,
    /// How many of them were kept.
    kept_bytes: u64,
    total: Option<u64>,
    validator: Option<String>,
    /// Bytes handed on that do not fill a chunk yet.
    pending: Vec<u8>,
    breaks: usize,
    trouble: Option<String>,
}

impl std::fmt::Debug for Source {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Source").field("url", &self.url).finish_non_exhaustive()
    }
}

impl Source {
    /// Opens a file. Nothing is kept where that is not possible; [`Source::trouble`] says why.
    ///
    /// # Errors
    /// [`LoadError::Fetch`] where what is not kept cannot be fetched.
    pub async fn open(host: Rc<dyn Host>, wanted: Wanted<'_>) -> Result<Self, LoadError> {
        let mut source = Self {
            host,
            url: wanted.url.to_owned(),
            promised: wanted.promised.cloned(),
            kept: None,
            network: None,
            skip: 0,
            position: 0,
            kept_bytes: 0,
            total: wanted.promised.map(|file| file.bytes),
            validator: None,
            pending: Vec::new(),
            breaks: 0,
            trouble: None,
        };
        match source.look().await {
            Ok(kept) => source.kept = kept,
            Err(error) => source.trouble = Some(error.to_string()),
        }
        if !source.go_on().await? {
            source.start_over(wanted).await?;
        }
        Ok(source)
    }

    /// A file that is neither kept nor to be kept, such as one that the user gave.
    ///
    /// # Errors
    /// [`LoadError::Fetch`].
    pub async fn plain(host: Rc<dyn Host>, url: &str) -> Result<Self, LoadError> {
        let download = host.fetch(url.to_owned()).await?;
        Ok(Self {
            host,
            url: url.to_owned(),
            promised: None,
            kept: None,
            total: download.length(),
            validator: None,
            network: Some(download),
            skip: 0,
            position: 0,
            kept_bytes: 0,
            pending: Vec::new(),
            breaks: 0,
            trouble: None,
        })
    }

    /// The file's length, where anybody told it.
    #[must_use]
    pub fn length(&self) -> Option<u64> {
        self.total
    }

    /// Bytes that came from what was kept, so far.
    #[must_use]
    pub fn kept_bytes(&self) -> u64 {
        self.kept_bytes
    }

    /// Why the file is not kept, once that is known.
    #[must_use]
    pub fn trouble(&self) -> Option<&str> {
        self.trouble.as_deref()
    }

    /// The next piece; `None` at the end. `is_stopped` is asked while a broken connection is waited for.
    ///
    /// # Errors
    /// [`LoadError::Fetch`] where the rest cannot be fetched; what came so far stays kept.
    pub async fn next(&mut self, is_stopped: impl Fn() -> bool) -> Result<Option<Vec<u8>>, LoadError> {
        if let Some(piece) = self.next_kept().await {
            return Ok(Some(piece));
        }
        if self.network.is_none() && self.total.is_some_and(|total| self.position >= total) {
            return Ok(None);
        }
        loop {
            match self.next_fetched().await {
                Ok(Some(piece)) => {
                    self.breaks = 0;
                    self.position += piece.len() as u64;
                    self.put_away(&piece).await;
                    return Ok(Some(piece));
                }
                Ok(None) => return Ok(None),
                Err(error) => {
                    self.network = None;
                    let Some(patience) = PATIENCE.get(self.breaks) else { return Err(error) };
                    self.breaks += 1;
                    let mut left = *patience;
                    while left > 0.0 {
                        if is_stopped() {
                            return Err(error);
                        }
                        self.host.sleep(left.min(0.1)).await;
                        left -= 0.1;
                    }
                }
            }
        }
    }

    /// Removes what is kept of this file: it turned out to be another one.
    pub async fn discard(&mut self) {
        if let Some(Kept { shelf, volume, .. }) = self.kept.take() {
            drop(volume);
            // What cannot be removed now is refused at the next visit for the same reason as now.
            _ = shelf.remove(&key(&self.url)).await;
        }
    }

    /// What is kept of this very file.
    async fn look(&self) -> Result<Option<Kept>, ShelfError> {
        let shelf = self.host.shelf().await?;
        let mut volume = shelf.open(&key(&self.url)).await?;
        let slots = volume.slots();
        if slots == 0 {
            let record = Record::new(&self.url, ("", ""), 0);
            return Ok(Some(Kept { shelf, volume, record, chunks: 0 }));
        }
        let record = Record::parse(&volume.read(0).await?).filter(|record| {
            record.url == self.url && self.promised.as_ref().is_none_or(|file| record.is(file))
        });
        let Some(record) = record else {
            volume.truncate(0).await?;
            let record = Record::new(&self.url, ("", ""), 0);
            return Ok(Some(Kept { shelf, volume, record, chunks: 0 }));
        };
        let mut chunks = (slots - 1).min(record.chunks());
        // The last one may have been cut short; the others are checked when they are read.
        while let Some(last) = chunks.checked_sub(1)
            && record.open_slot(last, volume.read(chunks).await?).is_none()
        {
            chunks = last;
        }
        volume.truncate(chunks + 1).await?;
        Ok(Some(Kept { shelf, volume, record, chunks }))
    }

    /// Goes on with what is kept, if it is still what the server has. `false` where the file starts from its
    /// beginning, with the server's answer in `network` if there is one already.
    async fn go_on(&mut self) -> Result<bool, LoadError> {
        let Some((record, chunks)) = self.kept.as_ref().map(|kept| (kept.record.clone(), kept.chunks)) else {
            return Ok(false);
        };
        if chunks == 0 {
            return Ok(false);
        }
        let from = record.bytes_in(chunks);
        let is_whole = from == record.total;
        if !is_whole || self.promised.is_none() {
            let answer = if is_whole {
                self.host.fetch_from(self.url.clone(), 0).await
            } else {
                self.host.fetch_from(self.url.clone(), from).await
            };
            match answer {
                Ok(answer) => {
                    let is_same = is_version(&record, answer.as_ref(), self.promised.is_some());
                    let fits = is_same && (is_whole || answer.start() == from);
                    if !fits {
                        // An answer that starts at the beginning is what a fresh start needs.
                        self.network = Some(answer).filter(|answer| answer.start() == 0);
                        return Ok(false);
                    }
                    // Dropping the answer ends it: a whole file needs nothing of it.
                    self.network = Some(answer).filter(|_| !is_whole);
                }
                // Without a connection, a whole file is as good as it was.
                Err(_) if is_whole => {}
                Err(error) => return Err(error),
            }
        }
        self.total = Some(record.total);
        self.validator = record.validator;
        Ok(true)
    }

    async fn start_over(&mut self, wanted: Wanted<'_>) -> Result<(), LoadError> {
        let answer = match self.network.take() {
            Some(answer) => answer,
            None => self.host.fetch_from(self.url.clone(), 0).await?,
        };
        self.total = self.total.or(answer.length());
        self.validator = answer.validator().map(str::to_owned);
        self.network = Some(answer);
        if self.kept.is_some()
            && let Err(error) = self.begin_keeping(wanted).await
        {
            self.give_up_keeping(&error).await;
        }
        Ok(())
    }

    async fn begin_keeping(&mut self, wanted: Wanted<'_>) -> Result<(), ShelfError> {
        let failed = |reason: &str| ShelfError::Failed { reason: reason.to_owned() };
        let Some(kept) = &mut self.kept else { return Ok(()) };
        let total = self.total.ok_or_else(|| failed("the server does not tell how long the file is"))?;
        let mut record = Record::new(&self.url, (wanted.model, wanted.name), total);
        record.sha256 = self.promised.as_ref().map(|file| file.sha256.clone());
        record.validator.clone_from(&self.validator);
        kept.volume.truncate(0).await?;
        if kept.shelf.free_bytes().await.is_some_and(|free| free < total) {
            return Err(ShelfError::Full);
        }
        let slot = record.to_slot().ok_or_else(|| failed("its address is too long"))?;
        kept.volume.write(0, slot).await?;
        (kept.record, kept.chunks) = (record, 0);
        Ok(())
    }

    async fn give_up_keeping(&mut self, error: &ShelfError) {
        self.trouble = Some(error.to_string());
        self.pending = Vec::new();
        self.discard().await;
    }

    /// The next kept chunk. A chunk that is not what was written ends what is kept.
    async fn next_kept(&mut self) -> Option<Vec<u8>> {
        let kept = self.kept.as_mut()?;
        let chunk = self.position / CHUNK as u64;
        if chunk >= kept.chunks || self.position >= kept.record.total {
            return None;
        }
        let slot = kept.volume.read(chunk + 1).await.unwrap_or_default();
        if let Some(bytes) = kept.record.open_slot(chunk, slot) {
            self.position += bytes.len() as u64;
            self.kept_bytes += bytes.len() as u64;
            return Some(bytes);
        }
        kept.chunks = chunk;
        // An answer that was to go on behind the kept chunks does not start here.
        self.network = None;
        if let Err(error) = kept.volume.truncate(chunk + 1).await {
            self.give_up_keeping(&error).await;
        }
        None
    }

    async fn next_fetched(&mut self) -> Result<Option<Vec<u8>>, LoadError> {
        if self.network.is_none() {
            self.reconnect().await?;
        }
        let Some(network) = &mut self.network else { return Ok(None) };
        loop {
            let Some(mut piece) = network.next().await? else {
                let told = network.length();
                if told.is_some_and(|told| told > self.position) {
                    return Err(self.failed("the connection ended early"));
                }
                return Ok(None);
            };
            if self.skip == 0 {
                return Ok(Some(piece));
            }
            let skipped = usize::try_from(self.skip).unwrap_or(usize::MAX).min(piece.len());
            self.skip -= skipped as u64;
            piece.drain(..skipped);
            if !piece.is_empty() {
                return Ok(Some(piece));
            }
        }
    }

    /// Asks for the rest of the file from where it broke.
    async fn reconnect(&mut self) -> Result<(), LoadError> {
        let answer = self.host.fetch_from(self.url.clone(), self.position).await?;
        let is_other = |(known, told): (&str, &str)| known != told;
        let has_changed = self.total.zip(answer.length()).is_some_and(|(total, length)| total != length)
            || self.promised.is_none()
                && self.validator.as_deref().zip(answer.validator()).is_some_and(is_other);
        if has_changed || answer.start() > self.position {
            self.discard().await;
            return Err(self.failed("the file changed on the server while it was loading"));
        }
        self.skip = self.position - answer.start();
        self.network = Some(answer);
        Ok(())
    }

    /// Keeps what came from the network.
    async fn put_away(&mut self, mut piece: &[u8]) {
        while let Some(kept) = &mut self.kept {
            let wanted = kept.record.chunk_bytes(kept.chunks).saturating_sub(self.pending.len());
            if wanted == 0 {
                // More came than was promised. Whoever reads the file says so.
                return;
            }
            let (now, later) = piece.split_at(piece.len().min(wanted));
            self.pending.extend_from_slice(now);
            piece = later;
            if now.len() < wanted {
                return;
            }
            let slot = seal_slot(&self.pending);
            self.pending.clear();
            match kept.volume.write(kept.chunks + 1, slot).await {
                Ok(()) => kept.chunks += 1,
                Err(error) => self.give_up_keeping(&error).await,
            }
        }
    }

    fn failed(&self, reason: &str) -> LoadError {
        LoadError::Fetch { path: self.url.clone(), reason: reason.to_owned() }
    }
}

/// Whether an answer is of the version that is kept. Where a manifest promises a hash, that decides in the end; else
/// the server has to say that nothing changed.
fn is_version(record: &Record, answer: &dyn Download, is_promised: bool) -> bool {
    let is_length = answer.length().is_none_or(|length| length == record.total);
    is_length
        && (is_promised || record.validator.is_some() && record.validator.as_deref() == answer.validator())
}
