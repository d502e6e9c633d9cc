//! Device memory: storage buffers with a checked size, freed when dropped.

use crate::{error::DeviceError, runtime::Gpu};

/// A storage buffer that gives its memory back on drop, in browsers too.
#[derive(Debug)]
pub struct Storage {
    pub(crate) raw: wgpu::Buffer,
    bytes: u64,
}

impl Storage {
    /// Its size in bytes, a multiple of 16.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.bytes
    }
}

impl Drop for Storage {
    fn drop(&mut self) {
        // In browsers dropping the handle alone leaves the memory to the garbage collector.
        self.raw.destroy();
    }
}

impl Gpu {
    /// A zeroed storage buffer of at least `bytes`, rounded up to a multiple of 16.
    ///
    /// # Errors
    /// [`DeviceError::BufferTooLarge`] before the device is asked.
    pub fn storage(&self, label: &str, bytes: u64) -> Result<Storage, DeviceError> {
        let bytes = bytes.max(16).next_multiple_of(16);
        let limit = self.report().max_buffer_bytes.min(self.report().max_binding_bytes);
        if bytes > limit {
            return Err(DeviceError::BufferTooLarge { label: label.to_owned(), bytes, limit });
        }
        let raw = self.device.create_buffer(&wgpu::BufferDescriptor {
            label: Some(label),
            size: bytes,
            usage: wgpu::BufferUsages::STORAGE | wgpu::BufferUsages::COPY_DST | wgpu::BufferUsages::COPY_SRC,
            mapped_at_creation: false,
        });
        Ok(Storage { raw, bytes })
    }

    /// A storage buffer that starts with `content`.
    ///
    /// # Errors
    /// As [`Gpu::storage`].
    pub fn storage_with<T: bytemuck::NoUninit>(
        &self,
        label: &str,
        content: &[T],
    ) -> Result<Storage, DeviceError> {
        let bytes: &[u8] = bytemuck::cast_slice(content);
        let buffer = self.storage(label, bytes.len() as u64)?;
        self.write(&buffer, 0, bytes);
        Ok(buffer)
    }

    /// Writes bytes at an offset that is a multiple of 4; a ragged end is padded with zeros.
    pub fn write(&self, buffer: &Storage, offset: u64, bytes: &[u8]) {
        let whole = bytes.len() & !3;
        let (body, tail) = bytes.split_at(whole);
        if !body.is_empty() {
            self.queue.write_buffer(&buffer.raw, offset, body);
        }
        if !tail.is_empty() {
            let mut word = [0_u8; 4];
            for (to, from) in word.iter_mut().zip(tail) {
                *to = *from;
            }
            self.queue.write_buffer(&buffer.raw, offset + whole as u64, &word);
        }
    }
}
