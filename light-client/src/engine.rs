//! Owns smoldot: starts it where it should start, carries JSON-RPC text in and out.
//!
//! Nothing outside this crate learns that there is a smoldot. `lantern-chain` gets a [`PipeClient`] and
//! asks through it; the page gets typed values. A start that did not happen where it was meant to is
//! an error here: smoldot ignores a database that it cannot read, without a word to its caller.

use crate::budget;
use crate::platform::Platform;
use crate::spec::{Spec, StartFrom};
use lantern_chain::rpc::PipeClient;
use smoldot_light::{AddChainConfig, AddChainConfigJsonRpc, ChainId, Client, JsonRpcResponses};
use std::cell::RefCell;
use std::rc::Rc;

/// Why the light client does not start.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EngineError {
    /// smoldot refuses the specification.
    #[error("the light client cannot read the specification: {0}")]
    Specification(String),
    /// smoldot did not use what it was to start from.
    #[error("the light client was to start at block {wanted} and did not; {what} is damaged")]
    StartIgnored {
        /// Height of the checkpoint or of what was saved.
        wanted: u32,
        /// `the checkpoint` or `what was saved`.
        what: &'static str,
    },
    /// The specification's genesis is not that of the chain it was pinned to.
    #[error("the genesis block cannot be computed")]
    Genesis,
}

/// What to start from, besides the specification.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Saved<'a> {
    /// smoldot's own serialisation.
    pub database: &'a str,
    /// Height of its block.
    pub height: u32,
}

/// A running light client. Dropping it ends every task and connection of it.
pub struct Engine {
    client: Rc<RefCell<Client<Platform>>>,
    chain: ChainId,
    rpc: PipeClient,
}

/// The texts that come out of a running light client.
pub struct Output {
    responses: JsonRpcResponses<Platform>,
    rpc: PipeClient,
}

impl Engine {
    /// Starts a light client for a chain.
    ///
    /// # Errors
    /// smoldot refuses, or starts elsewhere than it was meant to.
    pub fn start(
        platform: &Platform,
        spec: &Spec,
        saved: Option<Saved<'_>>,
    ) -> Result<(Self, Output), EngineError> {
        let checkpoint = spec.checkpoint_height();
        // What was saved before the checkpoint is worth less than the checkpoint.
        let saved = saved.filter(|saved| checkpoint.is_none_or(|checkpoint| saved.height >= checkpoint));
        let (database, expected) = match (saved, spec.checkpoint_database()) {
            (Some(saved), _) => (saved.database.to_owned(), Some((saved.height, "what was saved"))),
            (None, Some(database)) => (database, checkpoint.map(|checkpoint| (checkpoint, "the checkpoint"))),
            (None, None) => (String::new(), None),
        };

        platform.observe(|observer| observer.start = None);
        let mut client = Client::new(platform.clone());
        let added = add(&mut client, spec.for_smoldot(), &database)?;
        let start = platform.observe(|observer| observer.start);
        if let Some((wanted, what)) = expected
            && matches!(spec.start, StartFrom::Checkpoint(_))
            && start.is_none_or(|start| !start.is_database || start.height != wanted)
        {
            return Err(EngineError::StartIgnored { wanted, what });
        }

        let client = Rc::new(RefCell::new(client));
        let rpc = {
            let (client, chain) = (Rc::downgrade(&client), added.0);
            PipeClient::new(move |text| {
                client
                    .upgrade()
                    .is_some_and(|client| client.borrow_mut().json_rpc_request(text, chain).is_ok())
            })
        };
        let output = Output { responses: added.1, rpc: rpc.clone() };
        Ok((Self { client, chain: added.0, rpc }, output))
    }

    /// The way to ask it.
    pub fn rpc(&self) -> &PipeClient {
        &self.rpc
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        self.rpc.close();
        let () = self.client.borrow_mut().remove_chain(self.chain);
    }
}

impl Output {
    /// Hands over everything that comes out, until the light client ends.
    pub async fn pump(mut self) {
        while let Some(text) = self.responses.next().await {
            self.rpc.receive(&text);
        }
        self.rpc.close();
    }
}

