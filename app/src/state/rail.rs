//! The block rail: one tick for each of the last blocks.

use std::collections::VecDeque;

/// Ticks that fit into the rail.
pub const LENGTH: usize = 36;

/// One block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tick {
    /// Its height.
    pub number: u32,
    /// Extrinsics in it, where its body is known.
    pub extrinsics: Option<u32>,
}

/// The last blocks, oldest first.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Rail {
    ticks: VecDeque<Tick>,
    finalized: u32,
}

impl Rail {
    /// Takes a new pair of heads. A shorter best chain replaces the ticks that it undoes.
    pub fn apply(&mut self, finalized: u32, best: u32, extrinsics: Option<u32>) {
        self.finalized = finalized;
        while self.ticks.back().is_some_and(|tick| tick.number >= best) {
            self.ticks.pop_back();
        }
        // Blocks that came while nobody looked are drawn without a count; older ones are left out.
        let from = match self.ticks.back() {
            Some(tick) => tick.number.saturating_add(1),
            None => best,
        };
        let reach = u32::try_from(LENGTH).unwrap_or(u32::MAX);
        for number in from.max(best.saturating_sub(reach))..best {
            self.ticks.push_back(Tick { number, extrinsics: None });
        }
        self.ticks.push_back(Tick { number: best, extrinsics });
        while self.ticks.len() > LENGTH {
            self.ticks.pop_front();
        }
    }

    /// The ticks, oldest first.
    pub fn ticks(&self) -> impl ExactSizeIterator<Item = &Tick> {
        self.ticks.iter()
    }

    /// Whether a block is final.
    #[must_use]
    pub const fn is_final(&self, tick: &Tick) -> bool {
        tick.number <= self.finalized
    }

    /// What the rail says to someone who cannot see it.
    #[must_use]
    pub fn sentence(&self) -> String {
        let all = self.ticks.len();
        let open = self.ticks.iter().filter(|tick| !self.is_final(tick)).count();
        format!("Last {all} blocks: {} finalized, {open} not yet final", all.saturating_sub(open))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(rail: &Rail) -> Vec<u32> {
        rail.ticks().map(|tick| tick.number).collect()
    }

    #[test]
    fn blocks_queue_up_and_missed_ones_are_drawn() {
        let mut rail = Rail::default();
        rail.apply(10, 12, Some(2));
        rail.apply(11, 13, Some(1));
        rail.apply(14, 16, None);
        assert_eq!(numbers(&rail), [12, 13, 14, 15, 16]);
        assert_eq!(rail.sentence(), "Last 5 blocks: 3 finalized, 2 not yet final");
    }

    #[test]
    fn a_fork_replaces_what_it_undoes() {
        let mut rail = Rail::default();
        rail.apply(10, 12, Some(2));
        rail.apply(10, 13, Some(3));
        rail.apply(10, 12, Some(9));
        assert_eq!(rail.ticks().copied().collect::<Vec<_>>(), [Tick { number: 12, extrinsics: Some(9) }]);
    }

    #[test]
    fn the_rail_stays_short_after_a_long_sleep() {
        let mut rail = Rail::default();
        rail.apply(0, 0, None);
        rail.apply(9_999_990, 10_000_000, None);
        assert_eq!(rail.ticks().len(), LENGTH);
        assert_eq!(numbers(&rail).last(), Some(&10_000_000));
    }
}
