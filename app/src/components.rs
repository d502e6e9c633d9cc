//! What Lantern says about chains and proofs, drawn.

pub(crate) mod account_picker;
pub(crate) mod block_rail;
pub(crate) mod figure;
pub(crate) mod network_menu;
pub(crate) mod problem_note;
pub(crate) mod proof_badge;
pub(crate) mod proof_popover;
pub(crate) mod shortcuts;
pub(crate) mod sync_dock;
pub(crate) mod table_keys;
pub(crate) mod top_bar;
pub(crate) mod warnings;
