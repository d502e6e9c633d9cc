//! A worker's side of a call: reads requests and writes answers and events.

use crate::message::{BridgeError, FromWorker, Protocol, ToWorker, decode, encode};

/// Reads what the page sent.
///
/// # Errors
/// Bytes that are not a message of this build.
pub fn read<P: Protocol>(bytes: &[u8]) -> Result<ToWorker<P::Request>, BridgeError> {
    decode(P::VERSION, bytes)
}

/// The bytes of an answer.
///
/// # Errors
/// [`BridgeError::Malformed`] if it cannot be expressed.
pub fn answer<P: Protocol>(id: u32, result: Result<P::Response, P::Error>) -> Result<Vec<u8>, BridgeError> {
    encode(P::VERSION, &FromWorker::<P::Response, P::Error, P::Event>::Response { id, result })
}

/// The bytes of an event.
///
/// # Errors
/// [`BridgeError::Malformed`] if it cannot be expressed.
pub fn event<P: Protocol>(event: P::Event) -> Result<Vec<u8>, BridgeError> {
    encode(P::VERSION, &FromWorker::<P::Response, P::Error, P::Event>::Event(event))
}
