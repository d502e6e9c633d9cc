//! Writes a text bit-exactly and prints what it hashes to, so that a validator can compare it with a miner's:
//! `cargo run -p lantern-wasm-miner --example exact_check -- <model folder> <prompt> <tokens> [cpu|gpu]`.
//!
//! The folder holds `config.json` and `model.safetensors` of a byte-level model, as the page's demonstration model
//! does. Without a place both are used where there is an adapter, and have to agree.

#![expect(clippy::print_stdout, reason = "the result is printed")]

use std::{error::Error, fs::File, io::Read as _, path::Path, rc::Rc, time::Instant};

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
    tokenizer::{bytes::ByteTokenizer, stream::TextStream},
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

fn read(folder: &Path, config: &Config, weights: &mut ExactWeights) -> Result<Plan, Box<dyn Error>> {
    let mut file = File::open(folder.join("model.safetensors"))?;
    let shard_bytes = 128 << 20;
    let mut loader = Loader::new(Options { config: config.clone(), format: Some(Format::Q8_0), shard_bytes });
    let mut piece = vec![0; 1 << 20];
    loop {
        let length = file.read(&mut piece)?;
        if length == 0 {
            return Ok(loader.finish("model.safetensors")?.0);
        }
        loader.push(piece.get(..length).unwrap_or(&[]), weights)?;
    }
}

fn run(folder: &Path, prompt: &str, tokens: u32, gpu: Option<Rc<Gpu>>) -> Result<String, Box<dyn Error>> {
    let config = Config::parse(&std::fs::read(folder.join("config.json"))?)?;
    let (Some(start), Some(end)) = (config.start_token, config.end_tokens.first().copied()) else {
        return Err("the model is not a byte-level one".into());
    };
    let name = gpu.as_ref().map_or_else(|| "CPU".to_owned(), |gpu| gpu.report().name.clone());
    let mut weights = match gpu {
        Some(gpu) => ExactWeights::for_gpu(GpuRows::new(gpu), false),
        None => ExactWeights::for_cpu(),
    };
    let plan = read(folder, &config, &mut weights)?;
    let digest = weights.digest(&config)?;
    let place = if weights.has_cpu() {
        Place::Cpu(Box::new(ExactCpu::new(&plan, &mut weights, CONTEXT)?))
    } else {
        Place::Gpu(Box::new(block_on(ExactGpu::new(&plan, &mut weights, CONTEXT))?))
    };
    let mut model = Model::Exact(Exact { digest, place });
    let prompt = ByteTokenizer { start, end }.encode(prompt);
    let options = TextOptions { max_tokens: tokens, temperature: 0.0, top_k: 1, top_p: 1.0, seed: 0 };
    let mut text = Generation::start(&model, &prompt, options)?;
    let started = Instant::now();
    while text.end().is_none() {
        block_on(text.advance(&mut model, 32))?;
    }
    let seconds = started.elapsed().as_secs_f64();
    let tokenizer = ByteTokenizer { start, end };
    let bytes = text.written().iter().filter_map(|token| tokenizer.decode(*token));
    let Model::Exact(exact) = &model else { return Err("the model changed its kind".into()) };
    let digest = hex::encode(text.digest(exact));
    println!("{name}");
    println!("  text    {:?}", TextStream::default().push(bytes));
    println!("  tokens  {} in {seconds:.2} s, with the prompt", text.written().len());
    println!("  model   {}", hex::encode(exact.digest));
    println!("  digest  {digest}");
    Ok(digest)
}
