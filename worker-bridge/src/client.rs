//! The page's side of a call: numbers requests and hands each answer to the one who waits for it.

use crate::message::{FromWorker, Protocol, ToWorker, decode, encode};
use futures::channel::oneshot;
use std::cell::RefCell;
use std::collections::BTreeMap;

/// Calls that may wait at the same time. More than this means that the worker has stopped answering.
const LIMIT: usize = 256;

/// Why a call has no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CallError<X> {
    /// The worker answered with an error.
    #[error("the worker refused")]
    Refused(X),
    /// The worker is gone, or was restarted while the call waited.
    #[error("the worker stopped before it answered")]
    Gone,
    /// Too many calls wait already.
    #[error("the worker does not keep up")]
    Overloaded,
}

type Answer<P> = Result<<P as Protocol>::Response, <P as Protocol>::Error>;

/// Receives the answer to one call; fails when the worker is gone.
pub type Receiver<P> = oneshot::Receiver<Answer<P>>;

/// A request's bytes and the receiver of its answer.
pub type Begun<P> = (Vec<u8>, Receiver<P>);

struct Waiting<P: Protocol> {
    last_id: u32,
    senders: BTreeMap<u32, oneshot::Sender<Answer<P>>>,
}

/// The calls in flight of one worker. It does no IO: bytes go in and out.
pub struct Calls<P: Protocol> {
    waiting: RefCell<Waiting<P>>,
}

impl<P: Protocol> Default for Calls<P> {
    fn default() -> Self {
        Self { waiting: RefCell::new(Waiting { last_id: 0, senders: BTreeMap::new() }) }
    }
}

impl<P: Protocol> Calls<P> {
    /// The bytes of a request and the receiver of its answer.
    ///
    /// # Errors
    /// [`CallError::Overloaded`] when too many calls wait.
    pub fn begin(&self, body: P::Request) -> Result<Begun<P>, CallError<P::Error>> {
        let mut waiting = self.waiting.borrow_mut();
        waiting.senders.retain(|_, sender| !sender.is_canceled());
        if waiting.senders.len() >= LIMIT {
            return Err(CallError::Overloaded);
        }
        waiting.last_id = waiting.last_id.wrapping_add(1);
        let id = waiting.last_id;
        let bytes =
            encode(P::VERSION, &ToWorker::Request { id, body }).map_err(|_unsupported| CallError::Gone)?;
        let (sender, receiver) = oneshot::channel();
        waiting.senders.insert(id, sender);
        Ok((bytes, receiver))
    }

    /// Takes a message of the worker: an answer finds its call, an event is handed back.
    ///
    /// # Errors
    /// Bytes that are not a message of this build.
    pub fn receive(&self, bytes: &[u8]) -> Result<Option<P::Event>, crate::BridgeError> {
        match decode::<FromWorker<P::Response, P::Error, P::Event>>(P::VERSION, bytes)? {
            FromWorker::Event(event) => Ok(Some(event)),
            FromWorker::Response { id, result } => {
                if let Some(sender) = self.waiting.borrow_mut().senders.remove(&id) {
                    // The caller may have gone meanwhile; then nobody wants the answer.
                    let _unwanted = sender.send(result);
                }
                Ok(None)
            }
        }
    }

    /// Ends every waiting call with [`CallError::Gone`]: the worker died.
    pub fn abandon(&self) {
        self.waiting.borrow_mut().senders.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::light_client::{LightClient, LightClientRequest, LightClientResponse};
    use futures::executor::block_on;

    fn answer(id: u32) -> Vec<u8> {
        let message: FromWorker<
            _,
            crate::light_client::LightClientError,
            crate::light_client::LightClientEvent,
        > = FromWorker::Response { id, result: Ok(LightClientResponse::Done) };
        encode(LightClient::VERSION, &message).expect("plain data")
    }

    #[test]
    fn answers_find_their_calls_in_any_order() {
        let calls = Calls::<LightClient>::default();
        let (_, first) = calls.begin(LightClientRequest::Stop).expect("room");
        let (_, second) = calls.begin(LightClientRequest::Stop).expect("room");
        assert_eq!(calls.receive(&answer(2)), Ok(None));
        assert_eq!(calls.receive(&answer(1)), Ok(None));
        assert_eq!(calls.receive(&answer(9)), Ok(None), "an answer nobody waits for is ignored");
        assert_eq!(block_on(first), Ok(Ok(LightClientResponse::Done)));
        assert_eq!(block_on(second), Ok(Ok(LightClientResponse::Done)));
    }

    #[test]
    fn a_dead_worker_ends_its_calls() {
        let calls = Calls::<LightClient>::default();
        let (_, call) = calls.begin(LightClientRequest::Stop).expect("room");
        calls.abandon();
        assert!(block_on(call).is_err());
    }

    #[test]
    fn calls_are_bounded() {
        let calls = Calls::<LightClient>::default();
        let held: Vec<_> = (0..LIMIT).map(|_| calls.begin(LightClientRequest::Stop)).collect();
        assert!(held.iter().all(Result::is_ok));
        assert!(matches!(calls.begin(LightClientRequest::Stop), Err(CallError::Overloaded)));
        drop(held);
        assert!(calls.begin(LightClientRequest::Stop).is_ok(), "given-up calls make room");
    }
}
