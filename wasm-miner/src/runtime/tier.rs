//! Tiers.
