//! The way of a staking transaction from intent to signature, on a context like Finney's.

use crate::*;
use lantern_types::{
    AccountId, BlockHash, BlockRef, CallShape, ExtensionShape, FieldShape, Hotkey, NetUid, Price, Shape,
    TaoBalance, TxContext, VariantShape,
};
use proptest::prelude::*;

fn field(name: &str, type_name: &str, shape: Shape) -> FieldShape {
    FieldShape { name: name.into(), type_name: type_name.into(), shape }
}

fn extension(identifier: &str, extra: Shape, implicit: Shape) -> ExtensionShape {
    ExtensionShape { identifier: identifier.into(), extra, implicit }
}

/// The call and the 13 extensions as spec 425 lists them.
fn finney_like() -> TxContext {
    let none = || Shape::Tuple(Vec::new());
    let compact = |inner| Shape::Compact(Box::new(inner));
    let variant = |index, name: &str, fields| VariantShape { index, name: name.into(), fields };
    TxContext {
        genesis_hash: BlockHash([1; 32]),
        spec_name: "node-subtensor".into(),
        spec_version: 425,
        transaction_version: 1,
        extrinsic_version: 4,
        birth: BlockRef { number: 42, hash: BlockHash([2; 32]) },
        nonce: 5,
        call: CallShape {
            pallet: "SubtensorModule".into(),
            pallet_index: 7,
            call: "add_stake_limit".into(),
            call_index: 88,
            arguments: vec![
                field("hotkey", "AccountId", Shape::AccountId),
                field("netuid", "NetUid", Shape::U16),
                field("amount_staked", "TaoBalance", Shape::U64),
                field("limit_price", "TaoBalance", Shape::U64),
                field("allow_partial", "bool", Shape::Bool),
            ],
        },
        extensions: vec![
            extension("CheckNonZeroSender", none(), none()),
            extension("CheckSpecVersion", none(), Shape::U32),
            extension("CheckTxVersion", none(), Shape::U32),
            extension("CheckGenesis", none(), Shape::Hash),
            extension("CheckMortality", Shape::Variant(vec![variant(0, "Immortal", vec![])]), Shape::Hash),
            extension("CheckNonce", compact(Shape::U32), none()),
            extension("CheckWeight", none(), none()),
            extension("ChargeTransactionPayment", compact(Shape::U64), none()),
            extension("SudoTransactionExtension", none(), none()),
            extension("CheckShieldedTxValidity", none(), none()),
            extension("SubtensorTransactionExtension", none(), none()),
            extension("DrandPriority", none(), none()),
            extension(
                "CheckMetadataHash",
                Shape::Variant(vec![variant(0, "Disabled", vec![]), variant(1, "Enabled", vec![])]),
                Shape::Variant(vec![
                    variant(0, "None", vec![]),
                    variant(1, "Some", vec![field("", "", Shape::Array(Box::new(Shape::U8), 32))]),
                ]),
            ),
        ],
        address: Shape::Variant(vec![variant(0, "Id", vec![field("", "AccountId", Shape::AccountId)])]),
    }
}

fn stake() -> StakingCall {
    StakingCall::Stake {
        hotkey: Hotkey(AccountId([9; 32])),
        netuid: NetUid(3),
        amount: TaoBalance::from_rao(10_000_000_000),
        limit: Price::from_rao_per_alpha(92_000_000),
    }
}

fn alice() -> Keypair {
    PracticeAccount::Alice.keypair()
}

#[test]
fn the_signed_bytes_are_those_of_the_documented_format() {
    let unsigned = build(&stake(), alice().account(), &finney_like()).expect("a known runtime");
    // Extra: era ‖ nonce ‖ tip ‖ mode; implicit: spec ‖ tx ‖ genesis ‖ birth ‖ none.
    assert_eq!(unsigned.extra, [0xa5, 0x02, 20, 0, 0]);
    let expected: Vec<u8> = [&[0xa9, 1, 0, 0, 1, 0, 0, 0][..], &[1; 32], &[2; 32], &[0]].concat();
    assert_eq!(unsigned.implicit, expected);
    assert_eq!(unsigned.call.first_chunk::<2>(), Some(&[7, 88]));
    assert_eq!(unsigned.call.len(), 2 + 32 + 2 + 8 + 8 + 1);
    assert_eq!(unsigned.last_valid, Some(42 + 63));

    let signed = unsigned.sign(&alice(), [3; 32]);
    assert_eq!(signed.bytes.get(2..4), Some(&[0x84, 0][..]), "length, format, address kind");
    let signature: [u8; 64] = signed.bytes[2 + 34 + 1..][..64].try_into().expect("64 bytes");
    assert!(alice().verifies(&unsigned.payload(), &signature));
    assert_eq!(signed.bytes.len(), unsigned.for_fee_estimate().len());
}

