//! The self-test in a browser's worker: every kernel of a decoder, the copy and the proof of work against their
//! twins, through the browser's own WGSL compiler. And whole models against what torch and the native tests say.
//!
//! Runs with `wasm-bindgen-test-runner`; natively there is nothing here, and `compare_gpu_cpu.rs` does the same.
#![cfg(target_arch = "wasm32")]
#![allow(clippy::unwrap_used, reason = "these are tests")]

use std::rc::Rc;

use lantern_wasm_miner::{
    error::{GenerateError, KernelError},
    generate::{Generation, Model, Options as TextOptions},
    kernels::{cpu::sample::argmax, pack::Format, state::State},
    loader::{
        stream::{Loader, Options, Plan as DecoderPlan, WeightStore},
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
        cpu::{CpuModel, CpuWeights as DecoderCpu},
        exact::{
            Exact, Place,
            cpu::ExactCpu,
            gpu::{ExactGpu, GpuRows},
            weights::ExactWeights,
        },
        gpu::{Ending, GpuModel, GpuWeights as DecoderGpu},
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

/// Compares logits and the best token with what torch wrote down. Returns whether the best token agrees.
fn agrees(golden: &serde_json::Value, position: usize, got: &[f32]) -> bool {
    if let Some(row) = golden["rows"][position.to_string()].as_array() {
        let expected: Vec<f64> = row.iter().map(|x| x.as_f64().unwrap()).collect();
        let mean = expected.iter().sum::<f64>() / expected.len() as f64;
        let spread = expected.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / expected.len() as f64;
        let worst = got.iter().zip(&expected).map(|(a, b)| (f64::from(*a) - b).abs()).fold(0.0, f64::max);
        assert!(got.iter().all(|x| x.is_finite()) && got.len() == expected.len());
        assert!(worst < 1e-3 * spread.sqrt(), "position {position}: {worst}");
    }
    argmax(got) == golden["argmax"][position].as_u64().map(|token| token as usize)
}

fn decoder(config: &Config, file: &[u8], store: &mut dyn WeightStore) -> DecoderPlan {
    let mut loader = Loader::new(Options { config: config.clone(), format: None, shard_bytes: u64::MAX });
    for piece in file.chunks(50_001) {
        loader.push(piece, store).unwrap();
    }
    loader.finish("tiny").unwrap().0
}

/// The tiny decoders of the native tests, of both families, on both places.
#[wasm_bindgen_test]
async fn decoders_have_the_logits_of_torch() {
    let gpu = Rc::new(Gpu::open().await.unwrap());
    let files: [[&[u8]; 3]; 2] = [
        [
            include_bytes!("fixtures/tiny_qwen2/config.json"),
            include_bytes!("fixtures/tiny_qwen2/model.safetensors"),
            include_bytes!("fixtures/tiny_qwen2/golden.json"),
        ],
        [
            include_bytes!("fixtures/tiny_llama3/config.json"),
            include_bytes!("fixtures/tiny_llama3/model.safetensors"),
            include_bytes!("fixtures/tiny_llama3/golden.json"),
        ],
    ];
    for [config, file, golden] in files {
        let config = Config::parse(config).unwrap();
        let golden: serde_json::Value = serde_json::from_slice(golden).unwrap();
        let tokens: Vec<u32> = serde_json::from_value(golden["tokens"].clone()).unwrap();
        let mut weights = DecoderCpu::default();
        let plan = decoder(&config, file, &mut weights);
        let mut on_cpu = CpuModel::new(&plan, weights, tokens.len()).unwrap();
        let mut weights = DecoderGpu::new(Rc::clone(&gpu));
        decoder(&config, file, &mut weights);
        let on_gpu = GpuModel::new(&plan, weights, tokens.len()).await.unwrap();
        let mut state: State = bytemuck::Zeroable::zeroed();
        let count = tokens.len() as u32;
        (state.prompt_length, state.token_limit, state.position_limit) = (count, 1, count);
        state.end_token = u32::MAX;
        on_gpu.start(&state, &tokens).unwrap();
        let (mut by_cpu, mut by_gpu) = (0, 0);
        for (position, token) in tokens.iter().enumerate() {
            let x = on_cpu.forward(*token, position).unwrap();
            by_cpu += usize::from(agrees(&golden, position, &on_cpu.logits(&x)));
            on_gpu.run(position, 1, Ending::Greedy).await.unwrap();
            by_gpu += usize::from(agrees(&golden, position, &on_gpu.logits().await.unwrap()));
        }
        assert_eq!((by_cpu, by_gpu), (tokens.len(), tokens.len()), "the best token");
        // All but the last token at once, as chunks.
        on_gpu.start(&state, &tokens).unwrap();
        assert_eq!(on_gpu.prefill(tokens.len()).await.unwrap().position, count - 1);
        on_gpu.run(tokens.len() - 1, 1, Ending::Greedy).await.unwrap();
        assert!(agrees(&golden, tokens.len() - 1, &on_gpu.logits().await.unwrap()));
    }
}

async fn go_on(text: &mut Generation, model: &mut Model) -> Vec<u32> {
    while text.end().is_none() {
        text.advance(model, 4).await.unwrap();
    }
    text.written().to_vec()
}

/// The device goes away with dispatches of a token in its queue: the error says so, what was written is kept, and
/// on a fresh device the text goes on as if nothing had been.
#[wasm_bindgen_test]
async fn a_text_goes_on_after_its_device_was_lost() {
    let config = Config::parse(include_bytes!("fixtures/tiny_qwen2/config.json")).unwrap();
    let file = include_bytes!("fixtures/tiny_qwen2/model.safetensors");
    let options = TextOptions { max_tokens: 12, temperature: 0.0, top_k: 1, top_p: 1.0, seed: 0 };
    let prompt = [5, 17, 90, 3];
    let mut models = Vec::new();
    for _ in 0..2 {
        let gpu = Rc::new(Gpu::open().await.unwrap());
        let mut weights = DecoderGpu::new(Rc::clone(&gpu));
        let plan = decoder(&config, file, &mut weights);
        models.push((Model::Gpu(Box::new(GpuModel::new(&plan, weights, 40).await.unwrap())), gpu));
    }
    let [(mut lost, gpu), (mut fresh, _)] = <[_; 2]>::try_from(models).unwrap();
    let whole = go_on(&mut Generation::start(&fresh, &prompt, options).unwrap(), &mut fresh).await;
    assert_eq!(whole.len(), 12);
    let mut text = Generation::start(&lost, &prompt, options).unwrap();
    text.advance(&mut lost, 3).await.unwrap();
    text.advance(&mut lost, 3).await.unwrap();
    let written = text.written().to_vec();
    assert!(!written.is_empty() && written.len() < 12);
    let Model::Gpu(inner) = &lost else { unreachable!() };
    inner.submit(6, 4, Ending::Greedy);
    gpu.destroy();
    let error = text.advance(&mut lost, 4).await.unwrap_err();
    let GenerateError::Kernel(KernelError::Device(error)) = error else { panic!("{error:?}") };
    assert!(error.is_retryable(), "{error:?}");
    assert_eq!(text.written(), written, "what was written is kept");
    let start = [prompt.as_slice(), &written].concat();
    let left = TextOptions { max_tokens: 12 - written.len() as u32, ..options };
    let rest = go_on(&mut Generation::start(&fresh, &start, left).unwrap(), &mut fresh).await;
    assert_eq!([written, rest].concat(), whole);
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
