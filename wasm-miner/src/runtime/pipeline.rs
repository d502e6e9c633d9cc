//! Shader text and compiled pipelines.
//!
//! A shader is put together from parts: constants first, then the files that define what the kernel calls, then
//! the kernel. The finished text is the key of the pipeline cache, so the same kernel at the same shape is
//! compiled once per device.

use std::fmt::Write as _;

use crate::{
    error::KernelError,
    runtime::{Gpu, buffers::Storage},
};

/// WGSL text in the making.
#[derive(Debug, Clone)]
pub struct Source {
    kernel: &'static str,
    text: String,
}

impl Source {
    /// Starts the text of a kernel. The name appears in labels and errors.
    #[must_use]
    pub fn new(kernel: &'static str) -> Self {
        Self { kernel, text: String::new() }
    }

    /// Adds a `u32` constant.
    #[must_use]
    pub fn count(mut self, name: &str, value: usize) -> Self {
        // Writing to a string does not fail.
        _ = writeln!(self.text, "const {name}: u32 = {value}u;");
        self
    }

    /// Adds an `f32` constant, with the exact bits of `value`.
    #[must_use]
    pub fn number(mut self, name: &str, value: f32) -> Self {
        _ = writeln!(self.text, "const {name}: f32 = {value:?}f;");
        self
    }

    /// Adds a file or a piece of text.
    #[must_use]
    pub fn part(mut self, text: &str) -> Self {
        self.text.push_str(text);
        self.text.push('\n');
        self
    }
}

/// A compiled kernel.
#[derive(Debug, Clone)]
pub struct Pipeline {
    pub(crate) raw: wgpu::ComputePipeline,
}

/// A buffer at a binding number.
pub type Binding<'a> = (u32, &'a Storage);

impl Gpu {
    /// Compiles a kernel, or takes it from the cache.
    ///
    /// # Errors
    /// [`KernelError::Compile`] with the driver's words.
    pub async fn pipeline(&self, source: &Source) -> Result<Pipeline, KernelError> {
        if let Some(known) = self.pipelines.borrow().get(&source.text) {
            return Ok(known.clone());
        }
        let scope = self.device.push_error_scope(wgpu::ErrorFilter::Validation);
        let module = self.device.create_shader_module(wgpu::ShaderModuleDescriptor {
            label: Some(source.kernel),
            source: wgpu::ShaderSource::Wgsl(source.text.as_str().into()),
        });
        let raw = self.device.create_compute_pipeline(&wgpu::ComputePipelineDescriptor {
            label: Some(source.kernel),
            layout: None,
            module: &module,
            entry_point: Some("main"),
            compilation_options: wgpu::PipelineCompilationOptions::default(),
            cache: None,
        });
        if let Some(error) = scope.pop().await {
            return Err(KernelError::Compile {
                kernel: source.kernel.to_owned(),
                message: error.to_string(),
            });
        }
        let pipeline = Pipeline { raw };
        self.pipelines.borrow_mut().insert(source.text.clone(), pipeline.clone());
        Ok(pipeline)
    }

    pub(crate) fn bind(&self, pipeline: &Pipeline, bindings: &[Binding<'_>]) -> wgpu::BindGroup {
        let entries: Vec<_> = bindings
            .iter()
            .map(|(binding, buffer)| wgpu::BindGroupEntry {
                binding: *binding,
                resource: buffer.raw.as_entire_binding(),
            })
            .collect();
        self.device.create_bind_group(&wgpu::BindGroupDescriptor {
            label: None,
            layout: &pipeline.raw.get_bind_group_layout(0),
            entries: &entries,
        })
    }
}
