//! Weights that are no numbers, tensors of other shapes, files with any byte changed, prompts of any kind: a named
//! error before the device is asked for anything, never a panic.

#![allow(clippy::unwrap_used, clippy::panic, reason = "these are tests")]

mod support;

use half::{bf16, f16};
use lantern_wasm_miner::{
    error::LoadError,
    generate::{Generation, Model, Options as TextOptions},
    kernels::pack::Packed,
    loader::stream::{Loader, Options, Plan, WeightStore},
    model::{
        config::Config,
        synthetic::{self, SyntheticShape},
        weights::{self, Expected, Matrix, Run, Vector},
    },
};
use lantern_worker_bridge::miner::{GenerateOptions, MinerErrorKind, MinerEvent, MinerRequest, Place};
use proptest::prelude::*;
use support::bench::{Bench, GREEDY};

const SHAPE: SyntheticShape = SyntheticShape {
    vocabulary: 19,
    hidden: 12,
    feed_forward: 10,
    layers: 1,
    heads: 2,
    kv_heads: 1,
    head_dim: 8,
    context: 32,
    tied_head: false,
    qkv_bias: true,
};

/// Counts what it is given, as a device would be asked for memory and sent rows.
#[derive(Default)]
struct Counted {
    begun: usize,
    taken: usize,
}

impl WeightStore for Counted {
    fn begin(&mut self, _plan: &Plan) -> Result<(), LoadError> {
        self.begun += 1;
        Ok(())
    }

    fn rows(&mut self, _matrix: Matrix, _run: Run, _packed: &Packed) -> Result<(), LoadError> {
        self.taken += 1;
        Ok(())
    }

