//! Against a real node's JSON-RPC. `LANTERN_DEVNET_RPC=ws://…` names it, as the stage `test-node` of
//! `cargo xtask test` does.
//!
//! The node must have at least one subnet that trades and a funded Alice. What is read through the crate is
//! compared with what the node itself says, by keys that are written down here from Subtensor's live state.
#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout, reason = "tests")]

mod support;

use lantern_chain::{Chain, Pending, View};
use lantern_types::{
    AccountId, AlphaBalance, Available, BlockHash, Field, Hotkey, NetUid, Price, ProofSource, StakePosition,
    SwapSide, TaoBalance, TransactionFact, TransactionOutcome, TransactionStatus,
};
use lantern_wallet::{PracticeAccount, StakingCall};
use parity_scale_codec::Decode as _;
use serde_json::json;

/// twox128("SubtensorModule").
const MODULE: &str = "0x658faa385070e074c85bf6b568cf0555";
/// twox128 of entries keyed by netuid with the identity hasher.
const SUBNET_TAO: &str = "7a57dce016211512d1700561066b85a3";
const SUBNET_ALPHA_IN: &str = "2ce12f7007574647d692ac7edf8b7a53";
const SUBNET_ALPHA_OUT: &str = "7837978cc6746112a2c9e680a18cfcb9";
const NETWORKS_ADDED: &str = "0e30450fc4d507a846032a7fa65d9a43";
const TAO_IN_EMISSION: &str = "dd62ae7237581e8f6a684f1ecae06215";
const EXCESS_TAO: &str = "857b0a5b920bc5e41cb0695a4b7d38e7";
const TEMPO: &str = "7641384bb339f3758acddfd7053d3317";

fn on_devnet(test: impl AsyncFnOnce(String)) {
    let url = std::env::var("LANTERN_DEVNET_RPC").expect("LANTERN_DEVNET_RPC names the node");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    tokio::task::LocalSet::new().block_on(&runtime, test(url));
}

/// A value by its raw key, straight from the node.
async fn stored<T: parity_scale_codec::Decode>(
    url: &str,
    block: BlockHash,
    entry: &str,
    netuid: NetUid,
) -> Option<T> {
    let key = format!("{MODULE}{entry}{}", hex::encode(netuid.0.to_le_bytes()));
    let answer = support::ask(url, "state_getStorage", json!([key, block.to_hex()])).await;
    let bytes = hex::decode(answer.as_str()?.trim_start_matches("0x")).unwrap();
    Some(T::decode(&mut bytes.as_slice()).unwrap())
}

/// A subnet other than root that trades, with its price and its first validator.
async fn market(view: &View) -> (NetUid, Price, Hotkey) {
    let network = view.network().await.unwrap().value;
    let subnet = network
        .subnets
        .into_iter()
        .find(|subnet| !subnet.netuid.is_root() && subnet.is_trading == Available::Value(true))
        .expect("a subnet trades");
    let validators = view.subnet(subnet.netuid).await.unwrap().value.validators;
    (subnet.netuid, *subnet.price.value().unwrap(), validators[0].hotkey)
}

