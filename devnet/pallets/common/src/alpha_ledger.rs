//! The record of how much alpha exists.

use crate::{AlphaBalance, NetUid};

/// Notes what becomes of a subnet's alpha. Amounts are rao-alpha.
pub trait AlphaLedger {
    /// New alpha was issued.
    fn issue(netuid: NetUid, alpha: AlphaBalance);
    /// Alpha that stays issued has nobody who could move it.
    fn burn(netuid: NetUid, alpha: AlphaBalance);
    /// Alpha was taken back and can be issued again.
    fn recycle(netuid: NetUid, alpha: AlphaBalance);
}

/// Keeps no record.
impl AlphaLedger for () {
    fn issue(_: NetUid, _: AlphaBalance) {}
    fn burn(_: NetUid, _: AlphaBalance) {}
    fn recycle(_: NetUid, _: AlphaBalance) {}
}
