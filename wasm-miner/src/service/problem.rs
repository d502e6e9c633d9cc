//! Errors of this crate as the page hears them.

use lantern_worker_bridge::miner::{MinerError, MinerErrorKind};

use crate::error::{DeviceError, EmbedError, GenerateError, KernelError, LoadError};

/// An error of our own making.
pub(crate) fn refuse(kind: MinerErrorKind, message: impl Into<String>) -> MinerError {
    MinerError { kind, message: message.into() }
}

fn device_kind(error: &DeviceError) -> MinerErrorKind {
    match error {
        DeviceError::NoAdapter { .. } | DeviceError::Refused { .. } => MinerErrorKind::NoGpu,
        DeviceError::Lost { .. } | DeviceError::ReadBack { .. } => MinerErrorKind::DeviceLost,
        DeviceError::OutOfMemory | DeviceError::BufferTooLarge { .. } => MinerErrorKind::OutOfMemory,
        DeviceError::Reported { .. } => MinerErrorKind::BadDevice,
    }
}

fn kernel_kind(error: &KernelError) -> MinerErrorKind {
    match error {
        KernelError::Device(error) => device_kind(error),
        KernelError::Shape { .. } => MinerErrorKind::BadFile,
        KernelError::Compile { .. } | KernelError::WrongNumbers { .. } => MinerErrorKind::BadDevice,
    }
}

pub(crate) fn of_device(error: &DeviceError) -> MinerError {
    refuse(device_kind(error), error.to_string())
}

pub(crate) fn of_kernel(error: &KernelError) -> MinerError {
    refuse(kernel_kind(error), error.to_string())
}

pub(crate) fn of_load(error: &LoadError) -> MinerError {
    let kind = match error {
        LoadError::Fetch { .. } => MinerErrorKind::Fetch,
        LoadError::Kernel(error) => kernel_kind(error),
        LoadError::TooLargeForCpu { .. } => MinerErrorKind::OutOfMemory,
        _ => MinerErrorKind::BadFile,
    };
    refuse(kind, error.to_string())
}

pub(crate) fn of_generate(error: &GenerateError) -> MinerError {
    let kind = match error {
        GenerateError::Kernel(error) => kernel_kind(error),
        _ => MinerErrorKind::BadRequest,
    };
    refuse(kind, error.to_string())
}

pub(crate) fn of_embed(error: &EmbedError) -> MinerError {
    let kind = match error {
        EmbedError::Kernel(error) => kernel_kind(error),
        _ => MinerErrorKind::BadRequest,
    };
    refuse(kind, error.to_string())
}
