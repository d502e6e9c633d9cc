//! What is known of the network: folded from what sockets count and what smoldot logs.
//!
//! smoldot offers no API that lists connections, ping times or refused proofs, but each of them is a
//! line in its log with named values. The lines are those of smoldot-light 3.0.0; an unknown line
//! changes nothing. A counter that stops counting after an update of smoldot is a loss of display,
//! never of checking: proofs are checked by smoldot itself.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::time::Duration;

/// Peers that are remembered. Beyond this, those without a connection are forgotten.
const PEERS_LIMIT: usize = 64;

/// Reasons for which smoldot bans a peer that sent something false, and that no other line tells.
const FALSE_DATA: [&str; 5] =
    ["bad-merkle-proof", "bad-child-trie-root", "bad-justification", "bad-grandpa-commit", "bad-block"];

/// Where smoldot said that it started.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Start {
    /// Whether it used the database that it was given: the checkpoint, or what was saved.
    pub(crate) is_database: bool,
    /// Height of the block.
    pub(crate) height: u32,
}

/// Counters since the start.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Counters {
    /// Bytes received.
    pub(crate) bytes_down: u64,
    /// Bytes sent.
    pub(crate) bytes_up: u64,
    /// Proofs that came, of state and of finality.
    received: u64,
    /// Of those, proofs of state that turned out false after they were counted.
    false_state: u64,
    /// Proofs that were refused.
    pub(crate) proofs_rejected: u64,
    /// Parts of a finality proof from the start to the head that hold.
    pub(crate) fragments_verified: u32,
    /// Parts of a finality proof that do not hold, since the last one that did.
    pub(crate) fragments_rejected: u32,
    /// Answers that had nothing to offer, for want of peers or of time.
    pub(crate) requests_failed: u64,
    /// Proofs of the runtime's code that lacked a node.
    pub(crate) incomplete_code_proofs: u32,
    /// Size of all proofs of state that came, as closely as the log tells it.
    pub(crate) proof_bytes: u64,
}

impl Counters {
    /// Proofs that were checked and hold.
    pub(crate) fn proofs_checked(&self) -> u64 {
        self.received.saturating_sub(self.false_state)
    }
}

/// One peer, by the host and port that it was dialled at.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct PeerRecord {
    /// Multiaddress, once smoldot named it.
    pub(crate) address: Option<String>,
    /// The connection is open and both sides know who they talk to.
    pub(crate) is_connected: bool,
    /// Last round trip.
    pub(crate) latency: Option<Duration>,
    /// Highest block that it announced.
    pub(crate) best: Option<u32>,
    /// Height that it says is finalized.
    pub(crate) finalized: Option<u32>,
    /// Bytes received from it.
    pub(crate) bytes_down: u64,
    /// Why it was banned or failed last.
    pub(crate) trouble: Option<String>,
    dialled_at: Option<Duration>,
}

/// The fold.
#[derive(Debug, Default)]
pub(crate) struct Observer {
    /// Counters since the start.
    pub(crate) counters: Counters,
    /// Peers by host and port.
    pub(crate) peers: BTreeMap<String, PeerRecord>,
    /// Where smoldot said that it started.
    pub(crate) start: Option<Start>,
    /// The finality proof has reached the head, and the runtime there is being proven.
    pub(crate) has_warped: bool,
    /// When something was last received.
    pub(crate) last_received: Option<Duration>,
    /// Since when requests go out and none is answered.
    pub(crate) unanswered_since: Option<Duration>,
    /// When a peer last sent something false.
    pub(crate) last_false: Option<Duration>,
    /// Host and port by peer id.
    places: BTreeMap<String, String>,
}

impl Observer {
    /// A connection is being opened.
    pub(crate) fn dialling(&mut self, place: &str, now: Duration) {
        if self.peers.len() >= PEERS_LIMIT {
            self.peers.retain(|_, peer| peer.is_connected);
            self.places.retain(|_, place| self.peers.contains_key(place));
        }
        let peer = self.peers.entry(place.to_owned()).or_default();
        peer.dialled_at = Some(now);
    }

