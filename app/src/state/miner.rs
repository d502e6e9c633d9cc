//! What the page knows of the miner: its device, its model, and the work that runs.

use super::ranking::Ranking;
use super::receipts::{Check, Deed, Receipt, Receipts};
use super::speed::{Kind, Speed};
use crate::problem::Problem;
use lantern_worker_bridge::miner::{
    DeviceReport, EncoderReport, GenerateReport, JobId, KeptReport, MinerError, MinerEvent, ModelReport,
    Place, PowSolution, PowWork, SolveProgress, TextEnd,
};

/// The worker's life.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Engine {
    /// Nobody has agreed to anything yet: there is no worker.
    #[default]
    NotAsked,
    /// The device is being checked and measured.
    Checking,
    /// Jobs may be given.
    Ready,
    /// The worker is gone.
    Stopped(Problem),
}

/// A model on its way.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Loading {
    /// The job's number.
    pub job: JobId,
    /// Bytes so far.
    pub loaded_bytes: u64,
    /// Bytes in all; 0 until they are known.
    pub total_bytes: u64,
    /// How many of them were kept on this device.
    pub kept_bytes: u64,
    /// Bytes per second over the last seconds.
    pub bytes_per_second: f64,
}

/// A text that is being written, or the last one.
#[derive(Debug, Clone, PartialEq)]
pub struct Writing {
    /// The job's number.
    pub job: JobId,
    /// The prompt that it goes on from.
    pub prompt: String,
    /// What was written so far.
    pub text: String,
    /// Tokens written so far.
    pub tokens: u32,
    /// Tokens per second while reading the prompt; nothing before the first token.
    pub read_per_second: Option<f64>,
    /// Tokens per second while writing; nothing before the first.
    pub tokens_per_second: Option<f64>,
    /// Share of the measured copy bandwidth; nothing on the CPU.
    pub bandwidth_share: Option<f64>,
    /// How it went, once it ended.
    pub report: Option<GenerateReport>,
    /// Whether it still runs.
    pub is_running: bool,
}

/// A search for a seal, or the last one.
#[derive(Debug, Clone, PartialEq)]
pub struct Search {
    /// The job's number.
    pub job: JobId,
    /// What is to be solved.
    pub work: PowWork,
    /// How it goes; nothing before the first news.
    pub progress: Option<SolveProgress>,
    /// The seal, once it is found.
    pub solution: Option<PowSolution>,
    /// Whether the user holds it.
    pub is_paused: bool,
    /// Whether it still runs.
    pub is_running: bool,
}

impl Search {
    /// Seals tried since the last news, and the seconds that they took.
    #[allow(clippy::cast_precision_loss, reason = "a rate")]
    fn since(&self, hashes: u64, seconds: f64) -> (f64, f64) {
        let before = self.progress.map_or((0, 0.0), |before| (before.hashes, before.elapsed_seconds));
        (hashes.saturating_sub(before.0) as f64, seconds - before.1)
    }
}

/// A benchmark that runs, or the last one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Benchmark {
    /// The job's number.
    pub job: JobId,
    /// What is measured now, and how many steps of how many are done.
    pub stage: (String, u32, u32),
    /// The report, once it is there.
    pub json: Option<String>,
    /// Why there is none.
    pub problem: Option<Problem>,
    /// Whether it still runs.
    pub is_running: bool,
}

/// What the user allows the miner.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// The share of time that a search may use, in percent, 5 to 100.
    pub duty_percent: u8,
    /// Where work runs.
    pub place: Place,
    /// Whether work is held while the page is out of sight.
    pub pauses_when_hidden: bool,
    /// Whether work is held on battery.
    pub pauses_on_battery: bool,
}

impl Default for Limits {
    fn default() -> Self {
        Self { duty_percent: 60, place: Place::Fastest, pauses_when_hidden: true, pauses_on_battery: true }
    }
}

/// What is told to those who listen, when it happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum News {
    /// The model is ready.
    Loaded,
    /// The text ended after so many tokens.
    Written(u32),
    /// A text was computed again, and whether it was the same.
    Checked(bool),
    /// Sentences were ranked.
    Ranked,
    /// A seal was found.
    Sealed,
    /// The benchmark ended.
    Measured,
    /// A job failed.
    Failed,
}

/// Why work is held although the user did not hold it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hold {
    /// The page is out of sight.
    Hidden,
    /// The device runs on battery.
    Battery,
}

