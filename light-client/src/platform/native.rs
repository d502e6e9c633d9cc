//! The native twin of the browser's half, for tests against a real node.

use super::stream::Inbox;
use async_tungstenite::tungstenite::Message;
use futures::{FutureExt as _, SinkExt as _, StreamExt as _};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::time::{Duration, Instant, SystemTime};

static START: LazyLock<Instant> = LazyLock::new(Instant::now);

/// Monotonic time.
pub(super) fn now() -> Duration {
    START.elapsed()
}

/// Time since 1970.
pub(super) fn unix_time() -> Duration {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default()
}

/// Fills the buffer.
#[expect(clippy::expect_used, reason = "the contract of PlatformRef asks for a panic")]
pub(super) fn fill_random(buffer: &mut [u8]) {
    getrandom::getrandom(buffer).expect("the operating system has a random number generator");
}

/// Runs a task until it is done.
pub(crate) fn spawn(task: impl Future<Output = ()> + Send + 'static) {
    smol::spawn(task).detach();
}

/// Not known here.
pub(crate) fn memory_bytes() -> u64 {
    0
}

/// A timer that is cancelled when it is dropped.
pub struct Sleep(smol::Timer);

/// Waits.
pub(crate) fn sleep(duration: Duration) -> Sleep {
    Sleep(smol::Timer::after(duration))
}

impl Future for Sleep {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        self.0.poll_unpin(context).map(drop)
    }
}

/// A connection. Dropping it closes it.
pub(super) struct Socket {
    outgoing: async_channel::Sender<Vec<u8>>,
    queued: Arc<AtomicUsize>,
    inbox: Arc<Inbox>,
    _task: smol::Task<()>,
}

impl Socket {
    /// Starts to connect. What comes of it is told to the inbox.
    pub(super) fn connect(url: &str, inbox: Arc<Inbox>) -> Self {
        let (outgoing, queue) = async_channel::bounded::<Vec<u8>>(1024);
        let queued = Arc::new(AtomicUsize::new(0));
        let task = {
            let (url, inbox, queued) = (url.to_owned(), Arc::clone(&inbox), Arc::clone(&queued));
            smol::spawn(async move {
                let reason = run(&url, &inbox, queue, &queued).await;
                inbox.ended(reason);
            })
        };
        Self { outgoing, queued, inbox, _task: task }
    }

    /// Queues bytes.
    pub(super) fn send(&self, bytes: Vec<u8>) {
        self.queued.fetch_add(bytes.len(), Ordering::Relaxed);
        if self.outgoing.try_send(bytes).is_err() {
            self.inbox.ended("the queue of outgoing messages is full or closed".to_owned());
        }
    }

    /// Bytes that were queued and not sent yet.
    pub(super) fn queued(&self) -> usize {
        self.queued.load(Ordering::Relaxed)
    }
}

/// Carries bytes both ways until the connection ends. Returns why it did.
async fn run(
    url: &str,
    inbox: &Inbox,
    queue: async_channel::Receiver<Vec<u8>>,
    queued: &AtomicUsize,
) -> String {
    let authority = url.trim_start_matches("ws://").trim_end_matches('/');
    let stream = match smol::net::TcpStream::connect(authority).await {
        Ok(stream) => stream,
        Err(error) => return error.to_string(),
    };
    if let Err(error) = stream.set_nodelay(true) {
        return error.to_string();
    }
    let socket = match async_tungstenite::client_async(url, stream).await {
        Ok((socket, _response)) => socket,
        Err(error) => return error.to_string(),
    };
    inbox.opened();
    let (mut sink, mut source) = socket.split();
    let send = async {
        while let Ok(bytes) = queue.recv().await {
            let length = bytes.len();
            if let Err(error) = sink.send(Message::binary(bytes)).await {
                return error.to_string();
            }
            queued.fetch_sub(length, Ordering::Relaxed);
        }
        "closed by this side".to_owned()
    };
    let receive = async {
        loop {
            match source.next().await {
                Some(Ok(Message::Binary(bytes))) => {
                    inbox.received(bytes.len(), |place| place.copy_from_slice(&bytes));
                }
                Some(Ok(Message::Close(_))) | None => return "closed by the peer".to_owned(),
                Some(Ok(_)) => {}
                Some(Err(error)) => return error.to_string(),
            }
        }
    };
    futures::future::select(std::pin::pin!(send), std::pin::pin!(receive)).await.factor_first().0
}
