//! A WebSocket that fills an inbox.

use crate::platform::stream::Inbox;
use js_sys::{ArrayBuffer, Uint8Array};
use send_wrapper::SendWrapper;
use std::sync::Arc;
use wasm_bindgen::JsCast as _;
use wasm_bindgen::closure::Closure;
use web_sys::{BinaryType, CloseEvent, Event, MessageEvent, WebSocket};

/// A connection, or one that could not be opened. Dropping it closes it.
pub(in crate::platform) struct Socket(Option<SendWrapper<Open>>);

struct Open {
    socket: WebSocket,
    _on_open: Closure<dyn FnMut(Event)>,
    _on_message: Closure<dyn FnMut(MessageEvent)>,
    _on_close: Closure<dyn FnMut(CloseEvent)>,
}

impl Socket {
    /// Starts to connect. What comes of it is told to the inbox.
    pub(in crate::platform) fn connect(url: &str, inbox: Arc<Inbox>) -> Self {
        // The constructor throws for addresses that the page may not dial at all.
        let socket = match WebSocket::new(url) {
            Ok(socket) => socket,
            Err(error) => {
                inbox.ended(format!("the browser refuses {url}: {error:?}"));
                return Self(None);
            }
        };
        socket.set_binary_type(BinaryType::Arraybuffer);
        let on_open = {
            let inbox = Arc::clone(&inbox);
            Closure::<dyn FnMut(_)>::new(move |_: Event| inbox.opened())
        };
        let on_message = {
            let inbox = Arc::clone(&inbox);
            Closure::<dyn FnMut(_)>::new(move |event: MessageEvent| {
                if let Ok(buffer) = event.data().dyn_into::<ArrayBuffer>() {
                    let bytes = Uint8Array::new(&buffer);
                    let length = usize::try_from(bytes.length()).unwrap_or(usize::MAX);
                    inbox.received(length, |place| bytes.copy_to(place));
                }
            })
        };
        // An error event says nothing and is always followed by this one.
        let on_close = Closure::<dyn FnMut(_)>::new(move |event: CloseEvent| {
            inbox.ended(format!("code {} {}", event.code(), event.reason()));
        });
        socket.set_onopen(Some(on_open.as_ref().unchecked_ref()));
        socket.set_onmessage(Some(on_message.as_ref().unchecked_ref()));
        socket.set_onclose(Some(on_close.as_ref().unchecked_ref()));
        Self(Some(SendWrapper::new(Open {
            socket,
            _on_open: on_open,
            _on_message: on_message,
            _on_close: on_close,
        })))
    }

    /// Queues bytes. Errors show as the close event.
    pub(in crate::platform) fn send(&self, bytes: Vec<u8>) {
        if let Some(open) = &self.0 {
            let _told_by_the_close_event = open.socket.send_with_u8_array(&bytes);
        }
    }

    /// Bytes that were queued and not sent yet.
    pub(in crate::platform) fn queued(&self) -> usize {
        self.0.as_ref().map_or(0, |open| usize::try_from(open.socket.buffered_amount()).unwrap_or(usize::MAX))
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        // Events that are already under way must not reach closures that are gone.
        self.socket.set_onopen(None);
        self.socket.set_onmessage(None);
        self.socket.set_onclose(None);
        let _already_closed = self.socket.close();
    }
}
