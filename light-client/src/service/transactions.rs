//! Transactions that are followed, across restarts of the client.
//!
//! A transaction is followed until its end is known. When the client starts anew, its follower ends
//! with the old one and another looks for the transaction in the blocks since its birth.

use lantern_types::TransactionStatus;
use lantern_worker_bridge::light_client::PendingTransaction;
use std::collections::BTreeMap;

/// Transactions that may be followed at a time: as many as smoldot keeps.
const LIMIT: usize = 64;

/// The followed transactions, by hash.
#[derive(Debug, Default)]
pub(super) struct Transactions {
    followed: BTreeMap<[u8; 32], PendingTransaction>,
}

/// What to do about a transaction that the page wants followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Admission {
    /// Follow it.
    Follow,
    /// It is being followed.
    Already,
    /// Too many are.
    Full,
}

impl Transactions {
    pub(super) fn admit(&mut self, transaction: &PendingTransaction) -> Admission {
        if self.followed.contains_key(&transaction.hash) {
            return Admission::Already;
        }
        if self.followed.len() >= LIMIT {
            return Admission::Full;
        }
        self.followed.insert(transaction.hash, transaction.clone());
        Admission::Follow
    }

    /// Takes in news. Returns whether the page should hear them: not of one that is over.
    pub(super) fn news(&mut self, hash: &[u8; 32], status: &TransactionStatus) -> bool {
        if status.is_final() {
            self.followed.remove(hash).is_some()
        } else {
            self.followed.contains_key(hash)
        }
    }

    /// All of them, to be followed anew.
    pub(super) fn all(&self) -> Vec<PendingTransaction> {
        self.followed.values().cloned().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use lantern_types::{BlockHash, BlockRef};

    fn transaction(n: u8) -> PendingTransaction {
        PendingTransaction {
            hash: [n; 32],
            extrinsic: vec![n],
            birth: BlockRef { number: 1, hash: BlockHash([0; 32]) },
            last_valid: None,
        }
    }

    #[test]
    fn each_is_followed_once_and_to_its_end() {
        let mut transactions = Transactions::default();
        assert_eq!(transactions.admit(&transaction(1)), Admission::Follow);
        assert_eq!(transactions.admit(&transaction(1)), Admission::Already);
        assert!(transactions.news(&[1; 32], &TransactionStatus::Ready));
        assert_eq!(transactions.all(), [transaction(1)]);
        assert!(transactions.news(&[1; 32], &TransactionStatus::Expired));
        assert!(!transactions.news(&[1; 32], &TransactionStatus::Ready), "it is over");
        assert_eq!(transactions.all(), []);
    }

    #[test]
    fn their_number_is_bounded() {
        let mut transactions = Transactions::default();
        for n in 0..64 {
            assert_eq!(transactions.admit(&transaction(n)), Admission::Follow);
        }
        assert_eq!(transactions.admit(&transaction(64)), Admission::Full);
    }
}
