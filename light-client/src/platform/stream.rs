//! The buffers between smoldot's reader and a WebSocket.
//!
//! A WebSocket pushes: bytes arrive when they arrive, without back-pressure. smoldot pulls, so what
//! arrived waits in an [`Inbox`], which is bounded. The other way round a WebSocket takes everything
//! and only tells how much is still queued, so smoldot may write while that stays small.

use super::{Platform, host};
use event_listener::Event;
use futures::future::{Either, select};
use smoldot_light::platform::read_write::ReadWrite;
use std::ops::{Deref, DerefMut};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Bytes that may wait to be read. A peer that sends more is cut off.
const RECEIVED_LIMIT: usize = 32 * 1024 * 1024;
/// Bytes that may wait to be sent.
const QUEUED_LIMIT: usize = 1024 * 1024;
/// How often a full socket is looked at. WebSockets have no event for it.
const DRAIN_POLL: Duration = Duration::from_millis(20);

/// Why a connection ended.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StreamError {
    /// It could not be opened.
    #[error("the connection could not be opened: {0}")]
    Refused(String),
    /// It was open and closed.
    #[error("the peer or the network closed the connection: {0}")]
    Closed(String),
    /// The peer sent faster than it was read.
    #[error("the peer sends more than can be read")]
    Flooded,
}

#[derive(Default)]
struct InboxState {
    is_open: bool,
    error: Option<StreamError>,
    received: Vec<u8>,
}

/// What arrived on a socket and was not read yet. Filled by the socket, emptied by the stream.
#[derive(Default)]
pub(super) struct Inbox {
    state: Mutex<InboxState>,
    changed: Event,
}

impl Inbox {
    fn state(&self) -> MutexGuard<'_, InboxState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The socket is connected.
    pub(super) fn opened(&self) {
        self.state().is_open = true;
        self.changed.notify(usize::MAX);
    }

    /// The socket received this many bytes, which `copy` writes to where they belong.
    pub(super) fn received(&self, length: usize, copy: impl FnOnce(&mut [u8])) {
        {
            let mut state = self.state();
            let before = state.received.len();
            let after = before.saturating_add(length);
            if after > RECEIVED_LIMIT {
                state.error = Some(StreamError::Flooded);
            } else if state.error.is_none() {
                state.received.resize(after, 0);
                if let Some(place) = state.received.get_mut(before..) {
                    copy(place);
                }
            }
        }
        self.changed.notify(usize::MAX);
    }

    /// The socket is gone.
    pub(super) fn ended(&self, reason: String) {
        {
            let mut state = self.state();
            let error =
                if state.is_open { StreamError::Closed(reason) } else { StreamError::Refused(reason) };
            state.error.get_or_insert(error);
        }
        self.changed.notify(usize::MAX);
    }
}

/// One connection.
pub struct Stream {
    inbox: Arc<Inbox>,
    socket: host::Socket,
    platform: Platform,
    peer: String,
    /// Received, and given to smoldot at the next access.
    incoming: Vec<u8>,
    /// What smoldot knows of the socket from its last access.
    was_open: bool,
    is_write_closed: bool,
    is_full: bool,
    /// Nothing before the first access.
    accessed: bool,
    wake_up_after: Option<Duration>,
    error: Option<StreamError>,
}

impl Stream {
    pub(super) fn connect(url: &str, peer: String, platform: Platform) -> Self {
        let inbox = Arc::new(Inbox::default());
        let socket = host::Socket::connect(url, Arc::clone(&inbox));
        Self {
            inbox,
            socket,
            platform,
            peer,
            incoming: Vec::new(),
            was_open: false,
            is_write_closed: false,
            is_full: false,
            accessed: false,
            wake_up_after: None,
            error: None,
        }
    }

