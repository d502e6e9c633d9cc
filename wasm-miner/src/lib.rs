//! GPU inference through wgpu in a dedicated worker.