#[test]
#[ignore = "needs a node: set LANTERN_DEVNET_RPC and run with --ignored"]
fn the_table_is_what_the_node_itself_reports() {
    on_devnet(async |url| {
        let (chain, _sent) = support::connect(&url).await;
        chain.warm_up().await.unwrap();
        let view = chain.finalized().await.unwrap();
        let network = view.network().await.unwrap();
        assert_eq!(network.block, view.block());
        let at = network.block.hash;
        println!("{} subnets in {} ms", network.value.subnets.len(), network.value.read_millis);

        let prefix = format!("{MODULE}{NETWORKS_ADDED}");
        let keys = support::ask(&url, "state_getKeysPaged", json!([prefix, 1000, null, at.to_hex()])).await;
        assert_eq!(network.value.subnets.len(), keys.as_array().unwrap().len());

        let call = json!(["SwapRuntimeApi_current_alpha_price_all", "0x", at.to_hex()]);
        let prices = support::ask(&url, "state_call", call).await;
        let prices = hex::decode(prices.as_str().unwrap().trim_start_matches("0x")).unwrap();
        let prices = Vec::<(u16, u64)>::decode(&mut prices.as_slice()).unwrap();

        let (mut shares, mut given) = (0, Vec::new());
        for subnet in &network.value.subnets {
            let netuid = subnet.netuid;
            let raw = |available: Available<u64>| available.value().copied().unwrap_or(0);
            let tao = subnet.tao_in_pool.map(TaoBalance::rao);
            assert_eq!(raw(tao), stored(&url, at, SUBNET_TAO, netuid).await.unwrap_or(0), "{netuid}");
            let alpha = subnet.alpha_in_pool.map(AlphaBalance::rao);
            assert_eq!(raw(alpha), stored(&url, at, SUBNET_ALPHA_IN, netuid).await.unwrap_or(0), "{netuid}");
            let alpha = subnet.alpha_outstanding.map(AlphaBalance::rao);
            assert_eq!(raw(alpha), stored(&url, at, SUBNET_ALPHA_OUT, netuid).await.unwrap_or(0), "{netuid}");
            if let Some(tempo) = stored::<u16>(&url, at, TEMPO, netuid).await {
                assert_eq!(subnet.tempo, Available::Value(tempo), "{netuid}");
            }
            if let Some((_, price)) = prices.iter().find(|(id, _)| *id == netuid.0) {
                assert_eq!(subnet.price, Available::Value(Price::from_rao_per_alpha(*price)), "{netuid}");
            }
            let share = subnet.emission_share_ppm.value().copied().unwrap_or(0);
            shares += share;
            let pool = stored::<u64>(&url, at, TAO_IN_EMISSION, netuid).await.unwrap_or(0);
            let excess = stored::<u64>(&url, at, EXCESS_TAO, netuid).await.unwrap_or(0);
            given.push((netuid, share, pool + excess));
        }
        // The shares are those by which this very block divided its TAO; prices move a little in it.
        let total: u64 = given.iter().map(|(_, _, rao)| rao).sum();
        for (netuid, share, rao) in given {
            let real = (rao * 1_000_000).checked_div(total).unwrap_or(0);
            assert!(share.abs_diff(real) <= 20 + real / 500, "{netuid}: {share} ppm, really {real}");
        }
        assert!(shares == 0 || (999_000..=1_000_000).contains(&shares), "{shares}");
    });
}

/// What is guessed before the metadata is there is what the table needs, to the last key.
#[test]
#[ignore = "needs a node: set LANTERN_DEVNET_RPC and run with --ignored"]
fn the_first_table_asks_for_nothing_beyond_the_guess() {
    on_devnet(async |url| {
        let (chain, sent) = support::connect_with(&url, std::rc::Rc::new(|_header| true)).await;
        let table = async { chain.finalized().await.unwrap().network().await.unwrap() };
        let (warmed, table) = futures::join!(chain.warm_up(), table);
        warmed.unwrap();
        assert!(table.value.subnets.len() > 1);
        // 2582 keys in bulks of 1024; metadata, prices and the length of a slot.
        assert_eq!(sent.calls_of("state_queryStorageAt"), 3);
        assert_eq!(sent.calls_of("chainHead_v1_storage"), 0);
        assert_eq!(sent.calls_of("chainHead_v1_call"), 3);
    });
}

#[test]
#[ignore = "needs a node: set LANTERN_DEVNET_RPC and run with --ignored"]
fn a_subnet_has_validators_and_every_number_has_a_source() {
    on_devnet(async |url| {
        let (chain, _sent) = support::connect(&url).await;
        let view = chain.finalized().await.unwrap();
        let (netuid, price, _) = market(&view).await;
        let detail = view.subnet(netuid).await.unwrap();
        assert_eq!(detail.block, view.block());
        assert_eq!(detail.value.subnet.price, Available::Value(price));
        println!("subnet {netuid}: {:#?}", detail.value.validators.first());
        assert!(!detail.value.validators.is_empty());
        let stakes: Vec<_> = detail.value.validators.iter().map(|v| v.stake.value().copied()).collect();
        assert!(stakes.is_sorted_by(|a, b| a >= b), "{stakes:?}");

        let validator = detail.value.validators[0].hotkey;
        for field in [
            Field::SubnetSymbol(netuid),
            Field::SubnetPrice(netuid),
            Field::SubnetTaoInPool(netuid),
            Field::SubnetEmissionShare(netuid),
            Field::SubnetBlocksToEpoch(netuid),
            Field::ValidatorStake(netuid, validator),
            Field::ValidatorDividends(netuid, validator),
            Field::ValidatorStakeAfterEpoch(netuid, validator),
            Field::TotalIssuance,
        ] {
            let provenance = view.prove(field).await.unwrap();
            assert_eq!(provenance.block, view.block());
            assert!(!provenance.sources.is_empty(), "{field:?}");
        }
        let tao = view.prove(Field::SubnetTaoInPool(netuid)).await.unwrap();
        let [ProofSource::Storage { entry, key, value: Some(value) }] = tao.sources.as_slice() else {
            panic!("{tao:?}");
        };
        assert_eq!(entry, "SubtensorModule.SubnetTAO");
        let expected = format!("{MODULE}{SUBNET_TAO}{}", hex::encode(netuid.0.to_le_bytes()));
        assert_eq!(format!("0x{}", hex::encode(key)), expected);
        assert_eq!(
            detail.value.subnet.tao_in_pool.map(TaoBalance::rao),
            Available::Value(u64::decode(&mut value.as_slice()).unwrap())
        );
    });
}

