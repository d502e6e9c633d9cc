//! Proof of work on the CPU.
