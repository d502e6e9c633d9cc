//! The events of `transactionWatch_v1`, read from JSON.

use alloc::borrow::Cow;
use alloc::string::String;
use lantern_types::BlockHash;
use serde::Deserialize;

/// What the light client says about a transaction that it was given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum WatchEvent {
    Validated,
    Broadcast {
        peers: u32,
    },
    InBestBlock(BlockHash),
    /// It is in no block of the best chain any more.
    Retracted,
    Finalized {
        block: BlockHash,
        index: u32,
    },
    Invalid {
        reason: String,
    },
    /// The light client gave it up, which says nothing about the chain.
    Dropped {
        reason: String,
    },
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Raw<'a> {
    #[serde(borrow)]
    event: Cow<'a, str>,
    num_peers: Option<u32>,
    block: Option<RawBlock<'a>>,
    error: Option<String>,
}

#[derive(Deserialize)]
struct RawBlock<'a> {
    #[serde(borrow)]
    hash: Cow<'a, str>,
    index: Index<'a>,
}

/// Some servers write the index as text.
#[derive(Deserialize)]
#[serde(transparent)]
struct Index<'a>(#[serde(borrow)] &'a serde_json::value::RawValue);

/// Reads an event; nothing where its form or its kind is unknown.
pub(super) fn parse(json: &str) -> Option<WatchEvent> {
    let raw: Raw<'_> = serde_json::from_str(json).ok()?;
    let reason = || raw.error.clone().unwrap_or_default();
    Some(match raw.event.as_ref() {
        "validated" => WatchEvent::Validated,
        "broadcasted" => WatchEvent::Broadcast { peers: raw.num_peers.unwrap_or(0) },
        "bestChainBlockIncluded" => match raw.block {
            Some(block) => WatchEvent::InBestBlock(BlockHash::from_hex(&block.hash)?),
            None => WatchEvent::Retracted,
        },
        "finalized" => {
            let block = raw.block?;
            let index = block.index.0.get().trim_matches('"').parse().ok()?;
            WatchEvent::Finalized { block: BlockHash::from_hex(&block.hash)?, index }
        }
        "invalid" => WatchEvent::Invalid { reason: reason() },
        "dropped" | "error" => WatchEvent::Dropped { reason: reason() },
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn check(json: &str, expected: Option<WatchEvent>) {
        assert_eq!(parse(json), expected, "{json}");
    }

    #[test]
    fn events_of_light_clients_and_full_nodes_are_read() {
        let hash = BlockHash([5; 32]);
        let finalized = Some(WatchEvent::Finalized { block: hash, index: 3 });
        let json =
            |index| alloc::format!(r#"{{"event":"finalized","block":{{"hash":"{hash}","index":{index}}}}}"#);
        check(&json("3"), finalized.clone());
        check(&json("\"3\""), finalized);
        check(&json("-1"), None);
        check(r#"{"event":"validated"}"#, Some(WatchEvent::Validated));
        check(r#"{"event":"broadcasted","numPeers":2}"#, Some(WatchEvent::Broadcast { peers: 2 }));
        check(r#"{"event":"bestChainBlockIncluded","block":null}"#, Some(WatchEvent::Retracted));
        let dropped = WatchEvent::Dropped { reason: "full".into() };
        check(r#"{"event":"dropped","broadcasted":true,"error":"full"}"#, Some(dropped));
        check(r#"{"event":"somethingNew"}"#, None);
    }

    proptest! {
        #[test]
        fn any_text_is_survived(text in ".*") {
            let _event = parse(&text);
        }
    }
}
