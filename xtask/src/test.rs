//! `cargo xtask test`: every check, side by side where they do not disturb each other.

mod counts;
mod failures;
mod schedule;
mod stages;

use std::{collections::BTreeSet, path::Path, time::Instant};

use anyhow::{Result, bail, ensure};

use crate::report;
use schedule::{Ended, Verdict};
use stages::STAGES;

/// Which stages to run.
#[derive(Default)]
pub struct Options {
    /// These only, with what prepares them; all where it is empty.
    pub only: Vec<String>,
    /// Not these.
    pub skip: Vec<String>,
}

/// Runs the stages and fails unless everything passed.
pub fn run(root: &Path, options: &Options) -> Result<()> {
    let chosen = choose(options)?;
    let started = Instant::now();
    let ended = schedule::run(root, &chosen);
    let (passed, failed) = summarise(&ended, started);
    println!("{passed} passed, {failed} failed");
    if failed > 0 {
        // The line above has to be the last, so the failure is told by the exit status alone.
        std::process::exit(1);
    }
    Ok(())
}

/// The names of all stages, for the help text.
pub fn stage_names() -> Vec<&'static str> {
    STAGES.iter().map(|stage| stage.name).collect()
}

fn choose(options: &Options) -> Result<BTreeSet<&'static str>> {
    for name in options.only.iter().chain(&options.skip) {
        ensure!(
            stage_names().contains(&name.as_str()),
            "no such stage: {name}; there are {}",
            stage_names().join(", ")
        );
    }
    let chosen: BTreeSet<&str> = STAGES
        .iter()
        .filter(|stage| {
            options.only.is_empty() || stage.prepares || options.only.iter().any(|name| name == stage.name)
        })
        .filter(|stage| !options.skip.iter().any(|name| name == stage.name))
        .map(|stage| stage.name)
        .collect();
    if chosen.is_empty() {
        bail!("no stage is left to run");
    }
    Ok(chosen)
}

/// Prints the table of stages and returns how many checks passed and failed.
fn summarise(ended: &[Ended], started: Instant) -> (usize, usize) {
    let mut rows = Vec::new();
    let (mut passed, mut failed) = (0, 0);
    for stage in ended {
        let (word, counts) = match &stage.verdict {
            Verdict::Passed(counts) => ("ok", counts.clone()),
            Verdict::Failed(counts) => ("FAILED", counts.clone()),
            Verdict::NotRun => ("not run", counts::Counts::one_failed()),
        };
        passed += counts.passed;
        failed += counts.failed;
        rows.push(vec![
            stage.name.to_owned(),
            word.to_owned(),
            counts.passed.to_string(),
            counts.failed.to_string(),
            counts.ignored.to_string(),
            report::clock(stage.began).trim().to_owned(),
            report::clock(stage.took).trim().to_owned(),
        ]);
    }
    let header = ["stage", "result", "passed", "failed", "ignored", "began at", "took"];
    println!("\n{}\n", report::table(&header, &rows));
    println!("{} in all\n", report::clock(started.elapsed()).trim());
    (passed, failed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stages_are_named_once_and_need_only_earlier_ones() {
        let mut seen = BTreeSet::new();
        for stage in STAGES {
            for need in stage.needs {
                assert!(seen.contains(need), "{} needs {need}, which does not come before it", stage.name);
            }
            assert!(seen.insert(stage.name), "{} is there twice", stage.name);
        }
    }

    #[test]
    fn choosing_keeps_what_prepares() {
        let only = Options { only: vec!["size".into()], skip: vec![] };
        let chosen = choose(&only).unwrap();
        assert!(chosen.contains("size") && chosen.contains("vendor") && !chosen.contains("tidy"));
        assert!(choose(&Options { only: vec!["nonsense".into()], skip: vec![] }).is_err());
    }
}
