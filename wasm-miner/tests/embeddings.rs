//! Encoders against sentence-transformers: tokens, vectors and ranking, on the CPU and on the GPU.

#![allow(clippy::unwrap_used, clippy::panic, reason = "these are tests")]

mod support;

use std::{path::PathBuf, rc::Rc};

use futures::executor::block_on;
use lantern_wasm_miner::{
    error::LoadError,
    kernels::pack::Format,
    loader::tensors::TensorReader,
    model::bert::{
        Batch,
        config::BertConfig,
        cpu::{CpuEncoder, CpuWeights},
        gpu::{GpuEncoder, GpuWeights},
        weights::{BertStore, Filler, Plan},
    },
    runtime::Gpu,
    tokenizer::wordpiece::WordPiece,
};
use serde::Deserialize;

const MINILM: &str = "../target/models/minilm";
const MINILM_GOLDEN: &str = "tests/fixtures/minilm_golden.json";
const TINY: &str = "tests/fixtures/tiny_bert";
const TINY_GOLDEN: &str = "tests/fixtures/tiny_bert/golden.json";

#[derive(Deserialize)]
struct Golden {
    texts: Vec<String>,
    vectors: Vec<Vec<f32>>,
    nasty: Vec<Tokenised>,
    #[serde(default)]
    query: String,
    #[serde(default)]
    sentences: Vec<String>,
    #[serde(default)]
    cosines: Vec<f32>,
    #[serde(default)]
    order: Vec<usize>,
}

#[derive(Deserialize)]
struct Tokenised {
    text: String,
    tokens: Vec<u32>,
}

struct Folder {
    config: BertConfig,
    tokenizer: WordPiece,
    file: Vec<u8>,
    golden: Golden,
}

impl Folder {
    fn read(folder: &str, golden: &str, max_tokens: usize) -> Self {
        let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
        let read = |path: PathBuf| {
            std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
        };
        let file = |name: &str| read(root.join(folder).join(name));
        Self {
            config: BertConfig::parse(&file("config.json")).unwrap(),
            tokenizer: WordPiece::parse(&file("vocab.txt"), max_tokens).unwrap(),
            file: file("model.safetensors"),
            golden: serde_json::from_slice(&read(root.join(golden))).unwrap(),
        }
    }

    fn tiny() -> Self {
        Self::read(TINY, TINY_GOLDEN, 40)
    }

    fn fill(&self, format: Option<Format>, shard_bytes: u64, store: &mut dyn BertStore) -> Plan {
        let mut reader = TensorReader::default();
        let mut filler = Filler::new(&self.config, format, shard_bytes, store);
        for piece in self.file.chunks(70_001) {
            reader.push(piece, &mut filler).unwrap();
        }
        reader.finish("test").unwrap();
        filler.finish().unwrap()
    }

    fn cpu(&self, format: Option<Format>) -> CpuEncoder {
        let mut weights = CpuWeights::default();
        // Shards are the device's business; the CPU has to put them together again.
        let plan = self.fill(format, 4096, &mut weights);
        CpuEncoder::new(&plan, weights).unwrap()
    }

    fn gpu(&self, gpu: &Rc<Gpu>, format: Option<Format>, shard_bytes: u64) -> GpuEncoder {
        let mut weights = GpuWeights::new(Rc::clone(gpu));
        let plan = self.fill(format, shard_bytes, &mut weights);
        block_on(GpuEncoder::new(&plan, weights)).unwrap()
    }

    fn batch(&self, texts: &[String]) -> Batch {
        let tokens: Vec<Vec<u32>> = texts.iter().map(|text| self.tokenizer.encode(text).tokens).collect();
        Batch::new(&self.config, &tokens).unwrap()
    }

    fn check_tokens(&self) {
        for Tokenised { text, tokens } in &self.golden.nasty {
            assert_eq!(&self.tokenizer.encode(text).tokens, tokens, "{text:?}");
        }
    }

    fn check_vectors(&self, least: f32, embed: impl Fn(&Batch) -> Vec<Vec<f32>>) {
        let golden = &self.golden;
        let together = embed(&self.batch(&golden.texts));
        assert_eq!(together.len(), golden.vectors.len());
        for ((text, got), expected) in golden.texts.iter().zip(&together).zip(&golden.vectors) {
            let likeness = cosine(got, expected);
            assert!(likeness >= least, "{likeness} for {text:?}");
            assert!((cosine(got, got) - 1.0).abs() < 1e-5, "a vector of length one");
            // A sentence alone has the vector that it has among others.
            let alone = embed(&self.batch(std::slice::from_ref(text)));
            assert!(cosine(&alone[0], got) > 0.999_99, "{text:?} alone");
        }
    }

    /// The order of the page's own example, by likeness to its question.
    fn check_ranking(&self, embed: impl Fn(&Batch) -> Vec<Vec<f32>>) {
        let golden = &self.golden;
        let query = embed(&self.batch(std::slice::from_ref(&golden.query))).remove(0);
        let vectors = embed(&self.batch(&golden.sentences));
        let likeness: Vec<f32> = vectors.iter().map(|vector| cosine(vector, &query)).collect();
        let mut order: Vec<usize> = (0..likeness.len()).collect();
        order.sort_by(|a, b| likeness[*b].total_cmp(&likeness[*a]));
        assert_eq!(order, golden.order);
        for (got, expected) in likeness.iter().zip(&golden.cosines) {
            assert!((got - expected).abs() < 2e-3, "{got} is not {expected}");
        }
    }
}

