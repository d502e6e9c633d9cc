//! What the page and the miner worker say to each other.
