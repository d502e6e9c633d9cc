//! How numbers, keys and times are printed: tabular, exact, never through a float.
//!
//! Groups of three are set apart with a thin space (U+2009) and negative numbers carry a true minus
//! (U+2212). Rounding is always towards zero: a balance is never shown larger than it is.

use crate::{AlphaBalance, AmountError, Price, TaoBalance};
use alloc::string::String;
use alloc::vec::Vec;

/// Thin space between groups of three digits.
pub const GROUP: char = '\u{2009}';
/// The minus sign that lines up with plus.
pub const MINUS: char = '\u{2212}';
/// Digits after the point in rao and alpha rao.
const PLACES: usize = 9;

/// A printed number in the two parts that are set in different weights.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Printed {
    /// Sign and grouped digits before the point.
    pub whole: String,
    /// The digits after the point, without it; empty where none are asked for.
    pub decimals: String,
}

impl Printed {
    /// Both parts with their point.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = self.whole.clone();
        if !self.decimals.is_empty() {
            text.push('.');
            text.push_str(&self.decimals);
        }
        text
    }
}

/// TAO with a fixed number of places (at most nine), rounded towards zero.
#[must_use]
pub fn tao(amount: TaoBalance, places: usize) -> Printed {
    nano(amount.rao(), places)
}

/// Alpha with a fixed number of places (at most nine), rounded towards zero.
#[must_use]
pub fn alpha(amount: AlphaBalance, places: usize) -> Printed {
    nano(amount.rao(), places)
}

/// A price with a fixed number of places (at most nine), rounded towards zero.
#[must_use]
pub fn price(price: Price, places: usize) -> Printed {
    nano(price.rao_per_alpha(), places)
}

/// `count` thousand-millionths with a fixed number of places, rounded towards zero.
#[must_use]
pub fn nano(count: u64, places: usize) -> Printed {
    let exact = nano_exact(count);
    let (whole, decimals) = exact.split_once('.').unwrap_or((exact.as_str(), ""));
    Printed { whole: grouped(whole), decimals: decimals.chars().take(places.min(PLACES)).collect() }
}

/// A whole number in groups of three.
#[must_use]
pub fn integer(value: u64) -> String {
    grouped(&alloc::format!("{value}"))
}

/// Parts per million as per cent, rounded towards zero: `percent(123_456, 2)` is `12.34`.
#[must_use]
pub fn percent(parts_per_million: u64, places: usize) -> Printed {
    let whole = parts_per_million.checked_div(10_000).unwrap_or(0);
    let rest = parts_per_million.checked_rem(10_000).unwrap_or(0);
    let decimals = alloc::format!("{rest:04}");
    Printed {
        whole: grouped(&alloc::format!("{whole}")),
        decimals: decimals.chars().take(places.min(4)).collect(),
    }
}

/// Bytes in the largest unit that keeps three digits: `812 B`, `38.2 kB`, `1.6 MB` (powers of ten).
#[must_use]
pub fn bytes(count: u64) -> String {
    const UNITS: [(u64, &str); 3] = [(1_000_000_000, "GB"), (1_000_000, "MB"), (1_000, "kB")];
    for (size, unit) in UNITS {
        if count >= size {
            let tenths = u128::from(count).saturating_mul(10).checked_div(u128::from(size)).unwrap_or(0);
            let (whole, tenth) = (tenths.checked_div(10).unwrap_or(0), tenths.checked_rem(10).unwrap_or(0));
            return if whole >= 100 {
                alloc::format!("{whole} {unit}")
            } else {
                alloc::format!("{whole}.{tenth} {unit}")
            };
        }
    }
    alloc::format!("{count} B")
}

/// A duration in the two largest units: `8 s`, `3 min`, `2 h 05 min`, `4 d 3 h`.
#[must_use]
pub fn duration(seconds: u64) -> String {
    let part = |unit: u64| seconds.checked_div(unit).unwrap_or(0);
    let rest = |unit: u64, of: u64| part(unit).checked_rem(of).unwrap_or(0);
    match seconds {
        0..60 => alloc::format!("{seconds} s"),
        60..3_600 => alloc::format!("{} min", part(60)),
        3_600..86_400 => alloc::format!("{} h {:02} min", part(3_600), rest(60, 60)),
        _ => alloc::format!("{} d {} h", part(86_400), rest(3_600, 24)),
    }
}

/// The first and last characters of a long key: `5Grwva…utQY`.
#[must_use]
pub fn shortened(text: &str, head: usize, tail: usize) -> String {
    let characters: Vec<char> = text.chars().collect();
    if characters.len() <= head.saturating_add(tail).saturating_add(1) {
        return String::from(text);
    }
    let end = characters.len().saturating_sub(tail);
    characters.iter().take(head).chain(&['…']).chain(characters.iter().skip(end)).collect()
}

