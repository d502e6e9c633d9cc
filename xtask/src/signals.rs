//! What happens on Ctrl-C and SIGTERM: children are ended first, then the program.

use std::{
    sync::{
        Condvar, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use anyhow::{Context as _, Result};

use crate::process;

/// The exit status of a program that was interrupted, by the shells' convention.
const INTERRUPTED: i32 = 130;

static STOPPED: Mutex<bool> = Mutex::new(false);
static CHANGED: Condvar = Condvar::new();
/// Whether a command watches for the signal and ends by itself.
static WATCHED: AtomicBool = AtomicBool::new(false);

/// Installs the handler.
pub fn install() -> Result<()> {
    ctrlc::set_handler(|| {
        let mut stopped = STOPPED.lock().unwrap_or_else(PoisonError::into_inner);
        let again = *stopped;
        *stopped = true;
        CHANGED.notify_all();
        drop(stopped);
        if again || !WATCHED.load(Ordering::SeqCst) {
            process::stop_everything();
            std::process::exit(INTERRUPTED);
        }
    })
    .context("cannot install the signal handler")
}

/// Waits for the signal, at most for `limit`, and says whether it has come.
///
/// From the first call on, the caller is trusted to end its children by itself; a second signal ends
/// everything at once.
pub fn wait(limit: Duration) -> bool {
    WATCHED.store(true, Ordering::SeqCst);
    let stopped = STOPPED.lock().unwrap_or_else(PoisonError::into_inner);
    let (stopped, _) = CHANGED
        .wait_timeout_while(stopped, limit, |stopped| !*stopped)
        .unwrap_or_else(PoisonError::into_inner);
    *stopped
}
