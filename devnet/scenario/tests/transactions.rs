//! Transactions on the real runtime: what is refused before a block and with which number, what it
//! costs and who gets it, and what root may change.

use codec::Encode as _;
use frame_support::assert_ok;
use frame_support::dispatch::GetDispatchInfo as _;
use frame_support::storage::{with_transaction, TransactionOutcome};
use frame_support::traits::fungible::{Inspect as _, Mutate as _};
use frame_support::traits::Hooks as _;
use lantern_devnet_runtime::extensions::{ChargeTransactionPaymentWrapper, TxExtension};
use lantern_devnet_runtime::{
    AccountId, AdminUtilsCall, Balances, BalancesCall, Executive, Header, ProxyType, Runtime, RuntimeCall,
    RuntimeEvent, RuntimeOrigin, SignedPayload, SubtensorModule, SudoCall, System, SystemCall,
    UncheckedExtrinsic,
};
use lantern_devnet_scenario::Scenario;
use pallet_subtensor::Call as SubtensorCall;
use pallet_utility::Call as UtilityCall;
use sp_keyring::{Ed25519Keyring, Sr25519Keyring};
use sp_runtime::generic::Era;
use sp_runtime::traits::Header as _;
use sp_runtime::transaction_validity::{
    InvalidTransaction, TransactionSource, TransactionValidity, TransactionValidityError,
};
use sp_runtime::{Digest, DigestItem, DispatchError};
use sp_storage::Storage;
use subtensor_runtime_common::{AlphaBalance, NetUid, TaoBalance};

const TAO: u64 = 1_000_000_000;
/// Nobody in the scenario: neither hotkey nor validator nor author.
const STAKER: Sr25519Keyring = Sr25519Keyring::One;
/// Writes the blocks.
const AUTHOR: Sr25519Keyring = Sr25519Keyring::Two;

fn in_block(test: impl FnOnce()) {
    let mut storage = Storage::default();
    Scenario::Small.write(&mut storage, None).expect("the scenario fits the runtime");
    sp_io::TestExternalities::from(storage).execute_with(|| {
        frame_system::BlockHash::<Runtime>::insert(0, sp_core::H256::repeat_byte(7));
        pallet_sudo::Key::<Runtime>::put(Sr25519Keyring::Alice.to_account_id());
        let authorities = vec![AUTHOR.public().into()].try_into().expect("one fits");
        pallet_aura::Authorities::<Runtime>::put::<frame_support::BoundedVec<_, _>>(authorities);
        for who in [STAKER, AUTHOR] {
            Balances::set_balance(&who.to_account_id(), 1_000 * TAO);
        }
        let slot = DigestItem::PreRuntime(*b"aura", 1u64.encode());
        let digest = Digest { logs: vec![slot] };
        let zero = Default::default();
        Executive::initialize_block(&Header::new(1, zero, zero, zero, digest));
        test();
    });
}

fn hotkey() -> AccountId {
    pallet_subtensor::Keys::<Runtime>::get(NetUid::new(1), 0)
}

fn signed(signer: Sr25519Keyring, nonce: u32, tip: u64, call: RuntimeCall) -> UncheckedExtrinsic {
    let extension: TxExtension = (
        (
            frame_system::CheckNonZeroSender::new(),
            frame_system::CheckSpecVersion::new(),
            frame_system::CheckTxVersion::new(),
            frame_system::CheckGenesis::new(),
            frame_system::CheckMortality::from(Era::Immortal),
            frame_system::CheckNonce::from(nonce),
            frame_system::CheckWeight::new(),
        ),
        (
            ChargeTransactionPaymentWrapper::with_tip(tip),
            Default::default(),
            Default::default(),
            Default::default(),
            Default::default(),
        ),
        frame_metadata_hash_extension::CheckMetadataHash::new(false),
    );
    let payload = SignedPayload::new(call.clone(), extension.clone()).expect("all parts are known");
    let signature = payload.using_encoded(|bytes| signer.sign(bytes));
    UncheckedExtrinsic::new_signed(call, signer.to_account_id().into(), signature.into(), extension)
}

/// Validation prepares a block of its own; as in a node, nothing of that stays.
fn validate(extrinsic: UncheckedExtrinsic) -> TransactionValidity {
    let result = with_transaction(|| {
        let validity =
            Executive::validate_transaction(TransactionSource::External, extrinsic, System::parent_hash());
        TransactionOutcome::Rollback(Ok::<_, DispatchError>(validity))
    });
    result.expect("layers are not nested deeply")
}

fn add_stake(hotkey: AccountId, netuid: u16, amount: u64) -> RuntimeCall {
    let amount_staked = TaoBalance::new(amount);
    SubtensorCall::add_stake { hotkey, netuid: netuid.into(), amount_staked }.into()
}

