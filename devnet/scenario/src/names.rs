//! Names and symbols of the subnets.

/// The symbol of a subnet's token: capital tau for root, then the small Greek letters, then letters
/// of further alphabets, as the chain hands them out.
pub fn symbol(netuid: u16) -> String {
    const GREEK: &str = "Ταβγδεζηθικλμνξοπρσtυφχψω";
    // Hebrew, Arabic, runes and Georgian, each a run of letters in Unicode's order.
    const FURTHER: [(char, char); 4] =
        [('\u{5d0}', '\u{5ea}'), ('\u{628}', '\u{63a}'), ('\u{16a0}', '\u{16cf}'), ('\u{10d0}', '\u{10f0}')];
    let letters = GREEK.chars().chain(FURTHER.into_iter().flat_map(|(first, last)| first..=last));
    letters
        .clone()
        .nth(usize::from(netuid) % letters.count())
        .map(String::from)
        .expect("the index is below the number of letters")
}

/// The name of a subnet, different for each of the first 256.
pub fn subnet_name(netuid: u16) -> String {
    const FIRST: [&str; 16] = [
        "Amber", "Basalt", "Cedar", "Delta", "Ember", "Fjord", "Granite", "Harbor", "Indigo", "Juniper",
        "Kelp", "Lumen", "Meadow", "Nimbus", "Opal", "Prairie",
    ];
    const SECOND: [&str; 16] = [
        "Inference",
        "Storage",
        "Vision",
        "Forecast",
        "Speech",
        "Routing",
        "Folding",
        "Search",
        "Training",
        "Compute",
        "Audit",
        "Mapping",
        "Synthesis",
        "Markets",
        "Translation",
        "Sensing",
    ];
    let number = usize::from(netuid);
    let first = FIRST[number % FIRST.len()];
    let second = SECOND[(number / FIRST.len() + number) % SECOND.len()];
    format!("{first} {second}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn the_first_subnets_have_greek_symbols() {
        let symbols: Vec<_> = (0..5).map(symbol).collect();
        assert_eq!(symbols, ["Τ", "α", "β", "γ", "δ"]);
    }

    #[test]
    fn names_and_symbols_are_told_apart() {
        let names: BTreeSet<_> = (0..=128).map(subnet_name).collect();
        let symbols: BTreeSet<_> = (0..=128).map(symbol).collect();
        assert_eq!((names.len(), symbols.len()), (129, 129));
    }
}
