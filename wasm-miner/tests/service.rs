//! The service as the page sees it: requests in, answers and events out, with files from this repository.

#![allow(clippy::unwrap_used, clippy::panic, reason = "these are tests")]

mod support;

use std::{collections::BTreeMap, path::PathBuf};

use lantern_wasm_miner::service::host::{Host as _, Outgoing};
use lantern_worker_bridge::miner::{
    GenerateOptions, MinerErrorKind, MinerEvent, MinerRequest, MinerResponse, ModelFile, ModelSource, Place,
    PowWork, Precision, TextEnd, Tier,
};
use sha2::{Digest as _, Sha256};
use support::bench::{Bench, GREEDY, text_of};

fn work(difficulty: u64) -> PowWork {
    let key = |byte| [byte; 32];
    PowWork { netuid: 3, block: 77, block_hash: key(1), hotkey: key(2), coldkey: key(3), difficulty }
}

const ANSWER: &str =
    "A validator is a neuron that asks miners for work and sets weights on what it gets back.";

#[test]
fn the_demonstration_model_writes_on_the_cpu() {
    let mut bench = Bench::new();
    let loaded = bench.load(Place::Cpu);
    let Some(MinerEvent::Loaded { model, .. }) = loaded.last() else { panic!("{loaded:?}") };
    assert_eq!((model.parameters, model.place), (956_032, Place::Cpu));
    let (text, end) = text_of(&bench.write("What is a validator?\n"));
    assert!(text.starts_with(ANSWER), "{text}");
    assert_eq!(end, Some(TextEnd::EndToken));
}

#[test]
fn dropped_files_are_known_by_their_names() {
    let mut bench = Bench::new();
    let file = |name: &str| ModelFile { name: name.into(), url: format!("/models/lantern-demo/{name}") };
    let all = ["model.safetensors", "manifest.json", "config.json"].map(file).to_vec();
    let source = |files: &[ModelFile]| ModelSource::Files { files: files.to_vec() };
    let loaded = bench.load_from(source(&all), Place::Cpu);
    let Some(MinerEvent::Loaded { model, .. }) = loaded.last() else { panic!("{loaded:?}") };
    assert_eq!(model.name, "Lantern demonstration model", "the manifest among them was read");
    let loaded = bench.load_from(source(&[all[0].clone(), all[2].clone()]), Place::Cpu);
    let Some(MinerEvent::Loaded { model, .. }) = loaded.last() else { panic!("{loaded:?}") };
    assert_eq!(model.name, "own files");
    let failed = bench.load_from(source(&all[..1]), Place::Cpu);
    let Some(MinerEvent::Failed { error, .. }) = failed.last() else { panic!("{failed:?}") };
    assert!(error.kind == MinerErrorKind::BadFile && error.message.contains("config.json"), "{error:?}");
}

fn fixture(name: &str) -> Vec<u8> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
    std::fs::read(folder.join(name)).unwrap()
}

#[test]
fn a_gguf_file_brings_its_tokenizer_along() {
    let mut bench = Bench::new();
    let put = |name: &str, bytes: Vec<u8>| {
        bench.host.files.borrow_mut().insert(format!("blob:{name}"), bytes);
        ModelFile { name: name.into(), url: format!("blob:{name}") }
    };
    let files = vec![put("tiny.gguf", fixture("tiny_llama.gguf"))];
    let short = vec![put("short.gguf", fixture("tiny_llama.gguf")[..200_000].to_vec())];
    let other = vec![put("vocabulary.gguf", fixture("tokenizers/pieces.gguf"))];
    let loaded = bench.load_from(ModelSource::Files { files }, Place::Cpu);
    let Some(MinerEvent::Loaded { model, .. }) = loaded.last() else { panic!("{loaded:?}") };
    assert_eq!((model.name.as_str(), model.licence.as_str()), ("tiny_llama", "GPL-3.0-or-later"));
    let (text, end) = text_of(&bench.write("What is a validator?"));
    assert!(end.is_some() && !text.is_empty(), "{text}");
    for (files, word) in [(short, "were promised"), (other, "llama.embedding_length")] {
        let failed = bench.load_from(ModelSource::Files { files }, Place::Cpu);
        let Some(MinerEvent::Failed { error, .. }) = failed.last() else { panic!("{failed:?}") };
        assert!(error.kind == MinerErrorKind::BadFile && error.message.contains(word), "{error:?}");
    }
}

