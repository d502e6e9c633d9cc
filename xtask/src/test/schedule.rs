//! Runs stages as soon as what they need is done, and never two in one place.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
    sync::mpsc,
    time::{Duration, Instant},
};

use anyhow::Result;

use super::{
    counts::Counts,
    stages::{Place, STAGES, Stage},
};
use crate::report;

/// How a stage went.
pub enum Verdict {
    /// All of its checks passed.
    Passed(Counts),
    /// Some did not.
    Failed(Counts),
    /// A stage that it needs failed.
    NotRun,
}

/// A stage that is over.
pub struct Ended {
    /// Its name.
    pub name: &'static str,
    /// How it went.
    pub verdict: Verdict,
    /// When it began, from the start of the run.
    pub began: Duration,
    /// How long it took.
    pub took: Duration,
}

/// Stages that compile take all cores for most of their time. Two at once fill each other's gaps.
fn heavy_limit() -> usize {
    let cores = std::thread::available_parallelism().map_or(2, std::num::NonZero::get);
    if cores > 4 { 3 } else { 2 }
}

struct Running {
    place: Place,
    began: Duration,
}

/// Runs the chosen stages and returns them in the order of their list.
pub fn run(root: &Path, chosen: &BTreeSet<&'static str>) -> Vec<Ended> {
    let started = Instant::now();
    let (send, receive) = mpsc::channel();
    let mut waiting: Vec<&'static Stage> =
        STAGES.iter().filter(|stage| chosen.contains(stage.name)).collect();
    let mut running: BTreeMap<&'static str, Running> = BTreeMap::new();
    let mut ended: BTreeMap<&'static str, Ended> = BTreeMap::new();
    loop {
        give_up_on_the_impossible(&mut waiting, &mut ended, started.elapsed());
        while let Some(index) = waiting.iter().position(|stage| may_start(stage, &waiting, &running, &ended))
        {
            let stage = waiting.remove(index);
            running.insert(stage.name, Running { place: stage.place, began: started.elapsed() });
            start(stage, root.to_path_buf(), send.clone());
        }
        if running.is_empty() {
            break;
        }
        let Ok((name, verdict)) = receive.recv() else { break };
        if let Some(Running { began, .. }) = running.remove(name) {
            let took = started.elapsed().saturating_sub(began);
            let word = if matches!(verdict, Verdict::Passed(_)) { "ok" } else { "FAILED" };
            report::say(&format!("{name}: {word} after {}", report::clock(took).trim()));
            ended.insert(name, Ended { name, verdict, began, took });
        }
    }
    let order = STAGES.iter().filter_map(|stage| ended.remove(stage.name));
    order.collect()
}

fn start(stage: &'static Stage, root: PathBuf, send: mpsc::Sender<(&'static str, Verdict)>) {
    report::begin(stage.name);
    std::thread::spawn(move || {
        let verdict = judge(std::panic::catch_unwind(|| (stage.run)(&root)), stage.name);
        // The receiver only goes away when the whole run is over.
        send.send((stage.name, verdict)).ok();
    });
}

fn judge(result: std::thread::Result<Result<Counts>>, name: &str) -> Verdict {
    match result {
        Ok(Ok(counts)) if counts.failed == 0 => Verdict::Passed(counts),
        Ok(Ok(counts)) => Verdict::Failed(counts),
        Ok(Err(error)) => {
            report::say(&format!("{name}: {error:#}"));
            Verdict::Failed(Counts::one_failed())
        }
        Err(_panic) => Verdict::Failed(Counts::one_failed()),
    }
}

fn give_up_on_the_impossible(
    waiting: &mut Vec<&'static Stage>,
    ended: &mut BTreeMap<&'static str, Ended>,
    now: Duration,
) {
    let lost = |stage: &Stage, ended: &BTreeMap<&'static str, Ended>| {
        let failed = |need: &&str| ended.get(need).is_some_and(|e| !matches!(e.verdict, Verdict::Passed(_)));
        stage.needs.iter().any(failed)
    };
    while let Some(index) = waiting.iter().position(|stage| lost(stage, ended)) {
        let name = waiting.remove(index).name;
        report::say(&format!("{name}: not run, because something it needs failed"));
        ended.insert(name, Ended { name, verdict: Verdict::NotRun, began: now, took: Duration::ZERO });
    }
}

fn may_start(
    stage: &Stage,
    waiting: &[&'static Stage],
    running: &BTreeMap<&'static str, Running>,
    ended: &BTreeMap<&'static str, Ended>,
) -> bool {
    // A need that was not chosen is taken as met: `--only` means just that.
    let met = |need: &&str| {
        ended.contains_key(need)
            || !running.contains_key(need) && !waiting.iter().any(|waiting| waiting.name == *need)
    };
    if !stage.needs.iter().all(met) || running.values().any(|other| other.place == Place::Alone) {
        return false;
    }
    let heavy = running.values().filter(|other| other.place.is_heavy()).count();
    match stage.place {
        Place::Light => true,
        // What is timed comes when everything else is over.
        Place::Alone => running.is_empty() && waiting.iter().all(|waiting| waiting.place == Place::Alone),
        place => heavy < heavy_limit() && running.values().all(|other| other.place != place),
    }
}
