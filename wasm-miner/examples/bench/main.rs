//! Measures the engine and prints one JSON object: natively for `cargo xtask bench miner`, in browsers for
//! `cargo xtask bench miner --browser`.
//!
//! Options: `--shape NAME,…`, `--format q8_0|f16|f32`, `--seconds N` per measurement, `--runs N` of
//! which the middle counts, `--only PART,…` with the parts
//! `decode`, `cpu`, `gemv` and `pow`. Weights are synthetic, since speed does not depend on their values.

#![cfg_attr(
    not(target_arch = "wasm32"),
    expect(clippy::print_stdout, clippy::print_stderr, reason = "the result and the progress are printed")
)]
#![allow(clippy::indexing_slicing, reason = "a measurement may panic; it ships nowhere")]

mod clock;
mod decode;
mod memory;
mod search;
mod shapes;

use std::{error::Error, rc::Rc};

use lantern_wasm_miner::{
    kernels::pow,
    runtime::{Gpu, tier},
};
use serde_json::{Map, Value, json};

use self::clock::{median, now};

/// What to measure.
pub(crate) struct Options {
    shapes: Vec<String>,
    format: String,
    seconds: f64,
    runs: usize,
    parts: Vec<String>,
}

const PARTS: [&str; 4] = ["decode", "cpu", "gemv", "pow"];

impl Options {
    pub(crate) fn parse(arguments: impl Iterator<Item = String>) -> Result<Self, Box<dyn Error>> {
        let mut options = Self {
            shapes: Vec::new(),
            format: "q8_0".to_owned(),
            seconds: 2.0,
            runs: 5,
            parts: PARTS.map(str::to_owned).to_vec(),
        };
        let mut arguments = arguments;
        while let Some(name) = arguments.next() {
            let value = arguments.next().ok_or_else(|| format!("{name} needs a value"))?;
            let list = || value.split(',').filter(|part| !part.is_empty()).map(str::to_owned).collect();
            match name.as_str() {
                "--shape" => options.shapes = list(),
                "--format" => options.format = value,
                "--seconds" => options.seconds = value.parse()?,
                "--runs" => options.runs = value.parse()?,
                "--only" => options.parts = list(),
                _ => return Err(format!("no such option: {name}").into()),
            }
        }
        let names = shapes::SHAPES.map(|(name, _)| name);
        if let Some(unknown) = options.shapes.iter().find(|name| !names.contains(&name.as_str())) {
            return Err(format!("no such shape: {unknown} (there are {})", names.join(", ")).into());
        }
        if let Some(unknown) = options.parts.iter().find(|name| !PARTS.contains(&name.as_str())) {
            return Err(format!("no such part: {unknown} (there are {})", PARTS.join(", ")).into());
        }
        if shapes::format(&options.format).is_none() {
            return Err(format!("no such format: {} (there are q8_0, f16, f32)", options.format).into());
        }
        if !(options.seconds > 0.0 && options.seconds <= 60.0) {
            return Err("--seconds is not above 0 and at most 60".into());
        }
        if !(1..=100).contains(&options.runs) {
            return Err("--runs is not in 1..=100".into());
        }
        Ok(options)
    }

    fn wants(&self, part: &str) -> bool {
        self.parts.iter().any(|wanted| wanted == part)
    }
}

fn say(text: &str) {
    #[cfg(not(target_arch = "wasm32"))]
    eprintln!("{text}");
    #[cfg(target_arch = "wasm32")]
    web_sys::console::log_1(&text.into());
}

/// Everything that was asked for, as one object.
pub(crate) async fn measure(options: &Options) -> Result<Value, Box<dyn Error>> {
    let gpu = Rc::new(Gpu::open().await?);
    let report = gpu.report().clone();
    let adapter = format!("{} ({}, {})", report.name, report.backend, report.driver);
    say(&format!("adapter: {adapter}"));
    let mut speeds = Vec::new();
    for _ in 0..3 {
        speeds.push(tier::measure(&gpu, now).await?);
    }
    let copy = median(&speeds.iter().map(|speed| speed.copy_bytes_per_second).collect::<Vec<_>>());
    let trip = median(&speeds.iter().map(|speed| speed.round_trip_seconds).collect::<Vec<_>>());
    say(&format!("copy: {:.2} GB/s, round trip {:.3} ms", copy / 1e9, trip * 1e3));
    let mut result = json!({
        "adapter": adapter,
        "is_software": report.is_software,
        "format": options.format,
        "seconds": options.seconds,
        "copy_bytes_s": copy,
        "round_trip_ms": trip * 1e3,
    });
    let mut names = options.shapes.clone();
    if names.is_empty() {
        let usual: &[&str] = if report.is_software { &["demo", "15m"] } else { &["135m", "1b"] };
        names = usual.iter().map(|name| (*name).to_owned()).collect();
    }
    if options.wants("decode") {
        decoding(&gpu, options, &names, copy, &mut result).await?;
    }
    if options.wants("cpu") {
        let mut rates = Map::new();
        for name in &names {
            let (Some(shape), Some(format)) = (shapes::shape(name), shapes::format(&options.format)) else {
                continue;
            };
            // A thread of its own takes a minute to make up a model of a billion parameters.
            if name != "1b" {
                let rate = decode::on_cpu(shape, format, (options.seconds, options.runs))?;
                say(&format!("{name}: decode {rate:.1} tok/s on one core of the CPU"));
                rates.insert(name.clone(), rate.into());
            }
        }
        result["cpu_decode_tok_s"] = rates.into();
    }
    if options.wants("gemv") {
        result["gemv_share"] = memory::shares(&gpu, copy, options.seconds).await?.into();
    }
    if options.wants("pow") {
        hashing(&gpu, options.seconds, &mut result).await?;
    }
    Ok(result)
}