#[test]
fn a_tokenizer_has_to_fit_its_model() {
    let mut bench = Bench::new();
    let put = |name: &str, bytes: Vec<u8>| {
        bench.host.files.borrow_mut().insert(format!("blob:{name}"), bytes);
        ModelFile { name: name.into(), url: format!("blob:{name}") }
    };
    let files = [
        put("config.json", fixture("tiny_llama3/config.json")),
        put("model.safetensors", fixture("tiny_llama3/model.safetensors")),
        put("tokenizer.json", fixture("tokenizers/llama3.json")),
    ];
    for (files, word) in
        [(&files[..2], "tokenizer.json is missing"), (&files[..], "703 tokens, the model knows 97")]
    {
        let failed = bench.load_from(ModelSource::Files { files: files.to_vec() }, Place::Cpu);
        let Some(MinerEvent::Failed { error, .. }) = failed.last() else { panic!("{failed:?}") };
        assert!(error.kind == MinerErrorKind::BadFile && error.message.contains(word), "{error:?}");
    }
}

#[test]
#[cfg_attr(skip_gpu_tests, ignore = "LANTERN_SKIP_GPU_TESTS is set: no adapter here")]
fn the_demonstration_model_writes_on_the_gpu_and_survives_a_lost_device() {
    let mut bench = Bench::new();
    bench.ask(9, MinerRequest::Probe);
    let answers = bench.finish();
    let [Outgoing::Answer(9, Ok(MinerResponse::Probed(report)))] = answers.as_slice() else {
        panic!("{answers:?}")
    };
    assert_ne!(report.tier, Tier::Cpu, "{report:?}");
    assert!(report.copy_bytes_per_second.is_some_and(|speed| speed > 1e6), "{report:?}");
    for kernel in ["gemv", "gemm"] {
        let chosen = report.variants.iter().filter(|variant| variant.kernel == kernel && variant.is_chosen);
        assert_eq!(chosen.count(), 1, "{report:?}");
    }
    assert!(matches!(bench.load(Place::Gpu).last(), Some(MinerEvent::Loaded { .. })));
    let (expected, _) = text_of(&bench.write("What is a validator?\n"));
    assert!(expected.starts_with(ANSWER), "{expected}");
    // The device goes away after the first words.
    bench.ask(3, MinerRequest::Generate { job: 3, prompt: "What is a validator?\n".into(), options: GREEDY });
    let is_text = |sent: &Outgoing| matches!(sent, Outgoing::Event(MinerEvent::Text { .. }));
    while !bench.host.sent.borrow().iter().any(is_text) {
        bench.turns(1);
    }
    let is_end = |sent: &Outgoing| matches!(sent, Outgoing::Event(MinerEvent::Generated { .. }));
    assert!(!bench.host.sent.borrow().iter().any(is_end), "the text ended too early for this test");
    bench.service.device().unwrap().destroy();
    assert_eq!(text_of(&bench.events()), (expected, Some(TextEnd::EndToken)));
}

/// What the bit-exact text of 128 tokens hashes to, on any device.
fn exact_digest() -> [u8; 32] {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/exact_digests.json");
    let golden: serde_json::Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    let digest = golden["lantern-demo"]["digest"].as_str().unwrap();
    hex::decode(digest).unwrap().try_into().unwrap()
}

fn load_exact(bench: &mut Bench, place: Place) -> [u8; 32] {
    let source = ModelSource::Url("/models/lantern-demo".into());
    bench.ask(1, MinerRequest::Load { job: 1, source, precision: Precision::Exact, place });
    let loaded = bench.events();
    let Some(MinerEvent::Loaded { model, .. }) = loaded.last() else { panic!("{loaded:?}") };
    assert!(model.place == place && model.digest.is_some(), "{model:?}");
    assert_eq!(model.dispatches_per_token > 0, place == Place::Gpu);
    model.digest.unwrap()
}

