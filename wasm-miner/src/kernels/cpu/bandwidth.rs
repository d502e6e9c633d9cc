//! Twin of `bandwidth.wgsl`.

/// Copies 16-byte vectors.
pub fn copy(from: &[u8], to: &mut [u8]) {
    for (to, from) in to.chunks_exact_mut(16).zip(from.chunks_exact(16)) {
        to.copy_from_slice(from);
    }
}