fn remove_stake(amount: u64) -> RuntimeCall {
    let amount_unstaked = AlphaBalance::new(amount);
    SubtensorCall::remove_stake { hotkey: hotkey(), netuid: 1.into(), amount_unstaked }.into()
}

#[test]
fn refusals_have_the_numbers_clients_know() {
    in_block(|| {
        let limited = |limit: u64, allow_partial: bool| -> RuntimeCall {
            SubtensorCall::add_stake_limit {
                hotkey: hotkey(),
                netuid: 1.into(),
                amount_staked: TaoBalance::new(900 * TAO),
                limit_price: TaoBalance::new(limit),
                allow_partial,
            }
            .into()
        };
        let price = SubtensorModule::price(1.into());
        let expected: [(RuntimeCall, u8); 9] = [
            (add_stake(hotkey(), 1, 1_000), 1),
            (add_stake(hotkey(), 1, 1_001 * TAO), 2),
            (add_stake(hotkey(), 77, TAO), 3),
            (add_stake(STAKER.to_account_id(), 1, TAO), 4),
            (remove_stake(TAO), 5),
            (limited(price + price / 1_000, false), 8),
            (limited(price / 2, true), 14),
            (
                SubtensorCall::swap_stake {
                    hotkey: hotkey(),
                    origin_netuid: 1.into(),
                    destination_netuid: 1.into(),
                    alpha_amount: AlphaBalance::new(TAO),
                }
                .into(),
                255,
            ),
            (
                SubtensorCall::move_stake {
                    origin_hotkey: hotkey(),
                    destination_hotkey: STAKER.to_account_id(),
                    origin_netuid: 1.into(),
                    destination_netuid: 1.into(),
                    alpha_amount: AlphaBalance::new(TAO),
                }
                .into(),
                4,
            ),
        ];
        for (call, code) in expected {
            let refused = Err(TransactionValidityError::Invalid(InvalidTransaction::Custom(code)));
            assert_eq!(validate(signed(STAKER, 0, 0, call.clone())), refused, "{call:?}");
        }
        assert_ok!(validate(signed(STAKER, 0, 0, limited(price + price / 1_000, true))));
    });
}

#[test]
fn a_tip_buys_no_priority() {
    in_block(|| {
        for tip in [0, TAO] {
            let valid = validate(signed(STAKER, 0, tip, add_stake(hotkey(), 1, TAO)));
            assert_eq!(valid.map(|valid| valid.priority), Ok(1));
        }
    });
}

#[test]
fn only_the_sudo_key_reaches_sudo() {
    in_block(|| {
        let call: RuntimeCall =
            SudoCall::sudo { call: Box::new(SystemCall::remark { remark: Vec::new() }.into()) }.into();
        let refused = Err(TransactionValidityError::Invalid(InvalidTransaction::BadSigner));
        assert_eq!(validate(signed(STAKER, 0, 0, call.clone())), refused);
        assert_ok!(validate(signed(Sr25519Keyring::Alice, 0, 0, call)));
    });
}

#[test]
fn fees_come_near_the_chains_and_go_to_the_author() {
    in_block(|| {
        // Call and its approximate fee on the chain, in rao, without the length.
        let expected: [(RuntimeCall, u64); 2] =
            [(add_stake(hotkey(), 1, TAO), 1_530_000), (remove_stake(TAO), 1_280_000)];
        for (nonce, (call, fee)) in (0u32..).zip(expected) {
            let before = Balances::balance(&AUTHOR.to_account_id());
            let free = Balances::balance(&STAKER.to_account_id());
            let weight_fee = call.get_dispatch_info().call_weight.ref_time() / 2_000;
            assert!((fee - 54_000).abs_diff(weight_fee) < 1_000, "{weight_fee}");
            let outcome = Executive::apply_extrinsic(signed(STAKER, nonce, 0, call)).expect("it is valid");
            assert_ok!(outcome);
            let paid = System::events().into_iter().rev().find_map(|record| match record.event {
                RuntimeEvent::TransactionPayment(pallet_transaction_payment::Event::TransactionFeePaid {
                    actual_fee,
                    ..
                }) => Some(actual_fee),
                _ => None,
            });
            let paid = paid.expect("a fee was paid");
            assert!((fee..fee + fee / 10).contains(&paid), "{paid} for {fee}");
            // The author also gets the fee of the trade.
            assert!(Balances::balance(&AUTHOR.to_account_id()) > before + paid);
            assert_ne!(Balances::balance(&STAKER.to_account_id()), free);
        }
    });
}