    /// Bytes came from a peer.
    pub(crate) fn received(&mut self, place: &str, bytes: usize) {
        let bytes = u64::try_from(bytes).unwrap_or(u64::MAX);
        self.counters.bytes_down = self.counters.bytes_down.saturating_add(bytes);
        if let Some(peer) = self.peers.get_mut(place) {
            peer.bytes_down = peer.bytes_down.saturating_add(bytes);
        }
    }

    /// Bytes went to a peer.
    pub(crate) fn sent(&mut self, _place: &str, bytes: usize) {
        let bytes = u64::try_from(bytes).unwrap_or(u64::MAX);
        self.counters.bytes_up = self.counters.bytes_up.saturating_add(bytes);
    }

    /// A connection failed or was closed by the other side.
    pub(crate) fn ended(&mut self, place: &str, error: &str) {
        if let Some(peer) = self.peers.get_mut(place) {
            peer.is_connected = false;
            peer.trouble = Some(error.to_owned());
        }
    }

    /// A connection is gone for whatever reason.
    pub(crate) fn dropped(&mut self, place: &str) {
        if let Some(peer) = self.peers.get_mut(place) {
            peer.is_connected = false;
        }
    }

    /// Peers with an open connection.
    pub(crate) fn connected(&self) -> usize {
        self.peers.values().filter(|peer| peer.is_connected).count()
    }

