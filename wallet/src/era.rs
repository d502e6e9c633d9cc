//! How long a transaction stays valid.

/// Blocks that our transactions stay valid: a little over 12 minutes at 12 seconds.
pub const MORTAL_PERIOD: u64 = 64;

/// The blocks in which an extrinsic may be included, in Substrate's two-byte encoding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Era {
    /// Valid for ever. Lantern reads it but never signs it.
    Immortal,
    /// Valid for `period` blocks (a power of two) from the block whose number is `phase` modulo `period`.
    Mortal {
        /// Length in blocks.
        period: u64,
        /// Birth modulo period.
        phase: u64,
    },
}

impl Era {
    /// An era of [`MORTAL_PERIOD`] blocks that begins at `birth`.
    #[must_use]
    pub const fn from_birth(birth: u64) -> Self {
        Self::Mortal { period: MORTAL_PERIOD, phase: birth % MORTAL_PERIOD }
    }

    /// The first block of the era that `at` falls into.
    #[must_use]
    pub fn birth(self, at: u64) -> u64 {
        match self {
            Self::Immortal => 0,
            Self::Mortal { period, phase } => {
                let since = at.max(phase).saturating_sub(phase).checked_div(period).unwrap_or(0);
                since.saturating_mul(period).saturating_add(phase)
            }
        }
    }

    /// The last block that may include the extrinsic, for an era that `at` falls into.
    #[must_use]
    pub fn last_valid(self, at: u64) -> Option<u64> {
        match self {
            Self::Immortal => None,
            Self::Mortal { period, .. } => Some(self.birth(at).saturating_add(period).saturating_sub(1)),
        }
    }

    /// The bytes in an extrinsic.
    #[must_use]
    pub fn encode(self) -> Vec<u8> {
        match self {
            Self::Immortal => vec![0],
            Self::Mortal { period, phase } => {
                let quantize = (period >> 12).max(1);
                let exponent = period.trailing_zeros().saturating_sub(1).clamp(1, 15);
                let slot = phase.checked_div(quantize).unwrap_or(0) << 4;
                let encoded = u64::from(exponent) | slot;
                encoded.to_le_bytes().into_iter().take(2).collect()
            }
        }
    }

    /// Reads the era in front of `input` and leaves the rest there.
    #[must_use]
    pub fn decode(input: &mut &[u8]) -> Option<Self> {
        let (&first, rest) = input.split_first()?;
        if first == 0 {
            *input = rest;
            return Some(Self::Immortal);
        }
        let (&second, rest) = rest.split_first()?;
        let encoded = u64::from(first) | (u64::from(second) << 8);
        let period = 2_u64 << (encoded & 15);
        let quantize = (period >> 12).max(1);
        let phase = (encoded >> 4).saturating_mul(quantize);
        if period < 4 || phase >= period {
            return None;
        }
        *input = rest;
        Some(Self::Mortal { period, phase })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_encoding_is_substrates() {
        // Vectors of sp-runtime's own tests.
        assert_eq!(Era::Mortal { period: 64, phase: 42 }.encode(), [5 + 42 % 16 * 16, 42 / 16]);
        assert_eq!(
            Era::Mortal { period: 32_768, phase: 20_000 }.encode(),
            [(14 + 2_500 % 16 * 16) as u8, (2_500 / 16) as u8]
        );
        assert_eq!(Era::Immortal.encode(), [0]);
    }

    #[test]
    fn eras_read_back_and_bad_ones_are_refused() {
        for birth in [0, 1, 63, 64, 8_867_448] {
            let era = Era::from_birth(birth);
            let bytes = era.encode();
            assert_eq!(Era::decode(&mut bytes.as_slice()), Some(era));
            assert_eq!(era.birth(birth), birth);
            assert_eq!(era.birth(birth + 63), birth);
            assert_eq!(era.last_valid(birth + 5), Some(birth + 63));
        }
        assert_eq!(Era::decode(&mut [].as_slice()), None);
        assert_eq!(Era::decode(&mut [5].as_slice()), None);
        assert_eq!(Era::decode(&mut [0x05, 0xff].as_slice()), None, "the phase lies outside the period");
    }
}
