//! A device that goes away, complains or has no room: the service goes on elsewhere or says what is wrong, and what
//! was done so far is kept.

#![allow(clippy::unwrap_used, clippy::panic, reason = "these are tests")]
#![cfg(not(skip_gpu_tests))]

mod support;

use std::rc::Rc;

use lantern_wasm_miner::{
    error::DeviceError,
    model::synthetic::{self, SyntheticShape},
    runtime::Gpu,
    service::host::Outgoing,
};
use lantern_worker_bridge::miner::{
    MinerErrorKind, MinerEvent, MinerRequest, ModelFile, ModelSource, Place, PowWork, TextEnd,
};
use support::bench::{Bench, GREEDY, text_of};

const QUESTION: &str = "What is a validator?\n";

fn ask(bench: &mut Bench, prompt: &str) {
    bench.ask(3, MinerRequest::Generate { job: 3, prompt: prompt.into(), options: GREEDY });
}

/// Runs until so many pieces of text have come.
fn wait_for_text(bench: &mut Bench, pieces: usize) {
    let is_text = |sent: &&Outgoing| matches!(sent, Outgoing::Event(MinerEvent::Text { .. }));
    while bench.host.sent.borrow().iter().filter(is_text).count() < pieces {
        bench.turns(1);
    }
    let is_end = |sent: &Outgoing| {
        matches!(sent, Outgoing::Event(MinerEvent::Generated { .. } | MinerEvent::Failed { .. }))
    };
    assert!(!bench.host.sent.borrow().iter().any(is_end), "the text ended too early for this test");
}

/// A copy that ends behind its buffer: the device reports it outside of any call, as it does a failed allocation.
fn complain(gpu: &Gpu) {
    let buffer = gpu.storage("small", 16).unwrap();
    gpu.write(&buffer, 0, &[0; 64]);
    assert!(matches!(gpu.health(), Err(DeviceError::Reported { .. })), "{:?}", gpu.health());
}

fn loaded_on(events: &[MinerEvent]) -> Place {
    match events.last() {
        Some(MinerEvent::Loaded { model, .. }) => model.place,
        other => panic!("{other:?}"),
    }
}

