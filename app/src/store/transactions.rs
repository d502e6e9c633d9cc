//! Sending transactions, following them and finding them again after a reload.

use super::Store;
use crate::platform::storage;
use crate::problem::Problem;
use crate::state::transactions::{Transaction, Transactions};
use lantern_types::{BlockHash, TransactionStatus};
use lantern_worker_bridge::light_client::LightClientRequest;
use leptos::prelude::*;

const NAME: &str = "lantern.transactions";

/// What earlier visits left.
pub(super) fn kept() -> Transactions {
    storage::read(NAME).and_then(|text| Transactions::from_text(&text)).unwrap_or_default()
}

impl Store {
    /// Keeps a signed transaction and sends it.
    ///
    /// # Errors
    /// The light client did not take it; it stays in the list as one that was given up.
    pub(crate) async fn submit(self, transaction: Transaction) -> Result<(), Problem> {
        let pending = transaction.pending.clone();
        self.transactions.update(|all| all.add(transaction));
        self.keep();
        let answer = self.ask(LightClientRequest::Submit(pending.clone())).await;
        if let Err(Problem::LightClient(error)) = &answer {
            self.take_transaction(pending.hash, TransactionStatus::Dropped { reason: error.message.clone() });
        }
        answer.map(|_accepted| ())
    }

    /// Takes news of a transaction.
    pub(super) fn take_transaction(self, hash: [u8; 32], status: TransactionStatus) {
        let words = match &status {
            TransactionStatus::InBestBlock { .. } => Some("The transaction is in a block, not final yet"),
            TransactionStatus::Finalized { .. } => Some("The transaction is final"),
            TransactionStatus::Invalid { .. } | TransactionStatus::Expired => {
                Some("The transaction was not included")
            }
            TransactionStatus::Dropped { .. } | TransactionStatus::Unknown { .. } => {
                Some("What became of the transaction is not known")
            }
            _ => None,
        };
        let mut has_changed = false;
        self.transactions.maybe_update(|all| {
            has_changed = all.apply(&hash, status);
            has_changed
        });
        if has_changed {
            self.keep();
            if let Some(words) = words {
                self.say(words);
            }
        }
    }

    /// Asks the light client for every transaction of this chain that was open when the page closed.
    pub(super) fn track_open(self, genesis: BlockHash) {
        let open: Vec<_> = self.transactions.with_untracked(|all| {
            all.of_chain(genesis).filter(|known| known.is_open()).map(|known| known.pending.clone()).collect()
        });
        for pending in open {
            self.send(LightClientRequest::Track(pending));
        }
    }

    fn keep(self) {
        if let Some(text) = self.transactions.with_untracked(Transactions::to_text) {
            // A browser that keeps nothing still follows it while the page is open.
            let _kept = storage::write(NAME, &text);
        }
    }
}