#[test]
fn review_says_what_the_bytes_say() {
    let context = finney_like();
    let unsigned = build(&stake(), alice().account(), &context).expect("a known runtime");
    let found = review(&unsigned, &context).expect("our own bytes");
    assert_eq!((found.pallet.as_str(), found.call.as_str()), ("SubtensorModule", "add_stake_limit"));
    assert_eq!(found.argument("amount_staked"), Some(&Value::Unsigned(10_000_000_000)));
    assert_eq!(found.argument("hotkey"), Some(&Value::Account(AccountId([9; 32]))));
    assert_eq!(found.argument("allow_partial"), Some(&Value::Bool(false)));
    assert_eq!((found.nonce, found.tip, found.spec_version), (Some(5), Some(0), Some(425)));
    assert_eq!(found.era, Some(Era::from_birth(42)));
    assert_eq!(found.extensions.len(), 13);
}

#[test]
fn review_refuses_what_it_cannot_account_for() {
    let context = finney_like();
    let good = build(&stake(), alice().account(), &context).expect("a known runtime");
    let check = |change: fn(&mut UnsignedExtrinsic), expected: ReviewError| {
        let mut bad = good.clone();
        change(&mut bad);
        assert_eq!(review(&bad, &context), Err(expected));
    };
    check(|bad| bad.call.push(0), ReviewError::LeftOver);
    check(|bad| bad.extra.push(0), ReviewError::LeftOver);
    check(|bad| bad.call[1] = 89, ReviewError::OtherCall);
    check(|bad| bad.implicit[0] ^= 1, ReviewError::Contradiction("runtime version"));
    check(|bad| bad.implicit[8] ^= 1, ReviewError::Contradiction("chain"));
    check(
        |bad| {
            bad.call.pop();
        },
        ReviewError::Unreadable { part: "allow_partial".into(), source: ScaleError::Malformed },
    );
}

#[test]
fn a_runtime_that_changed_blocks_building() {
    let check = |change: fn(&mut TxContext), expected: BuildError| {
        let mut context = finney_like();
        change(&mut context);
        assert_eq!(build(&stake(), alice().account(), &context), Err(expected));
    };
    check(
        |context| context.extensions.push(extension("CheckFuture", Shape::U8, Shape::Tuple(vec![]))),
        BuildError::UnknownExtension("CheckFuture".into()),
    );
    check(
        |context| context.extensions[5].extra = Shape::Tuple(vec![]),
        BuildError::ChangedExtension("CheckNonce".into()),
    );
    check(|context| context.extrinsic_version = 5, BuildError::Format(5));
    check(
        |context| context.call.arguments.push(field("referrer", "AccountId", Shape::AccountId)),
        BuildError::Call(CallError::UnknownArgument("referrer".into())),
    );
    check(
        |context| {
            context.call.arguments.remove(3);
        },
        BuildError::Call(CallError::MissingArgument("limit_price")),
    );
    check(
        |context| context.call.arguments[1].shape = Shape::Bool,
        BuildError::Call(CallError::Argument { name: "netuid".into(), source: ScaleError::WrongValue }),
    );
    check(|context| context.address = Shape::U32, BuildError::Address);
}

#[test]
fn arguments_may_come_in_another_order() {
    let mut context = finney_like();
    context.call.arguments.reverse();
    let unsigned = build(&stake(), alice().account(), &context).expect("names decide");
    let found = review(&unsigned, &context).expect("our own bytes");
    assert_eq!(found.argument("netuid"), Some(&Value::Unsigned(3)));
}

proptest! {
    #[test]
    fn any_amount_survives_the_way_to_review(amount in any::<u64>(), netuid in any::<u16>(), limit in any::<u64>(), nonce in any::<u32>()) {
        let mut context = finney_like();
        context.nonce = nonce;
        let call = StakingCall::Stake {
            hotkey: Hotkey(AccountId([9; 32])),
            netuid: NetUid(netuid),
            amount: TaoBalance::from_rao(amount),
            limit: Price::from_rao_per_alpha(limit),
        };
        let unsigned = build(&call, alice().account(), &context).expect("a known runtime");
        let found = review(&unsigned, &context).expect("our own bytes");
        prop_assert_eq!(found.argument("amount_staked"), Some(&Value::Unsigned(amount.into())));
        prop_assert_eq!(found.argument("netuid"), Some(&Value::Unsigned(netuid.into())));
        prop_assert_eq!(found.nonce, Some(nonce));
    }

    #[test]
    fn review_never_panics(call in any::<Vec<u8>>(), extra in any::<Vec<u8>>(), implicit in any::<Vec<u8>>()) {
        let context = finney_like();
        let mut unsigned = build(&stake(), alice().account(), &context).expect("a known runtime");
        (unsigned.call, unsigned.extra, unsigned.implicit) = (call, extra, implicit);
        let _outcome = review(&unsigned, &context);
    }
}
