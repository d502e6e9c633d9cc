//! Lantern's domain vocabulary: units, identifiers, chain records and how they are printed.
