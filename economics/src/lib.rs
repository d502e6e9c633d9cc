//! Yields, price limits and emission arithmetic on integers.
