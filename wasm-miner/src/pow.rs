//! Proof of work for `pow_register`: the message, the rule, and a solver that takes jobs and gives results.
//!
//! Message: `subtensor-pow-register-v1`, netuid (u16 LE), block hash, hotkey, coldkey, nonce (u64 LE). Seal:
//! `keccak256(sha256(message))`, valid when it is, read as a little-endian number, at most
//! `(2^256 - 1) / difficulty`. The low 40 bits of the nonce end the second SHA-256 block and the high 24 bits start
//! the third, so the state after two blocks serves 2^24 nonces.

use std::rc::Rc;

use sha2::digest::generic_array::GenericArray;

use crate::{
    error::KernelError,
    kernels::{
        cpu,
        pow::{PER_SLOT, PowKernel, SLOTS, Search},
    },
    runtime::Gpu,
};

const DOMAIN: &[u8; 25] = b"subtensor-pow-register-v1";

/// Bytes of a message.
pub const MESSAGE_BYTES: usize = 131;

/// Nonces that one invocation of the kernel tries. A whole slot then takes 16,384 workgroups, which every device has.
const PER_INVOCATION: u32 = 16;

/// The initial state of SHA-256.
const SHA256_START: [u32; 8] =
    [0x6a09_e667, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a, 0x510e_527f, 0x9b05_688c, 0x1f83_d9ab, 0x5be0_cd19];

/// What is to be solved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Work {
    /// Subnet to register on.
    pub netuid: u16,
    /// Hash of the work block.
    pub block_hash: [u8; 32],
    /// Public key of the hotkey.
    pub hotkey: [u8; 32],
    /// Public key of the coldkey.
    pub coldkey: [u8; 32],
    /// Seals to try on average. Zero counts as one, as on the chain.
    pub difficulty: u64,
}

/// A valid nonce and its seal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Solution {
    /// The nonce.
    pub nonce: u64,
    /// The seal, which the call takes as its work.
    pub seal: [u8; 32],
}

impl Work {
    /// SHA-256's state after the two blocks that hold everything but the high 24 bits of the nonce.
    #[must_use]
    pub fn state(&self, low: u64) -> [u32; 8] {
        let mut blocks = [0_u8; 128];
        let [a, b, c, d, e, ..] = low.to_le_bytes();
        let netuid = self.netuid.to_le_bytes();
        let parts =
            [DOMAIN.as_slice(), &netuid, &self.block_hash, &self.hotkey, &self.coldkey, &[a, b, c, d, e]];
        for (to, from) in blocks.iter_mut().zip(parts.into_iter().flatten()) {
            *to = *from;
        }
        let mut state = SHA256_START;
        for block in blocks.as_chunks::<64>().0 {
            sha2::compress256(&mut state, &[GenericArray::from(*block)]);
        }
        state
    }

    /// The seal of a nonce.
    #[must_use]
    pub fn seal(&self, nonce: u64) -> [u8; 32] {
        let (low, high) = split(nonce);
        cpu::pow::seal(&self.state(low), high)
    }

    /// The largest valid seal, as a little-endian number: `(2^256 - 1) / difficulty`.
    #[must_use]
    pub fn target(&self) -> [u8; 32] {
        let divisor = u128::from(self.difficulty.max(1));
        let mut target = [0_u8; 32];
        let mut rest = 0_u128;
        for limb in target.as_chunks_mut::<8>().0.iter_mut().rev() {
            let part = (rest << 64) | u128::from(u64::MAX);
            #[expect(
                clippy::cast_possible_truncation,
                reason = "rest is below the divisor, so this is below 2^64"
            )]
            let quotient = (part / divisor) as u64;
            rest = part % divisor;
            *limb = quotient.to_le_bytes();
        }
        target
    }

    /// Whether a seal is good enough.
    #[must_use]
    pub fn is_valid(&self, seal: &[u8; 32]) -> bool {
        seal.iter().rev().le(self.target().iter().rev())
    }
}

fn split(nonce: u64) -> (u64, u32) {
    let high = u32::try_from(nonce >> 40).unwrap_or(u32::MAX);
    (nonce & ((1 << 40) - 1), high)
}

fn join(low: u64, high: u32) -> u64 {
    (u64::from(high) << 40) | low
}

/// Walks through the nonces of a work. A new work may take its place at any time: the next batch is of the new one.
#[derive(Debug, Clone)]
pub struct Solver {
    work: Work,
    low: u64,
    high: u32,
    tried: u64,
}

