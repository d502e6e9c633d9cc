//! The panel that tells where synchronisation stands.

use crate::state::chain::{ClientState, HeadSeen};
use lantern_types::format;
use lantern_worker_bridge::light_client::{Delay, SavedState, StartPoint, SyncStage, SyncStatus};

/// How a stage is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mark {
    /// Behind us.
    Done,
    /// Going on.
    Now,
    /// Going on, and slower than it should be.
    Slow,
    /// Cannot go on by itself.
    Failed,
    /// Not reached.
    Waiting,
}

/// One line of the panel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StageLine {
    /// Which stage.
    pub stage: SyncStage,
    /// How it is drawn.
    pub mark: Mark,
    /// What it is called, in the tense that fits.
    pub title: &'static str,
    /// One reason line; empty where there is nothing to say.
    pub reason: String,
    /// Time spent in it so far; empty unless it is the current one.
    pub time: String,
}

const STAGES: [SyncStage; 4] =
    [SyncStage::FindingPeers, SyncStage::CatchingUp, SyncStage::Checking, SyncStage::Verified];

/// The four stages, in order.
#[must_use]
pub fn stages(client: &ClientState, sync: Option<&SyncStatus>, head: Option<&HeadSeen>) -> Vec<StageLine> {
    let current = sync.map_or(SyncStage::FindingPeers, |sync| sync.stage);
    let has_failed = matches!(client, ClientState::Failed(_));
    STAGES
        .into_iter()
        .map(|stage| {
            let mark = match stage.cmp(&current) {
                std::cmp::Ordering::Less => Mark::Done,
                std::cmp::Ordering::Greater => Mark::Waiting,
                std::cmp::Ordering::Equal if has_failed => Mark::Failed,
                std::cmp::Ordering::Equal if sync.is_some_and(|sync| sync.delay.is_some()) => Mark::Slow,
                std::cmp::Ordering::Equal if stage == SyncStage::Verified => Mark::Done,
                std::cmp::Ordering::Equal => Mark::Now,
            };
            let is_current = stage == current;
            StageLine {
                stage,
                mark,
                title: title(stage, mark),
                reason: reason(stage, mark, sync, head),
                time: match sync {
                    Some(sync) if is_current && mark != Mark::Done => seconds(sync.stage_millis),
                    _ => String::new(),
                },
            }
        })
        .collect()
}

/// One word for the whole, for the chip in the panel's head.
#[must_use]
pub fn summary(client: &ClientState, sync: Option<&SyncStatus>) -> &'static str {
    match (client, sync) {
        (ClientState::NotStarted | ClientState::Starting, _) => "Starting",
        (ClientState::Restarting { .. }, _) => "Restarting",
        (ClientState::Failed(_), _) => "Stopped",
        (ClientState::Running, Some(sync)) if sync.delay == Some(Delay::Offline) => "Offline",
        (ClientState::Running, Some(sync)) => match sync.stage {
            SyncStage::FindingPeers => "Finding peers",
            SyncStage::CatchingUp if sync.delay == Some(Delay::CheckpointRefused) => "Cannot catch up",
            SyncStage::CatchingUp => "Catching up",
            SyncStage::Checking => "Checking",
            SyncStage::Verified if sync.delay.is_none() => "In sync",
            SyncStage::Verified => "Delayed",
        },
        (ClientState::Running, None) => "Starting",
    }
}

/// What causes a delay, and what can be done about it.
#[must_use]
pub fn delay_words(delay: &Delay) -> String {
    match delay {
        Delay::NoPeerAnswers => "No address answers. Check your connection; Lantern keeps trying.".to_owned(),
        Delay::NothingToDial => {
            "This page cannot dial any peer of this network. The list of peers says why.".to_owned()
        }
        Delay::PeersStall => "Peers are connected and do not answer. Lantern asks others.".to_owned(),
        Delay::FalseProof => {
            "A peer sent a false proof. It was refused and the peer is set aside.".to_owned()
        }
        Delay::CheckpointRefused => {
            "The chain's finality does not follow from the checkpoint. Its authorities changed in a way that \
             no proof can cross, or it is another chain. Load a chain specification with a newer checkpoint."
                .to_owned()
        }
        Delay::FinalityStalls(seconds) => {
            format!("The chain has not finalized a block for {}.", format::duration(*seconds))
        }
        Delay::Offline => "You are offline. Figures stay as they were.".to_owned(),
    }
}

/// What is kept for the next visit.
#[must_use]
pub fn saved_words(saved: &SavedState) -> String {
    match saved {
        SavedState::Nothing => "nothing yet".to_owned(),
        SavedState::At(number) => format!("block {}", format::integer(u64::from(*number))),
        SavedState::Unavailable(reason) => format!("not possible: {reason}"),
    }
}

/// Where the client started from.
#[must_use]
pub fn start_words(start: Option<StartPoint>) -> String {
    match start {
        Some(StartPoint::Checkpoint(number)) => format!("checkpoint {}", format::integer(u64::from(number))),
        Some(StartPoint::Saved(number)) => {
            format!("last visit, block {}", format::integer(u64::from(number)))
        }
        Some(StartPoint::Genesis) => "the first block".to_owned(),
        None => "not known yet".to_owned(),
    }
}

/// Milliseconds as seconds with one place, or as a longer duration.
#[must_use]
pub fn seconds(millis: u64) -> String {
    if millis < 60_000 {
        format!("{}.{} s", millis / 1_000, millis % 1_000 / 100)
    } else {
        format::duration(millis / 1_000)
    }
}

