//! `lantern-devnet upgrade`: replaces a running chain's runtime by the next build, the way root
//! does it on a public network.

use crate::args::UpgradeOptions;
use crate::extrinsic::{self, SigningContext};
use crate::{genesis, keys, runtime_apis, Error};
use codec::Encode as _;
use jsonrpsee::client_transport::ws::{Url, WsTransportClientBuilder};
use jsonrpsee::core::client::{Client, ClientBuilder, ClientT as _};
use jsonrpsee::rpc_params;
use lantern_devnet_runtime::{RuntimeCall, SudoCall, SystemCall, WASM_BINARY_NEXT};
use serde::Deserialize;
use sp_core::{crypto::Ss58Codec as _, Pair as _, H256};
use sp_runtime::{AccountId32, Weight};
use std::time::{Duration, Instant};

/// Longest time from submission to the first finalized block of the new runtime.
const TIMEOUT: Duration = Duration::from_secs(180);
const POLL: Duration = Duration::from_millis(250);
const MAX_MESSAGE_BYTES: u32 = 32 * 1024 * 1024;

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Version {
    spec_version: u32,
    transaction_version: u32,
}

/// Submits the upgrade and waits until a finalized block runs the new runtime.
pub fn run(options: &UpgradeOptions) -> Result<(), Error> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|source| Error::Os { context: "start a thread", source })?;
    runtime.block_on(upgrade(options))
}

async fn upgrade(options: &UpgradeOptions) -> Result<(), Error> {
    let client = connect(&options.rpc).await?;
    let code = match &options.wasm {
        Some(path) => std::fs::read(path).map_err(|source| Error::File { path: path.clone(), source })?,
        None if options.aura_only => runtime_apis::without_babe(WASM_BINARY_NEXT)?,
        None => WASM_BINARY_NEXT.to_vec(),
    };
    if code.is_empty() {
        return Err(Error::Genesis("this binary was built without the next runtime's wasm".into()));
    }
    let before = version(&client, None).await?;
    let bytes = signed_upgrade(&client, before, genesis::compress(&code)?).await?;
    let hash: H256 = request(&client, "author_submitExtrinsic", rpc_params![hex(&bytes)]).await?;
    println!("spec version {}; submitted {hash}", before.spec_version);

    let started = Instant::now();
    loop {
        let head: H256 = request(&client, "chain_getFinalizedHead", rpc_params![]).await?;
        let now = version(&client, Some(head)).await?;
        if now.spec_version > before.spec_version {
            println!("spec version {} is finalized in {head}", now.spec_version);
            return Ok(());
        }
        if started.elapsed() > TIMEOUT {
            return Err(Error::Chain(format!(
                "the chain still runs spec version {}; is the new one higher?",
                now.spec_version
            )));
        }
        tokio::time::sleep(POLL).await;
    }
}

async fn signed_upgrade(client: &Client, version: Version, code: Vec<u8>) -> Result<Vec<u8>, Error> {
    let signer = keys::sudo_pair();
    let address = AccountId32::from(signer.public()).to_ss58check();
    let context = SigningContext {
        genesis_hash: request(client, "chain_getBlockHash", rpc_params![0]).await?,
        spec_version: version.spec_version,
        transaction_version: version.transaction_version,
        nonce: request(client, "system_accountNextIndex", rpc_params![address]).await?,
    };
    // Replacing the code is declared to fill a whole block; root may say otherwise.
    let call = RuntimeCall::Sudo(SudoCall::sudo_unchecked_weight {
        call: Box::new(RuntimeCall::System(SystemCall::set_code { code })),
        weight: Weight::from_parts(1_000_000_000, 0),
    });
    Ok(extrinsic::sign(&call.encode(), &signer, context))
}

async fn connect(url: &str) -> Result<Client, Error> {
    let url = Url::parse(url).map_err(|error| Error::Usage(format!("`{url}`: {error}")))?;
    let (sender, receiver) = WsTransportClientBuilder::default()
        .max_request_size(MAX_MESSAGE_BYTES)
        .build(url)
        .await
        .map_err(|error| Error::Rpc(error.to_string()))?;
    Ok(ClientBuilder::default().build_with_tokio(sender, receiver))
}

async fn version(client: &Client, block: Option<H256>) -> Result<Version, Error> {
    request(client, "state_getRuntimeVersion", rpc_params![block]).await
}

async fn request<T: serde::de::DeserializeOwned + Send>(
    client: &Client,
    method: &'static str,
    parameters: jsonrpsee::core::params::ArrayParams,
) -> Result<T, Error> {
    client.request(method, parameters).await.map_err(|error| Error::Rpc(format!("{method}: {error}")))
}

fn hex(bytes: &[u8]) -> String {
    format!("0x{}", hex::encode(bytes))
}