    /// Takes in a line of smoldot's log.
    pub(crate) fn log<'a>(
        &mut self,
        now: Duration,
        target: &str,
        message: &str,
        values: impl Iterator<Item = (&'a str, &'a dyn Display)>,
    ) {
        match target {
            "network" => self.network(now, message, values),
            "smoldot" => self.start = self.start.or_else(|| start_of(message)),
            _ => self.sync(now, message, values),
        }
    }

    fn network<'a>(
        &mut self,
        now: Duration,
        message: &str,
        values: impl Iterator<Item = (&'a str, &'a dyn Display)>,
    ) {
        match message {
            "connection-started" => {
                let values = Values::read(values);
                if let Some(address) = values.get("remote_addr") {
                    let peer = self.peers.entry(place_of(address)).or_default();
                    peer.address = Some(address.to_owned());
                    if let Some(id) = values.get("expected_peer_id") {
                        self.places.insert(id.to_owned(), place_of(address));
                    }
                }
            }
            "handshake-finished" => {
                let values = Values::read(values);
                if let (Some(address), Some(id)) = (values.get("remote_addr"), values.get("peer_id")) {
                    let place = place_of(address);
                    self.places.insert(id.to_owned(), place.clone());
                    let peer = self.peers.entry(place).or_default();
                    peer.is_connected = true;
                    peer.trouble = None;
                    // Connecting, upgrading to a WebSocket and shaking hands take about six round
                    // trips. This stands until the first ping came back.
                    let since = peer.dialled_at.map(|dialled| now.saturating_sub(dialled));
                    peer.latency = peer.latency.or(since.map(|since| since / 6));
                }
            }
            "handshake-finished-peer-id-mismatch" => {
                let values = Values::read(values);
                if let Some(address) = values.get("remote_addr") {
                    self.trouble_at(&place_of(address), "another peer answers at this address");
                }
            }
            "connection-shutdown" => {
                let values = Values::read(values);
                if let Some(address) = values.get("address") {
                    self.dropped(&place_of(address));
                }
            }
            "pong" => {
                let values = Values::read(values);
                let latency = values.get("ping_time").and_then(duration_of);
                if let Some(peer) = values.get("remote_addr").and_then(|a| self.peers.get_mut(&place_of(a))) {
                    peer.latency = latency.or(peer.latency);
                }
                self.last_received = Some(now);
            }
            "grandpa-neighbor-packet-received" => {
                let values = Values::read(values);
                let height = values.get("commit_finalized_height").and_then(|height| height.parse().ok());
                if let Some(peer) = self.peer_of(values.get("peer_id")) {
                    peer.finalized = peer.finalized.max(height);
                }
                self.last_received = Some(now);
            }
            "slot-unassigned" => {
                let values = Values::read(values);
                let reason = values.get("user_reason").or(values.get("reason")).unwrap_or("unknown");
                if let Some(peer) = self.peer_of(values.get("peer_id")) {
                    peer.trouble = Some(reason.to_owned());
                }
                if FALSE_DATA.contains(&reason) {
                    self.rejected(now);
                    if reason == "bad-merkle-proof" || reason == "bad-child-trie-root" {
                        self.counters.false_state = self.counters.false_state.saturating_add(1);
                    }
                }
            }
            _ if message.ends_with("-request-started") => {
                self.unanswered_since.get_or_insert(now);
            }
            "warp-sync-request-success" | "blocks-request-success" => self.unanswered_since = None,
            "storage-proof-request-success" | "call-proof-request-success" => {
                self.unanswered_since = None;
                let values = Values::read(values);
                let size = values.get("total_size").and_then(bytes_of).unwrap_or_default();
                self.counters.proof_bytes = self.counters.proof_bytes.saturating_add(size);
                self.counters.received = self.counters.received.saturating_add(1);
                self.last_received = Some(now);
            }
            "storage-proof-request-error" | "call-proof-request-error" | "warp-sync-request-error" => {
                self.counters.requests_failed = self.counters.requests_failed.saturating_add(1);
            }
            _ => {}
        }
    }

    fn sync<'a>(
        &mut self,
        now: Duration,
        message: &str,
        values: impl Iterator<Item = (&'a str, &'a dyn Display)>,
    ) {
        match message {
            "warp-sync-fragment-verify-success" => {
                self.counters.received = self.counters.received.saturating_add(1);
                self.counters.fragments_verified = self.counters.fragments_verified.saturating_add(1);
                self.counters.fragments_rejected = 0;
            }
            "finality-proof-verify-success" => {
                self.counters.received = self.counters.received.saturating_add(1);
            }
            "warp-sync-runtime-build-success" => self.has_warped = true,
            "warp-sync-runtime-build-error" => {
                let values = Values::read(values);
                if values.get("error").is_some_and(|error| error.contains("MerkleProofEntriesMissing")) {
                    self.counters.incomplete_code_proofs =
                        self.counters.incomplete_code_proofs.saturating_add(1);
                }
            }
            "foreground-runtime-call-progress-invalid-call-proof" | "storage-on-demand-invalid-proof" => {
                self.counters.false_state = self.counters.false_state.saturating_add(1);
                self.rejected(now);
            }
            "block-announce" => {
                let values = Values::read(values);
                let height = values.get("height").and_then(|height| height.parse().ok());
                if let Some(peer) = self.peer_of(values.get("sender")) {
                    peer.best = peer.best.max(height);
                }
                self.last_received = Some(now);
            }
            // Finality went past it by another way while it was on its way: it is not false.
            _ if message.ends_with("header doesn't advance the warp syncing process") => {}
            _ if message.starts_with("Failed to verify warp sync fragment") => {
                self.counters.fragments_rejected = self.counters.fragments_rejected.saturating_add(1);
                self.rejected(now);
            }
            _ => {}
        }
    }

    fn rejected(&mut self, now: Duration) {
        self.counters.proofs_rejected = self.counters.proofs_rejected.saturating_add(1);
        self.last_false = Some(now);
    }

    fn peer_of(&mut self, id: Option<&str>) -> Option<&mut PeerRecord> {
        self.peers.get_mut(self.places.get(id?)?)
    }

    fn trouble_at(&mut self, place: &str, trouble: &str) {
        if let Some(peer) = self.peers.get_mut(place) {
            peer.trouble = Some(trouble.to_owned());
        }
    }
}

/// The named values of a line, written out.
struct Values(Vec<(String, String)>);

impl Values {
    fn read<'a>(values: impl Iterator<Item = (&'a str, &'a dyn Display)>) -> Self {
        Self(values.map(|(key, value)| (key.to_owned(), value.to_string())).collect())
    }

    fn get(&self, key: &str) -> Option<&str> {
        self.0.iter().find(|(name, _)| name == key).map(|(_, value)| value.as_str())
    }
}

