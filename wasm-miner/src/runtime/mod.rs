//! Everything that touches wgpu: the device, its buffers, pipelines, recorded dispatches and read-backs.

pub mod buffers;
pub mod device;
pub mod pipeline;
pub mod readback;
pub mod recording;
pub mod tier;
pub mod variants;

pub use device::Gpu;
