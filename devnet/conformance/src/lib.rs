//! Compares a runtime's metadata with a written listing of Subtensor's interface, item by item.
//!
//! [`Interface::of_metadata`] writes the metadata of a runtime down in the form of the listing, one
//! line per storage item, call, event, error, constant, extension, runtime call and named type.
//! [`Interface::parse`] reads a listing. [`differences`] compares the two: every line of the listing
//! must be found, and within a listed pallet or runtime API nothing else may stand.

mod listing;
mod render;

pub use listing::{differences, Difference, Interface};
