//! Writes a text bit-exactly and prints what it hashes to, so that a validator can compare it with a miner's:
//! `cargo run -p lantern-wasm-miner --example exact_check -- <model folder> <prompt> <tokens> [cpu|gpu]`.
//!
//! The folder holds one GGUF file, or `config.json` with `model.safetensors`, and `tokenizer.json` where the model is
//! not a byte-level one, as the page reads them. Without a place both are used where there is an adapter, and have to
//! agree.

#![expect(clippy::print_stdout, reason = "the result is printed")]

use std::{
    error::Error,
    fs::File,
    io::Read as _,
    path::{Path, PathBuf},
    rc::Rc,
    time::Instant,
};

use futures::executor::block_on;
use lantern_wasm_miner::{
    generate::{Generation, Model, Options as TextOptions},
    kernels::pack::Format,
    loader::stream::{Loader, Options, Plan},
    model::{
        config::Config,
        exact::{
            Exact, Place,
            cpu::ExactCpu,
            gpu::{ExactGpu, GpuRows},
            weights::ExactWeights,
        },
    },
    runtime::Gpu,
    tokenizer::{Tokenizer, bytes::ByteTokenizer, gguf, json, stream::TextStream},
};

const CONTEXT: usize = 4096;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (folder, prompt, tokens, place) = match arguments.as_slice() {
        [folder, prompt, tokens] => (folder, prompt, tokens, None),
        [folder, prompt, tokens, place] => (folder, prompt, tokens, Some(place.as_str())),
        _ => return Err("usage: exact_check <model folder> <prompt> <tokens> [cpu|gpu]".into()),
    };
    let tokens: u32 = tokens.parse()?;
    let mut digests = Vec::new();
    if place != Some("gpu") {
        digests.push(run(folder.as_ref(), prompt, tokens, None)?);
    }
    if place != Some("cpu") {
        match block_on(Gpu::open()) {
            Ok(gpu) => digests.push(run(folder.as_ref(), prompt, tokens, Some(Rc::new(gpu)))?),
            Err(error) if place.is_some() => return Err(error.into()),
            Err(error) => println!("no device: {error}"),
        }
    }
    if digests.windows(2).any(|pair| pair[0] != pair[1]) {
        return Err("the places disagree".into());
    }
    Ok(())
}

/// The GGUF file of a folder, if there is one.
fn gguf_file(folder: &Path) -> Result<Option<PathBuf>, Box<dyn Error>> {
    let mut files = std::fs::read_dir(folder)?.collect::<Result<Vec<_>, _>>()?;
    files.retain(|file| file.path().extension().is_some_and(|end| end == "gguf"));
    match files.as_slice() {
        [] => Ok(None),
        [file] => Ok(Some(file.path())),
        _ => Err("the folder has several GGUF files".into()),
    }
}

/// What turns text into tokens, where it is not in the file of the weights.
fn tokenizer_beside(folder: &Path, config: Option<&Config>) -> Result<Option<Tokenizer>, Box<dyn Error>> {
    let file = folder.join("tokenizer.json");
    if file.is_file() {
        return Ok(Some(json::read(&std::fs::read(file)?)?));
    }
    let Some(config) = config else { return Ok(None) };
    match (config.start_token, config.end_tokens.first().copied()) {
        (Some(start), Some(end)) if start >= 256 && config.vocabulary <= 512 => {
            Ok(Some(Tokenizer::Bytes(ByteTokenizer { start, end })))
        }
        _ => Err("tokenizer.json is missing".into()),
    }
}

/// Fills the weights, and finds the tokenizer.
fn read(folder: &Path, weights: &mut ExactWeights) -> Result<(Plan, Tokenizer), Box<dyn Error>> {
    let (format, shard_bytes) = (Some(Format::Q8_0), 128 << 20);
    let (path, mut loader, mut tokenizer) = match gguf_file(folder)? {
        Some(path) => (path, Loader::gguf(format, shard_bytes), tokenizer_beside(folder, None)?),
        None => {
            let config = Config::parse(&std::fs::read(folder.join("config.json"))?)?;
            let tokenizer = tokenizer_beside(folder, Some(&config))?;
            (
                folder.join("model.safetensors"),
                Loader::new(Options { config, format, shard_bytes }),
                tokenizer,
            )
        }
    };
    let mut file = File::open(&path)?;
    let mut piece = vec![0; 1 << 20];
    loop {
        let length = file.read(&mut piece)?;
        if length == 0 {
            let plan = loader.finish(&path.to_string_lossy())?.0;
            return Ok((plan, tokenizer.ok_or("there is no tokenizer")?));
        }
        loader.push(piece.get(..length).unwrap_or(&[]), weights)?;
        if let Some(model) = loader.take_model()
            && tokenizer.is_none()
        {
            tokenizer = Some(gguf::read(&model.vocabulary)?);
        }
    }
}

fn run(folder: &Path, prompt: &str, tokens: u32, gpu: Option<Rc<Gpu>>) -> Result<String, Box<dyn Error>> {
    let name = gpu.as_ref().map_or_else(|| "CPU".to_owned(), |gpu| gpu.report().name.clone());
    let mut weights = match gpu {
        Some(gpu) => ExactWeights::for_gpu(GpuRows::new(gpu), false),
        None => ExactWeights::for_cpu(),
    };
    let (plan, tokenizer) = read(folder, &mut weights)?;
    let digest = weights.digest(&plan.config)?;
    let place = if weights.has_cpu() {
        Place::Cpu(Box::new(ExactCpu::new(&plan, &mut weights, CONTEXT)?))
    } else {
        Place::Gpu(Box::new(block_on(ExactGpu::new(&plan, &mut weights, CONTEXT))?))
    };
    let mut model = Model::Exact(Exact { digest, place });
    let prompt = tokenizer.encode(prompt);
    let options = TextOptions { max_tokens: tokens, temperature: 0.0, top_k: 1, top_p: 1.0, seed: 0 };
    let mut text = Generation::start(&model, &prompt, options)?;
    let started = Instant::now();
    while text.end().is_none() {
        block_on(text.advance(&mut model, 32))?;
    }
    let seconds = started.elapsed().as_secs_f64();
    let bytes = text.written().iter().flat_map(|token| tokenizer.decode(*token).into_owned());
    let Model::Exact(exact) = &model else { return Err("the model changed its kind".into()) };
    let digest = hex::encode(text.digest(exact));
    println!("{name}");
    println!("  text    {:?}", TextStream::default().push(bytes));
    println!("  tokens  {} in {seconds:.2} s, with the prompt", text.written().len());
    println!("  model   {}", hex::encode(exact.digest));
    println!("  digest  {digest}");
    Ok(digest)
}
