//! The table of rotations: cosine and sine per position and half dimension.

use crate::model::config::{Config, RopeScaling};

/// Rotations for `positions` positions, `head_dim / 2` each, computed in f64.
#[must_use]
pub fn table(config: &Config, positions: usize) -> Vec<[f32; 2]> {
    let half = config.head_dim / 2;
    let frequencies: Vec<f64> = (0..half).map(|index| frequency(config, index)).collect();
    let mut turns = Vec::with_capacity(positions * half);
    for position in 0..positions {
        for frequency in &frequencies {
            #[expect(clippy::cast_precision_loss, reason = "positions are far below 2^53")]
            let angle = position as f64 * frequency;
            #[expect(clippy::cast_possible_truncation, reason = "rounding to f32 is meant")]
            turns.push([angle.cos() as f32, angle.sin() as f32]);
        }
    }
    turns
}

fn frequency(config: &Config, index: usize) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "head dimensions are at most 256")]
    let plain = config.rope_theta.powf(-((2 * index) as f64) / config.head_dim as f64);
    match &config.rope {
        RopeScaling::None => plain,
        RopeScaling::Factors(factors) => plain / factors.get(index).copied().map_or(1.0, f64::from),
        &RopeScaling::Llama3 { factor, low_frequency, high_frequency, original_context } => {
            let waves = original_context * plain / std::f64::consts::TAU;
            let share = ((waves - low_frequency) / (high_frequency - low_frequency)).clamp(0.0, 1.0);
            plain / factor * (1.0 - share) + plain * share
        }
    }
}