/// Computes the genesis hash of a specification that gives its genesis whole. It runs the genesis
/// runtime once, which takes a good part of a second.
///
/// # Errors
/// smoldot refuses the specification.
pub async fn genesis_hash(platform: &Platform, spec: &Spec) -> Result<[u8; 32], EngineError> {
    let mut client = Client::new(platform.clone());
    let (chain, mut responses) = add(&mut client, spec.for_smoldot(), "")?;
    let request = r#"{"jsonrpc":"2.0","id":1,"method":"chainSpec_v1_genesisHash","params":[]}"#;
    client.json_rpc_request(request, chain).map_err(|_refused| EngineError::Genesis)?;
    let answer = responses.next().await.ok_or(EngineError::Genesis)?;
    let answer: serde_json::Value =
        serde_json::from_str(&answer).map_err(|_malformed| EngineError::Genesis)?;
    answer
        .get("result")
        .and_then(|result| result.as_str())
        .and_then(|text| hex::decode(text.trim_start_matches("0x")).ok())
        .and_then(|bytes| bytes.try_into().ok())
        .ok_or(EngineError::Genesis)
}

fn add(
    client: &mut Client<Platform>,
    specification: &str,
    database: &str,
) -> Result<(ChainId, JsonRpcResponses<Platform>), EngineError> {
    let added = client
        .add_chain(AddChainConfig {
            user_data: (),
            specification,
            database_content: database,
            potential_relay_chains: std::iter::empty(),
            json_rpc: AddChainConfigJsonRpc::Enabled {
                max_pending_requests: budget::PENDING_REQUESTS,
                max_subscriptions: budget::SUBSCRIPTIONS,
            },
            statement_protocol_config: None,
        })
        .map_err(|error| EngineError::Specification(error.to_string()))?;
    let responses = added
        .json_rpc_responses
        .ok_or_else(|| EngineError::Specification("it gives no way to ask".to_owned()))?;
    Ok((added.chain_id, responses))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dial::PageOrigin;
    use lantern_chain::rpc::RpcClient as _;

    const PLAIN: PageOrigin = PageOrigin { is_secure: false };
    const FINNEY: &str = include_str!("../../public/networks/finney.json");

    /// The whole of Finney's genesis is its hash here: patch 0004 at work.
    #[test]
    fn finney_starts_at_its_checkpoint_and_knows_its_genesis() {
        let platform = Platform::new(PLAIN);
        let spec = Spec::parse(FINNEY).unwrap();
        let (engine, output) = Engine::start(&platform, &spec, None).unwrap();
        let start = platform.observe(|observer| observer.start).unwrap();
        assert_eq!((start.is_database, start.height), (true, 8_867_448));
        let rpc = engine.rpc().clone();
        let hash = smol::block_on(smol::future::or(
            async { rpc.request("chainSpec_v1_genesisHash", "[]".into()).await.unwrap() },
            async {
                output.pump().await;
                panic!("it ended")
            },
        ));
        assert_eq!(hash.get(), "\"0x2f0555cc76fc2840a25a6ea3b9637146806f1f44b090c175ffde2a7e5ab36c03\"");
    }

    #[test]
    fn a_damaged_database_is_noticed() {
        let platform = Platform::new(PLAIN);
        let spec = Spec::parse(FINNEY).unwrap();
        let good = spec.checkpoint_database().unwrap();
        for damaged in ["", "{}", "<too-large>", &good.replace("2f0555cc", "00000000"), &good[..200]] {
            let saved = Saved { database: damaged, height: 8_867_448 };
            let outcome = Engine::start(&platform, &spec, Some(saved)).err();
            assert!(
                matches!(outcome, Some(EngineError::StartIgnored { wanted: 8_867_448, .. })),
                "{outcome:?}"
            );
        }
        // One that is right but older than the checkpoint is not used at all.
        let old = Saved { database: "", height: 5 };
        assert!(Engine::start(&platform, &spec, Some(old)).is_ok());
    }
}
