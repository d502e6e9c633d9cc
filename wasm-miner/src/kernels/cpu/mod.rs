//! The kernels' twins on the CPU: the same names, the same packed weights, plain code.

pub mod attention;
pub mod bandwidth;
pub mod bert;
pub mod embed;
pub mod exact;
pub mod gemm;
pub mod gemv;
pub mod pow;
pub mod prefill;
pub mod sample;
pub mod step;
pub mod unpack;
