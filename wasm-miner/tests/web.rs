//! The self-test in a browser's worker: every kernel of a decoder, the copy and the proof of work against their
//! twins, through the browser's own WGSL compiler.
//!
//! Runs with `wasm-bindgen-test-runner`; natively there is nothing here, and `compare_gpu_cpu.rs` does the same.
#![cfg(target_arch = "wasm32")]
#![allow(clippy::unwrap_used, reason = "these are tests")]

use std::rc::Rc;

use lantern_wasm_miner::{
    pow::{GpuMiner, Solver, Work},
    runtime::{Gpu, tier},
};
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_dedicated_worker);

#[wasm_bindgen_test]
async fn the_self_test_passes() {
    let gpu = Rc::new(Gpu::open().await.unwrap());
    let checks = tier::check(&gpu).await.unwrap();
    assert_eq!(checks.len(), 4);
    for check in checks {
        assert!(check.difference <= check.allowed, "{check:?}");
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
