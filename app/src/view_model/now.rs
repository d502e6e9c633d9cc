//! The figures at the top of the miner's page: what the device is and how fast it works now.

use super::miner::{bytes_per_second, hashes_per_second, place, tier, time, tokens_per_second};
use crate::state::miner::{Engine, MinerState};
use lantern_types::format;

/// A figure with its name, its unit and what it means. An empty value is not known yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fact {
    /// Its name.
    pub name: &'static str,
    /// The figure or a word; empty where there is none yet.
    pub value: String,
    /// Its unit; empty for a word.
    pub unit: String,
    /// Where it comes from, or why there is none.
    pub note: String,
}

impl Fact {
    /// From a printed figure whose unit follows its last space.
    fn new(name: &'static str, printed: Option<String>, note: String) -> Self {
        let printed = printed.unwrap_or_default();
        let (value, unit) = printed.rsplit_once(' ').unwrap_or((&printed, ""));
        Self { name, value: value.to_owned(), unit: unit.to_owned(), note }
    }
}

/// A figure as markup.
#[must_use]
pub fn markup(fact: &Fact) -> String {
    let Fact { name, value, unit, note } = fact;
    let value = match (value.is_empty(), unit.is_empty()) {
        (true, _) => r#"<span class="na">–</span>"#.to_owned(),
        (false, true) => format!(r#"<span class="word">{value}</span>"#),
        (false, false) => format!(r#"<span class="n">{value}<span class="u">{unit}</span></span>"#),
    };
    format!(r#"<div class="fact"><dt>{name}</dt><dd class="v">{value}</dd><dd class="x">{note}</dd></div>"#)
}

/// The figures, in the order in which they are shown.
#[must_use]
pub fn facts(state: &MinerState) -> [Fact; 4] {
    [device(state), bandwidth(state), writing(state), search(state)]
}

fn device(state: &MinerState) -> Fact {
    let note = match (&state.device, &state.engine) {
        (Some(report), _) if report.checks.is_empty() => "No graphics device to check".to_owned(),
        (Some(report), _) => {
            let passed = report.checks.iter().filter(|check| check.passed()).count();
            format!("{passed} of {} kernels agree with the CPU", report.checks.len())
        }
        (None, Engine::Checking) => "Checking kernels and measuring …".to_owned(),
        (None, _) => "Not checked".to_owned(),
    };
    let value = state.device.as_ref().map(|report| tier(report).0.to_owned()).unwrap_or_default();
    Fact { name: "Device", value, unit: String::new(), note }
}

fn bandwidth(state: &MinerState) -> Fact {
    let report = state.device.as_ref();
    let rate = report.and_then(|report| report.copy_bytes_per_second);
    let trip = report.and_then(|report| report.round_trip_seconds);
    let note = match (rate, trip, report) {
        (Some(_), Some(trip), _) => format!("Measured; a trip there and back takes {}", time(trip)),
        (Some(_), None, _) => "Measured".to_owned(),
        (None, _, Some(_)) => "Measured on a graphics device only".to_owned(),
        (None, _, None) => "Not measured yet".to_owned(),
    };
    Fact::new("Copy bandwidth", rate.map(bytes_per_second), note)
}

fn writing(state: &MinerState) -> Fact {
    let rate = state.writing.as_ref().and_then(|writing| writing.tokens_per_second);
    let on = state.model.as_ref().map(|model| place(model.place));
    let share = state.writing.as_ref().and_then(|writing| writing.bandwidth_share);
    let note = match (rate, on, share) {
        (None, None, _) => "No model is loaded".to_owned(),
        (None, Some(on), _) => format!("Model ready on the {on}"),
        (Some(_), Some(on), Some(share)) => format!("On the {on}, {:.0} % of its limit", share * 100.0),
        (Some(_), Some(on), None) => format!("On the {on}"),
        (Some(_), None, _) => "The last text".to_owned(),
    };
    Fact::new("Writing", rate.map(tokens_per_second), note)
}

fn search(state: &MinerState) -> Fact {
    const NAME: &str = "Proof of work";
    let search = state.search.as_ref();
    let progress = search.and_then(|search| search.progress);
    let note = match (search, progress) {
        (None, _) => "No search yet".to_owned(),
        (Some(search), _) if search.solution.is_some() => {
            format!("Seal found at difficulty {}", format::integer(search.work.difficulty))
        }
        (Some(_), Some(progress)) => format!("On the {}", place(progress.place)),
        (Some(_), None) => "Measuring …".to_owned(),
    };
    let solution = search.and_then(|search| search.solution.as_ref());
    // A search that ends before the first news has the rate of its whole time.
    let whole = solution.filter(|found| found.elapsed_millis > 0);
    #[expect(clippy::cast_precision_loss, reason = "shown with three digits")]
    let whole = whole.map(|found| found.hashes as f64 * 1_000.0 / found.elapsed_millis as f64);
    let rate = progress.map(|progress| progress.hashes_per_second).or(whole);
    if let (None, Some(found)) = (rate, solution) {
        let note = "Seal found within a millisecond, too soon for a rate".to_owned();
        return Fact { name: NAME, value: format::integer(found.hashes), unit: "tried".to_owned(), note };
    }
    Fact::new(NAME, rate.map(hashes_per_second), note)
}

#[cfg(test)]
mod tests {
    use super::*;
    use lantern_worker_bridge::miner::{
        DeviceReport, KernelCheck, MinerEvent, Place, PowSolution, PowWork, SolveProgress, Tier,
    };

    fn checked() -> MinerState {
        let mut state = MinerState::default();
        state.checked(DeviceReport {
            tier: Tier::Gpu,
            gpu_problem: None,
            adapter: None,
            checks: vec![KernelCheck { kernel: "copy".into(), difference: 0.0, allowed: 0.0 }],
            copy_bytes_per_second: Some(12_300_000_000.0),
            round_trip_seconds: Some(0.002),
            variants: Vec::new(),
        });
        state
    }

    fn work() -> PowWork {
        let key = |byte| [byte; 32];
        PowWork { netuid: 1, block: 2, block_hash: key(3), hotkey: key(4), coldkey: key(5), difficulty: 5 }
    }

    #[test]
    fn nothing_is_known_before_the_check() {
        let mut state = MinerState::default();
        state.checking();
        let [device, bandwidth, writing, search] = facts(&state);
        assert_eq!((device.value.as_str(), device.note.as_str()), ("", "Checking kernels and measuring …"));
        assert_eq!(bandwidth.note, "Not measured yet");
        assert_eq!(writing.note, "No model is loaded");
        assert_eq!(search.note, "No search yet");
    }

    #[test]
    fn a_seal_that_comes_too_soon_for_a_rate_tells_what_was_tried() {
        let mut state = checked();
        state.begin_search(1, work());
        let solution = PowSolution {
            place: Place::Cpu,
            block: 1,
            nonce: 2,
            seal: [3; 32],
            hashes: 1_234,
            elapsed_millis: 0,
            busy_millis: 0,
        };
        state.apply(MinerEvent::Solved { job: 1, solution });
        let [.., search] = facts(&state);
        assert_eq!((search.value.as_str(), search.unit.as_str()), ("1\u{2009}234", "tried"));
        assert!(markup(&search).contains("1\u{2009}234<span class=\"u\">tried</span>"));
        assert!(search.note.starts_with("Seal found within a millisecond"), "{}", search.note);
    }

    #[test]
    fn figures_stand_apart_from_their_units() {
        let mut state = checked();
        state.begin_search(1, work());
        if let Some(search) = &mut state.search {
            search.progress = Some(SolveProgress {
                place: Place::Gpu,
                hashes: 10,
                hashes_per_second: 2_500_000.0,
                expected_seconds: None,
                elapsed_seconds: 1.0,
                busy_seconds: 1.0,
                block: 1,
            });
        }
        let [device, bandwidth, _, search] = facts(&state);
        assert_eq!((device.value.as_str(), device.unit.as_str()), ("Graphics device", ""));
        assert_eq!(device.note, "1 of 1 kernels agree with the CPU");
        assert_eq!((bandwidth.value.as_str(), bandwidth.unit.as_str()), ("12.3", "GB/s"));
        assert_eq!((search.value.as_str(), search.unit.as_str()), ("2.50", "MH/s"));
        assert_eq!(search.note, "On the graphics device");
    }
}
