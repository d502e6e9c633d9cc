//! Finds an adapter, opens a device with the adapter's own limits, and remembers what the device complains of.
//!
//! In: which adapter to prefer. Out: a [`Gpu`] that every kernel is built on. Nothing here is trusted to stay:
//! a device can be lost at any await, and [`Gpu::health`] says so.

use std::{
    cell::{Cell, RefCell},
    collections::HashMap,
    sync::{Arc, Mutex},
};

use crate::{
    error::DeviceError,
    runtime::{pipeline::Pipeline, variants::Variants},
};

/// What the platform tells about the adapter. Browsers leave most of the names empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AdapterReport {
    /// The adapter's name, or an empty string where the platform hides it.
    pub name: String,
    /// The driver and its version, or an empty string.
    pub driver: String,
    /// The graphics interface in use, for example `vulkan` or `webgpu`.
    pub backend: String,
    /// Whether the adapter computes on the CPU.
    pub is_software: bool,
    /// The largest buffer, in bytes.
    pub max_buffer_bytes: u64,
    /// The largest part of a buffer that a kernel can see at once, in bytes.
    pub max_binding_bytes: u64,
    /// Workgroup memory, in bytes.
    pub max_workgroup_bytes: u32,
    /// Invocations per workgroup.
    pub max_invocations: u32,
    /// Whether f16 arithmetic is offered. No kernel depends on it.
    pub has_f16: bool,
    /// Whether subgroup operations are offered. No kernel depends on them.
    pub has_subgroups: bool,
}

#[derive(Debug, Default)]
struct Complaints {
    lost: Option<String>,
    out_of_memory: bool,
    reported: Option<String>,
}

impl Complaints {
    fn add(&mut self, error: wgpu::Error) {
        match error {
            wgpu::Error::OutOfMemory { .. } => self.out_of_memory = true,
            other => {
                self.reported.get_or_insert(other.to_string());
            }
        }
    }

    /// The gravest complaint: a device without memory also complains of everything that used the missing buffer.
    fn verdict(&self) -> Result<(), DeviceError> {
        match (&self.lost, self.out_of_memory, &self.reported) {
            (Some(reason), _, _) => Err(DeviceError::Lost { reason: reason.clone() }),
            (None, true, _) => Err(DeviceError::OutOfMemory),
            (None, false, Some(message)) => Err(DeviceError::Reported { message: message.clone() }),
            (None, false, None) => Ok(()),
        }
    }
}

/// An open device with its queue and the pipelines compiled so far.
pub struct Gpu {
    pub(crate) device: wgpu::Device,
    pub(crate) queue: wgpu::Queue,
    pub(crate) pipelines: RefCell<HashMap<String, Pipeline>>,
    report: AdapterReport,
    variants: Cell<Variants>,
    complaints: Arc<Mutex<Complaints>>,
}

impl std::fmt::Debug for Gpu {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Gpu").field("report", &self.report).finish_non_exhaustive()
    }
}

impl Gpu {
    /// Opens the fastest adapter that the platform offers.
    ///
    /// # Errors
    /// [`DeviceError::NoAdapter`] where there is none, [`DeviceError::Refused`] where it opens no device.
    pub async fn open() -> Result<Self, DeviceError> {
        Self::open_with(wgpu::Limits::default()).await
    }

    /// Opens an adapter and asks for `base` limits, raised to what the adapter has for buffer sizes.
    ///
    /// # Errors
    /// As [`Gpu::open`].
    pub async fn open_with(base: wgpu::Limits) -> Result<Self, DeviceError> {
        let mut descriptor = wgpu::InstanceDescriptor::new_without_display_handle();
        descriptor.backends = wgpu::Backends::VULKAN | wgpu::Backends::BROWSER_WEBGPU;
        let instance = wgpu::Instance::new(descriptor);
        let adapter = instance
            .request_adapter(&wgpu::RequestAdapterOptions {
                power_preference: wgpu::PowerPreference::HighPerformance,
                ..wgpu::RequestAdapterOptions::default()
            })
            .await
            .map_err(|error| DeviceError::NoAdapter { reason: error.to_string() })?;
        let offered = adapter.limits();
        let limits = wgpu::Limits {
            max_storage_buffer_binding_size: offered.max_storage_buffer_binding_size,
            max_buffer_size: offered.max_buffer_size,
            max_compute_workgroup_storage_size: offered.max_compute_workgroup_storage_size,
            ..base.or_worse_values_from(&offered)
        };
        let (device, queue) = adapter
            .request_device(&wgpu::DeviceDescriptor {
                label: Some("lantern miner"),
                // Browsers have no subgroups through wgpu yet; what is not offered is not asked for.
                required_features: adapter.features() & wgpu::Features::SUBGROUP,
                required_limits: limits.clone(),
                ..wgpu::DeviceDescriptor::default()
            })
            .await
            .map_err(|error| DeviceError::Refused { reason: error.to_string() })?;
        let complaints = watch(&device);
        let report = describe(&adapter, &limits);
        let variants = Cell::new(Variants::usual(report.is_software));
        Ok(Self { device, queue, pipelines: RefCell::default(), report, variants, complaints })
    }

