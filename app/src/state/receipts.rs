//! What was done in this session, the newest first, and what a check on the CPU made of it.

use lantern_worker_bridge::miner::{GenerateReport, JobId, Place, PowSolution, PowWork, TextEnd};

/// So many are kept.
pub const MOST: usize = 100;

/// What was done.
#[derive(Debug, Clone, PartialEq)]
pub enum Deed {
    /// A text was written.
    Text {
        /// What it goes on from.
        prompt: String,
        /// Its digest and that of the model's weights, where the model was bit-exact.
        digest: Option<([u8; 32], [u8; 32])>,
        /// How it went.
        report: GenerateReport,
    },
    /// Sentences were ranked.
    Ranking {
        /// How many.
        sentences: usize,
    },
    /// A seal was looked for.
    Search {
        /// What was to be solved.
        work: PowWork,
        /// Seals tried.
        tried: u64,
        /// The seal, where one was found.
        solution: Option<PowSolution>,
    },
}

/// What a check made of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Check {
    /// Nobody checked it.
    #[default]
    None,
    /// It is being computed again, by this job.
    Running(JobId),
    /// The CPU came to the same.
    Passed,
    /// The CPU came to something else.
    Rejected,
}

/// One piece of work that has ended.
#[derive(Debug, Clone, PartialEq)]
pub struct Receipt {
    /// The job's number.
    pub job: JobId,
    /// When it ended: milliseconds since 1970.
    pub ended_at: u64,
    /// Where it ran.
    pub place: Option<Place>,
    /// Seconds that the device computed.
    pub device_seconds: f64,
    /// What was done.
    pub deed: Deed,
    /// What a check made of it.
    pub check: Check,
}

/// The receipts of a session, the newest first, at most [`MOST`].
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Receipts(Vec<Receipt>);

impl Receipts {
    /// All of them.
    #[must_use]
    pub fn all(&self) -> &[Receipt] {
        &self.0
    }

    /// Adds one.
    pub fn add(&mut self, receipt: Receipt) {
        self.0.insert(0, receipt);
        self.0.truncate(MOST);
    }

    /// The check that runs.
    #[must_use]
    pub fn running(&self) -> Option<JobId> {
        self.0.iter().find_map(|receipt| match receipt.check {
            Check::Running(job) => Some(job),
            _ => None,
        })
    }

    /// A text is computed again by a job.
    pub fn begin_check(&mut self, receipt: JobId, job: JobId) {
        if let Some(receipt) = self.0.iter_mut().find(|known| known.job == receipt) {
            receipt.check = Check::Running(job);
        }
    }

    /// A check has ended with a text, or without one. Says what came of it; nothing where no such check ran.
    pub fn end_check(&mut self, job: JobId, again: Option<&GenerateReport>) -> Option<Check> {
        let receipt = self.0.iter_mut().find(|known| known.check == Check::Running(job))?;
        let is_equal = match (&receipt.deed, again) {
            // What was stopped early is another text.
            (_, None | Some(GenerateReport { end: TextEnd::Stopped, .. })) => None,
            (Deed::Text { report, .. }, Some(again)) => Some(report.digest == again.digest),
            (_, Some(_)) => None,
        };
        receipt.check = match is_equal {
            None => Check::None,
            Some(true) => Check::Passed,
            Some(false) => Check::Rejected,
        };
        Some(receipt.check)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(digest: u8, end: TextEnd) -> GenerateReport {
        GenerateReport {
            end,
            prompt_tokens: 1,
            tokens: 2,
            prefill_seconds: 0.0,
            decode_seconds: 0.0,
            bandwidth_share: None,
            digest: Some([digest; 32]),
        }
    }

    fn text(job: JobId) -> Receipt {
        Receipt {
            job,
            ended_at: 0,
            place: Some(Place::Gpu),
            device_seconds: 0.1,
            deed: Deed::Text {
                prompt: String::new(),
                digest: Some(([7; 32], [1; 32])),
                report: report(7, TextEnd::TokenLimit),
            },
            check: Check::None,
        }
    }

    #[test]
    fn the_newest_is_first_and_the_oldest_go() {
        let mut receipts = Receipts::default();
        (0..150).for_each(|job| receipts.add(text(job)));
        let jobs: Vec<JobId> = receipts.all().iter().map(|receipt| receipt.job).collect();
        assert_eq!((jobs.len(), jobs.first(), jobs.last()), (MOST, Some(&149), Some(&50)));
    }

    #[test]
    fn a_check_compares_digests_and_one_that_stops_says_nothing() {
        let check = |again: Option<GenerateReport>| {
            let mut receipts = Receipts::default();
            receipts.add(text(1));
            receipts.begin_check(1, 9);
            assert_eq!(receipts.running(), Some(9));
            assert_eq!(receipts.end_check(8, again.as_ref()), None, "another job's text");
            let outcome = receipts.end_check(9, again.as_ref());
            assert_eq!(receipts.running(), None);
            outcome
        };
        assert_eq!(check(Some(report(7, TextEnd::TokenLimit))), Some(Check::Passed));
        assert_eq!(check(Some(report(8, TextEnd::TokenLimit))), Some(Check::Rejected));
        let without = GenerateReport { digest: None, ..report(7, TextEnd::TokenLimit) };
        assert_eq!(check(Some(without)), Some(Check::Rejected));
        assert_eq!(check(Some(report(7, TextEnd::Stopped))), Some(Check::None));
        assert_eq!(check(None), Some(Check::None));
    }
}