#[test]
fn who_has_no_tao_pays_from_stake() {
    in_block(|| {
        let staker = STAKER.to_account_id();
        assert_ok!(SubtensorModule::add_stake(
            RuntimeOrigin::signed(staker.clone()),
            hotkey(),
            1.into(),
            TaoBalance::new(10 * TAO)
        ));
        Balances::set_balance(&staker, 1_000);
        let before = Balances::balance(&AUTHOR.to_account_id());
        assert!(validate(signed(STAKER, 0, 0, add_stake(hotkey(), 1, TAO))).is_err());
        let sale = signed(STAKER, 0, 0, remove_stake(TAO));
        assert_ok!(validate(sale.clone()));
        assert_ok!(Executive::apply_extrinsic(sale).expect("it is valid"));
        let paid = System::events().into_iter().find_map(|record| match record.event {
            RuntimeEvent::SubtensorModule(pallet_subtensor::Event::TransactionFeePaidWithAlpha {
                who,
                tao_amount,
                ..
            }) if who == staker => Some(tao_amount.to_u64()),
            _ => None,
        });
        let paid = paid.expect("the fee was taken from stake");
        assert!((1_280_000..1_500_000).contains(&paid), "{paid}");
        assert!(Balances::balance(&AUTHOR.to_account_id()) >= before + paid);
        assert!(Balances::balance(&staker) > 1_000);
    });
}

#[test]
fn batches_do_not_nest() {
    in_block(|| {
        let batch = |calls| -> RuntimeCall { UtilityCall::batch_all { calls }.into() };
        let remark: RuntimeCall = SystemCall::remark { remark: Vec::new() }.into();
        let flat = signed(STAKER, 0, 0, batch(vec![remark.clone()]));
        assert_ok!(Executive::apply_extrinsic(flat).expect("it is valid"));
        let nested = signed(STAKER, 1, 0, batch(vec![batch(vec![remark])]));
        let outcome = Executive::apply_extrinsic(nested).expect("it is valid");
        let filtered: DispatchError = frame_system::Error::<Runtime>::CallFiltered.into();
        assert_eq!(outcome, Err(filtered));
    });
}

#[test]
fn a_staking_proxy_stakes_and_does_not_pay_out() {
    use frame_support::traits::InstanceFilter as _;
    in_block(|| {
        let transfer: RuntimeCall =
            BalancesCall::transfer_keep_alive { dest: STAKER.to_account_id().into(), value: TAO }.into();
        let away: RuntimeCall = SubtensorCall::transfer_stake {
            destination_coldkey: STAKER.to_account_id(),
            hotkey: hotkey(),
            origin_netuid: 1.into(),
            destination_netuid: 1.into(),
            alpha_amount: AlphaBalance::new(TAO),
        }
        .into();
        assert!(ProxyType::Staking.filter(&add_stake(hotkey(), 1, TAO)));
        assert!(ProxyType::Staking.filter(&remove_stake(TAO)));
        for call in [&transfer, &away] {
            assert!(!ProxyType::Staking.filter(call));
            assert!(!ProxyType::NonTransfer.filter(call));
            assert!(ProxyType::Transfer.filter(call));
        }
        assert!(!ProxyType::SmallTransfer.filter(&transfer));
        assert_eq!(ProxyType::RootClaim.encode(), [17]);
    });
}

#[test]
fn each_change_of_grandpa_moves_its_set_number() {
    in_block(|| {
        let first = pallet_grandpa::CurrentSetId::<Runtime>::get();
        let next: RuntimeCall = AdminUtilsCall::schedule_grandpa_change {
            next_authorities: vec![(Ed25519Keyring::Bob.public().into(), 1)],
            in_blocks: 0,
            forced: None,
        }
        .into();
        let sudo: RuntimeCall = SudoCall::sudo { call: Box::new(next) }.into();
        let change = signed(Sr25519Keyring::Alice, 0, 0, sudo);
        assert_ok!(Executive::apply_extrinsic(change).expect("it is valid"));
        lantern_devnet_runtime::Grandpa::on_finalize(1);
        assert_eq!(pallet_grandpa::CurrentSetId::<Runtime>::get(), first + 1);
        let authorities = lantern_devnet_runtime::Grandpa::grandpa_authorities();
        assert_eq!(authorities, vec![(Ed25519Keyring::Bob.public().into(), 1)]);

        // A delayed change moves it in the block that enacts it.
        System::set_block_number(2);
        assert_ok!(lantern_devnet_runtime::AdminUtils::schedule_grandpa_change(
            RuntimeOrigin::root(),
            vec![(Ed25519Keyring::Dave.public().into(), 1)],
            2,
            None
        ));
        for (block, id) in [(3, first + 1), (4, first + 2), (5, first + 2)] {
            lantern_devnet_runtime::Grandpa::on_finalize(block - 1);
            System::set_block_number(block);
            lantern_devnet_runtime::AdminUtils::on_initialize(block);
            assert_eq!(pallet_grandpa::CurrentSetId::<Runtime>::get(), id, "block {block}");
        }
    });
}
