//! Twin of `gemm.wgsl` and its input parts. The output parts are those of the GEMV.

use crate::kernels::cpu::gemv::{self, Rows};

/// Every vector of a chunk through a matrix; `[tokens][rows]` comes out.
#[must_use]
pub fn store(rows: &Rows, vectors: &[Vec<f32>]) -> Vec<Vec<f32>> {
    vectors.iter().map(|vector| gemv::store(rows, vector)).collect()
}

/// As [`store`], with a bias.
#[must_use]
pub fn bias(rows: &Rows, vectors: &[Vec<f32>], bias: &[f32]) -> Vec<Vec<f32>> {
    vectors.iter().map(|vector| gemv::bias(rows, vector, bias)).collect()
}

/// As [`store`], added to what is there.
pub fn add(rows: &Rows, vectors: &[Vec<f32>], to: &mut [Vec<f32>]) {
    for (vector, to) in vectors.iter().zip(to) {
        gemv::add(rows, vector, to);
    }
}

/// As [`store`], with `silu(gate) * up`.
#[must_use]
pub fn silu_mul(rows: &Rows, vectors: &[Vec<f32>]) -> Vec<Vec<f32>> {
    vectors.iter().map(|vector| gemv::silu_mul(rows, vector)).collect()
}

/// Twin of the `norm` input.
#[must_use]
pub fn rms_norm(vectors: &[Vec<f32>], gain: &[f32], epsilon: f32) -> Vec<Vec<f32>> {
    vectors.iter().map(|vector| gemv::rms_norm(vector, gain, epsilon)).collect()
}
