//! The pallet in a small runtime of its own: System, Balances, this pallet and the market.

mod limits;
mod mock;
mod money;
mod others;
mod positions;
mod refusals;
mod transitions;
