//! A device that runs out of memory in the middle of a text: the text goes on, or what came of it stays with the page.
//!
//! The complaint is put where the device's own would be: software adapters promise more memory than there is, so
//! that none of it can be brought to an honest end.

use lantern_worker_bridge::miner::{MinerErrorKind, MinerEvent, MinerRequest, Place};
use std::rc::Rc;

use super::host::Outgoing;
use bench::{Bench, GREEDY, text_of};

#[path = "../../tests/support/bench.rs"]
#[allow(clippy::unwrap_used, clippy::panic, reason = "it serves tests alone")]
mod bench;

const QUESTION: &str = "What is a validator?\n";

/// Runs until so many pieces of text have come in all.
fn wait_for_text(bench: &mut Bench, pieces: usize) {
    let is_text = |sent: &&Outgoing| matches!(sent, Outgoing::Event(MinerEvent::Text { .. }));
    while bench.host.sent.borrow().iter().filter(is_text).count() < pieces {
        let is_end = |sent: &Outgoing| {
            matches!(sent, Outgoing::Event(MinerEvent::Generated { .. } | MinerEvent::Failed { .. }))
        };
        assert!(!bench.host.sent.borrow().iter().any(is_end), "the text ended too early for this test");
        bench.turns(1);
    }
}

fn ask(bench: &mut Bench) {
    bench.ask(3, MinerRequest::Generate { job: 3, prompt: QUESTION.into(), options: GREEDY });
}

#[test]
fn a_text_goes_on_after_the_device_ran_out_of_memory() {
    let mut bench = Bench::new();
    bench.load(Place::Gpu);
    let expected = text_of(&bench.write(QUESTION));
    ask(&mut bench);
    wait_for_text(&mut bench, 1);
    let full = bench.service.device().unwrap();
    full.run_out_of_memory();
    assert_eq!(text_of(&bench.events()), expected);
    assert!(!Rc::ptr_eq(&full, &bench.service.device().unwrap()), "another device, or the CPU, went on");
}

#[test]
fn a_text_that_finds_no_memory_any_more_keeps_what_it_has() {
    let mut bench = Bench::new();
    bench.load(Place::Gpu);
    let (expected, _) = text_of(&bench.write(QUESTION));
    ask(&mut bench);
    // Each fresh device is full after one more piece.
    for pieces in 1..=3 {
        wait_for_text(&mut bench, pieces);
        bench.service.device().unwrap().run_out_of_memory();
    }
    let mut events = bench.events();
    let Some(MinerEvent::Failed { error, .. }) = events.pop() else { panic!("{events:?}") };
    assert_eq!(error.kind, MinerErrorKind::OutOfMemory);
    let (text, end) = text_of(&events);
    assert!(!text.is_empty() && expected.starts_with(&text) && end.is_none(), "{text}");
    // The model is still there, and writes on a fresh device.
    assert_eq!(text_of(&bench.write(QUESTION)).0, expected);
}
