//! The smoldot light client in a dedicated worker.
