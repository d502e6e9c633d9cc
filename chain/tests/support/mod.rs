//! A WebSocket transport to a full node, for tests only: a full node is trusted, nothing is proven.

use core::time::Duration;
use futures::channel::mpsc;
use futures::future::LocalBoxFuture;
use futures::{FutureExt as _, SinkExt as _, StreamExt as _};
use lantern_chain::rpc::PipeClient;
use lantern_chain::{Chain, Clock, NoProofs, StartRule, Surroundings};
use std::cell::RefCell;
use std::rc::Rc;
use std::time::Instant;
use tokio_tungstenite::tungstenite::Message;

/// Tokio's clock.
pub(crate) struct TokioClock(Instant);

impl Clock for TokioClock {
    fn now(&self) -> Duration {
        self.0.elapsed()
    }

    fn sleep(&self, duration: Duration) -> LocalBoxFuture<'static, ()> {
        tokio::time::sleep(duration).boxed_local()
    }
}

/// The requests that were sent.
#[derive(Clone, Default)]
pub(crate) struct Sent(Rc<RefCell<Vec<String>>>);

impl Sent {
    /// How often a method was called so far.
    #[allow(dead_code, reason = "not all tests count")]
    pub(crate) fn calls_of(&self, method: &str) -> usize {
        let called = format!("\"method\":\"{method}\"");
        self.0.borrow().iter().filter(|request| request.contains(&called)).count()
    }
}

/// Connects and follows the chain of a node. Run inside a `LocalSet`.
pub(crate) async fn connect(url: &str) -> (Chain, Sent) {
    connect_with(url, Rc::new(|_header| false)).await
}

/// The same, with a rule for the first block.
pub(crate) async fn connect_with(url: &str, start: StartRule) -> (Chain, Sent) {
    let (socket, _response) = tokio_tungstenite::connect_async(url).await.expect("the node answers");
    let (mut sink, mut source) = socket.split();
    let (outgoing, mut queue) = mpsc::unbounded::<String>();
    let sent = Sent::default();
    let client = {
        let sent = sent.clone();
        PipeClient::new(move |text| {
            sent.0.borrow_mut().push(text.clone());
            outgoing.unbounded_send(text).is_ok()
        })
    };
    let receiver = client.clone();
    tokio::task::spawn_local(async move {
        while let Some(text) = queue.next().await {
            if sink.send(Message::text(text)).await.is_err() {
                break;
            }
        }
    });
    tokio::task::spawn_local(async move {
        while let Some(Ok(message)) = source.next().await {
            if let Ok(text) = message.to_text() {
                receiver.receive(text);
            }
        }
        receiver.close();
    });
    let surroundings = Surroundings {
        rpc: Rc::new(client),
        clock: Rc::new(TokioClock(Instant::now())),
        meter: Rc::new(NoProofs),
        start,
        metadata: None,
    };
    let (chain, driver) = Chain::new(surroundings);
    tokio::task::spawn_local(driver);
    (chain, sent)
}

/// Asks the node directly, past everything that is being tested.
pub(crate) async fn ask(url: &str, method: &str, params: serde_json::Value) -> serde_json::Value {
    let (mut socket, _response) = tokio_tungstenite::connect_async(url).await.expect("the node answers");
    let request = serde_json::json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
    socket.send(Message::text(request.to_string())).await.expect("the request is taken");
    loop {
        let message = socket.next().await.expect("an answer").expect("an answer");
        if let Ok(text) = message.to_text()
            && let Ok(mut answer) = serde_json::from_str::<serde_json::Value>(text)
            && answer["id"] == 1
        {
            assert!(answer["error"].is_null(), "{method}: {answer}");
            return answer["result"].take();
        }
    }
}
