//! Keeping downloads: whatever breaks, what comes out is the file that the server has, or a named error.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "these are tests")]

use std::{
    cell::{Cell, RefCell},
    collections::BTreeMap,
    rc::Rc,
};

use futures::{
    FutureExt as _,
    executor::block_on,
    future::{LocalBoxFuture, ready},
};
use lantern_wasm_miner::{
    error::LoadError,
    keep::{
        download::{Source, Wanted},
        record::{CHUNK, key},
        shelf::{Item, Kind, Shelf, ShelfError, Volume},
    },
    loader::manifest::FileSpec,
    service::host::{Download, Host, Outgoing},
};
use proptest::prelude::*;
use sha2::{Digest as _, Sha256};

const URL: &str = "/models/m/model.safetensors";

type Slots = Rc<RefCell<BTreeMap<String, Vec<Vec<u8>>>>>;

/// A shelf in memory, which takes so many bytes.
struct Memory {
    files: Slots,
    room: Rc<Cell<usize>>,
    free: Option<u64>,
}

struct MemoryVolume {
    files: Slots,
    room: Rc<Cell<usize>>,
    key: String,
}

impl Shelf for Memory {
    fn kind(&self) -> Kind {
        Kind::Files
    }

    fn list(&self) -> LocalBoxFuture<'_, Result<Vec<Item>, ShelfError>> {
        let item = |(key, slots): (&String, &Vec<Vec<u8>>)| Item {
            key: key.clone(),
            record: slots.first().cloned().unwrap_or_default(),
            chunks: slots.len().saturating_sub(1) as u64,
        };
        ready(Ok(self.files.borrow().iter().map(item).collect())).boxed_local()
    }

    fn open<'a>(&'a self, key: &'a str) -> LocalBoxFuture<'a, Result<Box<dyn Volume>, ShelfError>> {
        self.files.borrow_mut().entry(key.to_owned()).or_default();
        let (files, room) = (Rc::clone(&self.files), Rc::clone(&self.room));
        let volume = MemoryVolume { files, room, key: key.to_owned() };
        ready(Ok(Box::new(volume) as Box<dyn Volume>)).boxed_local()
    }

    fn remove<'a>(&'a self, key: &'a str) -> LocalBoxFuture<'a, Result<(), ShelfError>> {
        self.files.borrow_mut().remove(key);
        ready(Ok(())).boxed_local()
    }

    fn free_bytes(&self) -> LocalBoxFuture<'_, Option<u64>> {
        ready(self.free).boxed_local()
    }
}

impl Volume for MemoryVolume {
    fn slots(&self) -> u64 {
        self.files.borrow()[&self.key].len() as u64
    }

    fn read(&mut self, slot: u64) -> LocalBoxFuture<'_, Result<Vec<u8>, ShelfError>> {
        let bytes = self.files.borrow()[&self.key].get(slot as usize).cloned();
        ready(Ok(bytes.unwrap_or_default())).boxed_local()
    }

    fn write(&mut self, slot: u64, bytes: Vec<u8>) -> LocalBoxFuture<'_, Result<(), ShelfError>> {
        let Some(room) = self.room.get().checked_sub(bytes.len()) else {
            return ready(Err(ShelfError::Full)).boxed_local();
        };
        self.room.set(room);
        let mut files = self.files.borrow_mut();
        let slots = files.get_mut(&self.key).unwrap();
        assert_eq!(slots.len() as u64, slot, "slots are written in their order");
        slots.push(bytes);
        ready(Ok(())).boxed_local()
    }

    fn truncate(&mut self, slots: u64) -> LocalBoxFuture<'_, Result<(), ShelfError>> {
        self.files.borrow_mut().get_mut(&self.key).unwrap().truncate(slots as usize);
        ready(Ok(())).boxed_local()
    }
}

/// A server with one file, and a browser with one shelf.
struct World {
    file: RefCell<Vec<u8>>,
    validator: RefCell<Option<String>>,
    knows_ranges: Cell<bool>,
    tells_length: Cell<bool>,
    /// Each connection breaks after so many bytes; the last of them for ever.
    breaks: RefCell<Vec<usize>>,
    /// Where each request started.
    asked: RefCell<Vec<u64>>,
    slots: Slots,
    room: Rc<Cell<usize>>,
    free: Cell<Option<u64>>,
    has_shelf: Cell<bool>,
}