const EXACT: GenerateOptions = GenerateOptions { max_tokens: 128, ..GREEDY };

fn digest_of(events: &[MinerEvent]) -> [u8; 32] {
    let Some(MinerEvent::Generated { report, .. }) = events.last() else { panic!("{events:?}") };
    report.digest.unwrap()
}

#[test]
fn a_bit_exact_text_carries_its_digest() {
    let mut bench = Bench::new();
    load_exact(&mut bench, Place::Cpu);
    let prompt = String::from("The chain ");
    bench.ask(2, MinerRequest::Generate { job: 2, prompt: prompt.clone(), options: EXACT });
    assert_eq!(digest_of(&bench.events()), exact_digest());
    let options = GenerateOptions { temperature: 0.8, ..EXACT };
    bench.ask(3, MinerRequest::Generate { job: 3, prompt, options });
    let failed = bench.events();
    let Some(MinerEvent::Failed { error, .. }) = failed.last() else { panic!("{failed:?}") };
    assert_eq!(error.kind, MinerErrorKind::BadRequest);
    // Other weights have another text, and no digest.
    bench.load(Place::Cpu);
    let events = bench.write("The chain ");
    let Some(MinerEvent::Generated { report, .. }) = events.last() else { panic!("{events:?}") };
    assert_eq!(report.digest, None);
}

#[test]
#[cfg_attr(skip_gpu_tests, ignore = "LANTERN_SKIP_GPU_TESTS is set: no adapter here")]
fn a_bit_exact_digest_does_not_change_where_the_device_is_lost() {
    let mut bench = Bench::new();
    load_exact(&mut bench, Place::Gpu);
    bench.ask(2, MinerRequest::Generate { job: 2, prompt: "The chain ".into(), options: EXACT });
    let is_text = |sent: &Outgoing| matches!(sent, Outgoing::Event(MinerEvent::Text { .. }));
    while !bench.host.sent.borrow().iter().any(is_text) {
        bench.turns(1);
    }
    bench.host.sent.borrow_mut().clear();
    bench.service.device().unwrap().destroy();
    assert_eq!(digest_of(&bench.events()), exact_digest());
}

#[test]
fn a_bit_exact_text_is_computed_again_on_the_cpu() {
    let mut bench = Bench::new();
    let shape = load_exact(&mut bench, Place::Cpu);
    bench.ask(2, MinerRequest::Generate { job: 2, prompt: "What is a validator?\n".into(), options: EXACT });
    let written = bench.events();
    let Some(MinerEvent::Generated { report, .. }) = written.last() else { panic!("{written:?}") };
    let again = |bench: &mut Bench, prompt: &str, tokens, model| {
        bench.ask(3, MinerRequest::Recompute { job: 3, model, prompt: prompt.into(), tokens });
        bench.events()
    };
    let same = again(&mut bench, "What is a validator?\n", report.tokens, shape);
    assert_eq!(digest_of(&same), report.digest.unwrap());
    let other = again(&mut bench, "What is a miner?\n", report.tokens, shape);
    assert_ne!(digest_of(&other), report.digest.unwrap());
    let wrong = again(&mut bench, "a", 1, [0; 32]);
    let Some(MinerEvent::Failed { error, .. }) = wrong.last() else { panic!("{wrong:?}") };
    assert_eq!(error.kind, MinerErrorKind::NoModel);
    // The loaded model is still there.
    bench.ask(2, MinerRequest::Generate { job: 2, prompt: "What is a validator?\n".into(), options: EXACT });
    assert_eq!(digest_of(&bench.events()), report.digest.unwrap());
}

