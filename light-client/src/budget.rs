//! Limits of everything that could grow or pile up.

use std::num::NonZeroU32;
use std::time::Duration;

/// JSON-RPC requests that smoldot may have waiting.
pub(crate) const PENDING_REQUESTS: NonZeroU32 = NonZeroU32::new(256).unwrap();
/// JSON-RPC subscriptions: one follow, watched transactions, and some to spare.
pub(crate) const SUBSCRIPTIONS: u32 = 128;
/// Largest saved database. Without the runtime's code it takes a few thousand bytes.
pub(crate) const DATABASE_BYTES: u32 = 256 * 1024;
/// Versions of the runtime whose metadata is kept: the one in use and the one around an upgrade.
pub(crate) const KEPT_METADATA: usize = 2;
/// Records of metadata of other networks that may stay.
pub(crate) const FOREIGN_METADATA: usize = 6;
/// Largest metadata that is kept. Subtensor's has about 340 kB.
pub(crate) const METADATA_BYTES: usize = 16 << 20;
/// How long a start from a saved database may take before the database is given up.
pub(crate) const SAVED_START_LIMIT: Duration = Duration::from_secs(20);
/// How long the peers may be silent before the connections are made anew.
pub(crate) const SILENCE_LIMIT: Duration = Duration::from_secs(60);
/// How often the database is saved while all is well.
pub(crate) const SAVE_INTERVAL: Duration = Duration::from_secs(120);
/// How often the page hears how synchronisation stands while it works.
pub(crate) const STATUS_INTERVAL: Duration = Duration::from_millis(1000);
/// How often the service looks at the clock while it is in a network.
pub(crate) const TICK: Duration = Duration::from_millis(250);
/// The same while the network is being joined: stages pass quickly.
pub(crate) const STARTING_TICK: Duration = Duration::from_millis(50);
/// The same without a network.
pub(crate) const IDLE_TICK: Duration = Duration::from_secs(60);
/// A pause between two looks at the clock that means that the machine slept.
pub(crate) const SLEEP_GAP: Duration = Duration::from_secs(90);
/// How far ahead the peers' finalized blocks may be before the start is repeated.
pub(crate) const BLOCKS_BEHIND: u32 = 48;
/// How long a restart is put off after another one.
pub(crate) const RESTART_PAUSE: Duration = Duration::from_secs(30);
/// Requests of the page that may wait.
#[cfg_attr(not(target_arch = "wasm32"), expect(dead_code, reason = "the worker's entry makes the channel"))]
pub(crate) const INBOX: usize = 256;
/// How long after a start a page that comes back leaves the connections alone.
pub(crate) const WAKE_PAUSE: Duration = Duration::from_secs(10);
/// Silence that means dead connections to a page that comes back. Blocks come every twelve seconds.
pub(crate) const WAKE_SILENCE: Duration = Duration::from_secs(25);
/// How long leaving a network may take, so that its state is saved.
pub(crate) const CLOSING_LIMIT: Duration = Duration::from_secs(2);
/// News of transactions that may wait.
pub(crate) const REPORTS: usize = 1024;
/// How long another tab may take to give up the lead before the page hears of it.
pub(crate) const LEAD_PATIENCE: Duration = Duration::from_millis(1500);
