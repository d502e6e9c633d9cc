//! Words for the numbers with which Subtensor refuses a transaction before it is in any block.
//!
//! These numbers are not in the metadata, so the client's own text always stays in front: a runtime may have
//! given a number another meaning.

use alloc::borrow::ToOwned as _;
use alloc::string::String;

/// The light client's or node's reason, with what Subtensor means by the number in it.
pub(super) fn explain(reason: &str) -> String {
    match code(reason).and_then(meaning) {
        Some(meaning) => alloc::format!("{reason} (Subtensor: {meaning})"),
        None => reason.to_owned(),
    }
}

/// The number of `InvalidTransaction::Custom`: a light client writes `Other reason (code: 8)`, a full node
/// `custom error: 8`.
fn code(reason: &str) -> Option<u8> {
    let (_, after) = reason.rsplit_once("code: ").or_else(|| reason.rsplit_once("custom error: "))?;
    let digits = after.split(|character: char| !character.is_ascii_digit()).next()?;
    digits.parse().ok()
}

fn meaning(code: u8) -> Option<&'static str> {
    Some(match code {
        0 => "this account has announced a move to another coldkey",
        1 => "the amount is too low",
        2 => "the balance is too low",
        3 => "there is no such subnet",
        4 => "there is no such hotkey",
        5 => "there is not enough stake",
        6 => "too soon after the last one",
        7 => "the pool has too little liquidity",
        8 => "the price would move past the limit",
        9 => "transfers are switched off on this subnet",
        10 => "the hotkey is not registered on this subnet",
        14 => "nothing can be bought or sold at this limit",
        21 => "this account's move to another coldkey is disputed",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_get_words_and_other_texts_stay() {
        let check = |reason: &str, expected: &str| assert_eq!(explain(reason), expected);
        let limit = "(Subtensor: the price would move past the limit)";
        let light = "Invalid transaction: Other reason (code: 8)";
        check(light, &alloc::format!("{light} {limit}"));
        let full = "Invalid transaction with custom error: 8";
        check(full, &alloc::format!("{full} {limit}"));
        check(
            "Invalid transaction: Other reason (code: 200)",
            "Invalid transaction: Other reason (code: 200)",
        );
        check("code: ", "code: ");
        check("Transaction is temporarily banned", "Transaction is temporarily banned");
    }
}