/// Adds what the decoders give. Single figures are those of the last, largest shape.
async fn decoding(
    gpu: &Rc<Gpu>,
    options: &Options,
    names: &[String],
    copy: f64,
    result: &mut Value,
) -> Result<(), Box<dyn Error>> {
    for name in names {
        let (Some(shape), Some(format)) = (shapes::shape(name), shapes::format(&options.format)) else {
            continue;
        };
        let measured = decode::on_gpu(gpu, shape, format, (copy, options.seconds, options.runs)).await?;
        say(&format!("{name}: decode {:.1} tok/s, prefill {:.1} tok/s", measured.decode, measured.prefill));
        result["shapes"][name] = json!({
            "vocabulary": shape.vocabulary,
            "hidden": shape.hidden,
            "feed_forward": shape.feed_forward,
            "layers": shape.layers,
            "heads": shape.heads,
            "kv_heads": shape.kv_heads,
            "head_dim": shape.head_dim,
        });
        result["decode_tok_s"][name] = measured.decode.into();
        result["bandwidth_share"][name] = measured.bandwidth_share.into();
        result["prefill_tok_s"][name] = measured.prefill.into();
        result["weight_bytes"][name] = measured.weight_bytes.into();
        result["prefill_tflops"] = measured.prefill_tflops.into();
        result["dispatches_per_token"] = measured.dispatches_per_token.into();
        result["host_us_per_dispatch"] = measured.host_us_per_dispatch.into();
    }
    Ok(())
}

async fn hashing(gpu: &Rc<Gpu>, seconds: f64, result: &mut Value) -> Result<(), Box<dyn Error>> {
    let on_gpu = search::on_gpu(gpu, seconds).await?;
    #[cfg(not(target_arch = "wasm32"))]
    let (on_cpu, threads) = search::on_all_cores(seconds);
    #[cfg(target_arch = "wasm32")]
    let (on_cpu, threads) = (search::on_one_core(seconds), 1);
    say(&format!(
        "proof of work: {:.2} MH/s, CPU {:.2} MH/s in {threads} threads",
        on_gpu / 1e6,
        on_cpu / 1e6
    ));
    let independent = search::integer_operations(gpu, 8, seconds / 2.0).await?;
    let dependent = search::integer_operations(gpu, 1, seconds / 2.0).await?;
    say(&format!("integers: {:.2} and {:.2} Gop/s", independent / 1e9, dependent / 1e9));
    result["pow_hashes_s"] = on_gpu.into();
    result["pow_cpu_hashes_s"] = on_cpu.into();
    result["pow_cpu_threads"] = threads.into();
    result["pow_ratio"] = (on_gpu / on_cpu).into();
    result["pow_operations_per_hash"] = pow::operations_per_hash().into();
    result["int_ops_s"] = json!({ "independent": independent, "dependent": dependent });
    let limit = independent.max(dependent) / pow::operations_per_hash() as f64;
    result["pow_int_op_share"] = (on_gpu / limit).into();
    Ok(())
}

#[cfg(not(target_arch = "wasm32"))]
fn main() -> Result<(), Box<dyn Error>> {
    let options = Options::parse(std::env::args().skip(1))?;
    let result = futures::executor::block_on(measure(&options))?;
    println!("{}", serde_json::to_string_pretty(&result)?);
    Ok(())
}

#[cfg(target_arch = "wasm32")]
fn main() {}

/// Measures what the options ask for, separated by spaces, and returns JSON.
#[cfg(target_arch = "wasm32")]
#[wasm_bindgen::prelude::wasm_bindgen]
pub async fn bench(options: String) -> Result<String, String> {
    let options =
        Options::parse(options.split_whitespace().map(str::to_owned)).map_err(|error| error.to_string())?;
    measure(&options).await.map(|result| result.to_string()).map_err(|error| error.to_string())
}
