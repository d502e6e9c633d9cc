//! Twin of `gemv.wgsl` and its input and output parts.

use crate::kernels::{cpu::unpack, pack::Format};

/// Rows of a matrix in their packed form.
#[derive(Debug, Clone)]
pub struct Rows {
    /// The weights' format.
    pub format: Format,
    /// Columns, unpadded.
    pub columns: usize,
    /// Packed values.
    pub weights: Vec<u8>,
    /// Packed scales.
    pub scales: Vec<u8>,
}

impl Rows {
    /// So many rows of zeros, to be filled.
    #[must_use]
    pub fn zeroed(format: Format, rows: usize, columns: usize) -> Self {
        Self {
            format,
            columns,
            weights: vec![0; rows * format.row_bytes(columns)],
            scales: vec![0; rows * format.scale_bytes(columns)],
        }
    }

    /// Number of rows.
    #[must_use]
    pub fn len(&self) -> usize {
        self.weights.len().checked_div(self.format.row_bytes(self.columns)).unwrap_or(0)
    }

    /// Whether there are no rows.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn weight_row(&self, row: usize) -> &[u8] {
        let bytes = self.format.row_bytes(self.columns);
        self.weights.get(row * bytes..(row + 1) * bytes).unwrap_or(&[])
    }

    fn scale_row(&self, row: usize) -> &[u8] {
        let bytes = self.format.scale_bytes(self.columns);
        self.scales.get(row * bytes..(row + 1) * bytes).unwrap_or(&[])
    }

    /// A row as numbers, without its padding.
    #[must_use]
    pub fn row(&self, row: usize) -> Vec<f32> {
        let mut values = unpack::row(self.format, self.weight_row(row), self.scale_row(row));
        values.truncate(self.columns);
        values
    }

    /// The dot product of a row with a vector, which may be shorter than the padded row.
    #[must_use]
    pub fn dot(&self, row: usize, vector: &[f32]) -> f32 {
        let (weights, scales) = (self.weight_row(row), self.scale_row(row));
        match self.format {
            Format::F32 => lantern_lanes::f32(weights, vector),
            Format::F16 => lantern_lanes::f16(weights, vector),
            Format::Bf16 => lantern_lanes::bf16(weights, vector),
            Format::Q8_0 => lantern_lanes::q8_0(weights, scales, vector),
            Format::Q4_0 => lantern_lanes::q4_0(weights, scales, vector),
            Format::Q4K => lantern_lanes::q4_k(weights, scales, vector),
            Format::Q6K => lantern_lanes::q6_k(weights, scales, vector),
        }
    }
}

/// Twin of the `norm` input: `x * gain / rms`.
#[must_use]
pub fn rms_norm(vector: &[f32], gain: &[f32], epsilon: f32) -> Vec<f32> {
    #[expect(clippy::cast_precision_loss, reason = "a vector has far fewer than 2^24 values")]
    let mean = vector.iter().map(|x| x * x).sum::<f32>() / vector.len() as f32;
    let factor = 1.0 / (mean + epsilon).sqrt();
    vector.iter().zip(gain).map(|(x, gain)| x * gain * factor).collect()
}

/// Twin of the `store` output.
#[must_use]
pub fn store(rows: &Rows, vector: &[f32]) -> Vec<f32> {
    (0..rows.len()).map(|row| rows.dot(row, vector)).collect()
}

/// Twin of the `bias` output.
#[must_use]
pub fn bias(rows: &Rows, vector: &[f32], bias: &[f32]) -> Vec<f32> {
    store(rows, vector).iter().zip(bias).map(|(x, bias)| x + bias).collect()
}

/// Twin of the `add` output.
pub fn add(rows: &Rows, vector: &[f32], to: &mut [f32]) {
    for (row, to) in to.iter_mut().enumerate() {
        *to += rows.dot(row, vector);
    }
}

/// Twin of the `silu_mul` output: the first half of the rows are gates, the second half ups.
#[must_use]
pub fn silu_mul(rows: &Rows, vector: &[f32]) -> Vec<f32> {
    let half = rows.len() / 2;
    (0..half)
        .map(|row| {
            let gate = rows.dot(row, vector);
            gate / (1.0 + (-gate).exp()) * rows.dot(row + half, vector)
        })
        .collect()
}

/// Twin of the `merge` input: parts with their largest score and sum of exponentials become one vector per head.
#[must_use]
pub fn merge(parts: &[f32], stats: &[[f32; 2]], heads: usize, splits: usize) -> Vec<f32> {
    let head_dim = parts.len().checked_div(heads * splits).unwrap_or(0);
    let mut merged = Vec::with_capacity(heads * head_dim);
    for (vectors, stats) in parts.chunks(splits * head_dim).zip(stats.chunks(splits)) {
        let peak = stats.iter().fold(-1e30_f32, |peak, stat| peak.max(stat[0]));
        let total: f32 = stats.iter().map(|[top, sum]| sum * (top - peak).exp()).sum();
        let mut sum = vec![0.0; head_dim];
        for (vector, [top, _]) in vectors.chunks(head_dim).zip(stats) {
            let share = (top - peak).exp() / total;
            for (sum, x) in sum.iter_mut().zip(vector) {
                *sum += x * share;
            }
        }
        merged.extend(sum);
    }
    merged
}
