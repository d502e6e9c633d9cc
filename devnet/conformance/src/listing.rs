//! The written form of an interface, and the comparison of two of them.

use std::collections::{BTreeMap, BTreeSet};

/// An interface as lines, each under the key that names its item.
///
/// A key reads `SubtensorModule storage Owner`, `SubtensorModule call add_stake`,
/// `SwapRuntimeApi method current_alpha_price`, `extensions extension CheckNonce` or
/// `types type StakeInfo`; a section's own line stands under `pallet Swap` or `api SwapRuntimeApi`.
#[derive(Debug, Default)]
pub struct Interface {
    lines: BTreeMap<String, String>,
    extensions: Vec<String>,
    partly: BTreeSet<String>,
}

/// One item that is not the same on both sides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// The item, named as in [`Interface`].
    pub key: String,
    /// What the listing says; none if the item stands in the runtime only.
    pub listed: Option<String>,
    /// What the runtime has; none if it lacks the item.
    pub found: Option<String>,
}

impl Interface {
    /// Reads a listing. Lines that start with `#` and empty lines are comments.
    ///
    /// # Panics
    ///
    /// On a line outside a section, without a name or listed twice: the listing is part of the test.
    pub fn parse(text: &str) -> Self {
        let mut interface = Self::default();
        let mut section = String::new();
        for line in text.lines() {
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            if let Some(item) = line.strip_prefix("  ") {
                assert!(!section.is_empty(), "outside a section: {line}");
                interface.add_item(&section, item);
            } else {
                let header = line.strip_suffix(" (partly)").unwrap_or(line);
                section = header.rsplit(' ').next().unwrap_or(header).to_owned();
                if header != line {
                    interface.partly.insert(section.clone());
                }
                interface.add_section(header);
            }
        }
        interface
    }

    /// Adds a section's own line: `pallet 7 SubtensorModule`, `api SwapRuntimeApi`, `types`.
    pub(crate) fn add_section(&mut self, line: &str) {
        let kind = line.split(' ').next().unwrap_or(line);
        let name = line.rsplit(' ').next().unwrap_or(line);
        self.lines.insert(format!("{kind} {name}"), line.to_owned());
    }

    /// Adds the line of an item to a section.
    pub(crate) fn add_item(&mut self, section: &str, item: &str) {
        let mut words = item.split([' ', '(', ':']);
        let kind = words.next().unwrap_or_default();
        // Calls, events and errors carry their index before their name.
        let name = words
            .find(|word| !word.is_empty() && word.parse::<u16>().is_err())
            .unwrap_or_else(|| panic!("no name in the line: {item}"));
        let key = format!("{section} {kind} {name}");
        if kind == "extension" {
            self.extensions.push(name.to_owned());
        }
        let earlier = self.lines.insert(key, item.to_owned());
        assert!(earlier.is_none(), "listed twice: {section} {item}");
    }

    /// The names of the transaction extensions, in their order.
    pub fn extensions(&self) -> &[String] {
        &self.extensions
    }

    /// How many items and sections there are.
    pub fn len(&self) -> usize {
        self.lines.len()
    }

    /// Whether there is nothing in it.
    pub fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    /// The line of an item.
    pub fn line(&self, key: &str) -> Option<&str> {
        self.lines.get(key).map(String::as_str)
    }

    /// Whether the listing has all of a section, so that anything more is a difference.
    fn is_complete(&self, section: &str) -> bool {
        let listed = self.lines.contains_key(&format!("pallet {section}"))
            || self.lines.contains_key(&format!("api {section}"))
            || section == "extensions";
        listed && !self.partly.contains(section)
    }
}

/// Every item in which the runtime departs from the listing.
///
/// What stands in the runtime only counts where the listing has the whole section, except for
/// constants: one more cannot mislead a client.
pub fn differences(listed: &Interface, found: &Interface) -> Vec<Difference> {
    let missing_or_other =
        listed.lines.iter().filter(|(key, line)| found.line(key) != Some(line)).map(|(key, line)| {
            Difference {
                key: key.clone(),
                listed: Some(line.clone()),
                found: found.line(key).map(str::to_owned),
            }
        });
    let extra = found
        .lines
        .iter()
        .filter(|(key, _)| listed.line(key).is_none())
        .filter(|(key, _)| {
            let mut words = key.split(' ');
            let section = words.next().unwrap_or_default();
            let kind = words.next().unwrap_or_default();
            listed.is_complete(section) && kind != "constant"
        })
        .map(|(key, line)| Difference { key: key.clone(), listed: None, found: Some(line.clone()) });
    missing_or_other.chain(extra).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const LISTING: &str = "# A comment.\npallet 7 Stake\n  storage Owner default plain -> u16 = \
                           0x0000\n  call 2 add(netuid: u16)\napi Swap\n  method price() -> u64\n";

    #[test]
    fn the_same_interface_has_no_differences() {
        let listed = Interface::parse(LISTING);
        assert_eq!(listed.len(), 5);
        assert!(differences(&listed, &Interface::parse(LISTING)).is_empty());
    }

    #[test]
    fn a_changed_a_missing_and_an_extra_item_are_each_found() {
        let listed = Interface::parse(LISTING);
        let found = Interface::parse(
            "pallet 7 Stake\n  call 3 add(netuid: u16)\n  error 0 Full\napi Swap\n  method price() \
             -> u64\n",
        );
        let keys: Vec<_> =
            differences(&listed, &found).into_iter().map(|difference| difference.key).collect();
        assert_eq!(keys, ["Stake call add", "Stake storage Owner", "Stake error Full"]);
    }

    #[test]
    fn more_than_a_partly_listed_section_is_fine() {
        let listed = Interface::parse("pallet 0 System (partly)\n  error 0 A\n");
        let found = Interface::parse("pallet 0 System\n  error 0 A\n  error 1 B\n");
        assert!(differences(&listed, &found).is_empty());
    }

    #[test]
    fn a_moved_pallet_is_found() {
        let listed = Interface::parse("pallet 7 Stake\n");
        let found = Interface::parse("pallet 8 Stake\n");
        assert_eq!(differences(&listed, &found).len(), 1);
    }
}