/// `host:port` of a multiaddress such as `/dns/host/tcp/30333/ws`.
pub(crate) fn place_of(address: &str) -> String {
    let mut parts = address.split('/').skip(1);
    let kind = parts.next().unwrap_or_default();
    let host = parts.next().unwrap_or_default();
    let port = parts.nth(1).unwrap_or_default();
    if kind == "ip6" { format!("[{host}]:{port}") } else { format!("{host}:{port}") }
}

/// Reads what `Duration`'s `Debug` wrote, such as `1.234ms`.
fn duration_of(text: &str) -> Option<Duration> {
    let split = text.find(|c: char| !c.is_ascii_digit() && c != '.')?;
    let (number, unit) = text.split_at_checked(split)?;
    let factor = match unit {
        "ns" => 1e-9,
        "µs" => 1e-6,
        "ms" => 1e-3,
        "s" => 1.0,
        _ => return None,
    };
    Duration::try_from_secs_f64(number.parse::<f64>().ok()? * factor).ok()
}

/// Reads what smoldot writes for a number of bytes, such as `3.5 kiB`.
fn bytes_of(text: &str) -> Option<u64> {
    let (number, unit) = text.split_once(' ')?;
    let (whole, tenths) = number.split_once('.').unwrap_or((number, "0"));
    let tenths = whole.parse::<u64>().ok()?.checked_mul(10)?.checked_add(tenths.parse().ok()?)?;
    let factor: u64 = match unit {
        "B" => 1,
        "kiB" => 1 << 10,
        "MiB" => 1 << 20,
        "GiB" => 1 << 30,
        _ => return None,
    };
    tenths.checked_mul(factor).map(|bytes| bytes / 10)
}