/// One step of a solver.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Step {
    /// Seals tried in this step.
    pub tried: u64,
    /// A solution, if there was one.
    pub solution: Option<Solution>,
}

impl Solver {
    /// Starts at a nonce; take a random one, so that two solvers of one key do not do the same work.
    #[must_use]
    pub fn new(work: Work, start: u64) -> Self {
        let (low, high) = split(start);
        Self { work, low, high, tried: 0 }
    }

    /// The work in progress.
    #[must_use]
    pub fn work(&self) -> &Work {
        &self.work
    }

    /// Takes up another work, from the next step on.
    pub fn renew(&mut self, work: Work) {
        self.work = work;
    }

    /// Seals tried since the start, over all works.
    #[must_use]
    pub fn tried(&self) -> u64 {
        self.tried
    }

    fn search(&self, count: u32, slots: usize) -> Search {
        let top = cpu::pow::top_of_seal(&self.work.target());
        let low = |slot: usize| (self.low + slot as u64) & ((1 << 40) - 1);
        Search {
            states: (0..slots).map(|slot| self.work.state(low(slot))).collect(),
            target_top: top,
            first: self.high,
            count: count.min(PER_SLOT - self.high).max(1),
        }
    }

    fn pass(&mut self, search: &Search) {
        self.tried += u64::from(search.count) * search.states.len() as u64;
        self.high += search.count;
        if self.high >= PER_SLOT {
            self.high = 0;
            self.low = (self.low + search.states.len() as u64) & ((1 << 40) - 1);
        }
    }

    fn confirm(&self, slot: usize, high: u32) -> Option<Solution> {
        let nonce = join((self.low + slot as u64) & ((1 << 40) - 1), high);
        let seal = self.work.seal(nonce);
        self.work.is_valid(&seal).then_some(Solution { nonce, seal })
    }

    /// Tries about `count` nonces on the CPU and stops at the first solution.
    #[must_use]
    pub fn step_cpu(&mut self, count: u32) -> Step {
        let mut search = self.search(count, 1);
        let state = search.states.first().copied().unwrap_or(SHA256_START);
        let mut solution = None;
        for tried in 0..search.count {
            let high = search.first + tried;
            if cpu::pow::top_of_seal(&cpu::pow::seal(&state, high)) <= search.target_top {
                solution = self.confirm(0, high);
                if solution.is_some() {
                    search.count = tried + 1;
                    break;
                }
            }
        }
        self.pass(&search);
        Step { tried: u64::from(search.count), solution }
    }

    /// Tries about `count` nonces on the GPU.
    ///
    /// # Errors
    /// [`KernelError`] where the device fails; the batch counts as not tried.
    pub async fn step_gpu(&mut self, miner: &GpuMiner, count: u64) -> Result<Step, KernelError> {
        let slots = count.div_ceil(u64::from(PER_SLOT)).clamp(1, SLOTS as u64);
        let per_slot = u32::try_from(count / slots).unwrap_or(PER_SLOT).clamp(1, PER_SLOT);
        let search = self.search(per_slot, usize::try_from(slots).unwrap_or(1));
        let (hits, _) = miner.kernel.run(&miner.gpu, &search).await?;
        let solution = hits.iter().find_map(|hit| self.confirm(hit.slot, hit.high));
        let before = self.tried;
        self.pass(&search);
        Ok(Step { tried: self.tried - before, solution })
    }
}

/// The solver's kernel on a device.
#[derive(Debug)]
pub struct GpuMiner {
    gpu: Rc<Gpu>,
    kernel: PowKernel,
}

impl GpuMiner {
    /// Compiles the kernel.
    ///
    /// # Errors
    /// [`KernelError::Compile`] from the driver.
    pub async fn new(gpu: Rc<Gpu>) -> Result<Self, KernelError> {
        let kernel = PowKernel::new(&gpu, PER_INVOCATION).await?;
        Ok(Self { gpu, kernel })
    }
}

/// Seconds that a search takes on average. `None` without a rate.
#[must_use]
pub fn expected_seconds(difficulty: u64, hashes_per_second: f64) -> Option<f64> {
    #[expect(clippy::cast_precision_loss, reason = "an estimate")]
    (hashes_per_second > 0.0).then(|| difficulty.max(1) as f64 / hashes_per_second)
}
