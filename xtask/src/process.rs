//! Child processes: started in groups of their own, logged to files, shown by heartbeats, never left behind.
//!
//! A command's output goes to a log file under `target/xtask-logs`. It is printed only when the command
//! fails, and then only its tail. While anything runs, a line every 30 seconds says what and since when.

use std::{
    collections::BTreeMap,
    fs::File,
    io::{Read as _, Seek as _, SeekFrom},
    os::unix::process::CommandExt as _,
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, bail};
use nix::{
    sys::signal::{Signal, killpg},
    unistd::Pid,
};

use crate::report;

/// How often a running command says that it is still running.
const HEARTBEAT: Duration = Duration::from_secs(30);
/// How long a child may take to end after SIGTERM before it is killed.
const GRACE: Duration = Duration::from_secs(10);
/// How much of a failed command's output is printed.
const TAIL_LINES: usize = 60;

struct Running {
    label: String,
    log: Option<PathBuf>,
    since: Instant,
}

/// Every child that runs now, by process group.
static RUNNING: Mutex<BTreeMap<i32, Running>> = Mutex::new(BTreeMap::new());

/// Whether the program is about to exit because of a signal.
static STOPPING: AtomicBool = AtomicBool::new(false);

fn running() -> MutexGuard<'static, BTreeMap<i32, Running>> {
    RUNNING.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A child in a process group of its own. Dropping it ends the whole group.
pub struct Group {
    child: Child,
    pgid: i32,
}

impl Group {
    /// Starts `command` with its output in `log`.
    pub fn start(command: &mut Command, label: &str, log: &Path) -> Result<Self> {
        let file = create_log(log)?;
        command.stderr(file.try_clone()?).stdout(file);
        Self::spawn(command, label, Some(log))
    }

    /// Starts a program that is meant to stay, so that no heartbeat speaks of it.
    pub fn start_service(command: &mut Command, label: &str, log: &Path) -> Result<Self> {
        let file = create_log(log)?;
        command.stderr(file.try_clone()?).stdout(file);
        Self::spawn(command, label, None)
    }

    /// Starts a program that writes to our own output.
    pub fn start_attached(command: &mut Command, label: &str) -> Result<Self> {
        Self::spawn(command, label, None)
    }

    fn spawn(command: &mut Command, label: &str, log: Option<&Path>) -> Result<Self> {
        let program = command.get_program().to_string_lossy().into_owned();
        // Holding the registry while spawning lets a signal handler see either no child or a listed one.
        let mut registry = running();
        let child = command
            .stdin(Stdio::null())
            .process_group(0)
            .spawn()
            .with_context(|| format!("cannot start {program} ({label})"))?;
        let pgid = i32::try_from(child.id()).context("process id out of range")?;
        registry.insert(
            pgid,
            Running { label: label.to_owned(), log: log.map(Path::to_path_buf), since: Instant::now() },
        );
        Ok(Self { child, pgid })
    }

    /// Waits for the child to end by itself.
    pub fn wait(mut self) -> Result<ExitStatus> {
        let status = self.child.wait()?;
        if STOPPING.load(Ordering::SeqCst) {
            // The signal handler ended it and is about to exit; nothing is to be made of that.
            loop {
                std::thread::park();
            }
        }
        Ok(status)
    }

    /// The child's status if it has ended.
    pub fn try_wait(&mut self) -> Result<Option<ExitStatus>> {
        Ok(self.child.try_wait()?)
    }

    /// Asks the whole group to end, waits, and kills what is left.
    pub fn stop(&mut self) {
        let group = Pid::from_raw(self.pgid);
        if killpg(group, Signal::SIGTERM).is_ok() {
            let asked = Instant::now();
            while asked.elapsed() < GRACE {
                // The leader has to be reaped before the group can be seen to be empty.
                let leader_gone = !matches!(self.child.try_wait(), Ok(None));
                if leader_gone && killpg(group, None).is_err() {
                    break;
                }
                std::thread::sleep(Duration::from_millis(20));
            }
            killpg(group, Signal::SIGKILL).ok();
        }
        self.child.wait().ok();
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        self.stop();
        running().remove(&self.pgid);
    }
}

/// Ends every child that runs now: for the signal handler, after which the process exits.
pub fn stop_everything() {
    STOPPING.store(true, Ordering::SeqCst);
    let groups: Vec<i32> = running().keys().copied().collect();
    for group in &groups {
        killpg(Pid::from_raw(*group), Signal::SIGTERM).ok();
    }
    let asked = Instant::now();
    while asked.elapsed() < GRACE && groups.iter().any(|group| killpg(Pid::from_raw(*group), None).is_ok()) {
        std::thread::sleep(Duration::from_millis(50));
    }
    for group in &groups {
        killpg(Pid::from_raw(*group), Signal::SIGKILL).ok();
    }
}

