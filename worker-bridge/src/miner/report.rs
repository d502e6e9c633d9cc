//! What the worker tells of the device and of what is kept on it.

use serde::{Deserialize, Serialize};

/// What the device is and can do.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DeviceReport {
    /// Which tier was chosen.
    pub tier: Tier,
    /// Why there is no GPU, where there is none.
    pub gpu_problem: Option<String>,
    /// The adapter, where there is one.
    pub adapter: Option<AdapterReport>,
    /// What the kernels gave against their CPU twins, one line each.
    pub checks: Vec<KernelCheck>,
    /// Bytes per second that a copying kernel reads and writes together; `None` without a GPU.
    pub copy_bytes_per_second: Option<f64>,
    /// Seconds for one empty trip to the device and back.
    pub round_trip_seconds: Option<f64>,
    /// The variants of kernels that were timed against each other; empty without a GPU.
    pub variants: Vec<KernelVariant>,
}

/// What the self-test found for one variant of a kernel.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct KernelVariant {
    /// Name of the kernel.
    pub kernel: String,
    /// Name of the variant.
    pub variant: String,
    /// Operations per second; `None` where it gave other numbers than the plain variant.
    pub operations_per_second: Option<f64>,
    /// Whether it is in use.
    pub is_chosen: bool,
}

/// How work is done on this device.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Tier {
    /// A graphics device whose numbers agree with the CPU.
    Gpu,
    /// A graphics interface that computes on the CPU: right, but slow.
    SoftwareGpu,
    /// The CPU alone.
    Cpu,
}

/// What the platform tells about the adapter. Browsers hide most names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AdapterReport {
    /// Name, or empty.
    pub name: String,
    /// Driver, or empty.
    pub driver: String,
    /// `webgpu` or `vulkan`.
    pub backend: String,
    /// Whether it computes on the CPU.
    pub is_software: bool,
    /// The largest buffer in bytes.
    pub max_buffer_bytes: u64,
    /// The largest bound part of a buffer in bytes.
    pub max_binding_bytes: u64,
    /// Workgroup memory in bytes.
    pub max_workgroup_bytes: u32,
    /// Invocations per workgroup.
    pub max_invocations: u32,
    /// Whether 16-bit floats are offered.
    pub has_f16: bool,
    /// Whether subgroups are offered.
    pub has_subgroups: bool,
}

/// One line of the self-test.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct KernelCheck {
    /// Name of the kernel.
    pub kernel: String,
    /// The largest difference from the CPU twin, as a share of the largest value; 0 for exact kernels.
    pub difference: f64,
    /// The largest difference allowed.
    pub allowed: f64,
}

impl KernelCheck {
    /// Whether the kernel may be used.
    #[must_use]
    pub fn passed(&self) -> bool {
        self.difference <= self.allowed
    }
}

/// What is kept for the next visit, and where.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptReport {
    /// How downloads are kept.
    pub place: KeepPlace,
    /// What is kept, by model.
    pub models: Vec<KeptModel>,
    /// Bytes that the browser would still keep for this page, where it tells.
    pub free_bytes: Option<u64>,
}

/// How downloads are kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum KeepPlace {
    /// In the page's private file system.
    Files,
    /// In the cache storage.
    Cache,
    /// Not at all, and why.
    Nowhere(String),
}

/// A model of which something is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptModel {
    /// Its address, which names it.
    pub model: String,
    /// Its name.
    pub name: String,
    /// Bytes that are kept.
    pub bytes: u64,
    /// Bytes of the files that are kept in whole or in part.
    pub total_bytes: u64,
}
