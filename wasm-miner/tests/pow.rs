//! Proof of work against vectors of an independent implementation, and the kernel against its twin.

#![allow(clippy::unwrap_used, clippy::panic, reason = "these are tests")]

mod support;

use std::rc::Rc;

use futures::executor::block_on;
use lantern_wasm_miner::{
    kernels::{
        cpu,
        pow::{PER_SLOT, PowKernel, Search, text::Rounds},
    },
    pow::{GpuMiner, Solver, Work},
};
use serde::Deserialize;

#[derive(Deserialize)]
struct Vectors {
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    netuid: u16,
    block_hash: String,
    hotkey: String,
    coldkey: String,
    difficulty: u64,
    start: u64,
    seals: Vec<Seal>,
    first_nonce: String,
    first_seal: String,
}

#[derive(Deserialize)]
struct Seal {
    nonce: String,
    seal: String,
}

fn cases() -> Vec<(Case, Work)> {
    let vectors: Vectors = serde_json::from_str(include_str!("fixtures/pow_vectors.json")).unwrap();
    let bytes = |text: &str| <[u8; 32]>::try_from(hex::decode(text).unwrap()).unwrap();
    let work = |case: &Case| Work {
        netuid: case.netuid,
        block_hash: bytes(&case.block_hash),
        hotkey: bytes(&case.hotkey),
        coldkey: bytes(&case.coldkey),
        difficulty: case.difficulty,
    };
    vectors
        .cases
        .into_iter()
        .map(|case| {
            let work = work(&case);
            (case, work)
        })
        .collect()
}

#[test]
fn seals_are_those_of_the_sdk() {
    for (case, work) in cases() {
        for seal in &case.seals {
            assert_eq!(hex::encode(work.seal(seal.nonce.parse().unwrap())), seal.seal);
        }
    }
}

#[test]
fn the_first_valid_nonce_is_that_of_the_sdk() {
    for (case, work) in cases() {
        let first: u64 = case.first_nonce.parse().unwrap();
        assert_eq!(hex::encode(work.seal(first)), case.first_seal);
        for nonce in case.start..first {
            assert!(!work.is_valid(&work.seal(nonce)), "{nonce}");
        }
        assert!(work.is_valid(&work.seal(first)));
    }
}

#[test]
fn targets_divide_exactly() {
    let target = |difficulty: u64| Work { difficulty, ..cases()[0].1 }.target();
    assert_eq!(target(1), [255; 32]);
    assert_eq!(target(0), [255; 32]);
    let mut half = [255; 32];
    half[31] = 127;
    assert_eq!(target(2), half);
    let mut third = [0x55; 32];
    assert_eq!(target(3), third);
    // (2^256 - 1) / (2^64 - 1) = 2^192 + 2^128 + 2^64 + 1
    third = [0; 32];
    (third[0], third[8], third[16], third[24]) = (1, 1, 1, 1);
    assert_eq!(target(u64::MAX), third);
}

#[test]
fn the_cpu_solver_finds_and_renews() {
    let (_, work) = &cases()[1];
    let mut solver = Solver::new(*work, 0x00ff_ffff_0000_0000);
    let solve = |solver: &mut Solver| {
        for _ in 0..1000 {
            if let Some(solution) = solver.step_cpu(64).solution {
                return solution;
            }
        }
        panic!("nothing in 64,000 nonces at difficulty 256");
    };
    let first = solve(&mut solver);
    assert_eq!(work.seal(first.nonce), first.seal);
    let second = solve(&mut solver);
    assert_ne!(first, second, "the solver goes on after a solution");
    let newer = Work { block_hash: [9; 32], ..*work };
    solver.renew(newer);
    let third = solve(&mut solver);
    assert!(newer.is_valid(&third.seal) && newer.seal(third.nonce) == third.seal);
    assert!(solver.tried() > 0);
}

#[test]
#[cfg_attr(skip_gpu_tests, ignore = "LANTERN_SKIP_GPU_TESTS is set: no adapter here")]
fn the_kernel_finds_what_its_twin_finds() {
    let gpu = support::gpu();
    let (_, work) = &cases()[2];
    for rounds in [Rounds::Unrolled, Rounds::Looped] {
        let kernel = block_on(PowKernel::with_rounds(&gpu, 4, rounds)).unwrap();
        for (first, count, slots, one_in) in
            [(0, 1, 1, 1), (0, 100_000, 1, 6000), (PER_SLOT - 7001, 7001, 3, 1500)]
        {
            let search = Search {
                states: (0..slots).map(|low| work.state(low)).collect(),
                target_top: u32::MAX / one_in,
                first,
                count,
            };
            let (mut hits, more) = block_on(kernel.run(&gpu, &search)).unwrap();
            hits.sort_by_key(|hit| (hit.slot, hit.high));
            assert!(!more && !hits.is_empty());
            assert_eq!(hits, cpu::pow::run(&search), "{rounds:?}");
        }
        // Every nonce is a hit at the lowest difficulty, and the kernel says that there were more than it kept.
        let all = Search { states: vec![work.state(0)], target_top: u32::MAX, first: 0, count: 500 };
        let (hits, more) = block_on(kernel.run(&gpu, &all)).unwrap();
        assert!(more && !hits.is_empty());
    }
}

#[test]
#[cfg_attr(skip_gpu_tests, ignore = "LANTERN_SKIP_GPU_TESTS is set: no adapter here")]
fn the_gpu_solver_finds_a_seal() {
    let gpu = support::gpu();
    let miner = block_on(GpuMiner::new(Rc::clone(&gpu))).unwrap();
    let (_, work) = &cases()[3];
    let mut solver = Solver::new(*work, 42);
    for _ in 0..100 {
        if let Some(solution) = block_on(solver.step_gpu(&miner, 20_000)).unwrap().solution {
            assert!(work.is_valid(&work.seal(solution.nonce)) && work.seal(solution.nonce) == solution.seal);
            return;
        }
    }
    panic!("nothing in 2,000,000 nonces at difficulty 20,000");
}
