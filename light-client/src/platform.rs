//! What smoldot needs from its surroundings: sockets, timers, randomness, tasks and a log.
//!
//! Tracks smoldot-light 3.0.0. The browser half talks to `web-sys`, the native half to the operating
//! system; the stream buffers and the observer are shared, so that tests on a developer's machine run
//! the code that ships. Only WebSocket connections exist: a browser has nothing else that reaches an
//! ordinary node.

mod stream;

#[cfg(target_arch = "wasm32")]
mod browser;
#[cfg(target_arch = "wasm32")]
use browser as host;

#[cfg(not(target_arch = "wasm32"))]
mod native;
#[cfg(not(target_arch = "wasm32"))]
use native as host;

#[cfg_attr(not(target_arch = "wasm32"), expect(unused_imports, reason = "the worker's entry spawns"))]
pub(crate) use host::spawn;
pub(crate) use host::{memory_bytes, sleep};

use crate::dial::PageOrigin;
use crate::observer::Observer;
use futures::future::{Ready, ready};
use smoldot_light::platform::{
    Address, ConnectionType, LogLevel, MultiStreamAddress, MultiStreamWebRtcConnection, PlatformRef,
    SubstreamDirection,
};
use std::borrow::Cow;
use std::convert::Infallible;
use std::fmt::Display;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use stream::{Access, Stream, StreamError};

/// Time since some moment before the start of the client. It never goes backwards.
pub(crate) fn now() -> Duration {
    host::now()
}

/// Time since 1970, by this machine's clock.
pub(crate) fn unix_time() -> Duration {
    host::unix_time()
}

/// The platform of one client. Clones share everything.
#[derive(Clone)]
pub struct Platform {
    origin: PageOrigin,
    observer: Arc<Mutex<Observer>>,
}

impl Platform {
    /// A platform for a page of this origin.
    pub fn new(origin: PageOrigin) -> Self {
        Self { origin, observer: Arc::new(Mutex::new(Observer::default())) }
    }

    /// Reads or changes what was observed of the network so far.
    pub(crate) fn observe<T>(&self, look: impl FnOnce(&mut Observer) -> T) -> T {
        look(&mut self.observer.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

// A panic ends the instance in the browser, and the observer holds plain counters everywhere.
impl std::panic::UnwindSafe for Platform {}

impl PlatformRef for Platform {
    type Delay = host::Sleep;
    type Instant = Duration;
    type MultiStream = Infallible;
    type Stream = Stream;
    type ReadWriteAccess<'a> = Access<'a>;
    type StreamErrorRef<'a> = &'a StreamError;
    type StreamConnectFuture = Ready<Stream>;
    type MultiStreamConnectFuture = std::future::Pending<MultiStreamWebRtcConnection<Infallible>>;
    type StreamUpdateFuture<'a> = futures::future::BoxFuture<'a, ()>;
    type NextSubstreamFuture<'a> = std::future::Pending<Option<(Stream, SubstreamDirection)>>;

    fn now_from_unix_epoch(&self) -> Duration {
        host::unix_time()
    }

    fn now(&self) -> Duration {
        host::now()
    }

    fn fill_random_bytes(&self, buffer: &mut [u8]) {
        host::fill_random(buffer);
    }

    fn sleep(&self, duration: Duration) -> Self::Delay {
        host::sleep(duration)
    }

    fn sleep_until(&self, when: Duration) -> Self::Delay {
        host::sleep(when.saturating_sub(host::now()))
    }

    fn spawn_task(&self, _name: Cow<'_, str>, task: impl Future<Output = ()> + Send + 'static) {
        host::spawn(task);
    }

    fn log<'a>(
        &self,
        level: LogLevel,
        target: &'a str,
        message: &'a str,
        key_values: impl Iterator<Item = (&'a str, &'a dyn Display)>,
    ) {
        // Trace lines come for every packet and tell the observer nothing.
        if !matches!(level, LogLevel::Trace) {
            let now = host::now();
            self.observe(|observer| observer.log(now, target, message, key_values));
        }
    }

    fn client_name(&self) -> Cow<'_, str> {
        Cow::Borrowed("Lantern")
    }

    fn client_version(&self) -> Cow<'_, str> {
        Cow::Borrowed(env!("CARGO_PKG_VERSION"))
    }

    fn supports_connection_type(&self, connection_type: ConnectionType) -> bool {
        self.origin.can_dial(connection_type)
    }

    fn connect_stream(&self, address: Address<'_>) -> Self::StreamConnectFuture {
        let (scheme, host_and_port) = match address {
            Address::WebSocketIp { ip: std::net::IpAddr::V6(ip), port } => ("ws", format!("[{ip}]:{port}")),
            Address::WebSocketIp { ip, port } => ("ws", format!("{ip}:{port}")),
            Address::WebSocketDns { hostname, port, secure } => {
                (if secure { "wss" } else { "ws" }, format!("{hostname}:{port}"))
            }
            // Never asked for, because `supports_connection_type` refuses it.
            Address::TcpDns { hostname, port } => ("tcp", format!("{hostname}:{port}")),
            Address::TcpIp { ip, port } => ("tcp", format!("{ip}:{port}")),
        };
        self.observe(|observer| observer.dialling(&host_and_port, host::now()));
        let url = format!("{scheme}://{host_and_port}/");
        ready(Stream::connect(&url, host_and_port, self.clone()))
    }

    fn connect_multistream(&self, _address: MultiStreamAddress<'_>) -> Self::MultiStreamConnectFuture {
        // Never asked for, because `supports_connection_type` refuses it.
        std::future::pending()
    }

    fn open_out_substream(&self, connection: &mut Infallible) {
        match *connection {}
    }

    fn next_substream<'a>(&self, connection: &'a mut Infallible) -> Self::NextSubstreamFuture<'a> {
        match *connection {}
    }

    fn read_write_access<'a>(&self, stream: Pin<&'a mut Stream>) -> Result<Access<'a>, &'a StreamError> {
        stream.get_mut().access(host::now())
    }

    fn wait_read_write_again<'a>(&self, stream: Pin<&'a mut Stream>) -> Self::StreamUpdateFuture<'a> {
        Box::pin(stream.get_mut().wait())
    }
}
