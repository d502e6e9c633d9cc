//! What went wrong, in words: what happened, what it means and what the user can do about it.

mod miner;

use lantern_worker_bridge::CallError;
use lantern_worker_bridge::light_client::{ErrorKind, LightClientError};
use lantern_worker_bridge::miner::MinerError;

/// What a button beside a problem does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Remedy {
    /// Start the light client again.
    Restart,
    /// Forget what was saved for this network and start from its checkpoint.
    StartFromCheckpoint,
    /// Choose another network.
    ChooseNetwork,
    /// Look at the list of peers.
    ShowPeers,
    /// Ask the same again.
    TryAgain,
    /// Start the miner again.
    RestartMiner,
    /// Load the page again.
    Reload,
}

impl Remedy {
    /// The button's words.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Restart => "Restart light client",
            Self::StartFromCheckpoint => "Start from checkpoint",
            Self::ChooseNetwork => "Choose a network",
            Self::ShowPeers => "Show peers",
            Self::TryAgain => "Try again",
            Self::RestartMiner => "Restart miner",
            Self::Reload => "Reload page",
        }
    }
}

/// Something that went wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Problem {
    /// The light client said so.
    LightClient(LightClientError),
    /// The light client stopped: a crash, or a script that did not load.
    WorkerStopped {
        /// The browser's words.
        detail: String,
    },
    /// More calls wait than the light client answers.
    Overloaded,
    /// Page and worker are of different builds.
    DifferentBuilds,
    /// The network's file could not be loaded.
    NetworkFile {
        /// Which network.
        network: String,
        /// What the server or the browser said.
        detail: String,
    },
    /// An answer that does not fit its question.
    UnexpectedAnswer,
    /// The live runtime's transaction cannot be written or read back.
    CannotSign {
        /// Why.
        detail: String,
    },
    /// The trade would give nothing.
    NothingToReceive,
    /// The miner said so.
    Miner(MinerError),
    /// The miner stopped: a crash, or a script that did not load.
    MinerStopped {
        /// The browser's words.
        detail: String,
    },
}

/// A problem as the page prints it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wording {
    /// What happened.
    pub title: &'static str,
    /// What it means and what to do.
    pub advice: &'static str,
    /// Details for the curious; empty where there are none.
    pub detail: String,
    /// What can be done at once.
    pub remedy: Option<Remedy>,
    /// Whether it is about false data or lost money, not a nuisance.
    pub is_grave: bool,
}

impl From<CallError<LightClientError>> for Problem {
    fn from(error: CallError<LightClientError>) -> Self {
        match error {
            CallError::Refused(error) => Self::LightClient(error),
            CallError::Overloaded => Self::Overloaded,
            _ => Self::WorkerStopped { detail: String::new() },
        }
    }
}

impl Problem {
    /// The words for this problem.
    #[must_use]
    pub fn wording(&self) -> Wording {
        match self {
            Self::LightClient(error) => {
                let (title, advice, remedy) = light_client_words(error.kind);
                Wording {
                    title,
                    advice,
                    detail: error.message.clone(),
                    remedy,
                    is_grave: matches!(
                        error.kind,
                        ErrorKind::FalseData | ErrorKind::CheckpointMismatch | ErrorKind::WrongGenesis
                    ),
                }
            }
            Self::Miner(error) => {
                let (title, advice, remedy) = miner::words(error.kind);
                Wording { title, advice, detail: error.message.clone(), remedy, is_grave: false }
            }
            Self::MinerStopped { detail } => plain(
                "The miner stopped",
                "Its model and its work are gone. The rest of the page goes on.",
                detail,
                Remedy::RestartMiner,
            ),
            Self::WorkerStopped { detail } => plain(
                "The light client stopped",
                "Figures on this page stay as they were and are marked as old. Nothing was sent.",
                detail,
                Remedy::Restart,
            ),
            Self::Overloaded => plain(
                "The light client does not keep up",
                "Too many questions wait for an answer. Wait a moment, then try again.",
                "",
                Remedy::TryAgain,
            ),
            Self::DifferentBuilds => plain(
                "This page was updated while it was open",
                "Its parts are of different builds and do not understand each other. Load it again.",
                "",
                Remedy::Reload,
            ),
            Self::NetworkFile { detail, .. } => plain(
                "The file of this network could not be loaded",
                "Lantern needs it to know where the chain starts. Choose another network or your own chain specification.",
                detail,
                Remedy::ChooseNetwork,
            ),
            Self::UnexpectedAnswer => plain(
                "The light client gave an answer that does not fit",
                "This is a fault in Lantern. Restarting the light client may help.",
                "",
                Remedy::Restart,
            ),
            Self::CannotSign { detail } => Wording {
                remedy: None,
                ..plain(
                    "This transaction cannot be signed here",
                    "The chain's runtime asks for something that this build cannot write and read back. Nothing was sent.",
                    detail,
                    Remedy::TryAgain,
                )
            },
            Self::NothingToReceive => Wording {
                remedy: None,
                ..plain(
                    "This trade would give nothing",
                    "The amount is too small, or the pool cannot take it. Change the amount.",
                    "",
                    Remedy::TryAgain,
                )
            },
        }
    }
}