    /// What the platform tells about the adapter.
    #[must_use]
    pub fn report(&self) -> &AdapterReport {
        &self.report
    }

    /// The variants of kernels in use.
    #[must_use]
    pub fn variants(&self) -> Variants {
        self.variants.get()
    }

    /// Puts other variants into use, for everything that is recorded from now on.
    pub fn set_variants(&self, variants: Variants) {
        self.variants.set(variants);
    }

    /// Whether the device still works.
    ///
    /// # Errors
    /// [`DeviceError::Lost`], [`DeviceError::OutOfMemory`] or [`DeviceError::Reported`].
    pub fn health(&self) -> Result<(), DeviceError> {
        let Ok(complaints) = self.complaints.lock() else {
            return Err(DeviceError::Lost { reason: "a callback of the device panicked".into() });
        };
        complaints.verdict()
    }

    /// As if the device had said so.
    #[cfg(test)]
    pub(crate) fn run_out_of_memory(&self) {
        if let Ok(mut complaints) = self.complaints.lock() {
            complaints.out_of_memory = true;
        }
    }

    /// Gives the device up. Everything built on it fails afterwards, as after a driver reset.
    pub fn destroy(&self) {
        self.device.destroy();
    }
}

fn watch(device: &wgpu::Device) -> Arc<Mutex<Complaints>> {
    let complaints = Arc::new(Mutex::new(Complaints::default()));
    let lost = Arc::clone(&complaints);
    device.set_device_lost_callback(move |reason, message| {
        if let Ok(mut complaints) = lost.lock() {
            complaints.lost.get_or_insert(format!("{reason:?} {message}"));
        }
    });
    let reported = Arc::clone(&complaints);
    device.on_uncaptured_error(Arc::new(move |error: wgpu::Error| {
        if let Ok(mut complaints) = reported.lock() {
            complaints.add(error);
        }
    }));
    complaints
}

fn describe(adapter: &wgpu::Adapter, limits: &wgpu::Limits) -> AdapterReport {
    let about = adapter.get_info();
    let features = adapter.features();
    AdapterReport {
        name: about.name,
        driver: format!("{} {}", about.driver, about.driver_info).trim().to_owned(),
        backend: about.backend.to_string(),
        is_software: about.device_type == wgpu::DeviceType::Cpu,
        max_buffer_bytes: limits.max_buffer_size,
        max_binding_bytes: limits.max_storage_buffer_binding_size,
        max_workgroup_bytes: limits.max_compute_workgroup_storage_size,
        max_invocations: limits.max_compute_invocations_per_workgroup,
        has_f16: features.contains(wgpu::Features::SHADER_F16),
        has_subgroups: features.contains(wgpu::Features::SUBGROUP),
    }
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use super::*;

    #[test]
    fn the_gravest_complaint_is_told() {
        let invalid = || wgpu::Error::Validation {
            source: "of a buffer".into(),
            description: "the buffer is invalid".into(),
        };
        let mut complaints = Complaints::default();
        assert_eq!(complaints.verdict(), Ok(()));
        complaints.add(invalid());
        assert!(
            matches!(complaints.verdict(), Err(DeviceError::Reported { message }) if message.contains("invalid"))
        );
        complaints.add(wgpu::Error::OutOfMemory { source: "not enough".into() });
        complaints.add(invalid());
        assert_eq!(complaints.verdict(), Err(DeviceError::OutOfMemory));
        complaints.lost = Some("unplugged".into());
        assert_eq!(complaints.verdict(), Err(DeviceError::Lost { reason: "unplugged".into() }));
    }
}
