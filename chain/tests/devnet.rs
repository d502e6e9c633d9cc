//! Against a real node's JSON-RPC. `LANTERN_DEVNET_RPC=ws://…` names it; `cargo xtask test` sets it.
#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::tests_outside_test_module, clippy::unwrap_used, clippy::expect_used, reason = "tests")]

mod support;

use lantern_types::{AccountId, NetUid, SwapSide, TaoBalance};

fn on_devnet(test: impl AsyncFnOnce(String)) {
    let url = std::env::var("LANTERN_DEVNET_RPC").expect("LANTERN_DEVNET_RPC names the node");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    tokio::task::LocalSet::new().block_on(&runtime, test(url));
}

#[test]
#[ignore = "needs a node: set LANTERN_DEVNET_RPC and run with --ignored"]
fn the_table_is_read_at_one_block() {
    on_devnet(async |url| {
        let (chain, _client) = support::connect(&url).await;
        chain.warm_up().await.unwrap();
        let view = chain.finalized().await.unwrap();
        let network = view.network().await.unwrap();
        println!("{network:#?}");
        let alice = AccountId::from_ss58("5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY").unwrap();
        println!("{:#?}", view.account(alice).await);
        println!("{:#?}", view.subnet(NetUid(1)).await);
        println!("{:#?}", view.quote(NetUid(1), SwapSide::Stake(TaoBalance::from_rao(1_000_000_000))).await);
    });
}
