//! The design system's parts in Rust. They know no word of Bittensor.

pub(crate) mod icon;
pub(crate) mod note;