/// `0x` and lower-case hexadecimal digits.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    const DIGITS: [char; 16] =
        ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f'];
    let mut text = String::with_capacity(bytes.len().saturating_mul(2).saturating_add(2));
    text.push_str("0x");
    for byte in bytes {
        for nibble in [byte >> 4, byte & 15] {
            text.extend(DIGITS.get(usize::from(nibble)));
        }
    }
    text
}

/// Reads what [`hex`] writes, in either case.
#[must_use]
pub fn parse_hex(text: &str) -> Option<Vec<u8>> {
    let digits = text.strip_prefix("0x")?.as_bytes();
    if digits.len().checked_rem(2)? != 0 {
        return None;
    }
    let nibble = |digit: u8| char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok());
    digits
        .chunks_exact(2)
        .map(|pair| match pair {
            [high, low] => Some((nibble(*high)? << 4) | nibble(*low)?),
            _ => None,
        })
        .collect()
}

fn grouped(digits: &str) -> String {
    let count = digits.len();
    let mut text = String::with_capacity(count.saturating_mul(2));
    for (index, digit) in digits.chars().enumerate() {
        let left = count.saturating_sub(index);
        if index != 0 && left.checked_rem(3) == Some(0) {
            text.push(GROUP);
        }
        text.push(digit);
    }
    text
}

pub(crate) fn nano_exact(count: u64) -> String {
    let whole = count.checked_div(1_000_000_000).unwrap_or(0);
    let rest = count.checked_rem(1_000_000_000).unwrap_or(0);
    alloc::format!("{whole}.{rest:09}")
}

pub(crate) fn parse_nano(text: &str) -> Result<u64, AmountError> {
    let digits: String =
        text.chars().filter(|c| !matches!(c, ' ' | '\u{2009}' | '\u{a0}' | '\u{202f}')).collect();
    if digits.is_empty() {
        return Err(AmountError::Empty);
    }
    let (whole, decimals) = digits.split_once('.').unwrap_or((digits.as_str(), ""));
    let is_number = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if !is_number(whole) || !is_number(decimals) || (whole.is_empty() && decimals.is_empty()) {
        return Err(AmountError::NotANumber);
    }
    let significant = decimals.trim_end_matches('0');
    if significant.len() > PLACES {
        return Err(AmountError::TooPrecise);
    }
    let whole: u64 =
        if whole.is_empty() { 0 } else { whole.parse().map_err(|_overflow| AmountError::TooLarge)? };
    let mut fraction: u64 = 0;
    for place in 0..PLACES {
        let digit = significant.as_bytes().get(place).map_or(0, |byte| byte.saturating_sub(b'0'));
        fraction = fraction.saturating_mul(10).saturating_add(u64::from(digit));
    }
    whole.checked_mul(1_000_000_000).and_then(|rao| rao.checked_add(fraction)).ok_or(AmountError::TooLarge)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn amounts_are_grouped_and_cut_not_rounded() {
        assert_eq!(nano(1_284_502_199_999, 4).text(), "1\u{2009}284.5021");
        assert_eq!(nano(999_999_999, 2).text(), "0.99");
        assert_eq!(nano(21_000_000_000_000_000, 0).text(), "21\u{2009}000\u{2009}000");
        assert_eq!(integer(9_558_412), "9\u{2009}558\u{2009}412");
        assert_eq!(integer(112), "112");
    }

    #[test]
    fn ratios_bytes_and_times_read_well() {
        assert_eq!(percent(98_200, 2).text(), "9.82");
        assert_eq!(percent(1_000_000, 1).text(), "100.0");
        assert_eq!(bytes(812), "812 B");
        assert_eq!(bytes(38_250), "38.2 kB");
        assert_eq!(bytes(162_000_000), "162 MB");
        assert_eq!(duration(59), "59 s");
        assert_eq!(duration(7_500), "2 h 05 min");
        assert_eq!(duration(356_400), "4 d 3 h");
        assert_eq!(shortened("5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY", 4, 4), "5Grw…utQY");
        assert_eq!(shortened("short", 4, 4), "short");
    }

    proptest! {
        #[test]
        fn hexadecimal_reads_back(bytes in any::<Vec<u8>>()) {
            prop_assert_eq!(parse_hex(&hex(&bytes)), Some(bytes));
        }

        #[test]
        fn any_text_is_hexadecimal_or_nothing(text in ".*") {
            let _outcome = parse_hex(&text);
        }
    }
}