#[test]
fn a_seal_is_found_and_jobs_can_be_steered() {
    let mut bench = Bench::new();
    let solve = |job, difficulty| MinerRequest::Solve {
        job,
        work: work(difficulty),
        place: Place::Cpu,
        duty_percent: 80,
    };
    bench.ask(1, solve(5, 20_000));
    let events = bench.events();
    let Some(MinerEvent::Solved { solution, .. }) = events.last() else { panic!("{events:?}") };
    assert_eq!(solution.block, 77);
    // Out of reach, then renewed with work that is within reach.
    bench.ask(2, solve(6, u64::MAX));
    bench.ask(3, solve(6, 1));
    bench.turns(50);
    let renewed = PowWork { block: 78, block_hash: [9; 32], ..work(1000) };
    bench.ask(4, MinerRequest::RenewWork { job: 6, work: renewed });
    let sent = bench.finish();
    let busy = |sent: &Outgoing| matches!(sent, Outgoing::Answer(3, Err(error)) if error.kind == MinerErrorKind::Busy);
    assert!(sent.iter().any(busy), "{sent:?}");
    let Some(Outgoing::Event(MinerEvent::Solved { solution, .. })) = sent.last() else { panic!("{sent:?}") };
    assert_eq!(solution.block, 78);
    // Stopped while it is held.
    bench.ask(5, solve(7, u64::MAX));
    bench.ask(6, MinerRequest::Pause { job: 7, paused: true });
    bench.turns(50);
    bench.ask(7, MinerRequest::Stop { job: 7 });
    assert_eq!(bench.events(), [MinerEvent::Stopped { job: 7 }]);
}

#[test]
fn a_search_does_not_count_the_time_that_it_was_held() {
    let mut bench = Bench::new();
    let started = bench.host.now();
    bench.ask(1, MinerRequest::Solve { job: 5, work: work(u64::MAX), place: Place::Cpu, duty_percent: 50 });
    bench.ask(2, MinerRequest::Pause { job: 5, paused: true });
    bench.turns(10);
    let held_from = bench.host.now();
    while bench.host.now() < held_from + 0.3 {
        bench.turns(1);
    }
    bench.ask(3, MinerRequest::Pause { job: 5, paused: false });
    let progress = |bench: &Bench| {
        bench.host.sent.borrow().iter().find_map(|sent| match sent {
            Outgoing::Event(MinerEvent::SolveProgress { progress, .. }) => Some(*progress),
            _ => None,
        })
    };
    while progress(&bench).is_none() {
        bench.turns(1);
    }
    let (now, progress) = (bench.host.now(), progress(&bench).unwrap());
    assert!(progress.elapsed_seconds < now - started - 0.25, "{progress:?} after {}", now - started);
    // It rests for as long as it computes.
    assert!(progress.busy_seconds < 0.75 * progress.elapsed_seconds, "{progress:?}");
    bench.ask(4, MinerRequest::Stop { job: 5 });
    assert_eq!(bench.events().last(), Some(&MinerEvent::Stopped { job: 5 }));
}

#[test]
fn bad_files_and_requests_are_named() {
    let mut bench = Bench::new();
    let failure = |events: Vec<MinerEvent>| match events.last() {
        Some(MinerEvent::Failed { error, .. }) => (error.kind, error.message.clone()),
        other => panic!("{other:?}"),
    };
    assert_eq!(failure(bench.write("x")).0, MinerErrorKind::NoModel);
    let path = |name: &str| format!("/models/lantern-demo/{name}");
    let intact = bench.host.files.borrow().clone();
    let weights = intact[&path("model.safetensors")].clone();
    let mut check = |change: &dyn Fn(&mut Vec<u8>), kind, word: &str| {
        let mut files = intact.clone();
        change(files.get_mut(&path("model.safetensors")).unwrap());
        bench.host.files.replace(files);
        let (got, message) = failure(bench.load(Place::Cpu));
        assert!(got == kind && message.contains(word), "{got:?} {message}");
    };
    check(&|file| file.truncate(100_000), MinerErrorKind::BadFile, "1917024 were promised");
    check(&|file| file.push(0), MinerErrorKind::BadFile, "follow the last tensor");
    check(&|file| *file.last_mut().unwrap() ^= 1, MinerErrorKind::BadFile, "SHA-256");
    check(&|file| file[..8].fill(255), MinerErrorKind::BadFile, "header");
    // Not a number, in a file whose digest is right.
    let mut broken = weights;
    let end = broken.len();
    broken[end - 2..].copy_from_slice(&[0, 0x7e]);
    let digest = hex::encode(Sha256::digest(&broken));
    let manifest = String::from_utf8(intact[&path("manifest.json")].clone()).unwrap();
    let known = hex::encode(Sha256::digest(&intact[&path("model.safetensors")]));
    let mut files = intact.clone();
    files.insert(path("model.safetensors"), broken);
    files.insert(path("manifest.json"), manifest.replace(&known, &digest).into_bytes());
    bench.host.files.replace(files);
    assert!(failure(bench.load(Place::Cpu)).1.contains("not a finite number"));
    bench.host.files.replace(BTreeMap::new());
    assert_eq!(failure(bench.load(Place::Cpu)).0, MinerErrorKind::Fetch);
    bench.host.files.replace(intact);
    bench.load(Place::Cpu);
    assert_eq!(failure(bench.write(&"long ".repeat(400))).0, MinerErrorKind::BadRequest);
}

