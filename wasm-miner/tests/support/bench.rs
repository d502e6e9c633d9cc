//! The service on a bench: a host with files from this repository, requests in, answers and events out.

use std::{
    cell::RefCell,
    collections::BTreeMap,
    path::PathBuf,
    pin::Pin,
    rc::Rc,
    task::{Context, Poll},
    time::Instant,
};

use futures::{
    FutureExt as _,
    executor::LocalPool,
    future::{LocalBoxFuture, ready},
    task::LocalSpawnExt as _,
};
use lantern_wasm_miner::{
    error::LoadError,
    service::{
        Service,
        host::{Download, Host, Outgoing},
    },
};
use lantern_worker_bridge::{
    ToWorker,
    miner::{GenerateOptions, MinerEvent, MinerRequest, ModelSource, Place, Precision, TextEnd},
};

/// Gives every other task a turn, then goes on.
struct Yield(bool);

impl Future for Yield {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        if std::mem::replace(&mut self.0, true) {
            return Poll::Ready(());
        }
        context.waker().wake_by_ref();
        Poll::Pending
    }
}

pub(crate) struct Native {
    started: Instant,
    pub(crate) sent: RefCell<Vec<Outgoing>>,
    pub(crate) files: RefCell<BTreeMap<String, Vec<u8>>>,
}

/// A file and how far it was read.
struct Pieces(Vec<u8>, usize);

impl Download for Pieces {
    fn length(&self) -> Option<u64> {
        None
    }

    fn next(&mut self) -> LocalBoxFuture<'_, Result<Option<Vec<u8>>, LoadError>> {
        let piece: Vec<u8> = self.0.iter().skip(self.1).take(70_001).copied().collect();
        self.1 += piece.len();
        ready(Ok((!piece.is_empty()).then_some(piece))).boxed_local()
    }
}

impl Host for Native {
    fn now(&self) -> f64 {
        self.started.elapsed().as_secs_f64()
    }

    fn sleep(&self, seconds: f64) -> LocalBoxFuture<'static, ()> {
        let end = Instant::now() + std::time::Duration::from_secs_f64(seconds);
        async move {
            Yield(false).await;
            while Instant::now() < end {
                Yield(false).await;
            }
        }
        .boxed_local()
    }

    fn fetch(&self, url: String) -> LocalBoxFuture<'static, Result<Box<dyn Download>, LoadError>> {
        let file = self.files.borrow().get(&url).cloned();
        let missing = LoadError::Fetch { path: url, reason: "the server answers 404".into() };
        ready(file.map(|file| Box::new(Pieces(file, 0)) as Box<dyn Download>).ok_or(missing)).boxed_local()
    }

    fn send(&self, outgoing: Outgoing) {
        self.sent.borrow_mut().push(outgoing);
    }

    fn random(&self) -> u64 {
        0x1234_5678_9abc
    }
}

pub(crate) struct Bench {
    pool: LocalPool,
    pub(crate) host: Rc<Native>,
    pub(crate) service: Rc<Service>,
}

impl Bench {
    pub(crate) fn new() -> Self {
        let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../public/models/lantern-demo");
        let file =
            |name: &str| (format!("/models/lantern-demo/{name}"), std::fs::read(folder.join(name)).unwrap());
        let host = Rc::new(Native {
            started: Instant::now(),
            sent: RefCell::default(),
            files: RefCell::new(["manifest.json", "config.json", "model.safetensors"].map(file).into()),
        });
        Self { pool: LocalPool::new(), service: Service::new(Rc::clone(&host) as Rc<dyn Host>), host }
    }

    pub(crate) fn ask(&mut self, id: u32, body: MinerRequest) {
        if let Some(work) = self.service.take(ToWorker::Request { id, body }) {
            self.pool.spawner().spawn_local(work).unwrap();
        }
    }

    /// Gives every job some turns.
    pub(crate) fn turns(&mut self, count: usize) {
        self.pool.run_until(async {
            for _ in 0..count {
                Yield(false).await;
            }
        });
    }

    /// Runs everything to its end and takes what was sent.
    pub(crate) fn finish(&mut self) -> Vec<Outgoing> {
        self.pool.run();
        self.host.sent.take()
    }

    pub(crate) fn events(&mut self) -> Vec<MinerEvent> {
        let event = |outgoing| match outgoing {
            Outgoing::Event(event) => Some(event),
            Outgoing::Answer(..) => None,
        };
        self.finish().into_iter().filter_map(event).collect()
    }

    pub(crate) fn load(&mut self, place: Place) -> Vec<MinerEvent> {
        self.load_from(ModelSource::Url("/models/lantern-demo".into()), place)
    }

    pub(crate) fn load_from(&mut self, source: ModelSource, place: Place) -> Vec<MinerEvent> {
        self.ask(1, MinerRequest::Load { job: 1, source, precision: Precision::AsStored, place });
        self.events()
    }

    pub(crate) fn write(&mut self, prompt: &str) -> Vec<MinerEvent> {
        self.ask(2, MinerRequest::Generate { job: 2, prompt: prompt.into(), options: GREEDY });
        self.events()
    }
}

pub(crate) const GREEDY: GenerateOptions =
    GenerateOptions { max_tokens: 200, temperature: 0.0, top_k: 40, top_p: 1.0, seed: 1 };

pub(crate) fn text_of(events: &[MinerEvent]) -> (String, Option<TextEnd>) {
    let mut text = String::new();
    let mut end = None;
    for event in events {
        match event {
            MinerEvent::Text { piece, .. } => text += piece,
            MinerEvent::Generated { report, .. } => end = Some(report.end),
            other => panic!("{other:?}"),
        }
    }
    (text, end)
}
