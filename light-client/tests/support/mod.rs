//! A devnet node and a light client in this process, for the tests beside this folder.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "this is a test")]
#![allow(dead_code, reason = "each test program uses a part of it")]

use async_channel::{Receiver, Sender};
use lantern_light_client::database::Memory;
use lantern_light_client::dial::PageOrigin;
use lantern_light_client::service::{Incoming, Outgoing, Service, Surroundings};
use lantern_light_client::tabs::{NoTabs, Tabs};
use lantern_worker_bridge::ToWorker;
use lantern_worker_bridge::light_client::{
    LightClientError, LightClientEvent, LightClientRequest, LightClientResponse, StartOptions, SyncStatus,
};
use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// A node that ends with the test.
pub(crate) struct Devnet {
    node: Child,
    folder: PathBuf,
}

impl Devnet {
    /// Starts a node and waits until it finalized a block. `LANTERN_DEVNET` names the program.
    pub(crate) fn start(name: &str, arguments: &[&str]) -> Self {
        let program = std::env::var_os("LANTERN_DEVNET").expect("LANTERN_DEVNET names the devnet's program");
        let folder = std::env::temp_dir().join(format!("lantern-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let node = Command::new(program)
            .args(["run", "--slot-ms", "250", "--p2p-port", "0", "--rpc-port", "0", "--log", "error"])
            .args(arguments)
            .arg("--spec-out")
            .arg(folder.join("network.json"))
            .arg("--raw-spec-out")
            .arg(folder.join("raw.json"))
            .arg("--ready-file")
            .arg(folder.join("ready.json"))
            // The node ends when its standard input does, so that it never outlives the test.
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let devnet = Self { node, folder };
        let since = Instant::now();
        while !devnet.folder.join("ready.json").exists() {
            assert!(since.elapsed() < Duration::from_secs(90), "the devnet does not get ready");
            std::thread::sleep(Duration::from_millis(100));
        }
        devnet
    }

    /// Waits until the chain must have come so far: blocks come four times a second.
    pub(crate) fn wait_for_block(&self, number: u32) {
        std::thread::sleep(Duration::from_millis(250) * number);
    }

    /// The network file for the page.
    pub(crate) fn network_file(&self) -> String {
        std::fs::read_to_string(self.folder.join("network.json")).unwrap()
    }

    /// The ordinary raw specification.
    pub(crate) fn raw_specification(&self) -> String {
        std::fs::read_to_string(self.folder.join("raw.json")).unwrap()
    }

    /// Address of the node's JSON-RPC.
    pub(crate) fn rpc(&self) -> String {
        let ready = std::fs::read_to_string(self.folder.join("ready.json")).unwrap();
        let ready: serde_json::Value = serde_json::from_str(&ready).unwrap();
        ready["rpc"].as_str().unwrap().to_owned()
    }

    /// Makes the node lie, or be honest again.
    pub(crate) fn set_fault(&self, fault: Option<&str>) {
        self.call("lantern_setFault", &serde_json::json!([fault]));
    }

    /// Ends one of several nodes.
    pub(crate) fn kill_authority(&self, authority: usize) {
        let supervisor = self.node.id();
        let children = std::fs::read_to_string(format!("/proc/{supervisor}/task/{supervisor}/children"));
        let children = children.unwrap();
        let node = children.split_whitespace().nth(authority).unwrap();
        assert!(Command::new("kill").args(["-KILL", node]).status().unwrap().success());
    }

    /// Calls the first node's JSON-RPC and returns the result.
    pub(crate) fn call(&self, method: &str, params: &serde_json::Value) -> serde_json::Value {
        let rpc = self.rpc();
        let place = rpc.split("//").nth(1).unwrap().trim_end_matches('/');
        let call = serde_json::json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
        let call = call.to_string();
        let mut node = TcpStream::connect(place).unwrap();
        write!(
            node,
            "POST / HTTP/1.1\r\nHost: {place}\r\nContent-Type: application/json\r\n\
             Content-Length: {}\r\nConnection: close\r\n\r\n{call}",
            call.len()
        )
        .unwrap();
        let mut answer = String::new();
        node.read_to_string(&mut answer).unwrap();
        let (_, body) = answer.split_once("\r\n\r\n").unwrap();
        let mut body: serde_json::Value = serde_json::from_str(body).expect(body);
        assert!(body.get("error").is_none(), "{body}");
        body["result"].take()
    }
}

impl Drop for Devnet {
    fn drop(&mut self) {
        drop(self.node.kill());
        drop(self.node.wait());
        drop(std::fs::remove_dir_all(&self.folder));
    }
}

/// The way to a node, which can be cut and opened again.
pub(crate) struct Wire {
    port: u16,
    node: u16,
    is_open: Arc<AtomicBool>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl Wire {
    /// A wire to the node of a network file. Returns the file with the wire's address in it.
    pub(crate) fn new(network_file: &str) -> (Self, String) {
        let file: serde_json::Value = serde_json::from_str(network_file).unwrap();
        let address = file["bootNodes"][0].as_str().unwrap().to_owned();
        let node: u16 = address.split('/').nth(4).unwrap().parse().unwrap();
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let file = network_file.replace(&format!("/tcp/{node}/"), &format!("/tcp/{port}/"));
        let mut wire = Self { port, node, is_open: Arc::default(), thread: None };
        wire.open();
        (wire, file)
    }

    /// Lets connections through.
    pub(crate) fn open(&mut self) {
        self.is_open.store(true, Ordering::SeqCst);
        let listener = TcpListener::bind(("127.0.0.1", self.port)).unwrap();
        listener.set_nonblocking(true).unwrap();
        let (is_open, node) = (Arc::clone(&self.is_open), self.node);
        self.thread = Some(std::thread::spawn(move || {
            let mut sockets = Vec::new();
            while is_open.load(Ordering::SeqCst) {
                if let Ok((near, _)) = listener.accept() {
                    near.set_nonblocking(false).unwrap();
                    let far = TcpStream::connect(("127.0.0.1", node)).unwrap();
                    for (from, to) in [(&near, &far), (&far, &near)] {
                        let (mut from, mut to) = (from.try_clone().unwrap(), to.try_clone().unwrap());
                        std::thread::spawn(move || {
                            drop(std::io::copy(&mut from, &mut to));
                            drop(to.shutdown(Shutdown::Both));
                        });
                    }
                    sockets.push(near);
                }
                std::thread::sleep(Duration::from_millis(10));
            }
            for socket in sockets {
                drop(socket.shutdown(Shutdown::Both));
            }
        }));
    }

    /// Cuts all connections and refuses new ones.
    pub(crate) fn cut(&mut self) {
        self.is_open.store(false, Ordering::SeqCst);
        if let Some(thread) = self.thread.take() {
            thread.join().unwrap();
        }
    }
}

impl Drop for Wire {
    fn drop(&mut self) {
        self.cut();
    }
}

/// A page: asks and hears.
pub(crate) struct Page {
    to_worker: Sender<Incoming>,
    from_worker: Receiver<Outgoing>,
    next_id: u32,
    /// Everything that was heard and not asked for.
    pub(crate) heard: Vec<LightClientEvent>,
}

impl Page {
    /// Asks and waits for the answer.
    pub(crate) async fn ask(
        &mut self,
        body: LightClientRequest,
    ) -> Result<LightClientResponse, LightClientError> {
        self.next_id += 1;
        let id = self.next_id;
        self.to_worker.send(Incoming::Page(ToWorker::Request { id, body })).await.unwrap();
        loop {
            match self.from_worker.recv().await.unwrap() {
                Outgoing::Answer(of, result) if of == id => return result,
                Outgoing::Answer(..) => {}
                Outgoing::Event(event) => self.heard.push(event),
            }
        }
    }

    /// Sends a specification ahead, as the document does.
    pub(crate) async fn guess(&self, specification: String) {
        self.to_worker.send(Incoming::Ahead(specification)).await.unwrap();
    }

    /// The next event that came already, if any.
    pub(crate) fn next_event(&mut self) -> Option<LightClientEvent> {
        loop {
            match self.from_worker.try_recv().ok()? {
                Outgoing::Event(event) => return Some(event),
                Outgoing::Answer(..) => {}
            }
        }
    }

    /// Waits for an event that is looked for, old or new.
    pub(crate) async fn hear<T>(&mut self, wanted: impl Fn(&LightClientEvent) -> Option<T>) -> T {
        if let Some(found) = self.heard.iter().find_map(&wanted) {
            return found;
        }
        loop {
            if let Outgoing::Event(event) = self.from_worker.recv().await.unwrap() {
                let found = wanted(&event);
                self.heard.push(event);
                if let Some(found) = found {
                    return found;
                }
            }
        }
    }

    /// Height of the newest finalized block that was heard of; zero if none was.
    pub(crate) fn last_finalized(&self) -> u32 {
        let heights = self.heard.iter().filter_map(|event| match event {
            LightClientEvent::Head(head) => Some(head.finalized.number),
            _ => None,
        });
        heights.max().unwrap_or(0)
    }

    /// Waits for a status that is looked for.
    pub(crate) async fn status(&mut self, wanted: impl Fn(&SyncStatus) -> bool) -> SyncStatus {
        self.hear(|event| match event {
            LightClientEvent::Sync(status) if wanted(status) => Some(status.clone()),
            _ => None,
        })
        .await
    }
}

/// How to join a network from a page on this machine.
pub(crate) fn start(specification: String) -> LightClientRequest {
    LightClientRequest::Start(StartOptions { specification, discard_saved: false })
}

/// Runs a light client in the only tab beside the work of a test.
pub(crate) fn with_client(storage: Rc<Memory>, seconds: u64, work: impl AsyncFnOnce(&mut Page)) {
    with_client_in(Rc::new(NoTabs), storage, seconds, work);
}

/// Runs a light client beside the work of a test.
pub(crate) fn with_client_in(
    tabs: Rc<dyn Tabs>,
    storage: Rc<Memory>,
    seconds: u64,
    work: impl AsyncFnOnce(&mut Page),
) {
    let (to_worker, inbox) = async_channel::bounded(64);
    let (send, from_worker) = async_channel::unbounded();
    let service = Service::new(Surroundings {
        storage,
        tabs,
        origin: PageOrigin { is_secure: false },
        is_online: Box::new(|| true),
        send: Box::new(move |outgoing| drop(send.try_send(outgoing))),
    });
    let mut page = Page { to_worker, from_worker, next_id: 0, heard: Vec::new() };
    let late = async {
        smol::Timer::after(Duration::from_secs(seconds)).await;
        false
    };
    let served = async {
        service.run(inbox).await;
        panic!("the service ended");
    };
    let worked = async {
        work(&mut page).await;
        true
    };
    let in_time = smol::block_on(smol::future::or(worked, smol::future::or(served, late)));
    assert!(in_time, "nothing after {seconds} seconds; heard: {:#?}", page.heard);
}