/// Puts the tiny encoder beside the demonstration model.
fn add_encoder(bench: &Bench) {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/tiny_bert");
    let mut listed = Vec::new();
    for name in ["config.json", "vocab.txt", "model.safetensors"] {
        let file = std::fs::read(folder.join(name)).unwrap();
        let sha256 = hex::encode(Sha256::digest(&file));
        listed.push(format!(r#"{{"path":"{name}","bytes":{},"sha256":"{sha256}"}}"#, file.len()));
        bench.host.files.borrow_mut().insert(format!("/models/tiny/{name}"), file);
    }
    let manifest = format!(
        r#"{{"format":"lantern-model/1","name":"tiny","licence":"GPL-3.0-or-later",
        "tokenizer":{{"kind":"wordpiece","max_tokens":40}},"files":[{}]}}"#,
        listed.join(",")
    );
    bench.host.files.borrow_mut().insert("/models/tiny/manifest.json".into(), manifest.into_bytes());
}

fn load_encoder(bench: &mut Bench, folder: &str, place: Place) -> Vec<MinerEvent> {
    let source = ModelSource::Url(folder.into());
    bench.ask(1, MinerRequest::LoadEncoder { job: 1, source, precision: Precision::AsStored, place });
    bench.events()
}

fn check_encoder(place: Place) {
    let mut bench = Bench::new();
    add_encoder(&bench);
    let loaded = load_encoder(&mut bench, "/models/tiny", place);
    let Some(MinerEvent::EncoderLoaded { encoder, .. }) = loaded.last() else { panic!("{loaded:?}") };
    assert_eq!((encoder.dimensions, encoder.max_tokens, encoder.place), (36, 40, place));
    assert!(loaded.iter().any(|event| matches!(event, MinerEvent::LoadProgress { .. })));
    // The model that writes stays beside it.
    assert!(matches!(bench.load(Place::Cpu).last(), Some(MinerEvent::Loaded { .. })));
    let texts = ["stop the world", "hello world", "café 42"].map(str::to_owned).to_vec();
    bench.ask(2, MinerRequest::Rank { job: 2, query: "hello world".into(), texts: texts.clone() });
    let ranked = bench.events();
    let Some(MinerEvent::Ranked { order, report, .. }) = ranked.last() else { panic!("{ranked:?}") };
    assert_eq!((order.len(), order[0].index, report.cut_texts), (3, 1, 0));
    assert!(order[0].cosine > 0.9999 && order.is_sorted_by(|a, b| a.cosine >= b.cosine));
    let long = vec!["x ".repeat(60), "y".into()];
    bench.ask(3, MinerRequest::Embed { job: 3, texts: long });
    let embedded = bench.events();
    let Some(MinerEvent::Embedded { vectors, report, .. }) = embedded.last() else { panic!("{embedded:?}") };
    assert_eq!((vectors.len(), vectors[0].len(), report.cut_texts, report.tokens), (2, 36, 1, 43));
    assert_eq!(text_of(&bench.write("What is a validator?\n")).1, Some(TextEnd::EndToken));
}

#[test]
fn an_encoder_ranks_beside_a_model_that_writes() {
    check_encoder(Place::Cpu);
}

