//! Proof of work on the GPU.
