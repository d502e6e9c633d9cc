//! Decoders against torch, teacher-forced over 512 positions: the CPU path, decode and prefill.
//!
//! `fixtures/make_shapes.py` computed what is expected, from the weights that the synthetic checkpoints have.

#![allow(clippy::unwrap_used, clippy::panic, reason = "these are tests")]

mod support;

use std::collections::BTreeMap;

use futures::executor::block_on;
use lantern_wasm_miner::{
    kernels::{cpu::sample::argmax, state::State},
    model::{
        config::Config,
        gpu::{Ending, GpuModel},
        synthetic::{self, SMOL_135M, SyntheticShape},
    },
};
use serde::Deserialize;
use sha2::{Digest as _, Sha256};

const SEED: u32 = 12;

#[derive(Deserialize)]
struct Golden {
    sha256: String,
    tokens: Vec<u32>,
    argmax: Vec<usize>,
    rows: BTreeMap<usize, Vec<f32>>,
}

struct Case {
    config: Config,
    file: Vec<u8>,
    golden: Golden,
}

impl Case {
    fn new(name: &str, config: Config) -> Self {
        let all = include_bytes!("fixtures/shapes_golden.json");
        let mut all: BTreeMap<String, serde_json::Value> = serde_json::from_slice(all).unwrap();
        let golden: Golden = serde_json::from_value(all.remove(name).unwrap()).unwrap();
        let mut file = Vec::new();
        synthetic::write(&config, SEED, |bytes| {
            file.extend_from_slice(bytes);
            Ok::<_, ()>(())
        })
        .unwrap();
        let header = u64::from_le_bytes(file[..8].try_into().unwrap()) as usize;
        assert_eq!(
            hex::encode(Sha256::digest(&file[8 + header..])),
            golden.sha256,
            "torch had other weights"
        );
        Self { config, file, golden }
    }

    /// Grouped queries and a tied head, as SmolLM2-135M has them.
    fn smollm2() -> Self {
        let shape = SyntheticShape { vocabulary: 601, layers: 1, context: 512, ..SMOL_135M };
        let config = Config { rope_theta: 1e5, ..synthetic::config(shape) };
        Self::new("smollm2_135m_layer", config)
    }

    /// Biases on queries, keys and values, and counts that no power of two divides.
    fn qwen2() -> Self {
        let shape = SyntheticShape {
            vocabulary: 601,
            hidden: 120,
            feed_forward: 202,
            layers: 2,
            heads: 6,
            kv_heads: 2,
            head_dim: 20,
            context: 512,
            tied_head: true,
            qkv_bias: true,
        };
        let config = Config { rope_theta: 1e6, norm_epsilon: 1e-6, ..synthetic::config(shape) };
        Self::new("qwen2_small", config)
    }

    fn check_row(&self, position: usize, got: &[f32]) {
        if let Some(expected) = self.golden.rows.get(&position) {
            let difference = support::difference(got, expected);
            assert!(difference < 1e-3, "position {position}: {difference} of the spread");
        }
    }

    fn check(&self, mut logits: impl FnMut(usize, u32) -> Vec<f32>) {
        assert_eq!((self.golden.tokens.len(), self.golden.rows.len()), (512, 4));
        let mut agreed = 0;
        for (position, token) in self.golden.tokens.iter().enumerate() {
            let got = logits(position, *token);
            self.check_row(position, &got);
            agreed += usize::from(argmax(&got) == Some(self.golden.argmax[position]));
        }
        assert!(agreed >= 507, "the best token agrees in {agreed} of 512 positions");
    }

    fn check_cpu(&self) {
        let (_, mut model) = support::load_cpu(&self.config, &self.file, None, 512);
        self.check(|position, token| {
            let x = model.forward(token, position).unwrap();
            model.logits(&x)
        });
    }

    fn on_gpu(&self) -> GpuModel {
        support::load_gpu(&support::gpu(), &self.config, &self.file, None, (512, u64::MAX))
    }

    fn start(&self, model: &GpuModel, count: usize) {
        let mut state: State = bytemuck::Zeroable::zeroed();
        (state.prompt_length, state.token_limit, state.position_limit) = (count as u32, 1, 512);
        state.end_token = u32::MAX;
        model.start(&state, &self.golden.tokens[..count]).unwrap();
    }

    fn check_decode(&self, model: &GpuModel) {
        self.start(model, 512);
        self.check(|position, _| {
            block_on(model.run(position, 1, Ending::Greedy)).unwrap();
            block_on(model.logits()).unwrap()
        });
        model.gpu().health().unwrap();
    }

    /// Reads all that comes before a row as chunks.
    fn check_prefill(&self, model: &GpuModel) {
        for position in self.golden.rows.keys() {
            self.start(model, position + 1);
            let chunks = position.next_multiple_of(model.chunk());
            assert_eq!(block_on(model.prefill(chunks)).unwrap().position as usize, *position);
            block_on(model.run(*position, 1, Ending::Greedy)).unwrap();
            let got = block_on(model.logits()).unwrap();
            self.check_row(*position, &got);
            assert_eq!(argmax(&got), Some(self.golden.argmax[*position]), "position {position}");
        }
        model.gpu().health().unwrap();
    }
}

#[test]
fn a_layer_of_smollm2_on_the_cpu() {
    Case::smollm2().check_cpu();
}

#[test]
fn qwen2_on_the_cpu() {
    Case::qwen2().check_cpu();
}

#[test]
#[cfg_attr(skip_gpu_tests, ignore = "LANTERN_SKIP_GPU_TESTS is set: no adapter here")]
fn a_layer_of_smollm2_on_the_gpu() {
    let case = Case::smollm2();
    case.check_prefill(&case.on_gpu());
}

#[test]
#[cfg_attr(skip_gpu_tests, ignore = "LANTERN_SKIP_GPU_TESTS is set: no adapter here")]
fn qwen2_on_the_gpu() {
    let case = Case::qwen2();
    let model = case.on_gpu();
    case.check_decode(&model);
    case.check_prefill(&model);
}
