//! Finds the device, checks it and measures it.

use std::rc::Rc;

use lantern_worker_bridge::miner::{self, DeviceReport, KernelCheck, KernelVariant, Tier};

use crate::{
    error::DeviceError,
    runtime::{Gpu, tier, variants},
    service::Service,
};

impl Service {
    /// The device, opened if it is not open or was lost.
    pub(super) async fn gpu(&self) -> Result<Rc<Gpu>, DeviceError> {
        let known = self.gpu.borrow().clone();
        if let Some(gpu) = known
            && gpu.health().is_ok()
        {
            return Ok(gpu);
        }
        self.leave_device();
        let gpu = Rc::new(Gpu::open().await?);
        // What was chosen on the adapter before it was lost holds on.
        if let Some(variants) = self.variants.get() {
            gpu.set_variants(variants);
        }
        self.gpu.replace(Some(Rc::clone(&gpu)));
        Ok(gpu)
    }

    /// Lets the device go after an error, so that the next one is fresh. What has failed gives its memory back.
    pub(super) fn leave_device(&self) {
        if let Some(gpu) = self.gpu.take()
            && gpu.health().is_err()
        {
            gpu.destroy();
        }
    }

    /// What the device is and can do; remembered.
    pub(super) async fn probe(&self) -> DeviceReport {
        if let Some(report) = self.report.borrow().clone() {
            return report;
        }
        let report = match self.gpu().await {
            Err(error) => without_gpu(error.to_string(), None),
            Ok(gpu) => self.examine(&gpu).await,
        };
        self.report.replace(Some(report.clone()));
        report
    }

    /// Whether the GPU may be used, by the self-test.
    pub(super) async fn has_gpu(&self) -> bool {
        self.probe().await.tier != Tier::Cpu
    }

    async fn examine(&self, gpu: &Rc<Gpu>) -> DeviceReport {
        let adapter = Some(adapter(gpu));
        // The variants first, so that the checks are of what will run.
        let variants = match variants::choose(gpu, || self.host.now()).await {
            Ok(timings) => {
                self.variants.set(Some(gpu.variants()));
                timings.iter().map(kernel_variant).collect()
            }
            Err(error) => return without_gpu(error.to_string(), adapter),
        };
        let checks = match tier::check(gpu).await {
            Ok(checks) => checks.iter().map(kernel_check).collect::<Vec<_>>(),
            Err(error) => return without_gpu(error.to_string(), adapter),
        };
        if let Some(failed) = checks.iter().find(|check| !check.passed()) {
            let problem = format!("this device computes wrong numbers ({})", failed.kernel);
            return DeviceReport { checks, ..without_gpu(problem, adapter) };
        }
        let speed = match tier::measure(gpu, || self.host.now()).await {
            Ok(speed) => speed,
            Err(error) => return without_gpu(error.to_string(), adapter),
        };
        DeviceReport {
            tier: if gpu.report().is_software { Tier::SoftwareGpu } else { Tier::Gpu },
            gpu_problem: None,
            adapter,
            checks,
            copy_bytes_per_second: Some(speed.copy_bytes_per_second),
            round_trip_seconds: Some(speed.round_trip_seconds),
            variants,
        }
    }
}

fn without_gpu(problem: String, adapter: Option<miner::AdapterReport>) -> DeviceReport {
    DeviceReport {
        tier: Tier::Cpu,
        gpu_problem: Some(problem),
        adapter,
        checks: Vec::new(),
        copy_bytes_per_second: None,
        round_trip_seconds: None,
        variants: Vec::new(),
    }
}

fn kernel_check(check: &tier::Check) -> KernelCheck {
    KernelCheck { kernel: check.name.to_owned(), difference: check.difference, allowed: check.allowed }
}

fn kernel_variant(timing: &variants::Timing) -> KernelVariant {
    KernelVariant {
        kernel: timing.kernel.to_owned(),
        variant: timing.variant.to_owned(),
        operations_per_second: timing.operations_per_second,
        is_chosen: timing.is_chosen,
    }
}

fn adapter(gpu: &Gpu) -> miner::AdapterReport {
    let report = gpu.report().clone();
    miner::AdapterReport {
        name: report.name,
        driver: report.driver,
        backend: report.backend,
        is_software: report.is_software,
        max_buffer_bytes: report.max_buffer_bytes,
        max_binding_bytes: report.max_binding_bytes,
        max_workgroup_bytes: report.max_workgroup_bytes,
        max_invocations: report.max_invocations,
        has_f16: report.has_f16,
        has_subgroups: report.has_subgroups,
    }
}