fn minilm() -> Folder {
    Folder::read(MINILM, MINILM_GOLDEN, 256)
}

/// The dot product, which is the cosine of vectors of length one.
fn cosine(a: &[f32], b: &[f32]) -> f32 {
    assert_eq!(a.len(), b.len());
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

#[test]
fn a_small_vocabulary_gives_the_tokens_of_the_reference() {
    Folder::tiny().check_tokens();
}

#[test]
#[cfg_attr(no_minilm, ignore = "run `cargo xtask model minilm` first")]
fn minilm_gives_the_tokens_of_the_reference() {
    minilm().check_tokens();
}

#[test]
fn a_tiny_encoder_on_the_cpu() {
    let folder = Folder::tiny();
    for (format, least) in [
        (None, 0.999_999),
        (Some(Format::F16), 0.9999),
        (Some(Format::Bf16), 0.999),
        (Some(Format::Q8_0), 0.999),
    ] {
        let encoder = folder.cpu(format);
        folder.check_vectors(least, |batch| encoder.embed(batch).unwrap());
    }
}

#[test]
#[cfg_attr(no_minilm, ignore = "run `cargo xtask model minilm` first")]
fn minilm_on_the_cpu() {
    let folder = minilm();
    let encoder = folder.cpu(None);
    folder.check_vectors(0.9999, |batch| encoder.embed(batch).unwrap());
    folder.check_ranking(|batch| encoder.embed(batch).unwrap());
}

#[test]
#[cfg_attr(skip_gpu_tests, ignore = "LANTERN_SKIP_GPU_TESTS is set: no adapter here")]
fn a_tiny_encoder_on_the_gpu() {
    let folder = Folder::tiny();
    let gpu = support::gpu();
    // Positions are kept in one piece, 40 rows of 256 bytes; words and products are cut.
    for (format, least, shard) in [
        (None, 0.999_999, u64::MAX),
        (Some(Format::F16), 0.9999, 10_240),
        (Some(Format::Q8_0), 0.999, u64::MAX),
    ] {
        let encoder = folder.gpu(&gpu, format, shard);
        folder.check_vectors(least, |batch| block_on(encoder.embed(batch)).unwrap());
    }
    gpu.health().unwrap();
}

#[test]
#[cfg_attr(skip_gpu_tests, ignore = "LANTERN_SKIP_GPU_TESTS is set: no adapter here")]
#[cfg_attr(no_minilm, ignore = "run `cargo xtask model minilm` first")]
fn minilm_on_the_gpu() {
    let folder = minilm();
    let encoder = folder.gpu(&support::gpu(), None, u64::MAX);
    let golden = &folder.golden;
    // The long text is left to the CPU: a device in software takes long for it.
    let texts = golden.texts.iter().zip(&golden.vectors).filter(|(text, _)| text.len() < 200);
    let (texts, expected): (Vec<String>, Vec<_>) = texts.map(|(text, vector)| (text.clone(), vector)).unzip();
    let vectors = block_on(encoder.embed(&folder.batch(&texts))).unwrap();
    for ((got, expected), text) in vectors.iter().zip(expected).zip(&texts) {
        assert!(cosine(got, expected) >= 0.9999, "{text:?}");
    }
    folder.check_ranking(|batch| block_on(encoder.embed(batch)).unwrap());
}

#[test]
fn checkpoints_that_are_none_are_named() {
    let folder = Folder::tiny();
    let load = |config: &BertConfig, file: &[u8]| -> Result<(), LoadError> {
        let (mut reader, mut weights) = (TensorReader::default(), CpuWeights::default());
        let mut filler = Filler::new(config, None, u64::MAX, &mut weights);
        reader.push(file, &mut filler)?;
        reader.finish("x")?;
        filler.finish().map(drop)
    };
    let check = |config: BertConfig, word: &str| {
        let error = load(&config, &folder.file).unwrap_err().to_string();
        assert!(error.contains(word), "{error}");
    };
    let config = &folder.config;
    assert_eq!(load(config, &folder.file), Ok(()));
    check(BertConfig { layers: 3, ..config.clone() }, "is missing");
    check(BertConfig { vocabulary: 133, ..config.clone() }, "the configuration says [133, 36]");
    check(BertConfig { hidden: 72, ..config.clone() }, "the configuration says");
    check(BertConfig { types: 1, ..config.clone() }, "the configuration says [1, 36]");
    let renamed =
        String::from_utf8_lossy(&folder.file[8..5000]).replace("output.dense.bias", "output.dense.blas");
    let mut file = folder.file.clone();
    file[8..8 + renamed.len()].copy_from_slice(renamed.as_bytes());
    assert!(load(config, &file).unwrap_err().to_string().contains("output.dense.bias: is missing"));
}