/// Everything that the page knows of the miner.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct MinerState {
    /// The worker's life.
    pub engine: Engine,
    /// What the device is, once it was checked.
    pub device: Option<DeviceReport>,
    /// The model on its way.
    pub loading: Option<Loading>,
    /// The model that is ready.
    pub model: Option<ModelReport>,
    /// The text.
    pub writing: Option<Writing>,
    /// The search.
    pub search: Option<Search>,
    /// The model that gives vectors, once it is ready.
    pub encoder: Option<EncoderReport>,
    /// The ranking.
    pub ranking: Option<Ranking>,
    /// Why the last ranking failed.
    pub rank_problem: Option<Problem>,
    /// The benchmark.
    pub benchmark: Option<Benchmark>,
    /// How fast texts and searches went.
    pub speed: Speed,
    /// What was done.
    pub receipts: Receipts,
    /// Why the last check failed.
    pub check_problem: Option<Problem>,
    /// Milliseconds since 1970, as of the last news.
    pub wall_clock: u64,
    /// What is kept on this device, once the worker told.
    pub kept: Option<KeptReport>,
    /// Why the last download is not kept.
    pub not_kept: Option<String>,
    /// Why the last load failed.
    pub load_problem: Option<Problem>,
    /// Why the last text failed.
    pub write_problem: Option<Problem>,
    /// Why the last search failed.
    pub search_problem: Option<Problem>,
    /// What the user allows.
    pub limits: Limits,
    /// Whether the next model is loaded bit-exactly.
    pub is_exact: bool,
    /// A prompt and its length that wait for a model: a load that fails or is stopped drops them.
    pub waiting_text: Option<(String, u32)>,
    /// Whether the page is out of sight.
    pub is_hidden: bool,
    /// Whether the device runs on battery; nothing where the browser does not tell.
    pub is_on_battery: Option<bool>,
    last_job: JobId,
}

impl MinerState {
    /// The number of a new job.
    pub fn next_job(&mut self) -> JobId {
        self.last_job = self.last_job.wrapping_add(1);
        self.last_job
    }

    /// A worker starts and checks the device. What the worker before held is gone.
    pub fn checking(&mut self) {
        self.lose_work();
        self.engine = Engine::Checking;
        self.device = None;
    }

    /// The worker is gone, and its model and its work with it.
    pub fn stopped(&mut self, problem: Problem) {
        self.lose_work();
        self.engine = Engine::Stopped(problem);
    }

    /// The device was checked.
    pub fn checked(&mut self, device: DeviceReport) {
        self.engine = Engine::Ready;
        self.device = Some(device);
    }

    /// A model is asked for.
    pub fn begin_load(&mut self, job: JobId) {
        self.load_problem = None;
        self.not_kept = None;
        let rate = 0.0;
        self.loading =
            Some(Loading { job, loaded_bytes: 0, total_bytes: 0, kept_bytes: 0, bytes_per_second: rate });
    }

    /// A text is asked for.
    pub fn begin_text(&mut self, job: JobId, prompt: String) {
        self.write_problem = None;
        self.writing = Some(Writing {
            job,
            prompt,
            text: String::new(),
            tokens: 0,
            read_per_second: None,
            tokens_per_second: None,
            bandwidth_share: None,
            report: None,
            is_running: true,
        });
    }

    /// Sentences are to be ranked, the encoder loaded before where it is not there.
    pub fn begin_ranking(&mut self, ranking: Ranking) {
        self.rank_problem = None;
        self.ranking = Some(ranking);
    }

    /// A seal is looked for.
    pub fn begin_search(&mut self, job: JobId, work: PowWork) {
        self.search_problem = None;
        self.search =
            Some(Search { job, work, progress: None, solution: None, is_paused: false, is_running: true });
    }

    /// The text of a receipt is computed again.
    pub fn begin_check(&mut self, receipt: JobId, job: JobId) {
        self.check_problem = None;
        self.receipts.begin_check(receipt, job);
    }

    /// A benchmark is asked for.
    pub fn begin_benchmark(&mut self, job: JobId) {
        let stage = (String::new(), 0, 1);
        self.benchmark = Some(Benchmark { job, stage, json: None, problem: None, is_running: true });
    }

    /// Time passed on the page's clock, in milliseconds.
    pub fn tick(&mut self, now: u64) {
        let jobs = self.jobs();
        let is_held = |job: Option<JobId>| job.is_some_and(|job| jobs.contains(&(job, true)));
        let writing = is_held(self.writing.as_ref().map(|writing| writing.job));
        let searching = is_held(self.search.as_ref().map(|search| search.job));
        self.speed.advance(now, writing, searching);
    }

