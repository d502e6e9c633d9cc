//! Bringing results back: one copy, one map, one await.

use futures::channel::oneshot;

use crate::{
    error::DeviceError,
    runtime::{Gpu, buffers::Storage, recording::Recording},
};

impl Gpu {
    /// Runs the recordings, then brings back the first `bytes` of `buffer`. Waits for all of it.
    ///
    /// # Errors
    /// [`DeviceError::Lost`], [`DeviceError::Reported`] or [`DeviceError::ReadBack`].
    pub async fn run_and_read(
        &self,
        recordings: &[&Recording],
        buffer: &Storage,
        bytes: u64,
    ) -> Result<Vec<u8>, DeviceError> {
        self.health()?;
        let bytes = bytes.next_multiple_of(4).min(buffer.bytes());
        let staging = self.device.create_buffer(&wgpu::BufferDescriptor {
            label: Some("staging"),
            size: bytes,
            usage: wgpu::BufferUsages::MAP_READ | wgpu::BufferUsages::COPY_DST,
            mapped_at_creation: false,
        });
        self.submit_with(recordings, &[(buffer, &staging, bytes)]);
        let (done, mapped) = oneshot::channel();
        staging.map_async(wgpu::MapMode::Read, .., move |result| {
            // A dropped receiver means that nobody waits any more.
            _ = done.send(result);
        });
        self.wait()?;
        let result = match mapped.await {
            Ok(Ok(())) => staging
                .get_mapped_range(..)
                .map(|view| view.to_vec())
                .map_err(|error| DeviceError::ReadBack { reason: error.to_string() }),
            Ok(Err(error)) => Err(DeviceError::ReadBack { reason: error.to_string() }),
            Err(oneshot::Canceled) => Err(DeviceError::ReadBack { reason: "the device went away".into() }),
        };
        staging.destroy();
        // A lost device explains a failed read-back better than the read-back does.
        self.health()?;
        result
    }

    /// Brings back a buffer as values.
    ///
    /// # Errors
    /// As [`Gpu::run_and_read`].
    pub async fn read<T: bytemuck::AnyBitPattern>(
        &self,
        recordings: &[&Recording],
        buffer: &Storage,
        count: usize,
    ) -> Result<Vec<T>, DeviceError> {
        let bytes = self.run_and_read(recordings, buffer, (count * size_of::<T>()) as u64).await?;
        Ok(bytes.chunks_exact(size_of::<T>()).map(bytemuck::pod_read_unaligned).take(count).collect())
    }

    /// Waits until the queue is empty, by way of a read-back of a few bytes.
    ///
    /// # Errors
    /// As [`Gpu::run_and_read`].
    pub async fn settle(&self, recordings: &[&Recording], buffer: &Storage) -> Result<(), DeviceError> {
        self.run_and_read(recordings, buffer, 4).await.map(drop)
    }

    #[cfg(not(target_arch = "wasm32"))]
    fn wait(&self) -> Result<(), DeviceError> {
        match self.device.poll(wgpu::PollType::wait_indefinitely()) {
            Ok(_) => Ok(()),
            Err(error) => {
                self.health()?;
                Err(DeviceError::ReadBack { reason: error.to_string() })
            }
        }
    }

    #[cfg(target_arch = "wasm32")]
    #[expect(
        clippy::unnecessary_wraps,
        clippy::unused_self,
        reason = "the browser delivers the callback itself"
    )]
    fn wait(&self) -> Result<(), DeviceError> {
        Ok(())
    }
}
