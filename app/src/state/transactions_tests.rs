use super::*;
use lantern_types::{BlockRef, Coldkey};

fn transaction(seed: u8, genesis: u8) -> Transaction {
    Transaction {
        pending: PendingTransaction {
            hash: [seed; 32],
            extrinsic: vec![seed, 2, 3],
            birth: BlockRef { number: 7, hash: BlockHash([7; 32]) },
            last_valid: Some(70),
        },
        genesis: BlockHash([genesis; 32]),
        summary: Summary {
            is_stake: true,
            netuid: NetUid(3),
            hotkey: Hotkey(AccountId([1; 32])),
            account: AccountId([2; 32]),
            amount: 100,
            expected: 90,
            sentence: "Stake".into(),
            symbol: "γ".into(),
        },
        reviewed_at: 1,
        signed_at: 2,
        status: None,
    }
}

fn finalized(outcome: TransactionOutcome) -> TransactionStatus {
    TransactionStatus::Finalized {
        block: BlockRef { number: 9, hash: BlockHash([9; 32]) },
        index: 1,
        outcome,
        facts: vec![
            TransactionFact::StakeAdded {
                coldkey: Coldkey(AccountId([2; 32])),
                hotkey: Hotkey(AccountId([1; 32])),
                netuid: NetUid(3),
                tao: TaoBalance::from_rao(100),
                alpha: AlphaBalance::from_rao(89),
                fee: 1,
            },
            TransactionFact::FeePaid { fee: TaoBalance::from_rao(5) },
        ],
    }
}

fn failed(error: &str) -> TransactionStatus {
    finalized(TransactionOutcome::Failed {
        pallet: "SubtensorModule".into(),
        error: error.into(),
        docs: String::new(),
    })
}

#[test]
fn a_transaction_survives_a_reload_with_all_it_knows() {
    let mut all = Transactions::default();
    all.add(transaction(1, 1));
    all.apply(
        &[1; 32],
        TransactionStatus::InBestBlock { block: BlockRef { number: 8, hash: BlockHash([8; 32]) } },
    );
    let text = all.to_text().expect("plain data");
    assert_eq!(Transactions::from_text(&text), Some(all));
    for damaged in ["{", "", "1:", "1:0x", "1:0xff", "2:0x00"] {
        assert_eq!(Transactions::from_text(damaged), None, "{damaged}");
    }
}

#[test]
fn the_end_of_a_transaction_is_not_overwritten() {
    let mut all = Transactions::default();
    all.add(transaction(1, 1));
    assert!(all.apply(&[1; 32], finalized(TransactionOutcome::Succeeded)));
    assert!(!all.apply(&[1; 32], TransactionStatus::Ready));
    assert!(!all.apply(&[5; 32], TransactionStatus::Ready), "one that is not ours");
    let known = all.get(&[1; 32]).expect("added");
    assert_eq!(
        known.received(),
        Some(Received::Alpha { alpha: AlphaBalance::from_rao(89), paid: TaoBalance::from_rao(100) })
    );
    assert_eq!(known.fee(), Some(TaoBalance::from_rao(5)));
}

#[test]
fn open_transactions_are_never_forgotten() {
    let mut all = Transactions::default();
    all.add(transaction(0, 1));
    for seed in 1..=40 {
        all.add(transaction(seed, 1));
        all.apply(&[seed; 32], finalized(TransactionOutcome::Succeeded));
    }
    assert!(all.get(&[0; 32]).is_some());
    assert_eq!(all.of_chain(BlockHash([1; 32])).count(), KEPT);
    assert_eq!(all.of_chain(BlockHash([2; 32])).count(), 0);
}

#[test]
fn in_a_block_is_never_called_done() {
    fn marks(status: Option<&TransactionStatus>) -> [StepMark; 3] {
        steps(status).map(|step| step.mark)
    }
    let block = BlockRef { number: 8, hash: BlockHash([8; 32]) };
    use StepMark::{Done, Failed, Now, Open, Waiting};
    assert_eq!(marks(None), [Now, Waiting, Waiting]);
    assert_eq!(marks(Some(&TransactionStatus::Broadcast { peers: 3 })), [Done, Now, Waiting]);
    assert_eq!(marks(Some(&TransactionStatus::InBestBlock { block })), [Done, Open, Now]);
    assert_eq!(marks(Some(&finalized(TransactionOutcome::Succeeded))), [Done, Done, Done]);
    assert_eq!(marks(Some(&failed("SlippageTooHigh"))), [Done, Failed, Done]);
    assert_eq!(marks(Some(&TransactionStatus::Expired)), [Done, Failed, Waiting]);
    assert_eq!(marks(Some(&TransactionStatus::Unknown { block: Some(block) })), [Done, Done, Open]);
    assert_eq!(marks(Some(&TransactionStatus::Unknown { block: None })), [Done, Open, Waiting]);
}

#[test]
fn a_refusal_says_what_it_cost_and_what_to_do() {
    let (cost, advice) = refusal(&failed("SlippageTooHigh")).expect("refused");
    assert!(cost.contains("fee was paid") && advice.contains("limit"));
    assert!(refusal(&TransactionStatus::Expired).is_some_and(|(cost, _)| cost.contains("Nothing was paid")));
    assert_eq!(refusal(&finalized(TransactionOutcome::Succeeded)), None);
    let block = BlockRef { number: 8, hash: BlockHash([8; 32]) };
    for block in [None, Some(block)] {
        // Neither success nor failure is claimed, nor that it may be sent again without harm.
        let (words, advice) = refusal(&TransactionStatus::Unknown { block }).expect("it needs words");
        assert!(words.contains("too long ago") && advice.contains("before you send it again"));
        assert!(!words.contains("paid") && !advice.contains("safely"));
    }
}

#[test]
fn a_number_from_the_runtimes_validation_becomes_advice() {
    let advice = |reason: &str| {
        refusal(&TransactionStatus::Invalid { reason: reason.into() }).map(|(_, advice)| advice)
    };
    assert!(
        advice("Invalid transaction: Other reason (code: 8)").is_some_and(|words| words.contains("limit"))
    );
    assert!(
        advice("Invalid transaction: Other reason (code: 2)").is_some_and(|words| words.contains("balance"))
    );
    for other in ["Invalid transaction: Other reason (code: 300)", "Outdated", ""] {
        assert!(advice(other).is_some_and(|words| words.contains("new preview")), "{other}");
    }
}
