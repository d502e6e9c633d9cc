//! Maps and sets from iterators, small.
//!
//! The standard `collect` sorts first, and each kind of entry brings a whole sort into the shipped binary.
//! Inserting one by one does not.

use alloc::collections::{BTreeMap, BTreeSet};

pub(crate) fn map_of<K: Ord, V>(entries: impl IntoIterator<Item = (K, V)>) -> BTreeMap<K, V> {
    let mut map = BTreeMap::new();
    for (key, value) in entries {
        map.insert(key, value);
    }
    map
}

pub(crate) fn set_of<T: Ord>(entries: impl IntoIterator<Item = T>) -> BTreeSet<T> {
    let mut set = BTreeSet::new();
    for entry in entries {
        set.insert(entry);
    }
    set
}
