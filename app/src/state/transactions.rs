//! Transactions that were sent from this browser: where they stand, and how they are kept over a reload.
//!
//! What is kept is public: signed bytes, hashes and a summary. Never a key.

use crate::routes::Direction;
use lantern_types::{
    AccountId, AlphaBalance, BlockHash, Hotkey, NetUid, TaoBalance, TransactionFact, TransactionOutcome,
    TransactionStatus, format,
};
use lantern_worker_bridge::light_client::PendingTransaction;
use serde::{Deserialize, Serialize};

/// Version of the format in which they are kept.
const FORMAT: &str = "1:";
/// Transactions that are kept.
const KEPT: usize = 20;

/// What a transaction was meant to do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Summary {
    /// Whether it stakes; otherwise it unstakes.
    pub is_stake: bool,
    /// The subnet.
    pub netuid: NetUid,
    /// The validator.
    pub hotkey: Hotkey,
    /// Who signed.
    pub account: AccountId,
    /// What goes in, in rao or alpha rao.
    pub amount: u64,
    /// What the preview promised, in alpha rao or rao.
    pub expected: u64,
    /// One sentence, as it was reviewed.
    pub sentence: String,
    /// Symbol of the subnet's alpha.
    pub symbol: String,
}

impl Summary {
    /// Which way it goes.
    #[must_use]
    pub const fn direction(&self) -> Direction {
        if self.is_stake { Direction::Stake } else { Direction::Unstake }
    }
}

/// One transaction.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Transaction {
    /// The signed bytes and where they are valid.
    pub pending: PendingTransaction,
    /// The chain it belongs to.
    pub genesis: BlockHash,
    /// What it was meant to do.
    pub summary: Summary,
    /// Milliseconds since 1970 when it was reviewed.
    pub reviewed_at: u64,
    /// Milliseconds since 1970 when it was signed.
    pub signed_at: u64,
    /// What is known of it.
    pub status: Option<TransactionStatus>,
}

impl Transaction {
    /// Whether something will follow.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.status.as_ref().is_none_or(|status| !status.is_final())
    }

    /// What was received, from the chain's own event.
    #[must_use]
    pub fn received(&self) -> Option<Received> {
        let Some(TransactionStatus::Finalized { facts, .. }) = &self.status else { return None };
        facts.iter().find_map(|fact| match fact {
            TransactionFact::StakeAdded { alpha, tao, .. } if self.summary.is_stake => {
                Some(Received::Alpha { alpha: *alpha, paid: *tao })
            }
            TransactionFact::StakeRemoved { tao, alpha, .. } if !self.summary.is_stake => {
                Some(Received::Tao { tao: *tao, sold: *alpha })
            }
            _ => None,
        })
    }

    /// The network fee that was paid, from the chain's own event.
    #[must_use]
    pub fn fee(&self) -> Option<TaoBalance> {
        let Some(TransactionStatus::Finalized { facts, .. }) = &self.status else { return None };
        facts.iter().find_map(|fact| match fact {
            TransactionFact::FeePaid { fee } => Some(*fee),
            _ => None,
        })
    }
}

/// What a trade gave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Received {
    /// Staking gave alpha.
    Alpha {
        /// Alpha received.
        alpha: AlphaBalance,
        /// TAO paid, pool fee included.
        paid: TaoBalance,
    },
    /// Unstaking gave TAO.
    Tao {
        /// TAO received.
        tao: TaoBalance,
        /// Alpha sold.
        sold: AlphaBalance,
    },
}

/// All transactions, newest first.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Transactions(Vec<Transaction>);

impl Transactions {
    /// Adds one that was just signed.
    pub fn add(&mut self, transaction: Transaction) {
        self.0.retain(|known| known.pending.hash != transaction.pending.hash);
        self.0.insert(0, transaction);
        // The oldest that are settled make room; an open one is never forgotten.
        while self.0.len() > KEPT {
            let Some(oldest) = self.0.iter().rposition(|known| !known.is_open()) else { break };
            self.0.remove(oldest);
        }
    }