struct Pieces {
    bytes: Vec<u8>,
    length: Option<u64>,
    start: u64,
    validator: Option<String>,
    breaks_after: Option<usize>,
}

impl Download for Pieces {
    fn length(&self) -> Option<u64> {
        self.length
    }

    fn start(&self) -> u64 {
        self.start
    }

    fn validator(&self) -> Option<&str> {
        self.validator.as_deref()
    }

    fn next(&mut self) -> LocalBoxFuture<'_, Result<Option<Vec<u8>>, LoadError>> {
        let wanted = self.breaks_after.map_or(70_001, |left| left.min(70_001)).min(self.bytes.len());
        if self.breaks_after == Some(0) {
            let error = LoadError::Fetch { path: URL.into(), reason: "the cable was pulled".into() };
            return ready(Err(error)).boxed_local();
        }
        if let Some(left) = &mut self.breaks_after {
            *left -= wanted;
        }
        let piece: Vec<u8> = self.bytes.drain(..wanted).collect();
        ready(Ok((!piece.is_empty()).then_some(piece))).boxed_local()
    }
}

impl Host for World {
    fn now(&self) -> f64 {
        0.0
    }

    fn sleep(&self, _seconds: f64) -> LocalBoxFuture<'static, ()> {
        ready(()).boxed_local()
    }

    fn fetch(&self, url: String) -> LocalBoxFuture<'static, Result<Box<dyn Download>, LoadError>> {
        self.fetch_from(url, 0)
    }

    fn fetch_from(
        &self,
        _url: String,
        from: u64,
    ) -> LocalBoxFuture<'static, Result<Box<dyn Download>, LoadError>> {
        self.asked.borrow_mut().push(from);
        let file = self.file.borrow();
        let start = if self.knows_ranges.get() && from <= file.len() as u64 { from } else { 0 };
        let mut breaks = self.breaks.borrow_mut();
        let breaks_after = if breaks.is_empty() { None } else { Some(breaks.remove(0)) };
        let pieces = Pieces {
            bytes: file[start as usize..].to_vec(),
            length: self.tells_length.get().then_some(file.len() as u64),
            start,
            validator: self.validator.borrow().clone(),
            breaks_after,
        };
        ready(Ok(Box::new(pieces) as Box<dyn Download>)).boxed_local()
    }

    fn shelf(&self) -> LocalBoxFuture<'static, Result<Rc<dyn Shelf>, ShelfError>> {
        if !self.has_shelf.get() {
            return ready(Err(ShelfError::Unavailable { reason: "private window".into() })).boxed_local();
        }
        let (files, room) = (Rc::clone(&self.slots), Rc::clone(&self.room));
        ready(Ok(Rc::new(Memory { files, room, free: self.free.get() }) as Rc<dyn Shelf>)).boxed_local()
    }

    fn send(&self, _outgoing: Outgoing) {}

    fn random(&self) -> u64 {
        1
    }
}

/// What a visit gave.
struct Visit {
    bytes: Result<Vec<u8>, LoadError>,
    kept: u64,
    trouble: Option<String>,
    asked: Vec<u64>,
}

fn noise(length: usize, seed: u8) -> Vec<u8> {
    (0..length).map(|index| (index as u32).wrapping_mul(2_654_435_761).to_le_bytes()[3] ^ seed).collect()
}

fn world(length: usize) -> Rc<World> {
    Rc::new(World {
        file: RefCell::new(noise(length, 0)),
        validator: RefCell::new(Some("\"1\"".into())),
        knows_ranges: Cell::new(true),
        tells_length: Cell::new(true),
        breaks: RefCell::default(),
        asked: RefCell::default(),
        slots: Slots::default(),
        room: Rc::new(Cell::new(usize::MAX)),
        free: Cell::new(None),
        has_shelf: Cell::new(true),
    })
}

impl World {
    fn promise(&self) -> FileSpec {
        let file = self.file.borrow();
        let sha256 = hex::encode(Sha256::digest(&*file));
        FileSpec { path: "model.safetensors".into(), bytes: file.len() as u64, sha256 }
    }