/// Signs a call.
async fn signed(chain: &Chain, who: PracticeAccount, call: &StakingCall) -> Pending {
    let keypair = who.keypair();
    let (pallet, name) = call.name();
    let context = chain.tx_context(keypair.account(), pallet, name).await.unwrap();
    let unsigned = lantern_wallet::build(call, keypair.account(), &context).unwrap();
    let view = chain.finalized().await.unwrap();
    let estimate = view.fee(&unsigned.for_fee_estimate()).await.unwrap();
    drop(view);
    let signed = unsigned.sign(&keypair, [7; 32]);
    println!("{pallet}.{name}: estimated fee {estimate:?}");
    Pending {
        hash: signed.hash,
        extrinsic: signed.bytes,
        birth: context.birth,
        last_valid: unsigned.last_valid,
    }
}

/// Sends a call and waits for its end.
async fn send(chain: &Chain, who: PracticeAccount, call: &StakingCall) -> TransactionStatus {
    let pending = signed(chain, who, call).await;
    let mut statuses = Vec::new();
    chain.submit(&pending, |status| statuses.push(status)).await;
    println!("{statuses:#?}");
    let last = statuses.last().unwrap().clone();
    assert!(last.is_final());
    if matches!(last, TransactionStatus::Invalid { .. }) {
        return last;
    }
    // After a reload the same transaction is found again, with the same outcome.
    let mut tracked = Vec::new();
    chain.track(&pending, |status| tracked.push(status)).await;
    assert_eq!(tracked.last(), Some(&last));
    last
}

fn position(positions: &[StakePosition], netuid: NetUid, hotkey: Hotkey) -> u64 {
    let found = positions.iter().find(|position| (position.netuid, position.hotkey) == (netuid, hotkey));
    found.map_or(0, |position| position.alpha.rao())
}

fn fee_of(facts: &[TransactionFact]) -> u64 {
    let fee = facts.iter().find_map(|fact| match fact {
        TransactionFact::FeePaid { fee } => Some(fee.rao()),
        _ => None,
    });
    fee.expect("a fee was paid")
}

#[test]
#[ignore = "needs a node: set LANTERN_DEVNET_RPC and run with --ignored"]
fn a_stake_and_an_unstake_add_up_to_the_rao() {
    // Not Alice: she writes the blocks and earns the fees.
    const WHO: PracticeAccount = PracticeAccount::Bob;
    on_devnet(async |url| {
        let (chain, _sent) = support::connect(&url).await;
        let bob = WHO.keypair().account();
        let view = chain.finalized().await.unwrap();
        let (netuid, price, hotkey) = market(&view).await;
        let before = view.account(bob).await.unwrap().value;
        let amount = TaoBalance::from_rao(2_000_000_000);
        let quote = view.quote(netuid, SwapSide::Stake(amount)).await.unwrap().value;
        println!("{quote:#?}");
        drop(view);

        let limit = Price::from_rao_per_alpha(price.rao_per_alpha() * 2);
        let status = send(&chain, WHO, &StakingCall::Stake { hotkey, netuid, amount, limit }).await;
        let TransactionStatus::Finalized { block, outcome, facts, .. } = status else {
            panic!("{status:?}");
        };
        assert_eq!(outcome, TransactionOutcome::Succeeded);
        let received = facts
            .iter()
            .find_map(|fact| match fact {
                TransactionFact::StakeAdded { coldkey, hotkey: on, netuid: at, tao, alpha, .. } => {
                    assert_eq!((coldkey.0, *on, *at, *tao), (bob, hotkey, netuid, amount));
                    Some(alpha.rao())
                }
                _ => None,
            })
            .expect("the event is there");
        let after = at_or_after(&chain, block.number, bob).await;
        assert_eq!(before.free.rao() - amount.rao() - fee_of(&facts), after.free.rao());
        assert_eq!(after.nonce, before.nonce + 1);
        // Dividends may have reached the position since; a rao may be lost to rounding.
        let gained = position(&after.positions, netuid, hotkey) - position(&before.positions, netuid, hotkey);
        assert!(gained + 1 >= received, "{gained} {received}");

        let held = AlphaBalance::from_rao(received / 2);
        let limit = Price::from_rao_per_alpha(1);
        let status = send(&chain, WHO, &StakingCall::Unstake { hotkey, netuid, amount: held, limit }).await;
        let TransactionStatus::Finalized { block, outcome, facts, .. } = status else {
            panic!("{status:?}");
        };
        assert_eq!(outcome, TransactionOutcome::Succeeded);
        let tao = facts
            .iter()
            .find_map(|fact| match fact {
                TransactionFact::StakeRemoved { tao, .. } => Some(tao.rao()),
                _ => None,
            })
            .expect("the event is there");
        let end = at_or_after(&chain, block.number, bob).await;
        assert_eq!(after.free.rao() + tao - fee_of(&facts), end.free.rao());
    });
}

