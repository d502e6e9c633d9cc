//! A device that goes away or has no memory left: a named error, and what was written so far is kept.

#![allow(clippy::unwrap_used, clippy::panic, reason = "these are tests")]

mod support;

use std::rc::Rc;

use futures::executor::block_on;
use lantern_wasm_miner::{
    error::{DeviceError, GenerateError, KernelError},
    generate::{Generation, Model, Options},
    model::{
        config::Config,
        synthetic::{self, SyntheticShape},
    },
    runtime::Gpu,
};

const SHAPE: SyntheticShape = SyntheticShape {
    vocabulary: 211,
    hidden: 64,
    feed_forward: 96,
    layers: 2,
    heads: 4,
    kv_heads: 2,
    head_dim: 16,
    context: 256,
    tied_head: true,
    qkv_bias: false,
};

const GREEDY: Options = Options { max_tokens: 24, temperature: 0.0, top_k: 1, top_p: 1.0, seed: 0 };

fn checkpoint() -> (Config, Vec<u8>) {
    let config = synthetic::config(SHAPE);
    let mut file = Vec::new();
    synthetic::write(&config, 21, |bytes| {
        file.extend_from_slice(bytes);
        Ok::<_, ()>(())
    })
    .unwrap();
    (config, file)
}

fn load(config: &Config, file: &[u8]) -> (Rc<Gpu>, Model) {
    let gpu = support::gpu();
    let model = support::load_gpu(&gpu, config, file, None, (256, u64::MAX));
    (gpu, Model::Gpu(Box::new(model)))
}

fn write(model: &mut Model, prompt: &[u32], options: Options) -> Vec<u32> {
    let mut generation = Generation::start(model, prompt, options).unwrap();
    while generation.end().is_none() {
        block_on(generation.advance(model, 5)).unwrap();
    }
    generation.written().to_vec()
}

fn is_lost(error: &GenerateError) -> bool {
    matches!(error, GenerateError::Kernel(KernelError::Device(DeviceError::Lost { .. })))
}

#[test]
#[cfg_attr(skip_gpu_tests, ignore = "LANTERN_SKIP_GPU_TESTS is set: no adapter here")]
fn a_text_goes_on_after_its_device_was_lost() {
    let (config, file) = checkpoint();
    let prompt: Vec<u32> = (0..90).map(|index| index * 37 % 211).collect();
    let (_, mut model) = load(&config, &file);
    let whole = write(&mut model, &prompt, GREEDY);
    assert_eq!(whole.len(), 24);
    // Lost while the prompt is read, and lost between two tokens.
    for steps in [1, 4] {
        let (gpu, mut model) = load(&config, &file);
        let mut generation = Generation::start(&model, &prompt, GREEDY).unwrap();
        for _ in 0..steps {
            block_on(generation.advance(&mut model, 5)).unwrap();
        }
        let written = generation.written().to_vec();
        assert_eq!(written.is_empty(), steps == 1);
        gpu.destroy();
        let error = block_on(generation.advance(&mut model, 5)).unwrap_err();
        assert!(is_lost(&error), "{error:?}");
        assert_eq!(generation.written(), written, "what was written is kept");
        let again = block_on(generation.advance(&mut model, 5)).unwrap_err();
        assert!(is_lost(&again), "{again:?}");
        assert!(is_lost(&Generation::start(&model, &prompt, GREEDY).unwrap_err()));
        // On a fresh device the words so far are a part of the prompt.
        let (_, mut model) = load(&config, &file);
        let start: Vec<u32> = prompt.iter().chain(&written).copied().collect();
        let left = Options { max_tokens: 24 - written.len() as u32, ..GREEDY };
        let rest = write(&mut model, &start, left);
        assert_eq!([written, rest].concat(), whole, "after {steps} steps");
    }
}

#[test]
#[cfg_attr(skip_gpu_tests, ignore = "LANTERN_SKIP_GPU_TESTS is set: no adapter here")]
fn a_token_under_way_ends_with_the_named_error() {
    let (config, file) = checkpoint();
    let (gpu, mut model) = load(&config, &file);
    let mut generation = Generation::start(&model, &[1, 2, 3], GREEDY).unwrap();
    block_on(generation.advance(&mut model, 2)).unwrap();
    let Model::Gpu(inner) = &model else { panic!("not on the device") };
    // The device goes away with dispatches in its queue.
    inner.submit(3, 16, lantern_wasm_miner::model::gpu::Ending::Greedy);
    gpu.destroy();
    let error = block_on(generation.advance(&mut model, 2)).unwrap_err();
    assert!(is_lost(&error), "{error:?}");
    let Model::Gpu(inner) = &model else { panic!("not on the device") };
    assert!(is_lost(&block_on(inner.logits()).unwrap_err()));
}

#[test]
#[cfg_attr(skip_gpu_tests, ignore = "LANTERN_SKIP_GPU_TESTS is set: no adapter here")]
fn too_much_memory_is_refused_by_name() {
    let gpu = support::gpu();
    let limit = gpu.report().max_buffer_bytes.min(gpu.report().max_binding_bytes);
    let error = gpu.storage("everything", limit + 16).unwrap_err();
    assert!(matches!(error, DeviceError::BufferTooLarge { .. }), "{error:?}");
    gpu.health().unwrap();
}
