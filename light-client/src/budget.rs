//! Limits of everything that could grow or pile up.

use std::num::NonZeroU32;
use std::time::Duration;

/// JSON-RPC requests that smoldot may have waiting.
pub(crate) const PENDING_REQUESTS: NonZeroU32 = NonZeroU32::new(256).unwrap();
/// JSON-RPC subscriptions: one follow, watched transactions, and some to spare.
pub(crate) const SUBSCRIPTIONS: u32 = 128;
/// Largest saved database. Without the runtime's code it takes a few thousand bytes.
pub(crate) const DATABASE_BYTES: u32 = 256 * 1024;
/// How long a start from a saved database may take before the database is given up.
pub(crate) const SAVED_START_LIMIT: Duration = Duration::from_secs(20);
/// How long the peers may be silent before the connections are made anew.
pub(crate) const SILENCE_LIMIT: Duration = Duration::from_secs(60);
/// How often the database is saved while all is well.
pub(crate) const SAVE_INTERVAL: Duration = Duration::from_secs(120);
/// How often the page hears how synchronisation stands while it works.
pub(crate) const STATUS_INTERVAL: Duration = Duration::from_millis(1000);
