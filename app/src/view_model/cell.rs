//! One printed value: a number with its unit, a text, or words for its absence.

use lantern_types::format::{self, Printed};
use lantern_types::{AlphaBalance, Available, Price, TaoBalance};

/// The sign of TAO.
pub const TAO: &str = "τ";

/// What a cell shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cell {
    /// A number.
    Number {
        /// Its digits.
        printed: Printed,
        /// Its unit; empty where there is none.
        unit: String,
        /// Whether the decimals are dimmed: from one whole on, they are not the value.
        dims_decimals: bool,
    },
    /// Something else that was read.
    Text(String),
    /// Why there is nothing to show.
    Missing(&'static str),
}

impl Cell {
    /// The words for a value that is missing.
    #[must_use]
    pub fn from_available<T>(value: &Available<T>, show: impl FnOnce(&T) -> Self) -> Self {
        match value {
            Available::Value(value) => show(value),
            Available::NoRecord => Self::Missing("no record"),
            Available::NotInRuntime => Self::Missing("not available in this runtime"),
        }
    }

    /// TAO with `places` decimals.
    #[must_use]
    pub fn tao(amount: TaoBalance, places: usize) -> Self {
        Self::amount(format::tao(amount, places), TAO, amount.rao())
    }

    /// Alpha with `places` decimals and the subnet's symbol.
    #[must_use]
    pub fn alpha(amount: AlphaBalance, places: usize, symbol: &str) -> Self {
        Self::amount(format::alpha(amount, places), symbol, amount.rao())
    }

    /// A price, always fully lit: its decimals are the value.
    #[must_use]
    pub fn price(price: Price) -> Self {
        Self::Number { printed: format::price(price, 5), unit: TAO.to_owned(), dims_decimals: false }
    }

    /// Parts per million as per cent.
    #[must_use]
    pub fn percent(ppm: u64, places: usize) -> Self {
        Self::Number { printed: format::percent(ppm, places), unit: "%".to_owned(), dims_decimals: false }
    }

    /// A whole number.
    #[must_use]
    pub fn count(value: u64, unit: &str) -> Self {
        let printed = Printed { whole: format::integer(value), decimals: String::new() };
        Self::Number { printed, unit: unit.to_owned(), dims_decimals: false }
    }

    /// The cell as one line of text.
    #[must_use]
    pub fn text(&self) -> String {
        match self {
            Self::Number { printed, unit, .. } if unit.is_empty() => printed.text(),
            Self::Number { printed, unit, .. } => format!("{} {unit}", printed.text()),
            Self::Text(text) => text.clone(),
            Self::Missing(words) => (*words).to_owned(),
        }
    }

    fn amount(printed: Printed, unit: &str, rao: u64) -> Self {
        Self::Number { printed, unit: unit.to_owned(), dims_decimals: rao >= 1_000_000_000 }
    }
}

/// A time span from a count of blocks, or the count itself where blocks have no known length.
#[must_use]
pub fn blocks_as_time(blocks: u64, block_millis: &Available<u64>) -> String {
    block_millis.value().and_then(|millis| blocks.checked_mul(*millis)).map_or_else(
        || blocks_in_words(blocks),
        |millis| match millis {
            1..1_000 => "under 1 s".to_owned(),
            _ => format::duration(millis / 1_000),
        },
    )
}

/// The time to the next epoch of a subnet. One whose blocks are up runs as soon as the chain gets to it.
#[must_use]
pub fn next_epoch(blocks: &Available<u64>, block_millis: &Available<u64>) -> Cell {
    match blocks {
        Available::Value(0) => Cell::Text("due".to_owned()),
        Available::NoRecord => Cell::Missing("has no epochs"),
        _ => Cell::from_available(blocks, |blocks| Cell::Text(blocks_as_time(*blocks, block_millis))),
    }
}

/// `1 block`, `12 blocks`.
#[must_use]
pub fn blocks_in_words(blocks: u64) -> String {
    let unit = if blocks == 1 { "block" } else { "blocks" };
    format!("{} {unit}", format::integer(blocks))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn absence_is_told_in_words_never_as_zero() {
        let show =
            |value: Available<u64>| Cell::from_available(&value, |value| Cell::count(*value, "")).text();
        assert_eq!(show(Available::Value(0)), "0");
        assert_eq!(show(Available::NoRecord), "no record");
        assert_eq!(show(Available::NotInRuntime), "not available in this runtime");
    }

    #[test]
    fn decimals_are_dimmed_from_one_whole_on() {
        let dims = |rao| match Cell::tao(TaoBalance::from_rao(rao), 2) {
            Cell::Number { dims_decimals, .. } => dims_decimals,
            _ => panic!("a number"),
        };
        assert!(dims(1_000_000_000) && !dims(999_999_999));
    }

    #[test]
    fn blocks_become_time_where_their_length_is_known() {
        assert_eq!(blocks_as_time(112, &Available::Value(12_000)), "22 min");
        assert_eq!(blocks_as_time(112, &Available::NotInRuntime), "112 blocks");
        assert_eq!(blocks_in_words(1), "1 block");
        assert_eq!(blocks_as_time(1, &Available::Value(250)), "under 1 s");
        assert_eq!(blocks_as_time(0, &Available::Value(250)), "0 s");
    }

    #[test]
    fn an_epoch_whose_blocks_are_up_is_due() {
        let words = |blocks| next_epoch(&blocks, &Available::Value(12_000)).text();
        assert_eq!(words(Available::Value(112)), "22 min");
        assert_eq!(words(Available::Value(0)), "due");
        assert_eq!(words(Available::NoRecord), "has no epochs");
        assert_eq!(words(Available::NotInRuntime), "not available in this runtime");
    }
}