    fn visit(self: &Rc<Self>, promised: Option<&FileSpec>) -> Visit {
        self.asked.borrow_mut().clear();
        let host = Rc::clone(self) as Rc<dyn Host>;
        block_on(async {
            let mut bytes = Vec::new();
            let wanted = Wanted { url: URL, model: "/models/m", name: "m", promised };
            let mut source = match Source::open(host, wanted).await {
                Ok(source) => source,
                Err(error) => {
                    return Visit { bytes: Err(error), kept: 0, trouble: None, asked: self.asked.take() };
                }
            };
            let end = loop {
                match source.next(|| false).await {
                    Ok(Some(piece)) => bytes.extend(piece),
                    Ok(None) => break Ok(bytes),
                    Err(error) => break Err(error),
                }
            };
            let (kept, trouble) = (source.kept_bytes(), source.trouble().map(str::to_owned));
            Visit { bytes: end, kept, trouble, asked: self.asked.take() }
        })
    }

    fn whole(self: &Rc<Self>, promised: Option<&FileSpec>) -> Visit {
        let visit = self.visit(promised);
        assert!(visit.bytes.as_ref().unwrap() == &*self.file.borrow(), "another file came out");
        visit
    }
}

const LENGTH: usize = 3 * CHUNK + 12_345;
/// Longer than the waits between two attempts are many.
const DEAD: [usize; 6] = [CHUNK + 77, 0, 0, 0, 0, 0];

#[test]
fn the_second_visit_needs_no_network() {
    let world = world(LENGTH);
    let promise = world.promise();
    assert_eq!(world.whole(Some(&promise)).asked, [0]);
    let second = world.whole(Some(&promise));
    assert_eq!((second.asked, second.kept), (vec![], LENGTH as u64));
    // Without a manifest the server is asked for its version, and its answer is not read.
    assert_eq!(world.whole(None).kept, LENGTH as u64);
}

#[test]
fn a_broken_connection_is_taken_up_where_it_broke() {
    let world = world(LENGTH);
    world.breaks.replace(vec![5, 70_001, CHUNK]);
    let visit = world.whole(None);
    assert_eq!(visit.asked, [0, 5, 70_006, (70_006 + CHUNK) as u64]);
    assert_eq!(world.whole(None).kept, LENGTH as u64);
}

#[test]
fn a_visit_that_ends_in_the_middle_is_resumed_by_the_next() {
    let world = world(LENGTH);
    let promise = world.promise();
    world.breaks.replace(DEAD.to_vec());
    assert!(matches!(world.visit(Some(&promise)).bytes, Err(LoadError::Fetch { .. })));
    world.breaks.take();
    let second = world.whole(Some(&promise));
    assert_eq!((second.asked, second.kept), (vec![CHUNK as u64], CHUNK as u64));
}

#[test]
fn a_server_without_ranges_is_read_from_its_beginning() {
    let world = world(LENGTH);
    world.knows_ranges.set(false);
    world.breaks.replace(vec![CHUNK + 5]);
    assert_eq!(world.whole(None).asked, [0, CHUNK as u64 + 5]);
    // What was kept in part before is kept anew.
    world.slots.borrow_mut().get_mut(&key(URL)).unwrap().truncate(2);
    assert_eq!(world.whole(None).kept, 0);
    assert_eq!(world.whole(None).kept, LENGTH as u64);
}

#[test]
fn a_file_that_changed_on_the_server_is_loaded_anew() {
    for is_whole in [true, false] {
        for is_promised in [true, false] {
            let world = world(LENGTH);
            if !is_whole {
                world.breaks.replace(DEAD.to_vec());
            }
            let first = world.promise();
            _ = world.visit(is_promised.then_some(&first));
            world.breaks.take();
            world.file.replace(noise(LENGTH, 9));
            world.validator.replace(Some("\"2\"".into()));
            let promise = world.promise();
            let visit = world.whole(is_promised.then_some(&promise));
            assert_eq!(visit.kept, 0, "whole {is_whole}, promised {is_promised}");
        }
    }
}

