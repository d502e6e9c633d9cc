//! Merges neighbours in a word, the best pair first and the leftmost of equals, in time that grows with the length
//! of the word times its logarithm.

use std::collections::BinaryHeap;

/// A piece of the word.
#[derive(Debug, Clone, Copy)]
struct Symbol<T> {
    value: T,
    before: usize,
    after: usize,
    is_gone: bool,
}

const NONE: usize = usize::MAX;

/// A candidate. The greatest is merged first.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Candidate<R, T> {
    rank: R,
    left: std::cmp::Reverse<usize>,
    pair: (T, T),
    merged: T,
}

/// Merges until no pair is left for which `join` knows a rank and what becomes of it.
pub fn merge<T: Copy + Ord, R: Ord>(
    word: impl IntoIterator<Item = T>,
    join: impl Fn(T, T) -> Option<(R, T)>,
) -> Vec<T> {
    let mut symbols: Vec<Symbol<T>> = word
        .into_iter()
        .enumerate()
        .map(|(at, value)| Symbol { value, before: at.wrapping_sub(1), after: at + 1, is_gone: false })
        .collect();
    if let Some(last) = symbols.last_mut() {
        last.after = NONE;
    }
    let mut heap = BinaryHeap::new();
    let look = |symbols: &[Symbol<T>], left: usize, heap: &mut BinaryHeap<Candidate<R, T>>| {
        let Some(a) = symbols.get(left) else { return };
        let Some(b) = symbols.get(a.after) else { return };
        if let Some((rank, merged)) = join(a.value, b.value) {
            heap.push(Candidate { rank, left: std::cmp::Reverse(left), pair: (a.value, b.value), merged });
        }
    };
    for left in 0..symbols.len() {
        look(&symbols, left, &mut heap);
    }
    while let Some(Candidate { left, pair, merged, .. }) = heap.pop() {
        let left = left.0;
        let Some(a) = symbols.get(left).copied().filter(|a| !a.is_gone) else { continue };
        let Some(b) = symbols.get(a.after).copied() else { continue };
        // One of the two became something else since.
        if (a.value, b.value) != pair {
            continue;
        }
        if let Some(gone) = symbols.get_mut(a.after) {
            gone.is_gone = true;
        }
        if let Some(kept) = symbols.get_mut(left) {
            (kept.value, kept.after) = (merged, b.after);
        }
        if let Some(next) = symbols.get_mut(b.after) {
            next.before = left;
        }
        look(&symbols, left, &mut heap);
        look(&symbols, a.before, &mut heap);
    }
    symbols.into_iter().filter(|symbol| !symbol.is_gone).map(|symbol| symbol.value).collect()
}
