//! Twin of `pow.wgsl`: the same search with the hashes of well-known crates.

use sha2::digest::generic_array::GenericArray;
use sha3::{Digest as _, Keccak256};

use crate::{
    kernels::pow::{Hit, Search},
    pow::MESSAGE_BYTES,
};

/// The seal of a nonce's high bits, given the SHA-256 state after the first two blocks.
#[must_use]
pub fn seal(state: &[u32; 8], high: u32) -> [u8; 32] {
    let mut block = [0_u8; 64];
    let [a, b, c, _] = high.to_le_bytes();
    let bits = (MESSAGE_BYTES as u64 * 8).to_be_bytes();
    for (to, from) in block.iter_mut().zip([a, b, c, 0x80]) {
        *to = from;
    }
    for (to, from) in block.iter_mut().skip(56).zip(bits) {
        *to = from;
    }
    let mut state = *state;
    sha2::compress256(&mut state, &[GenericArray::from(block)]);
    let mut digest = [0_u8; 32];
    for (to, word) in digest.as_chunks_mut::<4>().0.iter_mut().zip(state) {
        *to = word.to_be_bytes();
    }
    Keccak256::digest(digest).into()
}

/// The upper 32 bits of a seal as a little-endian number.
#[must_use]
pub fn top_of_seal(seal: &[u8; 32]) -> u32 {
    seal.last_chunk::<4>().map_or(u32::MAX, |top| u32::from_le_bytes(*top))
}

/// Every nonce of the search whose upper word is at or below the target's.
#[must_use]
pub fn run(search: &Search) -> Vec<Hit> {
    let mut hits = Vec::new();
    for (slot, state) in search.states.iter().enumerate() {
        for high in search.first..search.first.saturating_add(search.count) {
            if top_of_seal(&seal(state, high)) <= search.target_top {
                hits.push(Hit { slot, high });
            }
        }
    }
    hits
}
