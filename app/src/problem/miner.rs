//! The miner's problems in words.

use super::{Problem, Remedy};
use lantern_worker_bridge::CallError;
use lantern_worker_bridge::miner::{MinerError, MinerErrorKind};

impl From<CallError<MinerError>> for Problem {
    fn from(error: CallError<MinerError>) -> Self {
        match error {
            CallError::Refused(error) => Self::Miner(error),
            _ => Self::MinerStopped { detail: String::new() },
        }
    }
}

/// Title, advice and remedy of a failure.
pub(super) const fn words(kind: MinerErrorKind) -> (&'static str, &'static str, Option<Remedy>) {
    match kind {
        MinerErrorKind::NoGpu => (
            "There is no graphics device to use",
            "This browser offers none, or it was refused. Choose the CPU and try again.",
            None,
        ),
        MinerErrorKind::DeviceLost => (
            "The graphics device was lost",
            "Another program or the driver took it away. Trying again opens it anew.",
            Some(Remedy::TryAgain),
        ),
        MinerErrorKind::OutOfMemory => (
            "The device has too little memory",
            "Close other tabs that use the graphics device, or choose the CPU.",
            Some(Remedy::TryAgain),
        ),
        MinerErrorKind::BadDevice => (
            "This device does not compute as it should",
            "Its numbers differ from the CPU's, or it refuses a kernel. Choose the CPU and try again.",
            None,
        ),
        MinerErrorKind::Fetch => (
            "The model could not be downloaded",
            "The host of this page did not send a file. Check the connection, then try again.",
            Some(Remedy::TryAgain),
        ),
        MinerErrorKind::BadFile => (
            "The model's file is damaged",
            "It does not have the hash or the shape that its manifest promises, so it is not used.",
            Some(Remedy::TryAgain),
        ),
        MinerErrorKind::BadRequest => {
            ("The miner cannot do this", "Change the prompt or the settings, then try again.", None)
        }
        MinerErrorKind::NoModel => ("No model is loaded", "Load the model first.", None),
        MinerErrorKind::Busy => {
            ("The miner is busy", "Work of this kind is running already. Stop it first.", None)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    const KINDS: [MinerErrorKind; 9] = [
        MinerErrorKind::NoGpu,
        MinerErrorKind::DeviceLost,
        MinerErrorKind::OutOfMemory,
        MinerErrorKind::BadDevice,
        MinerErrorKind::Fetch,
        MinerErrorKind::BadFile,
        MinerErrorKind::BadRequest,
        MinerErrorKind::NoModel,
        MinerErrorKind::Busy,
    ];

    #[test]
    fn every_kind_has_words_of_its_own_and_keeps_the_reason() {
        let titles: BTreeSet<_> = KINDS.iter().map(|&kind| words(kind).0).collect();
        assert_eq!(titles.len(), KINDS.len());
        for kind in KINDS {
            let wording = Problem::Miner(MinerError { kind, message: "why".into() }).wording();
            assert_eq!(wording.detail, "why");
            assert!(!wording.title.ends_with('.') && wording.advice.ends_with('.'), "{kind:?}");
            assert!(!wording.is_grave);
        }
    }

    #[test]
    fn a_dead_miner_offers_a_restart_of_the_miner() {
        let problem = Problem::from(CallError::<MinerError>::Gone);
        assert_eq!(problem.wording().remedy, Some(Remedy::RestartMiner));
    }
}