    /// Takes what the worker tells. News of a job that is not known any more changes nothing.
    pub fn apply(&mut self, event: MinerEvent) -> Option<News> {
        match event {
            MinerEvent::LoadProgress { job, .. } | MinerEvent::Ranked { job, .. } if self.ranks(job) => {
                let ranking = self.ranking.as_mut()?;
                if !ranking.apply(event) {
                    return None;
                }
                let (sentences, seconds) =
                    (ranking.texts.len(), ranking.report.map_or(0.0, |report| report.seconds));
                let place = self.encoder.as_ref().map(|encoder| encoder.place);
                self.receive(job, place, seconds, Deed::Ranking { sentences }, Check::None);
                Some(News::Ranked)
            }
            MinerEvent::EncoderLoaded { encoder, .. } => {
                self.encoder = Some(encoder);
                None
            }
            MinerEvent::LoadProgress { job, loaded_bytes, total_bytes, kept_bytes, bytes_per_second } => {
                if let Some(loading) = self.loading.as_mut().filter(|loading| loading.job == job) {
                    *loading = Loading { job, loaded_bytes, total_bytes, kept_bytes, bytes_per_second };
                }
                None
            }
            MinerEvent::NotKept { job, reason } => {
                if self.loading.is_some_and(|loading| loading.job == job) {
                    self.not_kept = Some(reason);
                }
                None
            }
            MinerEvent::Loaded { job, model } => {
                self.loading.take_if(|loading| loading.job == job)?;
                self.model = Some(model);
                Some(News::Loaded)
            }
            MinerEvent::Text {
                job,
                piece,
                tokens,
                prefill_tokens_per_second,
                decode_tokens_per_second,
                bandwidth_share,
            } => {
                let writing = self.writing.as_mut().filter(|writing| writing.job == job)?;
                // Rates are those of the whole text so far; the difference is what was written since.
                let seconds = |tokens: u32, rate: f64| f64::from(tokens) / rate;
                let before = writing.tokens_per_second.filter(|rate| *rate > 0.0);
                let before = before.map_or(0.0, |rate| seconds(writing.tokens, rate));
                let more = f64::from(tokens.saturating_sub(writing.tokens));
                self.speed.note(Kind::Writing, more, seconds(tokens, decode_tokens_per_second) - before);
                writing.text.push_str(&piece);
                writing.tokens = tokens;
                writing.read_per_second = prefill_tokens_per_second;
                writing.tokens_per_second = Some(decode_tokens_per_second);
                writing.bandwidth_share = bandwidth_share;
                None
            }
            MinerEvent::Generated { job, report } if self.receipts.running() == Some(job) => {
                match self.receipts.end_check(job, Some(&report))? {
                    Check::Passed => Some(News::Checked(true)),
                    Check::Rejected => Some(News::Checked(false)),
                    Check::None | Check::Running(_) => None,
                }
            }
            MinerEvent::Generated { job, report } => {
                let writing = self.writing.as_mut().filter(|writing| writing.job == job)?;
                writing.tokens = report.tokens;
                writing.report = Some(report);
                writing.is_running = false;
                let prompt = writing.prompt.clone();
                let model = self.model.as_ref();
                let digest = report.digest.zip(model.and_then(|model| model.digest));
                let place = model.map(|model| model.place);
                let seconds = report.prefill_seconds + report.decode_seconds;
                self.receive(job, place, seconds, Deed::Text { prompt, digest, report }, Check::None);
                (report.end != TextEnd::Stopped).then_some(News::Written(report.tokens))
            }
            MinerEvent::SolveProgress { job, progress } => {
                let search = self.search.as_mut().filter(|search| search.job == job)?;
                let (hashes, seconds) = search.since(progress.hashes, progress.elapsed_seconds);
                self.speed.note(Kind::Searching, hashes, seconds);
                search.progress = Some(progress);
                None
            }
            MinerEvent::Solved { job, solution } => {
                let search = self.search.as_mut().filter(|search| search.job == job)?;
                #[allow(clippy::cast_precision_loss, reason = "a rate")]
                let (hashes, seconds) =
                    search.since(solution.hashes, solution.elapsed_millis as f64 / 1_000.0);
                self.speed.note(Kind::Searching, hashes, seconds);
                search.solution = Some(solution.clone());
                search.is_running = false;
                #[allow(clippy::cast_precision_loss, reason = "a duration")]
                let seconds = solution.busy_millis as f64 / 1_000.0;
                let (place, tried) = (Some(solution.place), solution.hashes);
                let deed = Deed::Search { work: search.work.clone(), tried, solution: Some(solution) };
                // The worker computes a seal again on the CPU before it tells of it.
                self.receive(job, place, seconds, deed, Check::Passed);
                Some(News::Sealed)
            }
            MinerEvent::Stopped { job } => {
                let search = self.search.as_ref().filter(|search| search.job == job);
                if let Some((search, progress)) = search.and_then(|search| Some((search, search.progress?))) {
                    let deed =
                        Deed::Search { work: search.work.clone(), tried: progress.hashes, solution: None };
                    self.receive(job, Some(progress.place), progress.busy_seconds, deed, Check::None);
                }
                self.end(job);
                None
            }
            // The page asks for no vectors.
            MinerEvent::Embedded { .. } | MinerEvent::Ranked { .. } => None,
            MinerEvent::BenchmarkProgress { job, stage, done, steps } => {
                let benchmark = self.benchmark.as_mut().filter(|benchmark| benchmark.job == job)?;
                benchmark.stage = (stage, done, steps);
                None
            }
            MinerEvent::Benchmarked { job, json, .. } => {
                let benchmark = self.benchmark.as_mut().filter(|benchmark| benchmark.job == job)?;
                benchmark.json = Some(json);
                benchmark.is_running = false;
                Some(News::Measured)
            }
            MinerEvent::Failed { job, error } => self.fail(job, error),
        }
    }