    fn values(&mut self, _vector: Vector, _first: usize, values: &[f32]) -> Result<(), LoadError> {
        assert!(values.iter().all(|x| x.is_finite()));
        self.taken += 1;
        Ok(())
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Type {
    F32,
    F16,
    Bf16,
}

impl Type {
    const ALL: [Self; 3] = [Self::F32, Self::F16, Self::Bf16];

    fn bytes(self, value: f32) -> Vec<u8> {
        match self {
            Self::F32 => value.to_le_bytes().to_vec(),
            Self::F16 => f16::from_f32(value).to_le_bytes().to_vec(),
            Self::Bf16 => bf16::from_f32(value).to_le_bytes().to_vec(),
        }
    }
}

/// A safetensors file with these tensors, each filled by `value` from its number and the value's place.
fn file(tensors: &[Expected], kind: Type, value: impl Fn(usize, usize) -> f32) -> Vec<u8> {
    let mut entries = serde_json::Map::new();
    let mut data = Vec::new();
    for (number, tensor) in tensors.iter().enumerate() {
        let begin = data.len();
        let count: usize = tensor.shape.iter().product();
        data.extend((0..count).flat_map(|at| kind.bytes(value(number, at))));
        let dtype = format!("{kind:?}").to_uppercase();
        let entry =
            serde_json::json!({"dtype": dtype, "shape": tensor.shape, "data_offsets": [begin, data.len()]});
        entries.insert(tensor.name.clone(), entry);
    }
    let header = serde_json::Value::Object(entries).to_string().into_bytes();
    [(header.len() as u64).to_le_bytes().to_vec(), header, data].concat()
}

fn config() -> Config {
    synthetic::config(SHAPE)
}

fn load(file: &[u8], store: &mut Counted) -> Result<(), LoadError> {
    let mut loader = Loader::new(Options { config: config(), format: None, shard_bytes: 1 << 20 });
    for piece in file.chunks(1000) {
        loader.push(piece, store)?;
    }
    loader.finish("test").map(drop)
}

#[test]
fn a_weight_that_is_no_number_is_named_wherever_it_is() {
    let tensors = weights::expected(&config());
    assert_eq!(tensors.len(), 15);
    for kind in Type::ALL {
        let mut counted = Counted::default();
        load(&file(&tensors, kind, |_, at| at as f32 * 0.01), &mut counted).unwrap();
        assert!(counted.begun == 1 && counted.taken >= tensors.len());
        for (wrong, tensor) in tensors.iter().enumerate() {
            let last = tensor.shape.iter().product::<usize>() - 1;
            for (place, bad) in
                [(0, f32::NAN), (last, f32::NAN), (last, f32::INFINITY), (0, f32::NEG_INFINITY)]
            {
                let value = |number, at| if number == wrong && at == place { bad } else { at as f32 * 0.01 };
                let error = load(&file(&tensors, kind, value), &mut Counted::default()).unwrap_err();
                assert_eq!(error, LoadError::NotFinite { tensor: tensor.name.clone() }, "{kind:?} {bad}");
            }
        }
    }
}

#[test]
fn a_tensor_of_another_shape_is_named_before_the_device_is_asked() {
    let tensors = weights::expected(&config());
    for (wrong, tensor) in tensors.iter().enumerate() {
        let mut shapes = vec![Vec::new(), vec![1], [tensor.shape.as_slice(), &[1]].concat()];
        for side in 0..tensor.shape.len() {
            for length in [0, 1, tensor.shape[side] - 1, tensor.shape[side] + 1, tensor.shape[side] * 2] {
                let mut shape = tensor.shape.clone();
                shape[side] = length;
                shapes.push(shape);
            }
        }
        let turned: Vec<usize> = tensor.shape.iter().rev().copied().collect();
        shapes.push(turned);
        for shape in shapes.into_iter().filter(|shape| *shape != tensor.shape) {
            let mut list = weights::expected(&config());
            list[wrong].shape.clone_from(&shape);
            let mut counted = Counted::default();
            let error = load(&file(&list, Type::F16, |_, _| 0.5), &mut counted).unwrap_err();
            let LoadError::Tensor { tensor: named, reason } = &error else { panic!("{error:?}") };
            assert!(*named == tensor.name && reason.contains("shape"), "{shape:?}: {error}");
            assert_eq!((counted.begun, counted.taken), (0, 0), "{shape:?} of {named}");
        }
        let mut list = weights::expected(&config());
        list.remove(wrong);
        let mut counted = Counted::default();
        let error = load(&file(&list, Type::F16, |_, _| 0.5), &mut counted).unwrap_err();
        let missing = LoadError::Tensor { tensor: tensor.name.clone(), reason: "is missing".into() };
        assert_eq!((error, counted.begun), (missing, 0));
    }
    // A type that no kernel reads.
    let bytes = file(&tensors, Type::F32, |_, _| 0.5);
    let text = String::from_utf8_lossy(&bytes[..bytes.len() - 4]).replacen("\"F32\"", "\"I32\"", 1);
    let end = 8 + u64::from_le_bytes(bytes[..8].try_into().unwrap()) as usize;
    let changed =
        [&bytes[..8], &text.as_bytes()[text.find('{').unwrap()..][..end - 8], &bytes[end..]].concat();
    let mut counted = Counted::default();
    let error = load(&changed, &mut counted).unwrap_err().to_string();
    assert!(error.contains("its type") && counted.begun == 0, "{error}");
}

/// A model whose weights are numbers, but whose sums are not: it writes something and ends.
#[test]
fn sums_that_overflow_do_no_harm() {
    let config = config();
    let file =
        file(
            &weights::expected(&config),
            Type::F32,
            |number, at| {
                if (number + at) % 2 == 0 { 3e38 } else { -3e38 }
            },
        );
    let (_, model) = support::load_cpu(&config, &file, None, 32);
    let mut model = Model::Cpu(Box::new(model));
    for temperature in [0.0, 0.8] {
        let options = TextOptions { max_tokens: 5, temperature, top_k: 40, top_p: 0.9, seed: 1 };
        let mut text = Generation::start(&model, &[1, 2, 3], options).unwrap();
        while text.end().is_none() {
            assert!(futures::executor::block_on(text.advance(&mut model, 4)).unwrap() > 0);
        }
        assert!(text.written().len() == 5 && text.written().iter().all(|token| *token < 19));
    }
}

fn gguf(name: &str) -> Vec<u8> {
    let folder = std::path::PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
    std::fs::read(folder.join(name)).unwrap()
}

fn load_gguf(file: &[u8]) -> Result<(), LoadError> {
    let mut loader = Loader::gguf(None, 1 << 20);
    let mut counted = Counted::default();
    for piece in file.chunks(30_001) {
        loader.push(piece, &mut counted)?;
    }
    loader.finish("test.gguf").map(drop)
}

/// Bytes of the header of either file: far more than its fields, which are at its front.
const HEADER: usize = 24_000;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn a_safetensors_file_with_changed_bytes_is_read_or_refused(
        changes in proptest::collection::vec((0_usize..1600, any::<u8>()), 1..4),
        cut in 0_usize..6000,
    ) {
        let mut bytes = file(&weights::expected(&config()), Type::F16, |_, at| at as f32 * 0.01);
        for (place, byte) in changes {
            bytes[place] = byte;
        }
        // Whatever comes back, it comes back.
        drop(load(&bytes, &mut Counted::default()));
        bytes.truncate(cut.min(bytes.len() - 1));
        prop_assert!(load(&bytes, &mut Counted::default()).is_err());
    }

    #[test]
    fn a_gguf_file_with_changed_bytes_is_read_or_refused(
        is_qwen2 in any::<bool>(),
        changes in proptest::collection::vec((0_usize..HEADER, any::<u8>()), 1..4),
        cut in 0_usize..160_000,
    ) {
        let mut bytes = gguf(if is_qwen2 { "tiny_qwen2.gguf" } else { "tiny_llama.gguf" });
        prop_assert!(load_gguf(&bytes[..cut]).is_err());
        for (place, byte) in changes {
            bytes[place] = byte;
        }
        drop(load_gguf(&bytes));
    }
}

const LIMIT: usize = 1023;

/// Text in every manner: no character, controls, marks without a letter, both directions, the last code point.
fn prompts() -> Vec<String> {
    let odd = [
        "",
        "\0",
        "\u{feff}start",
        "\r\n\t\u{b}\u{85}\u{2028}",
        "e\u{301}\u{301}\u{301}",
        "שלום עולם مرحبا",
        "👩\u{200d}👩\u{200d}👧\u{200d}👦🏳\u{fe0f}\u{200d}🌈",
        "\u{10ffff}\u{e000}\u{fffd}",
        "<|endoftext|></s>",
    ];
    let mut list: Vec<String> = odd.into_iter().map(str::to_owned).collect();
    // The start of the text takes a token too, so the second of these is the longest that is read.
    list.extend([1, LIMIT - 1, LIMIT, LIMIT + 1, 100_000].map(|length| "a".repeat(length)));
    list
}

fn check_prompts(place: Place) {
    let mut bench = Bench::new();
    bench.load(place);
    let options = GenerateOptions { max_tokens: 2, ..GREEDY };
    for (index, prompt) in prompts().into_iter().enumerate() {
        let (tokens, job) = (prompt.len() + 1, 10 + index as u32);
        bench.ask(job, MinerRequest::Generate { job, prompt, options });
        let events = bench.events();
        match events.last() {
            Some(MinerEvent::Generated { report, .. }) => {
                assert_eq!(report.prompt_tokens as usize, tokens);
                assert!(tokens <= LIMIT, "{tokens}");
            }
            Some(MinerEvent::Failed { error, .. }) => {
                let told = format!("the prompt has {tokens} tokens, the model reads at most {LIMIT}");
                assert_eq!((error.kind, &error.message), (MinerErrorKind::BadRequest, &told));
                assert!(tokens > LIMIT && events.len() == 1, "{tokens}: {events:?}");
            }
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn prompts_of_any_kind_on_the_cpu() {
    check_prompts(Place::Cpu);
}

#[test]
#[cfg_attr(skip_gpu_tests, ignore = "LANTERN_SKIP_GPU_TESTS is set: no adapter here")]
fn prompts_of_any_kind_on_the_gpu() {
    check_prompts(Place::Gpu);
}