fn failure(events: &[MinerEvent]) -> (MinerErrorKind, &str) {
    match events.last() {
        Some(MinerEvent::Failed { error, .. }) => (error.kind, &error.message),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_text_outlives_two_devices() {
    let mut bench = Bench::new();
    assert_eq!(loaded_on(&bench.load(Place::Gpu)), Place::Gpu);
    // Long enough that the prompt takes several chunks.
    let prompt = format!("{}{QUESTION}", "Miners answer. ".repeat(30));
    let expected = text_of(&bench.write(&prompt));
    assert!(!expected.0.is_empty());
    // Lost before the first chunk of the prompt, and again between two tokens.
    ask(&mut bench, &prompt);
    bench.service.device().unwrap().destroy();
    wait_for_text(&mut bench, 1);
    bench.service.device().unwrap().destroy();
    assert_eq!(text_of(&bench.events()), expected);
}

#[test]
fn a_device_that_complains_is_replaced() {
    let mut bench = Bench::new();
    bench.load(Place::Gpu);
    let expected = text_of(&bench.write(QUESTION));
    assert_eq!(expected.1, Some(TextEnd::EndToken));
    ask(&mut bench, QUESTION);
    wait_for_text(&mut bench, 1);
    let device = bench.service.device().unwrap();
    complain(&device);
    assert_eq!(text_of(&bench.events()), expected);
    let fresh = bench.service.device().unwrap();
    assert!(fresh.health().is_ok() && !Rc::ptr_eq(&fresh, &device));
    // Between two texts as well.
    bench.load(Place::Gpu);
    complain(&bench.service.device().unwrap());
    assert_eq!(text_of(&bench.write(QUESTION)), expected);
}

/// A file with a large cache: 64 heads of 256 values at 4096 positions are 256 MiB per layer, for keys alone.
fn large_cache(bench: &Bench, hidden: usize) -> ModelSource {
    let shape = SyntheticShape {
        vocabulary: 258,
        hidden,
        feed_forward: 4,
        layers: 1,
        heads: 64,
        kv_heads: 64,
        head_dim: 256,
        context: 4096,
        tied_head: true,
        qkv_bias: false,
    };
    let mut file = Vec::new();
    synthetic::write(&synthetic::config(shape), 1, |bytes| {
        file.extend_from_slice(bytes);
        Ok::<_, ()>(())
    })
    .unwrap();
    let config = r#"{"model_type":"llama","vocab_size":258,"hidden_size":HIDDEN,"intermediate_size":4,
        "num_hidden_layers":1,"num_attention_heads":64,"num_key_value_heads":64,"head_dim":256,
        "max_position_embeddings":4096,"rms_norm_eps":1e-5,"tie_word_embeddings":true,
        "bos_token_id":256,"eos_token_id":257}"#
        .replace("HIDDEN", &hidden.to_string());
    let put = |name: &str, bytes: Vec<u8>| {
        bench.host.files.borrow_mut().insert(format!("blob:{name}"), bytes);
        ModelFile { name: name.into(), url: format!("blob:{name}") }
    };
    let files = vec![put("config.json", config.into_bytes()), put("model.safetensors", file)];
    ModelSource::Files { files }
}

#[test]
fn a_model_too_large_for_the_device_is_named_and_leaves_the_loaded_one() {
    let mut bench = Bench::new();
    bench.load(Place::Gpu);
    let expected = text_of(&bench.write(QUESTION));
    let source = large_cache(&bench, 4);
    let failed = bench.load_from(source.clone(), Place::Gpu);
    let (kind, message) = failure(&failed);
    assert!(
        kind == MinerErrorKind::OutOfMemory && message.contains("keys needs 268435456 bytes"),
        "{message}"
    );
    assert_eq!(text_of(&bench.write(QUESTION)), expected);
    // Where the place is free to choose, the CPU takes it.
    let loaded = bench.load_from(source, Place::Fastest);
    let Some(MinerEvent::Loaded { model, .. }) = loaded.last() else { panic!("{loaded:?}") };
    assert!(model.place == Place::Cpu && model.gpu_problem.is_some(), "{model:?}");
    let options = lantern_worker_bridge::miner::GenerateOptions { max_tokens: 3, ..GREEDY };
    bench.ask(4, MinerRequest::Generate { job: 4, prompt: "a".into(), options });
    assert!(text_of(&bench.events()).1.is_some());
}

#[test]
fn a_model_too_large_to_be_tried_twice_goes_to_the_cpu_and_says_why() {
    let mut bench = Bench::new();
    // Four matrices of 16 MiB, and a little more: above what is kept for both places.
    let source = large_cache(&bench, 520);
    let loaded = bench.load_from(source, Place::Fastest);
    let Some(MinerEvent::Loaded { model, .. }) = loaded.last() else { panic!("{loaded:?}") };
    assert!(model.weight_bytes > 64 << 20 && model.place == Place::Cpu, "{model:?}");
    assert!(
        model.gpu_problem.as_deref().is_some_and(|why| why.contains("keys needs 268435456 bytes")),
        "{model:?}"
    );
    assert_eq!(model.gpu_tokens_per_second, None);
}

#[test]
fn a_solver_goes_on_after_a_lost_device() {
    let mut bench = Bench::new();
    let key = |byte| [byte; 32];
    let difficulty = 300_000;
    let work =
        PowWork { netuid: 3, block: 77, block_hash: key(1), hotkey: key(2), coldkey: key(3), difficulty };
    bench.ask(5, MinerRequest::Solve { job: 5, work, place: Place::Gpu, duty_percent: 100 });
    while bench.service.device().is_none() {
        bench.turns(1);
    }
    bench.service.device().unwrap().destroy();
    let events = bench.events();
    let Some(MinerEvent::Solved { solution, .. }) = events.last() else { panic!("{events:?}") };
    assert!(solution.hashes > 0);
}
