//! What can go wrong, one enum per family. Every variant names its cause; nothing falls back to a default value.

use thiserror::Error;

/// The graphics device: finding it, asking it for memory, keeping it.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum DeviceError {
    /// This build or browser offers no adapter.
    #[error("no WebGPU adapter: {reason}")]
    NoAdapter {
        /// What the platform said.
        reason: String,
    },
    /// The adapter refused the device.
    #[error("the adapter refused a device: {reason}")]
    Refused {
        /// What the platform said.
        reason: String,
    },
    /// A buffer larger than the device allows.
    #[error("{label} needs {bytes} bytes, the device allows {limit} per buffer")]
    BufferTooLarge {
        /// Which buffer.
        label: String,
        /// What it needs.
        bytes: u64,
        /// What the device allows.
        limit: u64,
    },
    /// The device ran out of memory.
    #[error("the device is out of memory")]
    OutOfMemory,
    /// The device was lost: driver reset, tab eviction, unplugged card.
    #[error("the device was lost: {reason}")]
    Lost {
        /// What the platform said.
        reason: String,
    },
    /// The device reported an error outside of any call.
    #[error("the device reported: {message}")]
    Reported {
        /// What the platform said.
        message: String,
    },
    /// A buffer could not be read back.
    #[error("reading back failed: {reason}")]
    ReadBack {
        /// What the platform said.
        reason: String,
    },
}

impl DeviceError {
    /// Whether a fresh device may succeed where this one failed: with the memory of the old one free again, where
    /// it was full.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        matches!(self, Self::Lost { .. } | Self::ReadBack { .. } | Self::OutOfMemory | Self::Reported { .. })
    }
}

/// Kernels: shapes that no kernel takes, shaders that the driver refuses, numbers that are wrong.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum KernelError {
    /// The device failed underneath.
    #[error(transparent)]
    Device(#[from] DeviceError),
    /// The driver refused a shader.
    #[error("kernel {kernel} does not compile here: {message}")]
    Compile {
        /// Which kernel.
        kernel: String,
        /// What the driver said.
        message: String,
    },
    /// A shape that the kernel does not take.
    #[error("kernel {kernel} does not take this shape: {reason}")]
    Shape {
        /// Which kernel.
        kernel: &'static str,
        /// Which rule is broken.
        reason: String,
    },
    /// The self-test found other numbers than its CPU twin.
    #[error("kernel {kernel} computes wrong numbers here: {detail}")]
    WrongNumbers {
        /// Which kernel.
        kernel: &'static str,
        /// What was expected and what came.
        detail: String,
    },
}

/// Loading a model: bytes from outside are hostile until proven otherwise.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum LoadError {
    /// The fetch failed.
    #[error("{path} could not be fetched: {reason}")]
    Fetch {
        /// Which file.
        path: String,
        /// Status or network error.
        reason: String,
    },
    /// The files that were given are not those of one model.
    #[error("these files are not a model: {reason}")]
    Files {
        /// Which rule is broken.
        reason: String,
    },
    /// The manifest does not parse or contradicts itself.
    #[error("the manifest is not usable: {reason}")]
    Manifest {
        /// Which rule is broken.
        reason: String,
    },
    /// The model's configuration is not one we can run.
    #[error("the model configuration is not usable: {reason}")]
    Config {
        /// Which rule is broken.
        reason: String,
    },
    /// The vocabulary is not one we can use.
    #[error("the vocabulary is not usable: {reason}")]
    Vocabulary {
        /// Which rule is broken.
        reason: String,
    },
    /// The header of a file of weights is not valid.
    #[error("the header of the weights file is not valid: {reason}")]
    Header {
        /// Which rule is broken.
        reason: String,
    },
    /// A tensor is missing, has the wrong shape or a type that we do not read.
    #[error("tensor {tensor}: {reason}")]
    Tensor {
        /// Which tensor.
        tensor: String,
        /// Which rule is broken.
        reason: String,
    },
    /// A weight is NaN or infinite.
    #[error("tensor {tensor} holds a value that is not a finite number")]
    NotFinite {
        /// Which tensor.
        tensor: String,
    },
    /// The file ended early or went on too long.
    #[error("{path} has {got} bytes, {expected} were promised")]
    Length {
        /// Which file.
        path: String,
        /// Bytes promised.
        expected: u64,
        /// Bytes that came.
        got: u64,
    },
    /// The file is not the one that the manifest names.
    #[error("{path} has SHA-256 {got}, the manifest says {expected}")]
    Digest {
        /// Which file.
        path: String,
        /// The manifest's digest, lower-case hex.
        expected: String,
        /// The digest of what came.
        got: String,
    },
    /// The weights are more than the CPU is given.
    #[error("the weights take {bytes} bytes, the CPU is given at most {limit}")]
    TooLargeForCpu {
        /// What they take.
        bytes: u64,
        /// The most.
        limit: u64,
    },
    /// The device failed while weights were written.
    #[error(transparent)]
    Kernel(#[from] KernelError),
}

impl LoadError {
    /// Whether the device has no room for the model.
    #[must_use]
    pub fn is_of_memory(&self) -> bool {
        let Self::Kernel(KernelError::Device(error)) = self else { return false };
        matches!(error, DeviceError::OutOfMemory | DeviceError::BufferTooLarge { .. })
    }
}

impl From<DeviceError> for LoadError {
    fn from(error: DeviceError) -> Self {
        Self::Kernel(KernelError::Device(error))
    }
}

/// Generating text.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum GenerateError {
    /// The prompt leaves no room for an answer.
    #[error("the prompt has {tokens} tokens, the model reads at most {limit}")]
    PromptTooLong {
        /// Tokens in the prompt.
        tokens: usize,
        /// The longest prompt that leaves room for one token.
        limit: usize,
    },
    /// An empty prompt on a model without a start token.
    #[error("the prompt is empty")]
    EmptyPrompt,
    /// A token outside of the vocabulary.
    #[error("token {token} is outside of the vocabulary of {vocabulary}")]
    UnknownToken {
        /// The token.
        token: u32,
        /// The vocabulary's size.
        vocabulary: usize,
    },
    /// Sampling options that make no sense.
    #[error("sampling options: {reason}")]
    Options {
        /// Which rule is broken.
        reason: &'static str,
    },
    /// The device failed underneath.
    #[error(transparent)]
    Kernel(#[from] KernelError),
}

impl From<DeviceError> for GenerateError {
    fn from(error: DeviceError) -> Self {
        Self::Kernel(KernelError::Device(error))
    }
}

/// Turning sentences into vectors.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum EmbedError {
    /// A sentence without a token.
    #[error("a sentence is empty")]
    Empty,
    /// A sentence that is longer than the encoder's positions.
    #[error("a sentence has {tokens} tokens, the model reads at most {limit}")]
    TooLong {
        /// Tokens of the sentence.
        tokens: usize,
        /// The longest sentence.
        limit: usize,
    },
    /// A token outside of the vocabulary.
    #[error("token {token} is outside of the vocabulary of {vocabulary}")]
    UnknownToken {
        /// The token.
        token: u32,
        /// The vocabulary's size.
        vocabulary: usize,
    },
    /// The device failed underneath.
    #[error(transparent)]
    Kernel(#[from] KernelError),
}

impl From<DeviceError> for EmbedError {
    fn from(error: DeviceError) -> Self {
        Self::Kernel(KernelError::Device(error))
    }
}