#[test]
#[ignore = "needs a node: set LANTERN_DEVNET_RPC and run with --ignored"]
fn a_limit_that_cannot_be_met_is_refused() {
    const WHO: PracticeAccount = PracticeAccount::Charlie;
    on_devnet(async |url| {
        let (chain, _sent) = support::connect(&url).await;
        let view = chain.finalized().await.unwrap();
        let (netuid, price, hotkey) = market(&view).await;
        drop(view);
        let limit = Price::from_rao_per_alpha(price.rao_per_alpha() / 2);
        let amount = TaoBalance::from_rao(1_000_000_000);
        // The runtime's own check refuses it already when it is sent, with a reason; if the price moves
        // in between, the block does, by the error's name.
        match send(&chain, WHO, &StakingCall::Stake { hotkey, netuid, amount, limit }).await {
            TransactionStatus::Invalid { reason } => assert!(!reason.is_empty()),
            TransactionStatus::Finalized {
                outcome: TransactionOutcome::Failed { pallet, error, .. },
                ..
            } => {
                assert!(["SubtensorModule", "Swap"].contains(&pallet.as_str()), "{pallet}");
                assert!(error.chars().all(char::is_alphabetic), "{error}");
            }
            other => panic!("{other:?}"),
        }
    });
}

#[test]
#[ignore = "needs a node: set LANTERN_DEVNET_RPC and run with --ignored"]
fn long_after_its_last_block_a_transaction_is_found_where_it_is() {
    const WHO: PracticeAccount = PracticeAccount::Dave;
    on_devnet(async |url| {
        let (chain, _sent) = support::connect(&url).await;
        let view = chain.finalized().await.unwrap();
        let (netuid, price, hotkey) = market(&view).await;
        drop(view);
        let limit = Price::from_rao_per_alpha(price.rao_per_alpha() * 2);
        let call = |tao: u64| StakingCall::Stake {
            hotkey,
            netuid,
            amount: TaoBalance::from_rao(tao * 1_000_000_000),
            limit,
        };
        // Both have the same nonce, so that the one that is not sent never gets into a block.
        let sent = signed(&chain, WHO, &call(1)).await;
        let kept = signed(&chain, WHO, &call(2)).await;
        let mut statuses = Vec::new();
        chain.submit(&sent, |status| statuses.push(status)).await;
        assert!(matches!(statuses.last(), Some(TransactionStatus::Finalized { .. })), "{statuses:?}");

        let last = sent.last_valid.max(kept.last_valid).expect("they are mortal");
        at_or_after(&chain, last + 5, WHO.keypair().account()).await;
        let mut tracked = Vec::new();
        chain.track(&sent, |status| tracked.push(status)).await;
        assert_eq!(tracked.as_slice(), &statuses[statuses.len() - 1..]);
        let mut tracked = Vec::new();
        chain.track(&kept, |status| tracked.push(status)).await;
        assert_eq!(tracked, [TransactionStatus::Expired]);
    });
}

/// The account at a finalized block that is not older than `number`.
async fn at_or_after(chain: &Chain, number: u32, account: AccountId) -> lantern_types::AccountState {
    let mut heads = chain.heads();
    while let Some(head) = heads.changed().await {
        if head.is_ready && head.finalized.number >= number {
            break;
        }
    }
    chain.finalized().await.unwrap().account(account).await.unwrap().value
}
