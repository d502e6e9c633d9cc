//! Twin of `embed.wgsl`.

use crate::kernels::cpu::gemv::Rows;

/// The embedding of a token, or `None` outside of the vocabulary.
#[must_use]
pub fn embed(rows: &Rows, token: usize) -> Option<Vec<f32>> {
    (token < rows.len()).then(|| rows.row(token))
}