const fn title(stage: SyncStage, mark: Mark) -> &'static str {
    let is_done = matches!(mark, Mark::Done);
    match (stage, is_done) {
        (SyncStage::FindingPeers, true) => "Peers connected",
        (SyncStage::FindingPeers, false) => "Finding peers",
        (SyncStage::CatchingUp, true) => "Finality proof checked",
        (SyncStage::CatchingUp, false) => "Catching up",
        (SyncStage::Checking, true) => "Runtime and state proven",
        (SyncStage::Checking, false) => "Checking",
        (SyncStage::Verified, _) => "Verified",
    }
}

fn reason(stage: SyncStage, mark: Mark, sync: Option<&SyncStatus>, head: Option<&HeadSeen>) -> String {
    let Some(sync) = sync else { return String::new() };
    if let (Mark::Slow | Mark::Failed, Some(delay)) = (mark, &sync.delay) {
        return delay_words(delay);
    }
    let connected = sync.peers.iter().filter(|peer| peer.is_connected).count();
    match (stage, mark) {
        (_, Mark::Waiting) => String::new(),
        (SyncStage::FindingPeers, Mark::Done) => {
            format!("{connected} of {} connected", sync.peers.len())
        }
        (SyncStage::FindingPeers, _) => match sync.peers.len() {
            1 => "1 address is being tried".to_owned(),
            count => format!("{count} addresses are being tried"),
        },
        (SyncStage::CatchingUp, _) => {
            let changes = match sync.authority_set_changes {
                0 => String::new(),
                1 => ", 1 authority-set change proven".to_owned(),
                count => format!(", {count} authority-set changes proven"),
            };
            format!("From {}{changes}", start_words(sync.started_from))
        }
        (SyncStage::Checking, _) => head.map_or_else(
            || "Downloading and proving the chain's runtime".to_owned(),
            |seen| format!("Runtime {}", seen.head.spec_version),
        ),
        (SyncStage::Verified, _) => head.map_or_else(String::new, |seen| {
            format!(
                "Block {} is final and its state is proven",
                format::integer(u64::from(seen.head.finalized.number))
            )
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::problem::Problem;

    fn sync(stage: SyncStage, delay: Option<Delay>) -> SyncStatus {
        SyncStatus {
            stage,
            stage_millis: 1_234,
            elapsed_millis: 5_000,
            delay,
            started_from: Some(StartPoint::Checkpoint(8_867_448)),
            authority_set_changes: 3,
            peers: Vec::new(),
            undialable: Vec::new(),
            bytes_down: 0,
            bytes_up: 0,
            proofs_checked: 0,
            proofs_rejected: 0,
            memory_bytes: 0,
            saved: SavedState::Nothing,
        }
    }

    fn marks(client: &ClientState, sync: Option<&SyncStatus>) -> Vec<Mark> {
        stages(client, sync, None).into_iter().map(|line| line.mark).collect()
    }

    #[test]
    fn stages_before_are_done_and_stages_after_wait() {
        let running = ClientState::Running;
        let now = sync(SyncStage::CatchingUp, None);
        assert_eq!(marks(&running, Some(&now)), [Mark::Done, Mark::Now, Mark::Waiting, Mark::Waiting]);
        let lines = stages(&running, Some(&now), None);
        let line = lines.get(1).expect("four lines");
        assert_eq!(line.reason, "From checkpoint 8\u{2009}867\u{2009}448, 3 authority-set changes proven");
        assert_eq!(line.time, "1.2 s");
        let all = sync(SyncStage::Verified, None);
        assert_eq!(marks(&running, Some(&all)), [Mark::Done; 4]);
    }

    #[test]
    fn a_delay_names_its_cause_in_the_current_stage() {
        let slow = sync(SyncStage::FindingPeers, Some(Delay::NoPeerAnswers));
        let lines = stages(&ClientState::Running, Some(&slow), None);
        let line = lines.first().expect("four lines");
        assert_eq!(line.mark, Mark::Slow);
        assert!(line.reason.contains("No address answers"), "{}", line.reason);
        let refused = sync(SyncStage::CatchingUp, Some(Delay::CheckpointRefused));
        let lines = stages(&ClientState::Running, Some(&refused), None);
        let line = lines.get(1).expect("four lines");
        assert!(
            line.reason.contains("Load a chain specification with a newer checkpoint"),
            "{}",
            line.reason
        );
    }

    #[test]
    fn the_chip_never_says_in_sync_while_it_is_not() {
        let check = |client: &ClientState, sync: Option<&SyncStatus>, expected| {
            assert_eq!(summary(client, sync), expected);
        };
        check(&ClientState::Running, Some(&sync(SyncStage::Verified, None)), "In sync");
        check(
            &ClientState::Running,
            Some(&sync(SyncStage::Verified, Some(Delay::FinalityStalls(9)))),
            "Delayed",
        );
        check(&ClientState::Running, Some(&sync(SyncStage::Verified, Some(Delay::Offline))), "Offline");
        let refused = sync(SyncStage::CatchingUp, Some(Delay::CheckpointRefused));
        check(&ClientState::Running, Some(&refused), "Cannot catch up");
        check(&ClientState::Failed(Problem::Overloaded), Some(&sync(SyncStage::Verified, None)), "Stopped");
        check(&ClientState::Running, None, "Starting");
    }

    #[test]
    fn times_have_one_place_under_a_minute() {
        assert_eq!(seconds(90), "0.0 s");
        assert_eq!(seconds(12_990), "12.9 s");
        assert_eq!(seconds(125_000), "2 min");
    }
}
