//! The envelopes around every message, and their bytes.

use serde::{Deserialize, Serialize, de::DeserializeOwned};

/// What one worker speaks.
pub trait Protocol: 'static {
    /// Changes with every incompatible change of the types below, so that a page never talks to
    /// a worker of another build.
    const VERSION: u16;
    /// Asked by the page.
    type Request: Serialize + DeserializeOwned + 'static;
    /// Answers a request.
    type Response: Serialize + DeserializeOwned + 'static;
    /// Says why a request failed.
    type Error: Serialize + DeserializeOwned + 'static;
    /// Told by the worker on its own.
    type Event: Serialize + DeserializeOwned + 'static;
}

/// From the page to a worker.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum ToWorker<R> {
    /// A request; its answer carries the same number.
    Request {
        /// Chosen by the page, unique among the calls in flight.
        id: u32,
        /// What is asked.
        body: R,
    },
    /// The page does not wait for this answer any more.
    Cancel {
        /// Number of the request.
        id: u32,
    },
}

/// From a worker to the page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum FromWorker<S, X, E> {
    /// The one answer to a request.
    Response {
        /// Number of the request.
        id: u32,
        /// Its result.
        result: Result<S, X>,
    },
    /// Something that happened.
    Event(E),
}

/// Why bytes are not a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BridgeError {
    /// The two sides were built from different sources.
    #[error("the page and its worker are of different builds ({ours} and {theirs}); reload the page")]
    VersionMismatch {
        /// Version of this side.
        ours: u16,
        /// Version in the message.
        theirs: u16,
    },
    /// Not the bytes of a message.
    #[error("a message between the page and its worker is damaged")]
    Malformed,
}

/// Writes a message with its version in front.
///
/// # Errors
/// [`BridgeError::Malformed`] if the message cannot be expressed, which none of ours meets.
pub fn encode<T: Serialize>(version: u16, message: &T) -> Result<Vec<u8>, BridgeError> {
    postcard::to_extend(message, version.to_le_bytes().to_vec())
        .map_err(|_unsupported| BridgeError::Malformed)
}

/// Reads what [`encode`] wrote.
///
/// # Errors
/// A different version, or bytes that are not such a message.
pub fn decode<T: DeserializeOwned>(version: u16, bytes: &[u8]) -> Result<T, BridgeError> {
    let (head, body) = bytes.split_at_checked(2).ok_or(BridgeError::Malformed)?;
    let theirs = u16::from_le_bytes(head.try_into().map_err(|_length| BridgeError::Malformed)?);
    if theirs != version {
        return Err(BridgeError::VersionMismatch { ours: version, theirs });
    }
    postcard::from_bytes(body).map_err(|_malformed| BridgeError::Malformed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_message_of_another_build_is_refused() {
        let bytes = encode(7, &ToWorker::Request { id: 1, body: String::from("hello") });
        assert_eq!(
            bytes.and_then(|bytes| decode::<ToWorker<String>>(8, &bytes)),
            Err(BridgeError::VersionMismatch { ours: 8, theirs: 7 })
        );
    }

    proptest! {
        #[test]
        fn messages_read_back(id in any::<u32>(), body in ".*") {
            let message = ToWorker::Request { id, body };
            prop_assert_eq!(encode(3, &message).and_then(|bytes| decode(3, &bytes)), Ok(message));
        }

        #[test]
        fn any_bytes_are_a_message_or_an_error(bytes in any::<Vec<u8>>()) {
            let _outcome = decode::<FromWorker<crate::light_client::LightClientResponse, crate::light_client::LightClientError, crate::light_client::LightClientEvent>>(1, &bytes);
        }
    }
}
