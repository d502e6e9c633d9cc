//! The kernels. Each has a shader, a description of its bindings and dispatch, and a twin in [`cpu`] of the same
//! name, which is its test oracle and the fall-back where there is no GPU.

pub mod attention;
pub mod bandwidth;
pub mod bert;
pub mod cpu;
pub mod embed;
pub mod exact;
pub mod gemm;
pub mod gemv;
pub mod pack;
pub mod pow;
pub mod prefill;
pub mod quantise;
pub mod sample;
pub mod state;