    /// A request for a job was refused, or the job failed.
    pub fn fail(&mut self, job: JobId, error: MinerError) -> Option<News> {
        let problem = Some(Problem::Miner(error));
        if self.loading.is_some_and(|loading| loading.job == job) {
            self.load_problem = problem;
        } else if self.writing.as_ref().is_some_and(|writing| writing.job == job) {
            self.write_problem = problem;
        } else if self.search.as_ref().is_some_and(|search| search.job == job) {
            self.search_problem = problem;
        } else if self.ranks(job) {
            self.rank_problem = problem;
        } else if self.receipts.running() == Some(job) {
            self.check_problem = problem;
        } else if let Some(benchmark) = self.benchmark.as_mut().filter(|benchmark| benchmark.job == job) {
            benchmark.problem = problem;
        } else {
            return None;
        }
        self.end(job);
        Some(News::Failed)
    }

    /// Why work is held although the user did not hold it.
    #[must_use]
    pub fn hold(&self) -> Option<Hold> {
        if self.is_hidden && self.limits.pauses_when_hidden {
            Some(Hold::Hidden)
        } else if self.is_on_battery == Some(true) && self.limits.pauses_on_battery {
            Some(Hold::Battery)
        } else {
            None
        }
    }

    /// The jobs that run, each with whether it should be held.
    #[must_use]
    pub fn jobs(&self) -> Vec<(JobId, bool)> {
        let is_held = self.hold().is_some();
        let mut jobs = Vec::new();
        let mut add =
            |job: Option<JobId>, is_paused: bool| jobs.extend(job.map(|job| (job, is_held || is_paused)));
        add(self.loading.map(|loading| loading.job), false);
        add(self.writing.as_ref().filter(|writing| writing.is_running).map(|writing| writing.job), false);
        let search = self.search.as_ref().filter(|search| search.is_running);
        add(search.map(|search| search.job), search.is_some_and(|search| search.is_paused));
        add(self.ranking.as_ref().filter(|ranking| ranking.is_running).map(|ranking| ranking.job), false);
        add(self.benchmark.as_ref().filter(|work| work.is_running).map(|work| work.job), false);
        add(self.receipts.running(), false);
        jobs
    }

    fn receive(&mut self, job: JobId, place: Option<Place>, device_seconds: f64, deed: Deed, check: Check) {
        let ended_at = self.wall_clock;
        self.receipts.add(Receipt { job, ended_at, place, device_seconds, deed, check });
    }

    fn ranks(&self, job: JobId) -> bool {
        self.ranking.as_ref().is_some_and(|ranking| ranking.job == job)
    }

    fn end(&mut self, job: JobId) {
        if self.loading.take_if(|loading| loading.job == job).is_some() {
            self.waiting_text = None;
        }
        if let Some(writing) = self.writing.as_mut().filter(|writing| writing.job == job) {
            writing.is_running = false;
        }
        if let Some(search) = self.search.as_mut().filter(|search| search.job == job) {
            search.is_running = false;
        }
        if let Some(ranking) = self.ranking.as_mut().filter(|ranking| ranking.job == job) {
            ranking.end();
        }
        if let Some(benchmark) = self.benchmark.as_mut().filter(|benchmark| benchmark.job == job) {
            benchmark.is_running = false;
        }
        // A check that has come to its end does not run any more.
        self.receipts.end_check(job, None);
    }

    /// Text and seals that were told stay; they are the user's.
    fn lose_work(&mut self) {
        self.loading = None;
        self.waiting_text = None;
        self.model = None;
        if let Some(writing) = &mut self.writing {
            writing.is_running = false;
        }
        if let Some(search) = &mut self.search {
            search.is_running = false;
        }
        self.encoder = None;
        if let Some(ranking) = &mut self.ranking {
            ranking.end();
        }
        if let Some(job) = self.receipts.running() {
            self.receipts.end_check(job, None);
        }
        if let Some(benchmark) = &mut self.benchmark {
            benchmark.is_running = false;
        }
    }
}

#[cfg(test)]
#[path = "miner_tests.rs"]
mod tests;