    pub(super) fn access(&mut self, now: Duration) -> Result<Access<'_>, &StreamError> {
        self.accessed = true;
        self.wake_up_after = None;
        {
            let mut state = self.inbox.state();
            if self.error.is_none() {
                self.error.clone_from(&state.error);
            }
            self.was_open = state.is_open;
            let fresh = std::mem::take(&mut state.received);
            drop(state);
            if !fresh.is_empty() {
                self.platform.observe(|observer| observer.received(&self.peer, fresh.len()));
            }
            if self.incoming.is_empty() {
                self.incoming = fresh;
            } else {
                self.incoming.extend_from_slice(&fresh);
            }
        }
        if let Some(error) = &self.error {
            let error = error.to_string();
            self.platform.observe(|observer| observer.ended(&self.peer, &error));
        }
        // Looked at twice, because a value borrowed in the branch above could not be returned.
        if self.error.is_some() {
            return self.error.as_ref().map_or_else(|| unreachable!(), Err);
        }

        let queued = self.socket.queued();
        let queueable = QUEUED_LIMIT.saturating_sub(queued);
        let incoming = std::mem::take(&mut self.incoming);
        Ok(Access {
            incoming_before: incoming.len(),
            read_write: ReadWrite {
                now,
                incoming_buffer: incoming,
                expected_incoming_bytes: Some(0),
                read_bytes: 0,
                write_buffers: Vec::new(),
                write_bytes_queued: queued,
                write_bytes_queueable: match (self.is_write_closed, self.was_open) {
                    (true, _) => None,
                    (false, true) => Some(queueable),
                    (false, false) => Some(0),
                },
                wake_up_after: None,
            },
            stream: self,
        })
    }

    /// Waits until [`Stream::access`] has something new to offer.
    pub(super) async fn wait(&mut self) {
        if !self.accessed {
            return;
        }
        if self.error.is_some() {
            // It was reported at the last access; there is nothing more to come.
            return std::future::pending().await;
        }
        loop {
            let changed = self.inbox.changed.listen();
            {
                let state = self.inbox.state();
                if state.error.is_some() || state.is_open != self.was_open || !state.received.is_empty() {
                    return;
                }
            }
            let now = host::now();
            let wake_up = self.wake_up_after.map(|when| when.saturating_sub(now));
            if wake_up == Some(Duration::ZERO) {
                return;
            }
            let pause = match (wake_up, self.is_full) {
                (Some(wake_up), true) => Some(wake_up.min(DRAIN_POLL)),
                (None, true) => Some(DRAIN_POLL),
                (wake_up, false) => wake_up,
            };
            let Some(pause) = pause else {
                changed.await;
                continue;
            };
            if let Either::Right(_) = select(changed, host::sleep(pause)).await
                && self.is_full
                && self.socket.queued() < QUEUED_LIMIT
            {
                return;
            }
        }
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        self.platform.observe(|observer| observer.dropped(&self.peer));
    }
}

/// Gives smoldot the buffers of a stream, and takes them back when it is dropped.
pub struct Access<'a> {
    read_write: ReadWrite<Duration>,
    incoming_before: usize,
    stream: &'a mut Stream,
}

impl Deref for Access<'_> {
    type Target = ReadWrite<Duration>;

    fn deref(&self) -> &Self::Target {
        &self.read_write
    }
}

impl DerefMut for Access<'_> {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.read_write
    }
}

impl Drop for Access<'_> {
    fn drop(&mut self) {
        let stream = &mut *self.stream;
        stream.incoming = std::mem::take(&mut self.read_write.incoming_buffer);
        stream.is_write_closed |= self.read_write.write_bytes_queueable.is_none();
        stream.is_full = stream.was_open && self.read_write.write_bytes_queueable == Some(0);
        stream.wake_up_after = self.read_write.wake_up_after;

        // One message for all buffers: each WebSocket message costs a header and a turn.
        let outgoing = match self.read_write.write_buffers.len() {
            0 | 1 => self.read_write.write_buffers.pop().unwrap_or_default(),
            _ => self.read_write.write_buffers.concat(),
        };
        let wrote = !outgoing.is_empty();
        if wrote {
            let (peer, length) = (&stream.peer, outgoing.len());
            stream.platform.observe(|observer| observer.sent(peer, length));
            stream.socket.send(outgoing);
        }

        // What was read may make room for reading more of what is already here.
        let read = stream.incoming.len() != self.incoming_before;
        let expected = self.read_write.expected_incoming_bytes;
        if (read && expected.is_some_and(|expected| expected <= stream.incoming.len()))
            || (wrote && !stream.is_write_closed)
        {
            stream.wake_up_after = Some(self.read_write.now);
        }
    }
}