/// Reads `… Genesis hash: 0x…. Database starting at: 0x… (#123)`.
fn start_of(message: &str) -> Option<Start> {
    let rest = message.strip_prefix("Chain initialization complete")?;
    let (before, after) = rest.rsplit_once(" starting at: ")?;
    let height = after.rsplit_once("(#")?.1.trim_end_matches(')').parse().ok()?;
    Some(Start { is_database: before.ends_with("Database"), height })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const ADDRESS: &str = "/ip4/127.0.0.1/tcp/30500/ws";

    fn line(observer: &mut Observer, target: &str, message: &str, values: &[(&str, &str)]) {
        let values = values.iter().map(|(key, value)| (*key, value as &dyn Display));
        observer.log(Duration::from_secs(7), target, message, values);
    }

    #[test]
    fn follows_a_peer() {
        let mut observer = Observer::default();
        observer.dialling("127.0.0.1:30500", Duration::from_secs(1));
        let dialled = [("expected_peer_id", "12D3"), ("remote_addr", ADDRESS)];
        line(&mut observer, "network", "connection-started", &dialled);
        assert_eq!(observer.connected(), 0);
        line(
            &mut observer,
            "network",
            "handshake-finished",
            &[("remote_addr", ADDRESS), ("peer_id", "12D3")],
        );
        let pong = [("peer_id", "12D3"), ("remote_addr", ADDRESS), ("ping_time", "12.5ms")];
        line(&mut observer, "network", "pong", &pong);
        line(&mut observer, "sync-service-x", "block-announce", &[("sender", "12D3"), ("height", "42")]);
        observer.received("127.0.0.1:30500", 10);
        observer.sent("127.0.0.1:30500", 4);
        let peer = &observer.peers["127.0.0.1:30500"];
        assert!(peer.is_connected);
        assert_eq!(peer.address.as_deref(), Some(ADDRESS));
        assert_eq!(peer.latency, Some(Duration::from_micros(12_500)));
        assert_eq!((peer.best, peer.bytes_down), (Some(42), 10));
        assert_eq!((observer.counters.bytes_down, observer.counters.bytes_up), (10, 4));

        line(&mut observer, "network", "connection-shutdown", &[("peer_id", "12D3"), ("address", ADDRESS)]);
        assert_eq!(observer.connected(), 0);
    }

    #[test]
    fn counts_what_holds_and_what_does_not() {
        let mut observer = Observer::default();
        for _ in 0..3 {
            line(&mut observer, "network", "storage-proof-request-success", &[("total_size", "1.2 kiB")]);
        }
        line(&mut observer, "sync-service-x", "warp-sync-fragment-verify-success", &[]);
        assert_eq!(observer.counters.proofs_checked(), 4);
        let ban = [("peer_id", "12D3"), ("reason", "user-ban"), ("user_reason", "bad-merkle-proof")];
        line(&mut observer, "network", "slot-unassigned", &ban);
        assert_eq!(observer.counters.proofs_checked(), 3);
        assert_eq!(observer.counters.proofs_rejected, 1);
        let refused = "Failed to verify warp sync fragment from 12D3: BadSignature. This might be …";
        line(&mut observer, "sync-service-x", refused, &[]);
        assert_eq!((observer.counters.proofs_rejected, observer.counters.fragments_rejected), (2, 1));
        assert_eq!(observer.last_false, Some(Duration::from_secs(7)));
        let overtaken = "Failed to verify warp sync fragment from 12D3: Warp sync proof header doesn't advance \
                         the warp syncing process";
        line(&mut observer, "sync-service-x", overtaken, &[]);
        assert_eq!((observer.counters.proofs_rejected, observer.counters.fragments_rejected), (2, 1));
        // Whoever gets on is not stuck, whatever was refused before.
        line(&mut observer, "sync-service-x", "warp-sync-fragment-verify-success", &[]);
        assert_eq!((observer.counters.fragments_verified, observer.counters.fragments_rejected), (2, 0));
        // A slot lost for want of an answer is no false proof.
        let lost = [("peer_id", "12D3"), ("reason", "user-ban"), ("user_reason", "storage-request-failed")];
        line(&mut observer, "network", "slot-unassigned", &lost);
        assert_eq!(observer.counters.proofs_rejected, 2);
    }

    #[test]
    fn knows_since_when_nobody_answers() {
        let mut observer = Observer::default();
        line(&mut observer, "network", "call-proof-request-started", &[]);
        line(&mut observer, "network", "call-proof-request-error", &[]);
        assert_eq!(observer.unanswered_since, Some(Duration::from_secs(7)));
        line(&mut observer, "network", "blocks-request-success", &[]);
        assert_eq!(observer.unanswered_since, None);
    }

    #[test]
    fn reads_where_it_started() {
        let check = |message: &str, expected| assert_eq!(start_of(message), expected);
        check(
            "Chain initialization complete for x. Name: \"X\". Genesis hash: 0xab. Database starting at: \
             0xcd (#5074)",
            Some(Start { is_database: true, height: 5074 }),
        );
        check(
            "Chain initialization complete for x. Name: \"starting at: (#9)\". Genesis hash: 0xab. \
             Chain specification starting at: 0xcd (#1)",
            Some(Start { is_database: false, height: 1 }),
        );
        check("Something else (#3)", None);
    }

    #[test]
    fn reads_durations_and_places() {
        assert_eq!(duration_of("250µs"), Some(Duration::from_micros(250)));
        assert_eq!(duration_of("1.5s"), Some(Duration::from_millis(1500)));
        assert_eq!(duration_of("soon"), None);
        assert_eq!(bytes_of("412 B"), Some(412));
        assert_eq!(bytes_of("3.5 kiB"), Some(3584));
        assert_eq!(bytes_of("1.6 MiB"), Some(1_677_721));
        assert_eq!(bytes_of("many"), None);
        assert_eq!(place_of("/dns/node.example/tcp/443/wss"), "node.example:443");
        assert_eq!(place_of("/ip6/::1/tcp/30333/ws"), "[::1]:30333");
    }

    proptest! {
        #[test]
        fn any_line_is_taken(message in ".*", key in "[a-z_]{0,12}", value in ".*") {
            let mut observer = Observer::default();
            for target in ["network", "smoldot", "sync-service-x"] {
                line(&mut observer, target, &message, &[(&key, &value)]);
            }
            let _outcome = (place_of(&value), duration_of(&value), start_of(&message));
        }
    }
}
