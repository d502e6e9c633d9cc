//! What the commands print: steps with elapsed time, heartbeats, failure tails and tables.

use std::{
    path::Path,
    sync::{
        OnceLock,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

static START: OnceLock<Instant> = OnceLock::new();

/// Whether what is said goes to standard error, because standard output is for a result alone.
static ASIDE: AtomicBool = AtomicBool::new(false);

/// From now on, everything that is said goes to standard error.
pub fn to_standard_error() {
    ASIDE.store(true, Ordering::SeqCst);
}

/// Starts the clock that every line shows.
pub fn start_clock() {
    START.get_or_init(Instant::now);
}

fn elapsed() -> Duration {
    START.get_or_init(Instant::now).elapsed()
}

/// Minutes and seconds, as `12:07`.
pub fn clock(duration: Duration) -> String {
    let seconds = duration.as_secs();
    format!("{:2}:{:02}", seconds / 60, seconds % 60)
}

/// One line about what happens now.
pub fn say(message: &str) {
    line(&format!("[{}] {message}", clock(elapsed())));
}

fn line(text: &str) {
    if ASIDE.load(Ordering::SeqCst) {
        eprintln!("{text}");
    } else {
        println!("{text}");
    }
}

/// A step that starts.
pub fn begin(label: &str) {
    say(&format!("{label} …"));
}

/// A step that ended well.
pub fn done(label: &str, took: Duration) {
    say(&format!("{label}: done in {}", clock(took).trim()));
}

/// Says that a step is still running, and the last line that it printed.
pub fn still_running(label: &str, since: Duration, last_line: &str) {
    say(&format!("{label}: still running after {} · {last_line}", clock(since).trim()));
}

/// The end of a failed command's output.
pub fn tail(label: &str, output: &str, log: &Path) {
    line(&format!("──── {label}: end of {} ────\n{output}\n────", log.display()));
}

/// What failed in a run of tests.
pub fn failed(label: &str, failures: &str, log: &Path) {
    line(&format!("──── {label}: failed; all of it is in {} ────\n{failures}\n────", log.display()));
}

/// Runs one step: says that it starts, and how long it took.
pub fn step<T>(label: &str, work: impl FnOnce() -> anyhow::Result<T>) -> anyhow::Result<T> {
    begin(label);
    let started = Instant::now();
    let result = work()?;
    done(label, started.elapsed());
    Ok(result)
}

/// Lays rows out in columns; the first column is left-aligned, the others right-aligned.
pub fn table(header: &[&str], rows: &[Vec<String>]) -> String {
    let width = |column: usize| {
        rows.iter()
            .filter_map(|row| row.get(column))
            .map(|cell| cell.chars().count())
            .chain(header.get(column).map(|cell| cell.chars().count()))
            .max()
            .unwrap_or(0)
    };
    let widths: Vec<usize> = (0..header.len()).map(width).collect();
    let line = |cells: &[String]| {
        let mut text = String::new();
        for (index, (cell, width)) in cells.iter().zip(&widths).enumerate() {
            if index == 0 {
                text.push_str(&format!("{cell:<width$}"));
            } else {
                text.push_str(&format!("  {cell:>width$}"));
            }
        }
        text.trim_end().to_owned()
    };
    let head: Vec<String> = header.iter().map(|&cell| cell.to_owned()).collect();
    let mut lines = vec![line(&head)];
    lines.extend(rows.iter().map(|row| line(row)));
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clock_shows_minutes_and_seconds() {
        assert_eq!(clock(Duration::from_secs(0)), " 0:00");
        assert_eq!(clock(Duration::from_secs(727)), "12:07");
    }

    #[test]
    fn table_aligns_columns() {
        let rows = vec![vec!["a".into(), "10".into()], vec!["long".into(), "7".into()]];
        assert_eq!(table(&["name", "n"], &rows), "name   n\na     10\nlong   7");
    }
}