#[test]
fn a_file_that_changes_while_it_is_loaded_is_an_error_and_nothing_is_kept() {
    let world = world(LENGTH);
    world.breaks.replace(vec![CHUNK + 5]);
    let host = Rc::clone(&world) as Rc<dyn Host>;
    let wanted = Wanted { url: URL, model: "/models/m", name: "m", promised: None };
    let mut source = block_on(Source::open(host, wanted)).unwrap();
    block_on(source.next(|| false)).unwrap();
    world.validator.replace(Some("\"2\"".into()));
    let error = loop {
        match block_on(source.next(|| false)) {
            Ok(Some(_)) => {}
            Ok(None) => panic!("the end of a file that changed"),
            Err(error) => break error,
        }
    };
    assert!(error.to_string().contains("changed on the server"), "{error}");
    drop(source);
    assert!(world.slots.borrow().is_empty());
}

#[test]
fn damaged_and_half_written_bytes_are_fetched_again() {
    let world = world(LENGTH);
    let promise = world.promise();
    world.whole(Some(&promise));
    let change = |slot: usize, act: &dyn Fn(&mut Vec<u8>)| {
        act(&mut world.slots.borrow_mut().get_mut(&key(URL)).unwrap()[slot]);
    };
    // In the middle: noticed when it is read.
    change(2, &|bytes| bytes[5000] ^= 1);
    let visit = world.whole(Some(&promise));
    assert_eq!((visit.asked, visit.kept), (vec![CHUNK as u64], CHUNK as u64));
    // The last slot cut short, as by a browser that was killed: noticed before anything is asked for.
    change(4, &|bytes| bytes.truncate(40));
    let visit = world.whole(Some(&promise));
    assert_eq!((visit.asked, visit.kept), (vec![3 * CHUNK as u64], 3 * CHUNK as u64));
    // A record that is none.
    change(0, &|bytes| bytes.fill(b'x'));
    assert_eq!(world.whole(Some(&promise)).kept, 0);
    assert_eq!(world.whole(Some(&promise)).kept, LENGTH as u64);
}

#[test]
fn without_room_or_storage_loading_goes_on_and_says_so() {
    let world = world(LENGTH);
    world.room.set(CHUNK + 5000);
    assert!(world.whole(None).trouble.unwrap().contains("no room"));
    assert!(world.slots.borrow().is_empty(), "the part that fitted is given back");
    world.room.set(usize::MAX);
    world.free.set(Some(LENGTH as u64 - 1));
    assert!(world.whole(None).trouble.unwrap().contains("no room"));
    world.has_shelf.set(false);
    assert!(world.whole(None).trouble.unwrap().contains("private window"));
    world.has_shelf.set(true);
    world.free.set(None);
    world.tells_length.set(false);
    assert!(world.whole(None).trouble.unwrap().contains("does not tell how long"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Any number of visits that break anywhere, with bytes that change anywhere in between.
    #[test]
    fn whatever_breaks_the_file_is_the_file(
        length in 1..2 * CHUNK + 9, knows_ranges: bool, is_promised: bool,
        visits in proptest::collection::vec((proptest::collection::vec(0..2 * CHUNK, 0..8), any::<(u8, u32, bool)>()), 0..4),
    ) {
        let world = world(length);
        world.knows_ranges.set(knows_ranges);
        let promise = world.promise();
        for (breaks, (slot, place, cuts)) in visits {
            world.breaks.replace(breaks);
            if let Ok(bytes) = world.visit(is_promised.then_some(&promise)).bytes {
                prop_assert!(bytes == *world.file.borrow());
            }
            if let Some(slots) = world.slots.borrow_mut().get_mut(&key(URL)) && !slots.is_empty() {
                let slot = slot as usize % slots.len();
                let place = place as usize % slots[slot].len().max(1);
                if cuts { slots[slot].truncate(place); slots.truncate(slot + 1); }
                // The address and the length of a record are all that it cannot do without.
                else if slot > 0 { slots[slot][place] ^= 1; }
            }
        }
        world.breaks.take();
        let bytes = world.visit(is_promised.then_some(&promise)).bytes.unwrap();
        prop_assert!(bytes == *world.file.borrow());
    }
}