fn plain(title: &'static str, advice: &'static str, detail: &str, remedy: Remedy) -> Wording {
    Wording { title, advice, detail: detail.to_owned(), remedy: Some(remedy), is_grave: false }
}

const fn light_client_words(kind: ErrorKind) -> (&'static str, &'static str, Option<Remedy>) {
    match kind {
        ErrorKind::DamagedSpecification => (
            "This chain specification cannot be read",
            "The file is damaged or not a chain specification. Get it again from its source, or choose another network.",
            Some(Remedy::ChooseNetwork),
        ),
        ErrorKind::WrongGenesis => (
            "This specification names another chain",
            "Its first block is not the one it claims. Do not use this file; get it again from a source that you trust.",
            Some(Remedy::ChooseNetwork),
        ),
        ErrorKind::CheckpointMismatch => (
            "The checkpoint does not lead to this chain",
            "Either the checkpoint is wrong or the peers are on another chain. Nothing is shown until this is settled.",
            Some(Remedy::StartFromCheckpoint),
        ),
        ErrorKind::NoPeers => (
            "No peer can be reached",
            "Lantern needs one peer of the chain. Check your connection; the list of peers says why each one fails.",
            Some(Remedy::ShowPeers),
        ),
        ErrorKind::SavedStateDropped => (
            "What was saved at the last visit did not fit and was dropped",
            "Lantern started from the network's checkpoint instead. Nothing is lost.",
            None,
        ),
        ErrorKind::StorageUnavailable => (
            "This browser keeps nothing for the next visit",
            "Storage is full or refused. Everything works; the next visit starts from the checkpoint again.",
            None,
        ),
        ErrorKind::AnotherTab => (
            "Another tab runs the light client",
            "This tab cannot attach to it. Close the other tab, then restart here.",
            Some(Remedy::Restart),
        ),
        ErrorKind::Timeout => (
            "Peers did not answer in time",
            "Lantern goes on asking. Figures stay as they were until an answer is proven.",
            Some(Remedy::TryAgain),
        ),
        ErrorKind::FalseData => (
            "A peer sent false data",
            "It did not match the state root, so it was refused and is not shown. Other peers are asked.",
            Some(Remedy::ShowPeers),
        ),
        ErrorKind::NotInRuntime => (
            "The chain's runtime does not offer this",
            "A runtime upgrade took it away or has not brought it yet.",
            None,
        ),
        ErrorKind::Undecodable => (
            "The chain's data has a shape that Lantern does not know",
            "The runtime is newer than this build. Nothing is guessed; other figures go on.",
            Some(Remedy::TryAgain),
        ),
        ErrorKind::BadRequest => {
            ("The light client refused the question", "This is a fault in Lantern.", None)
        }
        ErrorKind::NotReady => (
            "The light client is not ready yet",
            "It is still catching up with the chain.",
            Some(Remedy::TryAgain),
        ),
        _ => (
            "The light client broke",
            "Figures on this page stay as they were and are marked as old.",
            Some(Remedy::Restart),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KINDS: [ErrorKind; 14] = [
        ErrorKind::DamagedSpecification,
        ErrorKind::WrongGenesis,
        ErrorKind::CheckpointMismatch,
        ErrorKind::NoPeers,
        ErrorKind::SavedStateDropped,
        ErrorKind::StorageUnavailable,
        ErrorKind::AnotherTab,
        ErrorKind::Timeout,
        ErrorKind::FalseData,
        ErrorKind::NotInRuntime,
        ErrorKind::Undecodable,
        ErrorKind::BadRequest,
        ErrorKind::NotReady,
        ErrorKind::Internal,
    ];

    fn wording(kind: ErrorKind) -> Wording {
        Problem::LightClient(LightClientError { kind, message: "why".into(), can_retry: false }).wording()
    }

    #[test]
    fn every_kind_has_words_of_its_own_and_keeps_the_reason() {
        let titles: std::collections::BTreeSet<_> = KINDS.iter().map(|&kind| wording(kind).title).collect();
        assert_eq!(titles.len(), KINDS.len());
        for kind in KINDS {
            assert_eq!(wording(kind).detail, "why");
            assert!(!wording(kind).title.ends_with('.') && wording(kind).advice.ends_with('.'), "{kind:?}");
        }
    }

    #[test]
    fn only_false_chains_and_false_data_are_grave() {
        let grave: Vec<_> = KINDS.into_iter().filter(|&kind| wording(kind).is_grave).collect();
        assert_eq!(grave, [ErrorKind::WrongGenesis, ErrorKind::CheckpointMismatch, ErrorKind::FalseData]);
    }

    #[test]
    fn a_dead_worker_offers_a_restart() {
        let problem = Problem::from(CallError::<LightClientError>::Gone);
        assert_eq!(problem.wording().remedy, Some(Remedy::Restart));
    }
}
