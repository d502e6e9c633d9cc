//! Lies that this node can be told to tell, so that the light client's defences can be tested
//! against a real peer. The state belongs to the process, because one process is one node and the
//! network's constructors have no place to hand it through.

use std::fmt;
use std::str::FromStr;
use std::sync::OnceLock;
use std::time::Duration;
use tokio::sync::watch;

/// One way to misbehave.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Fault {
    /// A wrong byte in every storage proof.
    StorageProof,
    /// A wrong byte in every call proof.
    CallProof,
    /// A wrong byte in every warp sync proof.
    Warp,
    /// A wrong byte in the header of every announced block.
    BlockAnnounce,
    /// A wrong byte in the signatures of every GRANDPA commit.
    Commit,
    /// Requests are taken and never answered.
    Stall,
    /// Every answer comes this much later.
    Slow(Duration),
    /// Requests are refused at once.
    Drop,
}

/// The names that [`Fault::from_str`] takes, for messages.
pub const NAMES: &str = "storage-proof, call-proof, warp, block-announce, commit, stall, slow:MS or drop";

impl FromStr for Fault {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        let unknown = || format!("`{name}` is not a fault; known are {NAMES}");
        Ok(match name {
            "storage-proof" => Self::StorageProof,
            "call-proof" => Self::CallProof,
            "warp" => Self::Warp,
            "block-announce" => Self::BlockAnnounce,
            "commit" => Self::Commit,
            "stall" => Self::Stall,
            "drop" => Self::Drop,
            other => {
                let millis = other.strip_prefix("slow:").ok_or_else(unknown)?;
                Self::Slow(Duration::from_millis(millis.parse().map_err(|_| unknown())?))
            }
        })
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::StorageProof => formatter.write_str("storage-proof"),
            Self::CallProof => formatter.write_str("call-proof"),
            Self::Warp => formatter.write_str("warp"),
            Self::BlockAnnounce => formatter.write_str("block-announce"),
            Self::Commit => formatter.write_str("commit"),
            Self::Stall => formatter.write_str("stall"),
            Self::Slow(delay) => write!(formatter, "slow:{}", delay.as_millis()),
            Self::Drop => formatter.write_str("drop"),
        }
    }
}

/// The request protocols that a fault can concern, by the end of their name.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum RequestKind {
    /// Proofs of storage and of calls.
    Light,
    /// Warp sync proofs.
    Warp,
    /// Blocks and state.
    Other,
}

impl RequestKind {
    /// The kind of the protocol with this name.
    pub fn of(protocol: &str) -> Self {
        if protocol.ends_with("/light/2") {
            Self::Light
        } else if protocol.ends_with("/sync/warp") {
            Self::Warp
        } else {
            Self::Other
        }
    }
}

/// Damages the answer to a request if the fault says so.
pub fn damage_answer(fault: Fault, kind: RequestKind, request: &[u8], answer: &mut [u8]) {
    // Field 1 of a light request is a call; fields 2 and 4 are reads of the main and a child trie.
    const CALL_TAG: u8 = 0x0a;
    let is_call = request.first() == Some(&CALL_TAG);
    let applies = match (fault, kind) {
        (Fault::StorageProof, RequestKind::Light) => !is_call,
        (Fault::CallProof, RequestKind::Light) => is_call,
        (Fault::Warp, RequestKind::Warp) => true,
        _ => false,
    };
    if applies {
        // Two thirds in lies well behind the lengths of the outer messages.
        flip(answer, answer.len() * 2 / 3);
    }
}

/// Damages a notification if the fault says so.
pub fn damage_notification(fault: Fault, protocol: &str, notification: &mut [u8]) {
    if fault == Fault::BlockAnnounce && protocol.ends_with("/block-announces/1") {
        // Behind the parent's hash and a number of at most four bytes: the state root.
        flip(notification, 40);
    }
    if fault == Fault::Commit && protocol.ends_with("/grandpa/1") {
        const COMMIT: u8 = 1;
        if notification.first() == Some(&COMMIT) {
            // The last 32 bytes are the last signer's key, those before its signature.
            flip(notification, notification.len().saturating_sub(40));
        }
    }
}

fn flip(bytes: &mut [u8], position: usize) {
    if let Some(byte) = bytes.get_mut(position) {
        *byte ^= 1;
    }
}

fn state() -> &'static watch::Sender<Option<Fault>> {
    static STATE: OnceLock<watch::Sender<Option<Fault>>> = OnceLock::new();
    STATE.get_or_init(|| watch::Sender::new(None))
}

/// Starts or ends misbehaving, and returns the fault that was active before.
pub fn set(fault: Option<Fault>) -> Option<Fault> {
    state().send_replace(fault)
}

/// The fault that is active.
pub fn active() -> Option<Fault> {
    *state().borrow()
}

/// Waits until another fault is active, or none.
pub async fn changed() {
    // The sender is a static and never dropped, so waiting cannot fail.
    let _closed = state().subscribe().changed().await;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_parsed() {
        assert_eq!("slow:250".parse(), Ok(Fault::Slow(Duration::from_millis(250))));
        assert_eq!("call-proof".parse(), Ok(Fault::CallProof));
        assert!("slow:".parse::<Fault>().is_err());
        assert!("lie".parse::<Fault>().is_err());
    }

    #[test]
    fn only_the_matching_answer_is_damaged() {
        let damaged = |fault, kind, request: &[u8]| {
            let mut answer = vec![0; 30];
            damage_answer(fault, kind, request, &mut answer);
            answer != vec![0; 30]
        };
        assert!(damaged(Fault::StorageProof, RequestKind::Light, &[0x12]));
        assert!(!damaged(Fault::StorageProof, RequestKind::Light, &[0x0a]));
        assert!(damaged(Fault::CallProof, RequestKind::Light, &[0x0a]));
        assert!(!damaged(Fault::CallProof, RequestKind::Warp, &[0x0a]));
        assert!(damaged(Fault::Warp, RequestKind::Warp, &[]));
        assert!(!damaged(Fault::Stall, RequestKind::Light, &[0x12]));
    }

    #[test]
    fn an_empty_message_is_left_alone() {
        damage_answer(Fault::Warp, RequestKind::Warp, &[], &mut []);
        damage_notification(Fault::Commit, "/x/grandpa/1", &mut []);
    }
}