#[test]
#[cfg_attr(skip_gpu_tests, ignore = "LANTERN_SKIP_GPU_TESTS is set: no adapter here")]
fn an_encoder_ranks_on_the_gpu_and_survives_a_lost_device() {
    check_encoder(Place::Gpu);
    let mut bench = Bench::new();
    add_encoder(&bench);
    load_encoder(&mut bench, "/models/tiny", Place::Gpu);
    let embed = |job| MinerRequest::Embed { job, texts: vec!["hello".into()] };
    bench.ask(2, embed(2));
    let before = bench.events();
    bench.service.device().unwrap().destroy();
    bench.ask(3, embed(3));
    let after = bench.events();
    let vectors = |events: &[MinerEvent]| match events.last() {
        Some(MinerEvent::Embedded { vectors, .. }) => vectors.clone(),
        other => panic!("{other:?}"),
    };
    assert_eq!(vectors(&before), vectors(&after));
}

#[test]
fn the_faster_place_is_chosen_for_an_encoder() {
    let mut bench = Bench::new();
    add_encoder(&bench);
    let loaded = load_encoder(&mut bench, "/models/tiny", Place::Fastest);
    let Some(MinerEvent::EncoderLoaded { encoder, .. }) = loaded.last() else { panic!("{loaded:?}") };
    let (gpu, cpu) = (encoder.gpu_tokens_per_second, encoder.cpu_tokens_per_second.unwrap());
    let faster = if gpu.is_some_and(|gpu| gpu >= cpu) { Place::Gpu } else { Place::Cpu };
    assert!(cpu > 0.0 && encoder.place == faster, "{encoder:?}");
}

#[test]
fn encoders_that_are_none_are_named() {
    let mut bench = Bench::new();
    add_encoder(&bench);
    let failure = |events: Vec<MinerEvent>| match events.last() {
        Some(MinerEvent::Failed { error, .. }) => (error.kind, error.message.clone()),
        other => panic!("{other:?}"),
    };
    bench.ask(1, MinerRequest::Rank { job: 1, query: String::new(), texts: vec!["a".into()] });
    assert_eq!(failure(bench.events()).0, MinerErrorKind::NoModel);
    let (kind, message) = failure(load_encoder(&mut bench, "/models/lantern-demo", Place::Cpu));
    assert!(kind == MinerErrorKind::BadFile && message.contains("not wordpiece"), "{message}");
    let failed = bench.load_from(ModelSource::Url("/models/tiny".into()), Place::Cpu);
    assert_eq!(failure(failed).0, MinerErrorKind::BadFile);
    assert_eq!(failure(load_encoder(&mut bench, "/models/none", Place::Cpu)).0, MinerErrorKind::Fetch);
    let intact = bench.host.files.borrow().clone();
    let mut check = |name: &str, change: &dyn Fn(&mut Vec<u8>), word: &str| {
        let mut files = intact.clone();
        change(files.get_mut(&format!("/models/tiny/{name}")).unwrap());
        bench.host.files.replace(files);
        let (kind, message) = failure(load_encoder(&mut bench, "/models/tiny", Place::Cpu));
        assert!(kind == MinerErrorKind::BadFile && message.contains(word), "{message}");
    };
    check("vocab.txt", &|file| file[0] = b'(', "SHA-256");
    check("config.json", &|file| file.push(b' '), "were promised");
    check("model.safetensors", &|file| *file.last_mut().unwrap() ^= 1, "SHA-256");
    check("model.safetensors", &|file| file.truncate(50_000), "were promised");
    check("model.safetensors", &|file| file.extend([0; 9]), "follow the last tensor");
    bench.host.files.replace(intact);
    load_encoder(&mut bench, "/models/tiny", Place::Cpu);
    bench.ask(2, MinerRequest::Embed { job: 2, texts: vec![String::new(); 2000] });
    assert_eq!(failure(bench.events()).0, MinerErrorKind::BadRequest);
    bench.ask(3, MinerRequest::Embed { job: 3, texts: Vec::new() });
    assert!(
        matches!(bench.events().last(), Some(MinerEvent::Embedded { vectors, .. }) if vectors.is_empty())
    );
}