    /// Takes news of one; says whether anything changed.
    pub fn apply(&mut self, hash: &[u8; 32], status: TransactionStatus) -> bool {
        let Some(known) = self.0.iter_mut().find(|known| known.pending.hash == *hash) else { return false };
        if !known.is_open() || known.status.as_ref() == Some(&status) {
            return false;
        }
        known.status = Some(status);
        true
    }

    /// One by its hash.
    #[must_use]
    pub fn get(&self, hash: &[u8; 32]) -> Option<&Transaction> {
        self.0.iter().find(|known| known.pending.hash == *hash)
    }

    /// All of one chain, newest first.
    pub fn of_chain(&self, genesis: BlockHash) -> impl Iterator<Item = &Transaction> {
        self.0.iter().filter(move |known| known.genesis == genesis)
    }

    /// As text for the browser's storage: the version of the format, then hexadecimal bytes.
    #[must_use]
    pub fn to_text(&self) -> Option<String> {
        let bytes = postcard::to_allocvec(self).ok()?;
        Some(format!("{FORMAT}{}", format::hex(&bytes)))
    }

    /// Reads what [`to_text`](Self::to_text) wrote; damaged text, or that of another format, holds
    /// no transactions.
    #[must_use]
    pub fn from_text(text: &str) -> Option<Self> {
        postcard::from_bytes(&format::parse_hex(text.strip_prefix(FORMAT)?)?).ok()
    }
}

/// How a step of the way is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StepMark {
    /// Behind us.
    Done,
    /// Going on.
    Now,
    /// In a block that is not final.
    Open,
    /// Refused.
    Failed,
    /// Not reached.
    Waiting,
}

/// One of the five steps: reviewed, signed, sent, in a block, final.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// Its name.
    pub title: &'static str,
    /// How it is drawn.
    pub mark: StepMark,
    /// A line below.
    pub note: String,
}

/// The steps after signing: sent, in a block, final.
#[must_use]
pub fn steps(status: Option<&TransactionStatus>) -> [Step; 3] {
    use StepMark::{Done, Failed, Now, Open, Waiting};
    let step = |title, mark, note: String| Step { title, mark, note };
    let none = String::new;
    let number = |block: &lantern_types::BlockRef| {
        format!("#{}", lantern_types::format::integer(u64::from(block.number)))
    };
    let sent = |mark, note| step("Sent", mark, note);
    let included = |mark, note| step("In a block", mark, note);
    let last = |mark, note| step("Final", mark, note);
    match status {
        None => [sent(Now, "Being checked here".into()), included(Waiting, none()), last(Waiting, none())],
        Some(TransactionStatus::Ready) => {
            [sent(Now, "Valid, being sent".into()), included(Waiting, none()), last(Waiting, none())]
        }
        Some(TransactionStatus::Broadcast { peers }) => {
            let note = if *peers == 1 { "1 peer took it".into() } else { format!("{peers} peers took it") };
            [sent(Done, note), included(Now, "Waiting for a block".into()), last(Waiting, none())]
        }
        Some(TransactionStatus::InBestBlock { block }) => {
            [sent(Done, none()), included(Open, format!("{}, not final", number(block))), last(Now, none())]
        }
        Some(TransactionStatus::Retracted) => [
            sent(Done, none()),
            included(Now, "Its block was replaced, it waits again".into()),
            last(Waiting, none()),
        ],
        Some(TransactionStatus::Finalized { block, outcome: TransactionOutcome::Succeeded, .. }) => {
            [sent(Done, none()), included(Done, number(block)), last(Done, "Cannot be undone".into())]
        }
        Some(TransactionStatus::Finalized {
            block,
            outcome: TransactionOutcome::Failed { error, .. },
            ..
        }) => [
            sent(Done, none()),
            included(Failed, format!("{}, refused: {error}", number(block))),
            last(Done, none()),
        ],
        Some(TransactionStatus::Invalid { reason }) => {
            [sent(Failed, reason.clone()), included(Waiting, none()), last(Waiting, none())]
        }
        Some(TransactionStatus::Dropped { reason }) => {
            [sent(Failed, reason.clone()), included(Waiting, none()), last(Waiting, none())]
        }
        Some(TransactionStatus::Expired) => {
            [sent(Done, none()), included(Failed, "Its time ran out".into()), last(Waiting, none())]
        }
        Some(TransactionStatus::Unknown { block: Some(block) }) => [
            sent(Done, none()),
            included(Done, number(block)),
            last(Open, "How it ended is not known".into()),
        ],
        Some(TransactionStatus::Unknown { block: None }) => {
            [sent(Done, none()), included(Open, "Not known".into()), last(Waiting, none())]
        }
    }
}

