//! The self-test in a browser's worker: every kernel of a decoder, the copy and the proof of work against their
//! twins, through the browser's own WGSL compiler.
//!
//! Runs with `wasm-bindgen-test-runner`; natively there is nothing here, and `compare_gpu_cpu.rs` does the same.
#![cfg(target_arch = "wasm32")]
#![allow(clippy::unwrap_used, reason = "these are tests")]

use std::rc::Rc;

use lantern_wasm_miner::{
    generate::{Generation, Model, Options as TextOptions},
    kernels::pack::Format,
    loader::{
        stream::{Loader, Options},
        tensors::TensorReader,
    },
    model::{
        bert::{
            Batch, Encoder,
            config::BertConfig,
            cpu::{CpuEncoder, CpuWeights},
            gpu::{GpuEncoder, GpuWeights},
            weights::{BertStore, Filler, Plan},
        },
        config::Config,
        exact::{
            Exact, Place,
            cpu::ExactCpu,
            gpu::{ExactGpu, GpuRows},
            weights::ExactWeights,
        },
    },
    pow::{GpuMiner, Solver, Work},
    runtime::{Gpu, tier, variants::Variants},
    tokenizer::wordpiece::WordPiece,
};
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_dedicated_worker);

#[wasm_bindgen_test]
async fn the_self_test_passes() {
    let gpu = Rc::new(Gpu::open().await.unwrap());
    // The variants of graphics devices and those of adapters that compute on the CPU.
    for is_software in [false, true] {
        gpu.set_variants(Variants::usual(is_software));
        let checks = tier::check(&gpu).await.unwrap();
        assert_eq!(checks.len(), 4);
        for check in checks {
            assert!(check.difference <= check.allowed, "{check:?}");
        }
    }
}

#[wasm_bindgen_test]
async fn a_seal_is_found() {
    let miner = GpuMiner::new(Rc::new(Gpu::open().await.unwrap())).await.unwrap();
    let work = Work { netuid: 5, block_hash: [1; 32], hotkey: [2; 32], coldkey: [3; 32], difficulty: 10_000 };
    let mut solver = Solver::new(work, 99);
    for _ in 0..40 {
        if let Some(solution) = solver.step_gpu(&miner, 10_000).await.unwrap().solution {
            assert!(work.is_valid(&solution.seal) && work.seal(solution.nonce) == solution.seal);
            return;
        }
    }
    panic!("nothing in 400,000 nonces at difficulty 10,000");
}

/// The bit-exact text of the demonstration model has the digest that it has natively, on the CPU as WebAssembly
/// and on the device through the browser's own WGSL compiler.
#[wasm_bindgen_test]
async fn a_bit_exact_text_has_the_same_digest_everywhere() {
    let golden: serde_json::Value =
        serde_json::from_slice(include_bytes!("fixtures/exact_digests.json")).unwrap();
    let golden = &golden["lantern-demo"];
    let prompt: Vec<u32> = serde_json::from_value(golden["prompt"].clone()).unwrap();
    let max_tokens: u32 = serde_json::from_value(golden["tokens"].clone()).unwrap();
    let config = Config::parse(include_bytes!("../../public/models/lantern-demo/config.json")).unwrap();
    let mut weights = ExactWeights::for_gpu(GpuRows::new(Rc::new(Gpu::open().await.unwrap())), true);
    let format = Some(Format::Q8_0);
    let mut loader = Loader::new(Options { config: config.clone(), format, shard_bytes: u64::MAX });
    let file = include_bytes!("../../public/models/lantern-demo/model.safetensors");
    loader.push(file, &mut weights).unwrap();
    let (plan, ..) = loader.finish("model.safetensors").unwrap();
    let digest = weights.digest(&config).unwrap();
    assert_eq!(hex::encode(digest), golden["model"].as_str().unwrap());
    let gpu = ExactGpu::new(&plan, &mut weights, 256).await.unwrap();
    let cpu = ExactCpu::new(&plan, &mut weights, 256).unwrap();
    for place in [Place::Gpu(Box::new(gpu)), Place::Cpu(Box::new(cpu))] {
        let mut model = Model::Exact(Exact { digest, place });
        let options = TextOptions { max_tokens, temperature: 0.0, top_k: 1, top_p: 1.0, seed: 0 };
        let mut text = Generation::start(&model, &prompt, options).unwrap();
        while text.end().is_none() {
            text.advance(&mut model, 32).await.unwrap();
        }
        let Model::Exact(exact) = &model else { unreachable!() };
        assert_eq!(hex::encode(text.digest(exact)), golden["digest"].as_str().unwrap(), "{:?}", exact.place);
    }
}

/// The tiny encoder of the native tests.
fn tiny_encoder(store: &mut dyn BertStore) -> (Plan, WordPiece) {
    let config = BertConfig::parse(include_bytes!("fixtures/tiny_bert/config.json")).unwrap();
    let (mut reader, mut filler) = (TensorReader::default(), Filler::new(&config, None, u64::MAX, store));
    for piece in include_bytes!("fixtures/tiny_bert/model.safetensors").chunks(10_001) {
        reader.push(piece, &mut filler).unwrap();
    }
    reader.finish("tiny").unwrap();
    let vocabulary = WordPiece::parse(include_bytes!("fixtures/tiny_bert/vocab.txt"), 40).unwrap();
    (filler.finish().unwrap(), vocabulary)
}

#[wasm_bindgen_test]
async fn sentences_have_the_vectors_of_the_reference() {
    let golden: serde_json::Value =
        serde_json::from_slice(include_bytes!("fixtures/tiny_bert/golden.json")).unwrap();
    let gpu = Rc::new(Gpu::open().await.unwrap());
    let mut weights = GpuWeights::new(gpu);
    let (plan, vocabulary) = tiny_encoder(&mut weights);
    let on_gpu = Encoder::Gpu(Box::new(GpuEncoder::new(&plan, weights).await.unwrap()));
    let mut weights = CpuWeights::default();
    tiny_encoder(&mut weights);
    let on_cpu = Encoder::Cpu(Box::new(CpuEncoder::new(&plan, weights).unwrap()));
    let texts = golden["texts"].as_array().unwrap();
    let sentences: Vec<Vec<u32>> =
        texts.iter().map(|text| vocabulary.encode(text.as_str().unwrap()).tokens).collect();
    for encoder in [on_gpu, on_cpu] {
        let batch = Batch::new(encoder.config(), &sentences).unwrap();
        let vectors = encoder.embed(&batch).await.unwrap();
        for (got, expected) in vectors.iter().zip(golden["vectors"].as_array().unwrap()) {
            let expected = expected.as_array().unwrap().iter().map(|x| x.as_f64().unwrap());
            let likeness: f64 = got.iter().zip(expected).map(|(a, b)| f64::from(*a) * b).sum();
            assert!(likeness > 0.9999, "{likeness}");
        }
    }
}