/// Starts the thread that says every 30 seconds what is still running.
pub fn start_heartbeat() {
    std::thread::spawn(|| {
        loop {
            std::thread::sleep(Duration::from_secs(1));
            for running in running().values() {
                let seconds = running.since.elapsed().as_secs();
                if running.log.is_some() && seconds > 0 && seconds.is_multiple_of(HEARTBEAT.as_secs()) {
                    let last = running.log.as_deref().and_then(last_line).unwrap_or_default();
                    report::still_running(&running.label, running.since.elapsed(), &last);
                }
            }
        }
    });
}

/// Where the output of the command with this label goes.
pub fn log_path(logs: &Path, label: &str) -> PathBuf {
    let name: String =
        label.chars().map(|c| if c.is_ascii_alphanumeric() || c == '.' { c } else { '-' }).collect();
    logs.join(format!("{name}.log"))
}

/// Runs a command to its end with its output in a log file, and returns that output.
///
/// Fails, after printing the tail of the output, when the command fails.
pub fn run(command: &mut Command, label: &str, logs: &Path) -> Result<String> {
    let (status, output) = run_unchecked(command, label, logs)?;
    if !status.success() {
        report::tail(label, &tail(&output, TAIL_LINES), &log_path(logs, label));
        bail!("{label} failed ({status})");
    }
    Ok(output)
}

/// Runs a command to its end and returns its status and its output, whatever the status.
pub fn run_unchecked(command: &mut Command, label: &str, logs: &Path) -> Result<(ExitStatus, String)> {
    let log = log_path(logs, label);
    let status = Group::start(command, label, &log)?.wait()?;
    let output = std::fs::read(&log).with_context(|| format!("cannot read {}", log.display()))?;
    Ok((status, String::from_utf8_lossy(&output).into_owned()))
}

/// Runs a command and returns what it wrote on standard output. Its errors are shown only when it fails.
pub fn capture(command: &mut Command, label: &str) -> Result<String> {
    let output = command
        .stdin(Stdio::null())
        .output()
        .with_context(|| format!("cannot start {}", command.get_program().to_string_lossy()))?;
    if !output.status.success() {
        bail!("{label} failed ({}): {}", output.status, String::from_utf8_lossy(&output.stderr).trim());
    }
    Ok(String::from_utf8(output.stdout)?)
}

/// Whether a line is one of cargo's messages for programs.
fn is_message(line: &str) -> bool {
    line.starts_with("{\"reason\":")
}

/// The last lines of a text that are meant for people.
pub fn tail(text: &str, lines: usize) -> String {
    let all: Vec<&str> = text.lines().filter(|line| !is_message(line)).collect();
    all.get(all.len().saturating_sub(lines)..).unwrap_or_default().join("\n")
}

fn create_log(log: &Path) -> Result<File> {
    if let Some(folder) = log.parent() {
        std::fs::create_dir_all(folder)?;
    }
    File::create(log).with_context(|| format!("cannot write {}", log.display()))
}

fn last_line(log: &Path) -> Option<String> {
    const WINDOW: u64 = 2048;
    let mut file = File::open(log).ok()?;
    let length = file.metadata().ok()?.len();
    file.seek(SeekFrom::Start(length.saturating_sub(WINDOW))).ok()?;
    let mut end = Vec::new();
    file.read_to_end(&mut end).ok()?;
    let text = String::from_utf8_lossy(&end);
    let line = text.lines().rev().map(str::trim).find(|line| !line.is_empty() && !is_message(line))?;
    Some(line.chars().take(80).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tail_keeps_the_last_lines_in_order() {
        assert_eq!(tail("a\nb\nc\n", 2), "b\nc");
        assert_eq!(tail("a", 5), "a");
        assert_eq!(tail("", 5), "");
        assert_eq!(tail("a\n{\"reason\":\"x\"}\nb", 2), "a\nb");
    }

    #[test]
    fn log_names_are_plain() {
        assert_eq!(log_path(Path::new("x"), "cargo test: root"), Path::new("x/cargo-test--root.log"));
    }

    #[test]
    fn stopping_a_group_ends_grandchildren() {
        let folder = std::env::temp_dir().join(format!("xtask-group-{}", std::process::id()));
        let log = folder.join("log");
        let mut command = Command::new("sh");
        command.args(["-c", "sleep 60 & echo $!; wait"]);
        let mut group = Group::start(&mut command, "sleeper", &log).unwrap();
        let started = Instant::now();
        let grandchild: i32 = loop {
            if let Ok(pid) = std::fs::read_to_string(&log).unwrap().trim().parse() {
                break pid;
            }
            assert!(started.elapsed() < Duration::from_secs(10));
            std::thread::sleep(Duration::from_millis(5));
        };
        assert!(group.try_wait().unwrap().is_none());
        group.stop();
        // A killed orphan stays a zombie until init reaps it, so its state is read and not only its presence.
        let state = std::fs::read_to_string(format!("/proc/{grandchild}/stat")).unwrap_or_default();
        assert!(state.is_empty() || state.contains(") Z "), "{state}");
        drop(group);
        std::fs::remove_dir_all(folder).unwrap();
    }
}