/// What went wrong, what it cost and what to do, where something did.
#[must_use]
pub fn refusal(status: &TransactionStatus) -> Option<(&'static str, &'static str)> {
    match status {
        TransactionStatus::Finalized { outcome: TransactionOutcome::Failed { error, .. }, .. } => {
            Some(("The chain refused it. Only the network fee was paid.", error_advice(error)))
        }
        TransactionStatus::Invalid { reason } => Some((
            "The runtime does not accept it. It was not included and nothing was paid.",
            invalid_advice(reason),
        )),
        TransactionStatus::Dropped { .. } => Some((
            "It was given up. It may still be included until its last valid block.",
            "Look at your balance before you send it again.",
        )),
        TransactionStatus::Expired => Some((
            "Its last valid block passed without it. Nothing was paid.",
            "You can safely send it again.",
        )),
        TransactionStatus::Unknown { block } => Some((
            if block.is_some() {
                "It is in a final block, too long ago to read whether it succeeded."
            } else {
                "It is too long ago to find out whether it was included."
            },
            "Look at your balance and stake before you send it again.",
        )),
        _ => None,
    }
}

/// Advice on a transaction that the runtime refuses before it is included.
///
/// Subtensor's validation gives a number (`InvalidTransaction::Custom`), which the reason carries at its end.
fn invalid_advice(reason: &str) -> &'static str {
    let code =
        reason.rsplit_once("code: ").and_then(|(_, code)| code.trim_end_matches(')').parse::<u8>().ok());
    match code {
        Some(0) => "A swap of this account's key was announced. It cannot trade until that is settled.",
        Some(1) => error_advice("AmountTooLow"),
        Some(2) => error_advice("NotEnoughBalanceToStake"),
        Some(3) => error_advice("SubnetNotExists"),
        Some(4) => error_advice("HotKeyAccountNotExists"),
        Some(5) => error_advice("NotEnoughStakeToWithdraw"),
        Some(6) => error_advice("StakingOperationRateLimitExceeded"),
        Some(7) => error_advice("InsufficientLiquidity"),
        Some(8) => error_advice("SlippageTooHigh"),
        _ => "Make a new preview. If the nonce is the reason, an earlier transaction is still on its way.",
    }
}

fn error_advice(error: &str) -> &'static str {
    match error {
        "SlippageTooHigh" => "The price moved past your limit. Preview again, or allow a larger tolerance.",
        "NotEnoughBalanceToStake" | "InsufficientBalance" | "FundsUnavailable" => {
            "The balance is too small. Lower the amount."
        }
        "AmountTooLow" => "The amount is below the chain's smallest stake. Raise it.",
        "NotEnoughStakeToWithdraw" => "There is less stake than was asked for. Lower the amount.",
        "HotKeyAccountNotExists" => "This validator key does not exist any more. Choose another validator.",
        "SubnetNotExists" => "This subnet was removed.",
        "SubtokenDisabled" => "This subnet's token cannot be traded yet.",
        "InsufficientLiquidity" | "ReservesTooLow" => "The pool is too small for this amount. Lower it.",
        "StakingOperationRateLimitExceeded" => "Too many trades in one block. Wait for the next block.",
        _ => "The name of the error is the runtime's own.",
    }
}

#[cfg(test)]
#[path = "transactions_tests.rs"]
mod tests;
