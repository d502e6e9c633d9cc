//! Proof of work: hashes per second on the device and on all cores, and the limit that integer arithmetic sets.

use std::{error::Error, fmt::Write as _, rc::Rc};

use lantern_wasm_miner::{
    pow::{GpuMiner, Solver, Work},
    runtime::{Gpu, pipeline::Source, recording::Recording},
};

use super::clock::{median, now};

/// No seal meets this difficulty, so that nothing ends early.
const WORK: Work =
    Work { netuid: 1, block_hash: [1; 32], hotkey: [2; 32], coldkey: [3; 32], difficulty: u64::MAX };
/// A dispatch should take about this long, as in the product.
const STEP_SECONDS: f64 = 0.04;
/// More than one dispatch takes.
const LARGEST_STEP: f64 = 2.5e8;

/// Hashes per second on the device, round trips included, as the solver of the product sees them.
pub(crate) async fn on_gpu(gpu: &Rc<Gpu>, seconds: f64) -> Result<f64, Box<dyn Error>> {
    let miner = GpuMiner::new(Rc::clone(gpu)).await?;
    let mut solver = Solver::new(WORK, 0);
    let mut count = 4096.0_f64;
    let mut rates = Vec::new();
    let started = now();
    while now() - started < seconds || rates.len() < 5 {
        let before = now();
        let step = solver.step_gpu(&miner, count as u64).await?;
        let took = (now() - before).max(1e-6);
        let rate = step.tried as f64 / took;
        let fitting = (rate * STEP_SECONDS).clamp(count / 4.0, count * 4.0).clamp(64.0, LARGEST_STEP);
        // Steps on the way to the right size are not counted.
        if fitting < count * 1.5 {
            rates.push(rate);
        }
        count = fitting;
    }
    Ok(median(&rates))
}

/// Hashes per second of the twin on one thread.
pub(crate) fn on_one_core(seconds: f64) -> f64 {
    let mut solver = Solver::new(WORK, 0);
    let started = now();
    while now() - started < seconds {
        if solver.step_cpu(4096).solution.is_some() {
            break;
        }
    }
    solver.tried() as f64 / (now() - started)
}

/// Hashes per second of the twin with a thread on every core, and the number of threads.
#[cfg(not(target_arch = "wasm32"))]
pub(crate) fn on_all_cores(seconds: f64) -> (f64, usize) {
    let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let rates: Vec<f64> = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..threads).map(|_| scope.spawn(move || on_one_core(seconds))).collect();
        workers.into_iter().filter_map(|worker| worker.join().ok()).collect()
    });
    (rates.iter().sum(), threads)
}

/// Operations of one step of one chain: twice a rotation (two shifts and an or), an exclusive or, a not, an and, an
/// addition.
const PER_STEP: f64 = 14.0;
const STEPS: usize = 512;

/// 32-bit integer operations per second, with `chains` values per invocation that can be worked on at once.
pub(crate) async fn integer_operations(
    gpu: &Gpu,
    chains: usize,
    seconds: f64,
) -> Result<f64, Box<dyn Error>> {
    let (mut start, mut steps, mut sum) = (String::new(), String::new(), String::new());
    for chain in 0..chains {
        writeln!(
            start,
            "    var a{chain} = start ^ {chain}u; var b{chain} = start + {chain}u; var c{chain} = start;"
        )?;
        writeln!(
            steps,
            "        a{chain} = (right(a{chain}, 7u) ^ (~b{chain} & c{chain})) + 0x428a2f98u;\n        \
             b{chain} = (right(b{chain}, 19u) ^ (~c{chain} & a{chain})) + step;"
        )?;
        write!(sum, " ^ a{chain} ^ b{chain}")?;
    }
    let kernel = include_str!("integers.wgsl")
        .replace("//@ start\n", &start)
        .replace("//@ steps\n", &steps)
        .replace("//@ sum\n", &sum);
    let pipeline = gpu.pipeline(&Source::new("integers").count("STEPS", STEPS).part(&kernel)).await?;
    let results = gpu.storage("results", 16)?;
    let mut workgroups = 64_u32;
    let mut rates = Vec::new();
    let began = now();
    while now() - began < seconds || rates.len() < 5 {
        let mut recording = Recording::default();
        recording.push(gpu, &pipeline, &[(0, &results)], [workgroups, 1]);
        let started = now();
        gpu.settle(&[&recording], &results).await?;
        let took = now() - started;
        if took < STEP_SECONDS / 2.0 && workgroups < 65_535 {
            workgroups = (workgroups * 2).min(65_535);
            continue;
        }
        rates.push(f64::from(workgroups) * 64.0 * STEPS as f64 * chains as f64 * PER_STEP / took);
    }
    Ok(median(&rates))
}
